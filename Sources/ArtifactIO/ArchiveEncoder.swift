import CArchive
import CZstd

/// Compresses with gzip through libarchive, level 6; the header has no time and no name, so equal input gives equal
/// output (for one version of zlib).
@safe final class GzipEncoder: ArchiveOutput {
  private let handle: OpaquePointer
  private let sink: Sink
  private let subject: String

  /// Where libarchive's callback puts what it is given.
  ///
  /// After a failure it takes the rest, and drops it: zlib would otherwise keep a place in the caller's bytes, and read on
  /// there when it is closed, after they are gone.
  private final class Sink {
    let output: any ArchiveOutput
    var failure: IOFailure?
    /// Nobody wants the rest.
    var isAbandoned = false

    init(_ output: any ArchiveOutput) { self.output = output }

    func pass(_ bytes: Span<UInt8>) -> Int {
      if !isAbandoned, failure == nil {
        do { try output.put(bytes) } catch { failure = error }
      }
      return bytes.count
    }
  }

  init(_ output: any ArchiveOutput, subject: String) throws(IOFailure) {
    guard let handle = unsafe archive_write_new() else {
      throw IOFailure(.other, "writing", subject, "out of memory")
    }
    unsafe self.handle = handle
    sink = Sink(output)
    self.subject = subject
    try prepare()
  }

  deinit {
    // Only closing gives back what zlib holds; it writes on, to nowhere. What it says of a handle given up is no news.
    sink.isAbandoned = true
    unsafe archive_write_close(handle)
    unsafe archive_write_free(handle)
  }

  private func prepare() throws(IOFailure) {
    try check(unsafe archive_write_set_format_raw(handle))
    try check(unsafe archive_write_add_filter_gzip(handle))
    try check(unsafe archive_write_set_filter_option(handle, "gzip", "timestamp", nil))
    try check(unsafe archive_write_set_filter_option(handle, "gzip", "compression-level", "6"))
    try check(unsafe archive_write_set_bytes_per_block(handle, 0))
    let context = unsafe Unmanaged.passUnretained(sink).toOpaque()
    try check(
      unsafe archive_write_open(
        handle, context, nil,
        { _, context, bytes, count in
          guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
          let sink = unsafe Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
          return sink.pass(unsafe Span(_unsafeStart: bytes.assumingMemoryBound(to: UInt8.self), count: count))
        }, nil))
    // Format "raw" wants one entry, of which only the type matters.
    let entry = unsafe archive_entry_new()
    defer { unsafe archive_entry_free(entry) }
    unsafe archive_entry_set_filetype(entry, 0o100000)
    try check(unsafe archive_write_header(handle, entry))
  }

  func put(_ bytes: Span<UInt8>) throws(IOFailure) {
    let status = unsafe bytes.withUnsafeBytes { unsafe archive_write_data(handle, $0.baseAddress, $0.count) }
    try check(status == bytes.count ? ARCHIVE_OK : ARCHIVE_FATAL)
  }

  func finish() throws(IOFailure) {
    try check(unsafe archive_write_close(handle))
    try sink.output.finish()
  }

  private func check(_ status: Int32) throws(IOFailure) {
    if let failure = sink.failure { throw failure }
    guard status != ARCHIVE_OK else { return }
    let text = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
    throw IOFailure(.other, "writing", subject, text ?? "compressing failed")
  }
}

/// Compresses into one zstd frame with a checksum, level 3, on one thread.
///
/// libarchive's own zstd filter writes no checksum.
@safe final class ZstdEncoder: ArchiveOutput {
  private let context: OpaquePointer
  private let output: any ArchiveOutput
  private let subject: String
  private var block = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())

  init(_ output: any ArchiveOutput, subject: String) throws(IOFailure) {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw IOFailure(.other, "writing", subject, "out of memory")
    }
    unsafe self.context = context
    self.output = output
    self.subject = subject
    _ = try check(unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3))
    _ = try check(unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  func put(_ bytes: Span<UInt8>) throws(IOFailure) { try compress(bytes, ZSTD_e_continue) }

  func finish() throws(IOFailure) {
    try compress([UInt8]().span, ZSTD_e_end)
    try output.finish()
  }

  private func compress(_ bytes: Span<UInt8>, _ directive: ZSTD_EndDirective) throws(IOFailure) {
    // Held here while it is lent out: a span of a class's property may not leave the statement.
    var block: [UInt8] = []
    swap(&block, &self.block)
    defer { swap(&block, &self.block) }
    var taken = 0
    while true {
      var made = 0
      let left = unsafe block.withUnsafeMutableBytes { block in
        unsafe bytes.withUnsafeBytes { bytes in
          var input = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: taken)
          var output = unsafe ZSTD_outBuffer(dst: block.baseAddress, size: block.count, pos: 0)
          let left = unsafe ZSTD_compressStream2(context, &output, &input, directive)
          unsafe (taken, made) = (input.pos, output.pos)
          return left
        }
      }
      _ = try check(left)
      if made > 0 { try output.put(block.span.extracting(..<made)) }
      if directive == ZSTD_e_end ? left == 0 : taken == bytes.count { return }
    }
  }

  private func check(_ result: Int) throws(IOFailure) -> Int {
    guard ZSTD_isError(result) == 0 else {
      throw IOFailure(.other, "writing", subject, unsafe String(cString: ZSTD_getErrorName(result)))
    }
    return result
  }
}
