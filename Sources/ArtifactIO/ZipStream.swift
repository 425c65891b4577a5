/// A zip archive, in the order of its table of contents.
///
/// The table and the headers in front of the data are read and compared here. To inflate an entry, libarchive is given
/// a header that says what the table says, under another name, and the entry's data.
final class ZipStream: ArchiveFormat {
  /// What libarchive can inflate: stored, deflate, bzip2, LZMA, Zstandard, xz, PPMd.
  private static let methods: Set<UInt16> = [0, 8, 12, 14, 93, 95, 98]
  private static let maximumTarget: Int64 = 64 << 10

  private let file: ArchiveFile
  private let source: ArchiveSource
  private var directory: ZipDirectory
  /// Bytes of the file that entries have claimed.
  ///
  /// Entries that share data ("A better zip bomb", Fifield 2019) claim more than there is.
  private var claimed: Int64 = 0
  private var current: (record: ZipRecord, dataOffset: Int64)?
  private var decoder: ArchiveDecoder?
  private var left: Int64 = 0

  init(_ file: ArchiveFile, size: Int64) throws(IOFailure) {
    self.file = file
    source = ArchiveSource(file: file)
    directory = try ZipDirectory(file, size: size)
  }

  func next() throws(IOFailure) -> RawEntry? {
    decoder = nil
    current = nil
    left = 0
    guard let record = try directory.next() else { return nil }
    current = (record, try dataOffset(of: record))
    var entry = RawEntry(name: record.name, kind: .directory)
    let type = record.isUnix ? record.mode & 0o170000 : 0
    if record.name.last == UInt8(ascii: "/") || type == 0o040000 || record.isDOSDirectory {
      guard record.size == 0 else { throw damage("a directory has contents") }
      return entry
    }
    switch type {
    case 0o120000: entry.kind = .symlink(target: try target(record))
    // 0o010000: Info-ZIP marks a file that it read from a pipe as one.
    case 0, 0o100000, 0o010000:
      try checkReadable(record)
      entry.kind = .file(size: record.size)
      entry.isExecutable = record.isUnix && record.mode & 0o100 != 0
      left = record.size
      if left == 0 { try finishBody() }
    case 0o020000: entry.kind = .other("character device")
    case 0o060000: entry.kind = .other("block device")
    case 0o140000: entry.kind = .other("socket")
    default: entry.kind = .other("zip entry of type 0o\(String(type, radix: 8))")
    }
    return entry
  }

  func read(into buffer: inout [UInt8], _ range: Range<Int>) throws(IOFailure) -> Int {
    let wanted = Int(min(Int64(range.count), left))
    guard wanted > 0 else { return 0 }
    let count = try open().read(into: &buffer, range.lowerBound..<(range.lowerBound + wanted))
    left -= Int64(count)
    guard count == wanted else { throw damage("its data is shorter than declared") }
    if left == 0 { try finishBody() }
    return count
  }

  /// After the last declared byte: there must be none more, and the checksum must fit.
  private func finishBody() throws(IOFailure) {
    guard let record = current?.record else { return }
    guard record.size > 0 || record.compressedSize > 0 else {
      guard record.checksum == 0 else { throw damage("its checksum does not fit") }
      return
    }
    guard try open().skip(1) == 0 else { throw damage("its data is longer than declared") }
    decoder = nil
  }

  private func target(_ record: ZipRecord) throws(IOFailure) -> [UInt8] {
    guard record.size <= Self.maximumTarget else {
      throw IOFailure(.limit, "reading", subject, "the target of a link has \(record.size) bytes")
    }
    try checkReadable(record)
    left = record.size
    var target = [UInt8](repeating: 0, count: Int(left))
    _ = try read(into: &target, target.indices)
    return target
  }

  private func checkReadable(_ record: ZipRecord) throws(IOFailure) {
    guard !record.isEncrypted else {
      throw IOFailure(.other, "reading", subject, "it is encrypted; only plain entries can be read")
    }
    guard Self.methods.contains(record.method) else {
      throw IOFailure(.other, "reading", subject, "compression method \(record.method) is not supported")
    }
  }

  /// Compares the header in front of the data with the record.
  ///
  /// - Returns: Where the data begins.
  private func dataOffset(of record: ZipRecord) throws(IOFailure) -> Int64 {
    guard record.headerOffset < directory.start,
      case let fixed = try file.bytes(at: record.headerOffset, count: ZipLocalHeader.fixedSize),
      let lengths = ZipLocalHeader.lengths(fixed)
    else { throw damage("it is not where the table of contents says", record) }
    let names = try file.bytes(
      at: record.headerOffset + Int64(fixed.count), count: lengths.name + lengths.extra)
    let dataOffset = record.headerOffset + Int64(fixed.count + lengths.name + lengths.extra)
    guard names.count == lengths.name + lengths.extra, dataOffset <= directory.start,
      record.compressedSize <= directory.start - dataOffset
    else { throw damage("its data reaches into the table of contents", record) }
    let header = ZipLocalHeader(fixed, Array(names.prefix(lengths.name)), Array(names.dropFirst(lengths.name)))
    guard header.agrees(with: record) else {
      throw damage("its header and the table of contents contradict each other", record)
    }
    claimed += dataOffset - record.headerOffset + record.compressedSize
    guard claimed <= directory.start else { throw damage("its data is also that of another entry", record) }
    return dataOffset
  }

  private func open() throws(IOFailure) -> ArchiveDecoder {
    if let decoder { return decoder }
    guard let (record, offset) = current else { throw damage("no entry is being read") }
    func little(_ value: some FixedWidthInteger) -> [UInt8] {
      (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    // Always with zip64 numbers: signature, version, flags, method, time and date, CRC-32, sizes, lengths, name, field.
    var head: [UInt8] = [0x50, 0x4B, 3, 4, 45, 0, 0, 0] + little(record.method) + [0, 0, 0, 0]
    head += little(record.checksum) + little(UInt32.max) + little(UInt32.max) + little(UInt16(1)) + little(UInt16(20))
    head += [UInt8(ascii: "f")] + little(UInt16(1)) + little(UInt16(16))
    head += little(record.size) + little(record.compressedSize)
    source.aim(head: head, offset: offset, count: record.compressedSize)
    let decoder = try ArchiveDecoder(source, .zipEntry, subject: subject)
    self.decoder = decoder
    return decoder
  }

  private var subject: String {
    current.map { "\(file.name): \(ArchiveName.printable($0.record.name))" } ?? file.name
  }

  private func damage(_ detail: String, _ record: ZipRecord? = nil) -> IOFailure {
    let subject = record.map { "\(file.name): \(ArchiveName.printable($0.name))" } ?? self.subject
    return IOFailure(.malformed, "reading", subject, detail)
  }
}
