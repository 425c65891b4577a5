import CArchive
import Glibc

/// Undoes one layer of compression: a thin, exact wrapping of libarchive.
///
/// Every status but ARCHIVE_OK and ARCHIVE_EOF is an error here: with no names and no metadata passing through
/// libarchive, ARCHIVE_WARN and ARCHIVE_RETRY too can only mean damaged data.
@safe final class ArchiveDecoder {
  /// What the source holds.
  enum Coding: Equatable {
    case plain, gzip, zstd, xz, bzip2
    /// One zip local header and its data.
    case zipEntry
  }

  private let handle: OpaquePointer
  private let source: ArchiveSource
  private let coding: Coding
  private let subject: String
  /// The block libarchive gave last, which stays its own, from the first byte that was not taken.
  private var block: UnsafeRawPointer?
  private var blockLeft = 0
  private var atEnd = false
  private var checksum = CRC32()
  /// Bytes decoded so far, whether or not they were taken.
  private(set) var produced: Int64 = 0

  /// Opens the source and finds its one stream.
  init(_ source: ArchiveSource, _ coding: Coding, subject: String) throws(IOFailure) {
    guard let handle = unsafe archive_read_new() else {
      throw IOFailure(.other, "reading", subject, "out of memory")
    }
    unsafe self.handle = handle
    self.source = source
    self.coding = coding
    self.subject = subject
    try prepare()
  }

  deinit { unsafe archive_read_free(handle) }

  private func prepare() throws(IOFailure) {
    switch coding {
    case .plain: break
    case .gzip: try check(unsafe archive_read_support_filter_gzip(handle))
    case .zstd: try check(unsafe archive_read_support_filter_zstd(handle))
    case .xz: try check(unsafe archive_read_support_filter_xz(handle))
    case .bzip2: try check(unsafe archive_read_support_filter_bzip2(handle))
    case .zipEntry: try check(unsafe archive_read_support_format_zip_streamable(handle))
    }
    if coding != .zipEntry { try check(unsafe archive_read_support_format_raw(handle)) }
    try check(unsafe source.open(handle))

    // One layer, exactly: the library would also undo a gzip inside a gzip.
    let layers = unsafe archive_filter_count(handle)
    guard layers == (coding == .plain || coding == .zipEntry ? 1 : 2) else {
      throw IOFailure(.malformed, "reading", subject, "it is compressed more than once, or not as it begins")
    }
    var entry: OpaquePointer?
    try check(unsafe archive_read_next_header(handle, &entry))
  }

  /// Copies decoded bytes to `buffer[range]`.
  ///
  /// - Returns: Bytes copied, fewer than asked for only at the end of the stream.
  func read(into buffer: inout [UInt8], _ range: Range<Int>) throws(IOFailure) -> Int {
    var filled = range.lowerBound
    while filled < range.upperBound {
      if blockLeft == 0, try !nextBlock() { break }
      let count = min(range.upperBound - filled, blockLeft)
      unsafe buffer.withUnsafeMutableBytes { bytes in
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled..<filled + count])
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: block, count: count))
      }
      step(count)
      filled += count
    }
    return filled - range.lowerBound
  }

  /// Steps over decoded bytes; fewer than asked for only at the end of the stream.
  func skip(_ count: Int64) throws(IOFailure) -> Int64 {
    var left = count
    while left > 0 {
      if blockLeft == 0, try !nextBlock() { break }
      let part = Int(min(left, Int64(blockLeft)))
      step(part)
      left -= Int64(part)
    }
    return count - left
  }

  /// Reads to the end of the stream, so that its checksums are checked; true if every byte was zero.
  func drainZeros(atMost limit: Int64) throws(IOFailure) -> Bool {
    let start = produced
    while true {
      if let rest = unsafe block, blockLeft > 0 {
        // All zero: the first byte is, and each is like the one before.
        let isZero = unsafe rest.load(as: UInt8.self) == 0 && memcmp(rest, rest + 1, blockLeft - 1) == 0
        guard isZero else { return false }
      }
      step(blockLeft)
      guard produced - start <= limit else { throw IOFailure(.limit, "reading", subject, "too many zeros at its end") }
      if try !nextBlock() { return true }
    }
  }

  private func step(_ count: Int) {
    unsafe block = block?.advanced(by: count)
    blockLeft -= count
  }

  /// Asks libarchive for the next block; false at the end of the stream.
  private func nextBlock() throws(IOFailure) -> Bool {
    while !atEnd {
      var count = 0
      var offset: Int64 = 0
      let status = unsafe archive_read_data_block(handle, &block, &count, &offset)
      if status == ARCHIVE_EOF {
        atEnd = true
        if coding == .gzip { try checkGzipTrailer() }
        return false
      }
      try check(status)
      produced += Int64(count)
      blockLeft = count
      if coding == .gzip {
        checksum.update(unsafe Span(_unsafeBytes: UnsafeRawBufferPointer(start: block, count: count)))
      }
      if count > 0 { return true }
    }
    return false
  }

  /// libarchive 3.6.2 steps over CRC and length at the end of a gzip member without a look at them.
  ///
  /// They are checked here when they fit the whole stream. A file of several members, whose last length is
  /// another, goes unchecked.
  private func checkGzipTrailer() throws(IOFailure) {
    let consumed = unsafe archive_filter_bytes(handle, -1)
    guard let trailer = source.bytes(endingAt: consumed, count: 8) else { return }
    func number(_ at: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(trailer[at + $1]) << UInt32(8 * $1) }
    }
    guard number(4) == UInt32(truncatingIfNeeded: produced), number(0) != checksum.value else { return }
    throw IOFailure(.malformed, "reading", subject, "its checksum does not fit: the gzip data is damaged")
  }

  private func check(_ status: Int32) throws(IOFailure) {
    guard status != ARCHIVE_OK else { return }
    if source.failure != 0 { throw IOFailure(number: source.failure, "reading", subject) }
    if unsafe archive_errno(handle) == ENOMEM { throw IOFailure(.other, "reading", subject, "out of memory") }
    throw IOFailure(.malformed, "reading", subject, sentence(status))
  }

  /// libarchive's words as a clause, without the line ends some of them have.
  private func sentence(_ status: Int32) -> String {
    guard let text = unsafe archive_error_string(handle) else {
      return status == ARCHIVE_EOF ? "it ends too soon" : "the data is damaged"
    }
    let words = unsafe String(cString: text).filter { $0 != "\n" }
    if words == "Unrecognized archive format" { return "nothing is in it" }
    let isAcronym = words.dropFirst().first?.isUppercase ?? false
    return isAcronym ? words : words.prefix(1).lowercased() + words.dropFirst()
  }
}
