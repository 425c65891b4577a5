/// The 512-byte ustar header of a pack member (store-layout.md §3.2; POSIX.1-2001 pax, "ustar Interchange Format").
///
///     offset size field      value
///          0  100 name       `o/<64 hex>`, `r/<64 hex>`, `README` or `nonce`
///        100    8 mode       0000644
///        108   16 uid, gid   0000000
///        124   12 size       11 octal digits
///        136   12 mtime      00000000000
///        148    8 checksum   6 octal digits, NUL, space
///        156    1 type       `0`
///        257    8 magic      `ustar`, NUL, `00`
public enum TarHeader {
  /// Bytes of a header, and the unit that members are padded to.
  public static let blockSize = 512

  private static let template: [UInt8] = {
    var block = [UInt8](repeating: 0, count: blockSize)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
    }
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put("00000000000", at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    return block
  }()

  /// The header of a member of `size` bytes (below 8 GiB) whose name has at most 99 bytes.
  public static func block(name: [UInt8], size: Int) -> [UInt8] {
    precondition(name.count < 100 && size >= 0 && size < 1 << 33, "a pack member out of bounds")
    var block = template
    for index in name.indices { block[index] = name[index] }
    octal(UInt64(size), digits: 11, at: 124, in: &block)
    var sum: UInt64 = 0
    for byte in block { sum &+= UInt64(byte) }
    octal(sum, digits: 6, at: 148, in: &block)
    block[154] = 0
    return block
  }

  /// Zero bytes after a member of `size` bytes.
  public static func padding(after size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

  /// Whether the bytes behind a member, up to the next block, are there and zero.
  public static func isPadded(_ bytes: Span<UInt8>, after content: Range<Int>) -> Bool {
    let end = content.upperBound + padding(after: content.count)
    guard end <= bytes.count else { return false }
    for index in content.upperBound..<end where bytes[index] != 0 { return false }
    return true
  }

  /// A member's name and size, or nil for a block of zeros (the end of the archive).
  ///
  /// Accepts exactly what `block(name:size:)` writes.
  public static func parse(_ bytes: Span<UInt8>, at offset: Int) throws(FormatError) -> (name: [UInt8], size: Int)? {
    guard offset + blockSize <= bytes.count else {
      throw FormatError(.length, "pack member", "its header is cut off", at: offset)
    }
    let header = bytes.extracting(offset..<(offset + blockSize))
    if header[0] == 0 {
      for index in header.indices where header[index] != 0 {
        throw FormatError(.field, "pack member", "a header without a name", at: offset)
      }
      return nil
    }
    var name = [UInt8]()
    while name.count < 100, header[name.count] != 0 { name.append(header[name.count]) }
    var size = 0
    for index in 124..<135 {
      guard (48...55).contains(header[index]) else {
        throw FormatError(.field, "pack member", "its size is not octal", at: offset + index)
      }
      size = size << 3 | Int(header[index] - 48)
    }
    guard name.count < 100 else { throw FormatError(.field, "pack member", "its name has no end", at: offset) }
    let expected = block(name: name, size: size)
    for index in header.indices where header[index] != expected[index] {
      throw FormatError(.notCanonical, "pack member", "its header is not in the one permitted form", at: offset + index)
    }
    return (name, size)
  }

  private static func octal(_ value: UInt64, digits: Int, at offset: Int, in block: inout [UInt8]) {
    var rest = value
    for index in stride(from: offset + digits - 1, through: offset, by: -1) {
      block[index] = 48 + UInt8(rest & 7)
      rest >>= 3
    }
  }
}
