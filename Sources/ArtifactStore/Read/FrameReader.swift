import ArtifactCore
import ArtifactIO

/// Decodes frames; each thread has its own.
struct FrameReader: ~Copyable {
  private let decompressor: Decompressor
  private var ignoresChecksums: Bool
  private var stored: [UInt8] = []
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
    let count = Int(frame.storedSize)
    try pack.read(offset: frame.offset, count: count, into: &stored)
    let frameBytes = stored
    do {
      try decompressor.decompress(
        frameBytes.span.extracting(0..<count), into: &plain, at: start, plainSize: Int(frame.plainSize), pack.name)
    } catch {
      throw StoreError(.damaged, pack.name, "the frame at byte \(frame.offset): \(error.detail)", cause: error)
    }
  }

  /// The stored bytes of the frame read last.
  var storedBytes: [UInt8] { stored }
}
