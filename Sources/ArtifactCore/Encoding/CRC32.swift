/// CRC-32 as gzip and zlib compute it (reflected polynomial 0xEDB88320), eight bytes at a time.
public enum CRC32 {
  private static let tables: [[UInt32]] = {
    var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
    for value in 0..<256 {
      var crc = UInt32(value)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc &>> 1 ^ 0xEDB8_8320 : crc &>> 1 }
      tables[0][value] = crc
    }
    for value in 0..<256 {
      for slice in 1..<8 {
        let previous = tables[slice - 1][value]
        tables[slice][value] = previous &>> 8 ^ tables[0][Int(previous & 255)]
      }
    }
    return tables
  }()

  /// The checksum of `bytes`.
  public static func of(_ bytes: Span<UInt8>) -> UInt32 { update(0, bytes) }

  /// The checksum of what had the checksum `before` (0 for nothing) followed by `bytes`.
  public static func update(_ before: UInt32, _ bytes: Span<UInt8>) -> UInt32 {
    let table = tables
    var crc = ~before
    var index = 0
    while index + 8 <= bytes.count {
      let low = LittleEndian.uint32(bytes, at: index) ^ crc
      let high = LittleEndian.uint32(bytes, at: index + 4)
      crc =
        table[7][Int(low & 255)] ^ table[6][Int(low &>> 8 & 255)] ^ table[5][Int(low &>> 16 & 255)]
        ^ table[4][Int(low &>> 24)]
      crc ^=
        table[3][Int(high & 255)] ^ table[2][Int(high &>> 8 & 255)] ^ table[1][Int(high &>> 16 & 255)]
        ^ table[0][Int(high &>> 24)]
      index += 8
    }
    while index < bytes.count {
      crc = crc &>> 8 ^ table[0][Int((crc ^ UInt32(bytes[index])) & 255)]
      index += 1
    }
    return ~crc
  }
}
