import ArtifactCore
import ArtifactIO

/// Writes a wheel with nothing in it that depends on time, machine or library: entries in order, stored as they are, of
/// 1980-01-01.
///
/// Not compressed: so its bytes are the same everywhere, and the store shares what two versions have in common.
struct WheelWriter: ~Copyable {
  private let file: File
  private var table: [UInt8] = []
  private var offset: UInt64 = 0
  private var lines: [WheelRecord.Line] = []
  private static let limit: UInt64 = 0xFFFF_FFFE

  init(_ path: Path) throws(IOFailure) { file = try File.create(path) }

  /// Adds a file; entries must come in the order of their names.
  mutating func add(_ name: String, _ bytes: [UInt8], isExecutable: Bool) throws {
    lines.append(WheelRecord.Line(path: name, digest: Digest.of(bytes), size: UInt64(bytes.count)))
    try put(name, bytes, isExecutable)
  }

  private mutating func put(_ name: String, _ bytes: [UInt8], _ isExecutable: Bool) throws {
    guard offset + UInt64(bytes.count) < Self.limit else {
      throw RunError(.unsupported, file.path.printable, "it would have more than 4 GiB")
    }
    let text = Array(name.utf8)
    // PKWARE APPNOTE 6.3.10, 4.3.7: version 2.0, names in UTF-8, method 0, 1980-01-01.
    var common = Self.little(UInt16(20)) + Self.little(UInt16(1 << 11)) + [0, 0, 0, 0]
    common += Self.little(UInt16(1 << 5 | 1)) + Self.little(CRC32.of(bytes.span))
    common += Self.little(UInt32(bytes.count)) + Self.little(UInt32(bytes.count))
    common += Self.little(UInt16(text.count)) + [0, 0]
    let header = [0x50, 0x4B, 3, 4] + common + text
    let mode = UInt32(isExecutable ? 0o100755 : 0o100644) << 16
    table += [0x50, 0x4B, 1, 2] + Self.little(UInt16(3 << 8 | 20)) + common + [0, 0, 0, 0, 0, 0]
    table += Self.little(mode) + Self.little(UInt32(offset)) + text
    try file.write(header.span)
    try file.write(bytes.span)
    offset += UInt64(header.count + bytes.count)
  }

  /// Adds `RECORD` and the table of contents.
  consuming func finish(recordName: String) throws {
    let record = WheelRecord(lines: lines + [WheelRecord.Line(path: recordName, digest: nil, size: nil)])
    guard lines.count < 0xFFFF else { throw RunError(.unsupported, file.path.printable, "it has 65,535 files or more") }
    let count = UInt16(lines.count + 1)
    try put(recordName, record.bytes, false)
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end += Self.little(count) + Self.little(count) + Self.little(UInt32(table.count)) + Self.little(UInt32(offset))
    end += [0, 0]
    try file.write(table.span)
    try file.write(end.span)
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
