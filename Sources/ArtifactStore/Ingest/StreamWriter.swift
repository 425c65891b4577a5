import ArtifactCore
import ArtifactIO

/// Stores a blob whose bytes come piece by piece, with bounded memory.
struct StreamWriter {
  private let writer: BlobWriter
  private let fileName: [UInt8]
  private let size: UInt64
  private var hasher = BlobHasher()
  private var planner: CutPlanner?
  private var buffer = ByteBuffer(capacity: 1 << 20)
  private var parts: [Recipe.Part] = []
  /// Bytes at the front of the buffer that the whole's hash has seen.
  private var hashed = 0
  private(set) var byteCount: UInt64 = 0
  private static let segmentSize = 4 << 20

  /// Starts a blob of about `size` bytes; the name tells weight files.
  init(_ writer: BlobWriter, fileName: [UInt8], size: UInt64) {
    self.writer = writer
    self.fileName = fileName
    self.size = size
  }

  /// Adds bytes.
  mutating func append(_ bytes: Span<UInt8>) throws(StoreError) {
    buffer.append(bytes)
    byteCount += UInt64(bytes.count)
    if buffer.count >= Self.segmentSize { try flush(isLast: false) }
  }

  /// Ends the blob and returns its id.
  mutating func finish() throws(StoreError) -> Digest {
    if planner == nil, buffer.count <= Self.segmentSize {
      let bytes = buffer.storage
      let content = bytes.span.extracting(0..<buffer.count)
      return try writer.store(content, cuts: TensorCuts(fileName: fileName, head: content))
    }
    try flush(isLast: true)
    let digest = hasher.finish()
    try writer.storeRecipe(of: digest, parts)
    return digest
  }

  private mutating func flush(isLast: Bool) throws(StoreError) {
    let bytes = buffer.storage
    let content = bytes.span.extracting(0..<buffer.count)
    var planner =
      self.planner
      ?? CutPlanner(profile: .forBlob(size: max(size, byteCount)), cuts: TensorCuts(fileName: fileName, head: content))
    let ranges = IngestWorker.ranges(planner.cuts(in: content, isLast: isLast))
    let digests = hasher.update(content.extracting(hashed..<content.count), hashing: ranges, in: content)
    for (range, digest) in zip(ranges, digests) {
      parts.append(try writer.storeChunk(digest, content.extracting(range)))
    }
    self.planner = planner
    let used = ranges.last?.upperBound ?? 0
    hashed = content.count - used
    buffer.removeFirst(used)
  }
}
