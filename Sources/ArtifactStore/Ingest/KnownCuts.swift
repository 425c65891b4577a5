import ArtifactCore

/// The chunks that a file had in the version before, as a guess where it will be cut now.
///
/// A cut depends only on the bytes of its own chunk. So where a chunk of the last version stands again, with the same
/// digest, the rolling hash would cut at its end again and need not run. A guess that is wrong costs hashing, never a cut.
struct KnownCuts {
  private let parts: [Recipe.Part]
  private let profile: ChunkerProfile
  private let positions: [Digest: Int]
  /// The part that is expected to come now; nil while nothing is recognised.
  private var next: Int?
  private var batch = firstBatch

  /// How many chunks are guessed at once to begin with; doubled as long as all are right.
  private static let firstBatch = 2
  private static let batchLimit = 128

  /// Takes the chunks of the file before.
  ///
  /// Its last one ended with the file, not at a cut, so it is no guess.
  init(_ chunks: [Recipe.Part], profile: ChunkerProfile) {
    parts = Array(chunks.dropLast())
    self.profile = profile
    positions = Dictionary(
      parts.enumerated().map { ($0.element.digest, $0.offset) }, uniquingKeysWith: { first, _ in first })
    next = parts.isEmpty ? nil : 0
  }

  /// Where the next chunks would lie in bytes `from..<end`; empty if nothing is expected to fit.
  func guess(from: Int, to end: Int) -> [Range<Int>] {
    guard let next else { return [] }
    var result = [Range<Int>]()
    var start = from
    for part in parts[next...].prefix(batch) {
      guard part.size >= UInt64(profile.minimum), part.size <= UInt64(profile.maximum), Int(part.size) <= end - start
      else { break }
      result.append(start..<(start + Int(part.size)))
      start += Int(part.size)
    }
    return result
  }

  /// Compares the digests found at the guessed places; returns how many are right, from the first on.
  mutating func confirm(_ found: [Digest]) -> Int {
    guard let first = next else { return 0 }
    let right = zip(found, parts[first...]).prefix { $0 == $1.digest }.count
    if right == found.count {
      next = first + right < parts.count ? first + right : nil
      batch = min(batch * 2, Self.batchLimit)
    } else {
      next = nil
      batch = Self.firstBatch
    }
    return right
  }

  /// Looks whether a chunk that the rolling hash cut was there before: then its successors may follow.
  mutating func recognise(_ chunk: Digest) {
    guard let position = positions[chunk], position + 1 < parts.count else { return }
    next = position + 1
  }
}
