import ArtifactCore
import ArtifactIO

/// Decodes frames; each thread has its own.
struct FrameReader: ~Copyable {
  private let decompressor: Decompressor
  private var ignoresChecksums: Bool
  private var stored: [UInt8] = []
  /// Where in the pack they stand.
  private var loadedFrom: UInt64 = 0
  /// The decoded frame, at the front.
  private(set) var plain: [UInt8] = []

  /// `hashesAll` says that the caller hashes everything that comes out, so that zstd's checksum need not be looked at.
  init(hashesAll: Bool = false) throws(StoreError) {
    ignoresChecksums = hashesAll
    decompressor = try wrapping { () throws(IOFailure) in try Decompressor(ignoresChecksums: hashesAll) }
  }

  /// Says from which frame on the caller hashes everything that comes out.
  mutating func setHashesAll(_ hashesAll: Bool) {
    if ignoresChecksums == hashesAll { return }
    ignoresChecksums = hashesAll
    decompressor.setIgnoresChecksums(hashesAll)
  }

  /// Reads and decodes a frame into `plain`, from `start` on.
  mutating func read(_ frame: SegmentIndex.Frame, of pack: PackFile, at start: Int = 0) throws(StoreError) {
    try load(frame.offset, count: Int(frame.storedSize), of: pack)
    try decode(frame, of: pack, at: start)
  }

  /// Reads the stored bytes of frames that lie one behind the other; what was read before is forgotten.
  mutating func load(_ offset: UInt64, count: Int, of pack: PackFile) throws(StoreError) {
    try pack.read(offset: offset, count: count, into: &stored)
    loadedFrom = offset
  }

  /// Decodes a frame whose stored bytes were read, into `plain` from `start` on.
  mutating func decode(_ frame: SegmentIndex.Frame, of pack: PackFile, at start: Int = 0) throws(StoreError) {
    let first = Int(frame.offset - loadedFrom)
    let frameBytes = stored
    do {
      try decompressor.decompress(
        frameBytes.span.extracting(first..<(first + Int(frame.storedSize))), into: &plain, at: start,
        plainSize: Int(frame.plainSize), pack.name)
    } catch {
      throw StoreError(.damaged, pack.name, "the frame at byte \(frame.offset): \(error.detail)", cause: error)
    }
  }

  /// The stored bytes read last, at the front.
  var storedBytes: [UInt8] { stored }
}
