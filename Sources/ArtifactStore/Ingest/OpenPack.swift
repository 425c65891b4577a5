import ArtifactCore
import ArtifactIO

/// The pack file in progress: frames are appended, its name is known at the end.
final class OpenPack {
  private let name: [UInt8]
  private let file: File
  private var hasher = SHA256Hasher()
  private(set) var size: UInt64 = 0
  private(set) var entries: [SegmentIndex.Entry] = []
  private var frames: [SegmentIndex.Frame] = []

  /// Creates the file and writes frame 0.
  init(_ session: WriteSession, _ compressor: borrowing Compressor) throws(IOFailure) {
    name = session.temporaryName()
    file = try session.temporary.create(name)
    let head = PackLayout.head(nonce: Platform.randomBytes(PackLayout.nonceSize))
    try appendPlain(head, compressor)
  }

  /// Appends a compressed frame.
  func append(_ stored: Span<UInt8>, plainSize: UInt32) throws(IOFailure) {
    try write(stored)
    frames.append(
      SegmentIndex.Frame(
        pack: 0, plainSize: plainSize, offset: size - UInt64(stored.count), storedSize: UInt32(stored.count)))
  }

  /// Notes what the frame appended last holds.
  func add(_ members: [SegmentIndex.Entry]) {
    let frame = UInt32(frames.count - 1)
    for member in members {
      var entry = member
      entry.frame = frame
      entries.append(entry)
    }
  }

  /// Writes end, index and seek table, syncs, links the file to its name and reports it to the session.
  func finish(_ session: WriteSession, _ compressor: borrowing Compressor) throws(IOFailure) {
    try appendPlain([UInt8](repeating: 0, count: PackLayout.endSize), compressor)
    entries.sort(by: SegmentIndex.Entry.precedes)
    let segment = SegmentIndex.encode(entries: entries, frames: frames, packs: [.itself])
    let index = PackLayout.skippable(magic: PackLayout.indexMagic, payload: segment)
    try write(index.span)
    let table = SeekTable(
      frames: frames.map { SeekTable.Frame(storedSize: $0.storedSize, plainSize: $0.plainSize) }
        + [SeekTable.Frame(storedSize: UInt32(index.count), plainSize: 0)])
    try write(table.bytes.span)
    try file.sync()
    let digest = hasher.finish()
    try session.store.publishPack(name, in: session.temporary, as: digest)
    try session.finished(FinishedPack(digest: digest, size: size, entries: entries))
  }

  private func appendPlain(_ plain: [UInt8], _ compressor: borrowing Compressor) throws(IOFailure) {
    var output = [UInt8]()
    let count = try compressor.compress(plain.span, into: &output)
    try append(output.span.extracting(0..<count), plainSize: UInt32(plain.count))
  }

  private func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    try file.write(bytes)
    hasher.update(bytes)
    size += UInt64(bytes.count)
  }
}
