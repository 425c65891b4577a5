/// One 512-byte header block (POSIX.1-2008 pax, section "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
///
///     offset size field             offset size field
///          0  100 name                 257    8 magic and version
///        100    8 mode                 345  155 prefix (POSIX)
///        124   12 size                 386   96 sparse map, 4 pairs (GNU)
///        148    8 checksum             482    1 sparse map goes on (GNU)
///        156    1 type                 483   12 real size (GNU)
///        157  100 link name
///
/// Owner, times and device numbers are not read: nothing is kept of them.
struct TarHeader {
  static let blockSize = 512

  /// Whether a block carries the checksum of a header, over unsigned or (old Unix) signed bytes.
  static func isHeader(_ block: [UInt8]) -> Bool {
    guard block.count == blockSize, let stored = octal(block[148..<156]) else { return false }
    var unsigned = 8 * 32
    var signed = 8 * 32
    for index in block.indices where !(148..<156).contains(index) {
      unsigned += Int(block[index])
      signed += Int(Int8(bitPattern: block[index]))
    }
    return stored == unsigned || stored == signed
  }

  /// Whether a block is all zeros: the mark at the end of an archive.
  static func isZero(_ block: [UInt8]) -> Bool { block.count == blockSize && block.allSatisfy { $0 == 0 } }

  let block: [UInt8]
  /// GNU's old dialect: no prefix, sparse maps in the header.
  let isGNU: Bool

  init(_ block: [UInt8]) {
    self.block = block
    isGNU = block[257..<265].elementsEqual("ustar  \0".utf8)
  }

  var type: UInt8 { block[156] }
  /// nil if the field is not a number that fits.
  var size: Int64? { Self.number(block[124..<136]) }
  var mode: Int64? { Self.number(block[100..<108]) }
  var linkName: [UInt8] { Self.text(block[157..<257]) }

  var name: [UInt8] {
    let name = Self.text(block[0..<100])
    guard !isGNU, block[257..<262].elementsEqual("ustar".utf8), block[345] != 0 else { return name }
    return Self.text(block[345..<500]) + [UInt8(ascii: "/")] + name
  }

  /// Up to the first NUL.
  static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  /// Octal text or, with the top bit set, a big-endian number (GNU, star); nil if neither, or negative, or too large.
  static func number(_ field: ArraySlice<UInt8>) -> Int64? {
    guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
    guard first == 0x80 else { return nil }
    var value: Int64 = 0
    for byte in field.dropFirst() {
      guard value <= Int64.max >> 8 else { return nil }
      value = value << 8 | Int64(byte)
    }
    return value
  }

  /// Octal digits between spaces in front and spaces or NULs behind; an empty field is 0.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    let digits = field.drop { $0 == 0x20 }
    let rest = digits.drop { (0x30...0x37).contains($0) }
    guard rest.allSatisfy({ $0 == 0x20 || $0 == 0 }) else { return nil }
    for byte in digits[..<rest.startIndex] {
      guard value <= Int64.max >> 3 else { return nil }
      value = value << 3 | Int64(byte - 0x30)
    }
    return value
  }
}
