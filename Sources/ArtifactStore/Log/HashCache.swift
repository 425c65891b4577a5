import ArtifactCore
import ArtifactIO

/// The leaf hashes of a log as this user keeps them, so that a proof need not read the log (store-layout.md §5.5).
///
///     offset      size field
///          0         8 magic  "ARTHASH1"
///          8         8 count  leaf hashes, little-endian
///         16  32·count leaves
///          …  32·(count / 256) roots of whole stretches of 256 leaves
///
/// Believed only as far as it leads to roots that the log's own entries state.
struct HashCache: Sendable {
  /// Leaf hashes in it.
  let count: Int
  private let file: MappedFile?

  static let name = Array("hashes".utf8)
  private static let magic = Array("ARTHASH1".utf8)
  private static let headerSize = 16

  /// A cache with nothing in it.
  init() {
    count = 0
    file = nil
  }

  /// Opens the file in a folder; nil if it is not there or not whole.
  init?(_ folder: Path) {
    // A cache that cannot be read is a cache that is not there.
    guard let directory = try? Directory(folder), let opened = try? directory.open(Self.name),
      let file = try? MappedFile(opened)
    else { return nil }
    let count = file.withBytes { (bytes) -> Int? in
      guard bytes.count >= Self.headerSize else { return nil }
      for index in Self.magic.indices where bytes[index] != Self.magic[index] { return nil }
      var count = 0
      for index in 0..<6 { count |= Int(bytes[8 + index]) << (8 * index) }
      guard bytes[14] == 0, bytes[15] == 0 else { return nil }
      return bytes.count == Self.headerSize + Digest.byteCount * (count + count / Tile.width) ? count : nil
    }
    guard let count else { return nil }
    self.count = count
    self.file = file
  }

  /// Leaf hashes.
  func leaves(_ range: Range<Int>) -> [Digest] { digests(range) }

  /// Roots of whole stretches.
  func tiles(_ range: Range<Int>) -> [Digest] {
    digests((count + range.lowerBound)..<(count + range.upperBound))
  }

  private func digests(_ range: Range<Int>) -> [Digest] {
    guard let file, !range.isEmpty else { return [] }
    return file.withBytes { bytes in
      range.map { Digest(bytes, at: Self.headerSize + Digest.byteCount * $0) }
    }
  }

  /// Writes the file anew.
  static func write(leaves: [Digest], tiles: [Digest], to folder: Path) throws(IOFailure) {
    var bytes = magic
    bytes.reserveCapacity(headerSize + Digest.byteCount * (leaves.count + tiles.count))
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: leaves.count >> shift)) }
    bytes += Tile.bytes(leaves)
    bytes += Tile.bytes(tiles)
    try LocalFile.replace(folder, name, bytes)
  }
}
