/// The part of a GGUF file that tells where its tensors start.
///
/// Source: the GGUF specification, versions 2 and 3 (ggml-org/ggml, docs/gguf.md).
enum GGUFHeader {
  /// Absolute offsets of the tensors, or nil if the header does not read well.
  static func tensorOffsets(_ bytes: Span<UInt8>) -> [UInt64]? {
    var reader = Reader(position: 4)
    guard bytes.count > 24, LittleEndian.uint32(bytes, at: 0) == 0x4655_4747,
      let version = reader.uint32(bytes), version == 2 || version == 3,
      let tensors = reader.uint64(bytes), let pairs = reader.uint64(bytes),
      tensors <= UInt64(TensorCuts.tensorLimit), pairs <= 1 << 20
    else { return nil }
    var alignment: UInt64 = 32
    for _ in 0..<pairs {
      guard let key = reader.text(bytes), let type = reader.uint32(bytes) else { return nil }
      if key == Array("general.alignment".utf8), type == 4 {
        guard let value = reader.uint32(bytes), value > 0 else { return nil }
        alignment = UInt64(value)
      } else {
        guard reader.skip(type, bytes, depth: 0) else { return nil }
      }
    }
    var offsets = [UInt64]()
    for _ in 0..<tensors {
      guard reader.text(bytes) != nil, let dimensions = reader.uint32(bytes), dimensions <= 8,
        reader.advance(Int(dimensions) * 8 + 4, bytes), let offset = reader.uint64(bytes), offset < 1 << 60
      else { return nil }
      offsets.append(offset)
    }
    let start = (UInt64(reader.position) + alignment - 1) / alignment * alignment
    return offsets.map { start + $0 }
  }

  private struct Reader {
    var position: Int

    mutating func advance(_ count: Int, _ bytes: Span<UInt8>) -> Bool {
      guard count >= 0, count <= bytes.count - position else { return false }
      position += count
      return true
    }

    mutating func uint32(_ bytes: Span<UInt8>) -> UInt32? {
      let start = position
      return advance(4, bytes) ? LittleEndian.uint32(bytes, at: start) : nil
    }

    mutating func uint64(_ bytes: Span<UInt8>) -> UInt64? {
      let start = position
      return advance(8, bytes) ? LittleEndian.uint64(bytes, at: start) : nil
    }

    mutating func text(_ bytes: Span<UInt8>) -> [UInt8]? {
      guard let length = uint64(bytes), length <= 1 << 24 else { return nil }
      let start = position
      guard advance(Int(length), bytes) else { return nil }
      return (start..<position).map { bytes[$0] }
    }

    /// Skips a value; 8 is a string, 9 an array of a type and a count.
    mutating func skip(_ type: UInt32, _ bytes: Span<UInt8>, depth: Int) -> Bool {
      switch type {
      case 0, 1, 7: return advance(1, bytes)
      case 2, 3: return advance(2, bytes)
      case 4, 5, 6: return advance(4, bytes)
      case 10, 11, 12: return advance(8, bytes)
      case 8:
        guard let length = uint64(bytes), length <= 1 << 24 else { return false }
        return advance(Int(length), bytes)
      case 9:
        guard depth < 4, let inner = uint32(bytes), let count = uint64(bytes), count <= 1 << 24 else { return false }
        for _ in 0..<count where !skip(inner, bytes, depth: depth + 1) { return false }
        return true
      default: return false
      }
    }
  }
}
