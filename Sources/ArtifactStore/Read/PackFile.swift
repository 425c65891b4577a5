import ArtifactCore
import ArtifactIO

/// An open pack.
final class PackFile: Sendable {
  private let file: File
  let digest: Digest
  let size: UInt64

  init(_ digest: Digest, in packs: Directory) throws(StoreError) {
    self.digest = digest
    do {
      file = try packs.stored(Array(digest.hex.utf8))
      size = try file.status().size
    } catch  where error.code == .notFound {
      throw StoreError(
        .damaged, "pack \(digest.short)", "the file blobs/sha256/\(digest.hex) is missing", cause: StoreError.Absence())
    } catch { throw .damaged("pack \(digest.short)", error) }
  }

  /// What the index inside a pack is called.
  static func segmentName(_ digest: Digest) -> String { "of pack \(digest.hex)" }

  var name: String { "pack \(digest.short)" }

  /// Reads bytes at an offset into the front of `buffer`, which grows if need be.
  func read(offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(StoreError) {
    if buffer.count < count { buffer += [UInt8](repeating: 0, count: count - buffer.count) }
    do { try file.read(into: &buffer, count: count, offset: offset) } catch { throw .damaged(name, error) }
  }

  /// The frame table and the index at the end of the pack.
  func readIndex() throws(StoreError) -> (table: SeekTable, segment: Segment) {
    do {
      let (table, range) = try indexRange()
      let segment = try Segment(
        map: .mapped(MappedFile(file)), range: range, name: Self.segmentName(digest),
        itself: SegmentIndex.Pack(digest: digest, size: size))
      return (table, segment)
    } catch { throw .damaged(name, error) }
  }

  /// Whether the file ends as packs do: with an index and a seek table that fit.
  var endsLikePack: Bool { (try? indexRange()) != nil }

  /// SHA-256 of the whole file, given the hash of what stands before `start`; nil if `progress` was told to stop.
  func hash(
    _ progress: Progress, from start: UInt64 = 0, _ before: BlobHasher = BlobHasher()
  ) throws(StoreError) -> Digest? {
    var hasher = before
    var buffer = [UInt8](repeating: 0, count: Int(min(1 << 20, size - min(start, size))))
    var offset = start
    while offset < size {
      if progress.isCancelled { return nil }
      let count = Int(min(UInt64(buffer.count), size - offset))
      try read(offset: offset, count: count, into: &buffer)
      hasher.update(buffer.span.extracting(0..<count))
      offset += UInt64(count)
    }
    return hasher.finish()
  }

  private func indexRange() throws -> (SeekTable, Range<Int>) {
    var buffer = [UInt8](repeating: 0, count: SeekTable.footerSize)
    guard size > 64 else { throw FormatError(.length, "pack", "\(size) bytes are too few") }
    try file.read(into: &buffer, count: buffer.count, offset: size - UInt64(SeekTable.footerSize))
    let count = try SeekTable.frameCount(footer: buffer.span)
    let tableSize = SeekTable.byteCount(frames: count)
    guard UInt64(tableSize) < size else { throw FormatError(.length, "seek table", "it is longer than the pack") }
    buffer = [UInt8](repeating: 0, count: tableSize)
    try file.read(into: &buffer, count: tableSize, offset: size - UInt64(tableSize))
    let table = try SeekTable(buffer.span)
    let total = table.frames.reduce(UInt64(tableSize)) { $0 + UInt64($1.storedSize) }
    guard total == size, let last = table.frames.last, last.plainSize == 0, last.storedSize > 8,
      Int(last.storedSize) <= PackLayout.indexLimit
    else { throw FormatError(.field, "seek table", "its frames do not add up to the pack") }
    let start = Int(size) - tableSize - Int(last.storedSize)
    var header = [UInt8](repeating: 0, count: 8)
    try file.read(into: &header, count: 8, offset: UInt64(start))
    guard LittleEndian.uint32(header.span, at: 0) == PackLayout.indexMagic,
      LittleEndian.uint32(header.span, at: 4) == last.storedSize - 8
    else { throw FormatError(.field, "pack", "no index before the seek table") }
    return (table, (start + 8)..<(start + Int(last.storedSize)))
  }
}
