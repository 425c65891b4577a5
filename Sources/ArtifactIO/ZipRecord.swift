/// One record of the table of contents.
///
///     offset size field                       offset size field
///          5    1 system it was made on          28    2 length of the name, which follows
///          8    2 flags: 0, 6, 13 encrypted,     30    2 length of the extra field
///                 3 sizes behind the data        32    2 length of the comment
///         10    2 method                         38    4 attributes: Unix mode in the upper half
///         16    4 CRC-32                         42    4 offset of the local header
///         20    4 compressed size
///         24    4 size
struct ZipRecord {
  let name: [UInt8]
  let isUnix: Bool
  let flags: UInt16
  let method: UInt16
  let checksum: UInt32
  let compressedSize: Int64
  let size: Int64
  let mode: UInt16
  let isDOSDirectory: Bool
  let headerOffset: Int64

  var isEncrypted: Bool { flags & 0x2041 != 0 }

  /// nil if a number that should be in the zip64 field is not there, or too large.
  init?(_ fixed: [UInt8], _ name: [UInt8], _ extra: [UInt8]) {
    self.name = name
    isUnix = fixed[5] == 3 || fixed[5] == 19
    flags = fixed.zip16(8)
    method = fixed.zip16(10)
    checksum = fixed.zip32(16)
    mode = fixed.zip16(40)
    isDOSDirectory = fixed[5] == 0 && fixed[38] & 0x10 != 0
    guard
      let wide = ZipExtra.wide(extra, [fixed.zip32(24), fixed.zip32(20), fixed.zip32(42)])
    else { return nil }
    (size, compressedSize, headerOffset) = (wide[0], wide[1], wide[2])
  }
}

/// The header in front of an entry's data, which repeats most of the record.
///
///     offset size field                 offset size field
///          6    2 flags                    18    4 compressed size
///          8    2 method                   22    4 size
///         14    4 CRC-32                   26    2 length of the name, which follows
///                                          28    2 length of the extra field
struct ZipLocalHeader {
  static let fixedSize = 30

  let flags: UInt16
  let method: UInt16
  let checksum: UInt32
  /// nil where a zip64 number is missing.
  let sizes: (size: Int64, compressed: Int64)?
  let name: [UInt8]

  /// The lengths of the name and of the extra field; nil if there is no header here.
  static func lengths(_ fixed: [UInt8]) -> (name: Int, extra: Int)? {
    guard fixed.count == fixedSize, fixed.starts(with: [0x50, 0x4B, 3, 4]) else { return nil }
    return (Int(fixed.zip16(26)), Int(fixed.zip16(28)))
  }

  init(_ fixed: [UInt8], _ name: [UInt8], _ extra: [UInt8]) {
    flags = fixed.zip16(6)
    method = fixed.zip16(8)
    checksum = fixed.zip32(14)
    sizes = ZipExtra.wide(extra, [fixed.zip32(22), fixed.zip32(18)]).map { ($0[0], $0[1]) }
    self.name = name
  }

  /// Whether this says the same as the record; sizes and checksum may be missing if they come behind the data.
  func agrees(with record: ZipRecord) -> Bool {
    guard name == record.name, method == record.method, flags & 0x2041 == record.flags & 0x2041 else { return false }
    let comesLater = flags & 8 != 0
    guard let sizes else { return comesLater }
    return (checksum == record.checksum || comesLater && checksum == 0)
      && (sizes.size == record.size || comesLater && sizes.size == 0)
      && (sizes.compressed == record.compressedSize || comesLater && sizes.compressed == 0)
  }
}

/// Extra fields.
enum ZipExtra {
  /// Replaces each number that is all ones by the next one of the zip64 field, in order; nil if that is missing.
  static func wide(_ extra: [UInt8], _ narrow: [UInt32]) -> [Int64]? {
    var field = zip64(extra)[...]
    var result: [Int64] = []
    for number in narrow {
      if number != .max {
        result.append(Int64(number))
      } else {
        guard field.count >= 8, let value = Int64(exactly: Array(field.prefix(8)).zip64(0)), value < 1 << 62 else {
          return nil
        }
        field = field.dropFirst(8)
        result.append(value)
      }
    }
    return result
  }

  /// The body of the zip64 field; empty if there is none, or if the fields are garbage, as some tools leave it.
  private static func zip64(_ extra: [UInt8]) -> [UInt8] {
    var rest = extra[...]
    while rest.count >= 4 {
      let head = Array(rest.prefix(4))
      let length = Int(head.zip16(2))
      guard rest.count - 4 >= length else { return [] }
      if head.zip16(0) == 1 { return Array(rest.dropFirst(4).prefix(length)) }
      rest = rest.dropFirst(4 + length)
    }
    return []
  }
}

extension [UInt8] {
  /// Two bytes, little-endian.
  func zip16(_ at: Int) -> UInt16 { UInt16(self[at]) | UInt16(self[at + 1]) << 8 }
  /// Four bytes.
  func zip32(_ at: Int) -> UInt32 { UInt32(zip16(at)) | UInt32(zip16(at + 2)) << 16 }
  /// Eight bytes.
  func zip64(_ at: Int) -> UInt64 { UInt64(zip32(at)) | UInt64(zip32(at + 4)) << 32 }
}
