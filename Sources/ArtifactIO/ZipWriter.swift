/// Writes zip (PKWARE APPNOTE 6.3.10) without going back: sizes and checksums of files follow their data.
final class ZipWriter: ArchiveContainer {
  /// Above this, deflate could need more than the 2^32-2 bytes that the short fields can say.
  private static let shortLimit: Int64 = 0xFFE0_0000
  private static let date = UInt16(1 << 5 | 1)  // 1980-01-01

  private let sink: ArchiveSink
  /// Offset in the archive, which may begin anywhere in the descriptor.
  private let origin: Int64
  private var directory: [UInt8] = []
  private var count: UInt64 = 0
  private var current: Record?
  private var deflate: (encoder: GzipEncoder, output: DeflateOutput)?

  /// What the table of contents says about one entry.
  private struct Record {
    let member: ArchiveMember
    let offset: Int64
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var version: UInt16 = 20
    var checksum: UInt32 = 0
    var compressedSize: Int64 = 0
    var size: Int64 = 0
  }

  init(_ sink: ArchiveSink) {
    self.sink = sink
    origin = sink.position
  }

  func begin(_ member: ArchiveMember) throws(IOFailure) {
    var record = Record(member: member, offset: sink.position - origin)
    let isASCII = member.name.allSatisfy { $0 < 0x80 }
    // Without this flag the charset is unknown, which is true of names that are not UTF-8.
    if !isASCII && String(validating: member.name, as: UTF8.self) != nil { record.flags |= 1 << 11 }

    var data: [UInt8] = []
    switch member.kind {
    case .symlink(let target):
      data = target
      var checksum = CRC32()
      checksum.update(target.span)
      record.checksum = checksum.value
      record.size = Int64(target.count)
      record.compressedSize = record.size
    case .file(let size) where size > 0:
      record.flags |= 1 << 3
      record.method = 8
      record.size = size
      if size > Self.shortLimit { record.version = 45 }
    case .file, .directory: break
    }
    try put(localHeader(record) + data)
    if record.method == 0 {
      add(record)
    } else {
      let output = DeflateOutput(sink)
      deflate = (try GzipEncoder(output, subject: sink.name), output)
      current = record
    }
  }

  func write(_ bytes: Span<UInt8>) throws(IOFailure) { try deflate?.encoder.put(bytes) }

  func endFile() throws(IOFailure) {
    guard let deflate, var record = current else { return }  // an empty file
    try deflate.encoder.finish()
    record.checksum = deflate.output.checksum
    record.compressedSize = deflate.output.count
    let isLong = record.version == 45
    try put(
      [0x50, 0x4B, 7, 8] + little(record.checksum)
        + (isLong
          ? little(record.compressedSize) + little(record.size)
          : little(UInt32(record.compressedSize)) + little(UInt32(record.size))))
    add(record)
    self.deflate = nil
    current = nil
  }

  func finish() throws(IOFailure) {
    let start = sink.position - origin
    let size = Int64(directory.count)
    try put(directory)
    if count >= 0xFFFF || start >= 0xFFFF_FFFF || size >= 0xFFFF_FFFF {
      // The zip64 end record and its locator.
      try put(
        [0x50, 0x4B, 6, 6] + little(UInt64(44)) + little(UInt16(3 << 8 | 45)) + little(UInt16(45)) + little(UInt64(0))
          + little(count) + little(count) + little(size) + little(start))
      try put([0x50, 0x4B, 6, 7] + little(UInt32(0)) + little(start + size) + little(UInt32(1)))
    }
    let short = UInt16(min(count, 0xFFFF))
    try put(
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + little(short) + little(short) + little(UInt32(clamping: size))
        + little(UInt32(clamping: start)) + [0, 0])
    try sink.finish()
  }

  /// In front of the data; for the fields see `ZipLocalHeader`.
  private func localHeader(_ record: Record) -> [UInt8] {
    let name = record.member.storedName
    let comesLater = record.flags & 1 << 3 != 0
    let isLong = record.version == 45
    var header: [UInt8] = [0x50, 0x4B, 3, 4] + little(record.version) + little(record.flags) + little(record.method)
    header += little(UInt16(0)) + little(Self.date)
    header += little(comesLater ? 0 : record.checksum)
    let size = isLong ? UInt32.max : comesLater ? 0 : UInt32(record.size)
    header += little(size) + little(size)
    header += little(UInt16(name.count)) + little(UInt16(isLong ? 20 : 0)) + name
    if isLong { header += little(UInt16(1)) + little(UInt16(16)) + little(UInt64(0)) + little(UInt64(0)) }
    return header
  }

  /// Adds the record to the table of contents; for the fields see `ZipRecord`.
  private func add(_ record: Record) {
    let name = record.member.storedName
    var wide: [UInt8] = []
    func short(_ value: Int64) -> UInt32 {
      if value < 0xFFFF_FFFF { return UInt32(value) }
      wide += little(value)
      return .max
    }
    let size = short(record.size)
    let compressedSize = short(record.compressedSize)
    let offset = short(record.offset)
    let version = wide.isEmpty ? record.version : 45
    directory += [0x50, 0x4B, 1, 2] + little(UInt16(3 << 8) | version) + little(version) + little(record.flags)
    directory += little(record.method) + little(UInt16(0)) + little(Self.date) + little(record.checksum)
    directory += little(compressedSize) + little(size) + little(UInt16(name.count))
    directory += little(UInt16(wide.isEmpty ? 0 : wide.count + 4)) + [0, 0, 0, 0, 0, 0]
    let isDirectory = record.member.mode & 0o170000 == 0o040000
    directory += little(UInt16(isDirectory ? 0x10 : 0)) + little(record.member.mode) + little(offset) + name
    if !wide.isEmpty { directory += little(UInt16(1)) + little(UInt16(wide.count)) + wide }
    count += 1
  }

  private func put(_ bytes: [UInt8]) throws(IOFailure) { try sink.put(bytes.span) }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

/// Takes a gzip stream and passes on the deflate data in it, without the 10 bytes in front and the 8 behind.
private final class DeflateOutput: ArchiveOutput {
  private let sink: ArchiveSink
  private var headLeft = 10
  private var tail: [UInt8] = []
  /// Bytes passed on.
  private(set) var count: Int64 = 0

  init(_ sink: ArchiveSink) { self.sink = sink }

  /// CRC-32 of the plain bytes, once the stream is finished.
  var checksum: UInt32 { tail.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } }

  func put(_ bytes: Span<UInt8>) throws(IOFailure) {
    var start = min(headLeft, bytes.count)
    headLeft -= start
    let rest = bytes.count - start
    // What is held back goes first, as far as as many bytes come after it.
    let released = min(tail.count, max(0, tail.count + rest - 8))
    if released > 0 {
      let ready = Array(tail.prefix(released))
      tail.removeFirst(released)
      try pass(ready.span)
    }
    let direct = max(0, rest - 8)
    if direct > 0 {
      try pass(bytes.extracting(start..<(start + direct)))
      start += direct
    }
    for index in start..<bytes.count { tail.append(bytes[index]) }
  }

  func finish() throws(IOFailure) {}

  private func pass(_ bytes: Span<UInt8>) throws(IOFailure) {
    count += Int64(bytes.count)
    try sink.put(bytes)
  }
}
