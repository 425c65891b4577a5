/// Little-endian integers in the binary layouts.
public enum LittleEndian {
  /// Appends four bytes.
  public static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value &>> shift)) }
  }

  /// Appends eight bytes.
  public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value &>> shift)) }
  }

  /// Reads four bytes; the caller guarantees that they are there.
  @inline(__always)
  public static func uint32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
    let window = bytes.extracting(offset..<(offset &+ 4))
    return UInt32(window[0]) | UInt32(window[1]) &<< 8 | UInt32(window[2]) &<< 16 | UInt32(window[3]) &<< 24
  }

  /// Reads eight bytes; the caller guarantees that they are there.
  @inline(__always)
  public static func uint64(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    UInt64(uint32(bytes, at: offset)) | UInt64(uint32(bytes, at: offset &+ 4)) &<< 32
  }
}
