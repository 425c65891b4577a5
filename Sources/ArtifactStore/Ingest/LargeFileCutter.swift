import ArtifactCore

/// Cuts and hashes a large file as its bytes come: chunk by chunk, and as a whole.
struct LargeFileCutter {
  private var planner: CutPlanner
  private var known: KnownCuts?
  private var hasher = BlobHasher()
  /// Bytes behind the last cut that the whole's hash has seen.
  private var streamed = 0

  /// How many chunks are cut at once while a known one may turn up.
  private static let searchBatch = 4

  /// Starts a file; `before` are the chunks that it had in the last version.
  init(planner: CutPlanner, before: [Recipe.Part]) {
    self.planner = planner
    known = before.isEmpty || planner.isByTensor ? nil : KnownCuts(before, profile: planner.profile)
  }

  /// Cuts `bytes`, which begin at the last cut and go on with new ones.
  ///
  /// - Returns: Where each certain chunk ends, and its digest.
  mutating func take(_ bytes: Span<UInt8>, isLast: Bool) -> (cuts: [Int], digests: [Digest]) {
    var cuts = [Int]()
    var digests = [Digest]()
    while true {
      let start = cuts.last ?? 0
      let guesses = known?.guess(from: start, to: bytes.count) ?? []
      if !guesses.isEmpty {
        let found = hash(guesses, bytes)
        let right = known?.confirm(found) ?? 0
        cuts += guesses[..<right].map(\.upperBound)
        digests += found[..<right]
        continue
      }
      let ends = planner.cuts(
        in: bytes.extracting(start..<bytes.count), isLast: isLast, limit: known == nil ? .max : Self.searchBatch)
      let found = hash(IngestWorker.ranges(ends).map { ($0.lowerBound + start)..<($0.upperBound + start) }, bytes)
      cuts += ends.map { $0 + start }
      digests += found
      guard let last = found.last else { break }
      known?.recognise(last)
    }
    let used = cuts.last ?? 0
    stream(bytes, to: bytes.count, hashing: [])
    streamed = bytes.count - used
    return (cuts, digests)
  }

  /// The digests of ranges; the whole's hash goes on beside them.
  private mutating func hash(_ ranges: [Range<Int>], _ bytes: Span<UInt8>) -> [Digest] {
    stream(bytes, to: ranges.last?.upperBound ?? 0, hashing: ranges)
  }

  @discardableResult
  private mutating func stream(_ bytes: Span<UInt8>, to end: Int, hashing ranges: [Range<Int>]) -> [Digest] {
    let from = streamed
    streamed = max(streamed, end)
    return hasher.update(bytes.extracting(from..<streamed), hashing: ranges, in: bytes)
  }

  /// The digest of the whole.
  func finish() -> Digest { hasher.finish() }
}
