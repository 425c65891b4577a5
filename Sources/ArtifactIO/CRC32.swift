/// CRC-32 of RFC 1952 section 8, as gzip and zip use it.
///
/// Eight bytes a step through eight tables ("slicing-by-8", Kounavis and Berry 2005).
struct CRC32 {
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      tables[index] = value
    }
    for index in 256..<(8 * 256) {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  private var state: UInt32 = ~0

  /// The checksum of all bytes so far.
  var value: UInt32 { ~state }

  /// Takes in the next bytes.
  mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables.span
    let count = bytes.count
    var crc = state
    var index = 0
    while index + 8 <= count {
      let low =
        crc ^ UInt32(bytes[index]) ^ UInt32(bytes[index + 1]) << 8 ^ UInt32(bytes[index + 2]) << 16
        ^ UInt32(bytes[index + 3]) << 24
      crc =
        tables[0x700 + Int(low & 0xFF)] ^ tables[0x600 + Int(low >> 8 & 0xFF)]
        ^ tables[0x500 + Int(low >> 16 & 0xFF)] ^ tables[0x400 + Int(low >> 24)]
        ^ tables[0x300 + Int(bytes[index + 4])] ^ tables[0x200 + Int(bytes[index + 5])]
        ^ tables[0x100 + Int(bytes[index + 6])] ^ tables[Int(bytes[index + 7])]
      index += 8
    }
    while index < count {
      crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    state = crc
  }
}
