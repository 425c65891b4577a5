import ArtifactCore
import TestSupport
import Testing

/// Where weight files are cut.
@Suite struct TensorCutsTests {
  static func safetensors(_ header: String) -> [UInt8] {
    var bytes = [UInt8]()
    LittleEndian.append(UInt64(header.utf8.count), to: &bytes)
    return bytes + [UInt8](header)
  }

  static func cuts(_ name: String, _ head: [UInt8]) -> TensorCuts? {
    TensorCuts(fileName: [UInt8](name), head: head.span)
  }

  /// All cuts of a file of `size` bytes.
  static func positions(_ cuts: TensorCuts, size: UInt64) -> [UInt64] {
    var cuts = cuts
    var position: UInt64 = 0
    var result = [UInt64]()
    while position < size {
      position = min(size, position + UInt64(cuts.nextCut(after: position)))
      result.append(position)
    }
    return result
  }

  @Test func `a safetensors file is cut at its header and its tensors`() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[4],"data_offsets":[100,3000000]},"a":{"dtype":"F32","shape":[25],"data_offsets":[0,100]}}"#
    let head = Self.safetensors(header) + [0]
    let start = UInt64(8 + header.utf8.count)
    let cuts = try #require(Self.cuts("model.safetensors", head))
    #expect(cuts.boundaries == [start, start + 100, start + 3_000_000])
    let stride = TensorCuts.stride
    #expect(
      Self.positions(cuts, size: start + 3_000_000)
        == [start, start + 100, start + 100 + stride, start + 100 + 2 * stride, start + 3_000_000])
  }

  @Test func `a tensor that did not change has the same chunks wherever it moved to`() throws {
    func cut(_ header: String, size: UInt64) throws -> [UInt64] {
      let head = Self.safetensors(header) + [0]
      return Self.positions(try #require(Self.cuts("m.safetensors", head)), size: UInt64(8 + header.utf8.count) + size)
    }
    let one = #"{"a":{"data_offsets":[0,5000000]}}"#
    let two = #"{"z":{"data_offsets":[0,777]},"a":{"data_offsets":[777,5000777]}}"#
    let first = try cut(one, size: 5_000_000)
    let second = try cut(two, size: 5_000_777)
    let inFirst = first.filter { $0 >= 8 + UInt64(one.utf8.count) }.map { $0 - 8 - UInt64(one.utf8.count) }
    let inSecond = second.filter { $0 >= 8 + UInt64(two.utf8.count) + 777 }.map {
      $0 - 8 - UInt64(two.utf8.count) - 777
    }
    #expect(inFirst == inSecond)
    #expect(inFirst.count == 6)
  }

  @Test(arguments: [
    "", "{", "[]", "{\"a\":1}", #"{"a":{"data_offsets":[0]}}"#, #"{"a":{"data_offsets":[5,1]}}"#,
    #"{"a":{"data_offsets":[-1,1]}}"#, #"{"a":{"data_offsets":["0","1"]}}"#, #"{"a":{"data_offsets":[0.5,1]}}"#,
  ])
  func `a safetensors header that does not read well is no cut at all`(header: String) {
    #expect(Self.cuts("m.safetensors", Self.safetensors(header) + [0]) == nil)
  }

  @Test func `a safetensors header that is longer than what was read is no cut at all`() {
    var bytes = [UInt8]()
    LittleEndian.append(UInt64.max, to: &bytes)
    #expect(Self.cuts("m.safetensors", bytes + [0x7b, 0x7d, 0]) == nil)
    #expect(Self.cuts("m.safetensors", []) == nil)
    let good = Self.safetensors(#"{"a":{"data_offsets":[0,9]}}"#) + [0]
    #expect(Self.cuts("m.safetensors", good) != nil)
    for end in good.indices { #expect(Self.cuts("m.safetensors", Array(good[..<end])) == nil) }
  }

  @Test func `offsets near the end of the numbers do no harm`() throws {
    let header = #"{"a":{"data_offsets":[0,9007199254740991]}}"#
    let cuts = try #require(Self.cuts("m.safetensors", Self.safetensors(header) + [0]))
    #expect(Self.positions(cuts, size: 3 << 20).count == 4)
    for offset in ["9223372036854775807", "18446744073709551615", "1e400"] {
      // Refused or kept, but never a crash.
      _ = Self.cuts("m.safetensors", Self.safetensors(#"{"a":{"data_offsets":[0,\#(offset)]}}"#) + [0])
    }
  }

  @Test func `a numpy file is cut behind its header`() throws {
    let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    let one = magic + [1, 0, 118, 0] + [UInt8](repeating: 0x20, count: 200)
    #expect(try #require(Self.cuts("x.npy", one)).boundaries == [128])
    let two = magic + [2, 0, 0x74, 1, 0, 0] + [UInt8](repeating: 0x20, count: 400)
    #expect(try #require(Self.cuts("x.npy", two)).boundaries == [12 + 0x174])
    #expect(Self.cuts("x.npy", Array(one[..<12])) == nil)
    #expect(Self.cuts("x.npy", one.replacing([0x94], at: 0)) == nil)
  }

  struct GGUF {
    var bytes: [UInt8] = []
    mutating func u32(_ value: UInt32) { LittleEndian.append(value, to: &bytes) }
    mutating func u64(_ value: UInt64) { LittleEndian.append(value, to: &bytes) }
    mutating func text(_ value: String) {
      u64(UInt64(value.utf8.count))
      bytes += [UInt8](value)
    }

    /// Two tensors behind metadata of every shape.
    init(alignment: UInt32, offsets: [UInt64]) {
      u32(0x4655_4747)
      u32(3)
      u64(UInt64(offsets.count))
      u64(4)
      text("general.name")
      u32(8)
      text("tiny")
      text("general.alignment")
      u32(4)
      u32(alignment)
      text("tokens")
      u32(9)
      u32(8)
      u64(2)
      text("a")
      text("bc")
      text("flag")
      u32(7)
      bytes.append(1)
      for (number, offset) in offsets.enumerated() {
        text("t\(number)")
        u32(2)
        u64(4)
        u64(4)
        u32(0)
        u64(offset)
      }
    }
  }

  @Test(arguments: [UInt32(32), 64, 1]) func `a gguf file is cut at its tensors`(alignment: UInt32) throws {
    let file = GGUF(alignment: alignment, offsets: [0, 4_096])
    let start = (UInt64(file.bytes.count) + UInt64(alignment) - 1) / UInt64(alignment) * UInt64(alignment)
    let cuts = try #require(Self.cuts("m.gguf", file.bytes + [0]))
    #expect(cuts.boundaries == [start, start + 4_096])
  }

  @Test func `a gguf header that is cut off, flipped or absurd is no crash`() {
    let file = GGUF(alignment: 32, offsets: [0, 4_096]).bytes
    for end in file.indices { #expect(Self.cuts("m.gguf", Array(file[..<end])) == nil, "cut at \(end)") }
    for index in file.indices {
      for bit in 0..<8 {
        var other = file
        other[index] ^= 1 << UInt8(bit)
        if let cuts = Self.cuts("m.gguf", other) { _ = Self.positions(cuts, size: 10_000) }
      }
    }
    #expect(Self.cuts("m.gguf", GGUF(alignment: 0, offsets: [0]).bytes) == nil)
    #expect(Self.cuts("m.gguf", GGUF(alignment: 32, offsets: [.max]).bytes) == nil)
  }

  @Test func `a file with another ending is cut by content`() {
    let head = Self.safetensors(#"{"a":{"data_offsets":[0,9]}}"#) + [0]
    for name in ["m.bin", "safetensors", ".safetensors", "m.safetensors.bak", "M.SAFETENSORS", ""] {
      #expect(Self.cuts(name, head) == nil, "\(name)")
    }
  }
}
