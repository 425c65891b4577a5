import Testing

@testable import ArtifactIO

@Suite struct ArchiveRoundTripTests {
  /// A name of random bytes, of lengths around the limits of the formats.
  private func name(_ random: inout ArchiveRandom) -> [UInt8] {
    let parts = Int.random(in: 1...6, using: &random)
    let lengths = [1, 2, 30, 99, 100, 101, 154, 155, 156, 255]
    let alphabets: [ClosedRange<UInt8>] = [0x61...0x7A, 0x20...0x7E, 0x01...0xFF, 0x80...0xFF]
    let range = alphabets.randomElement(using: &random) ?? 0x61...0x7A
    let components = (0..<parts).map { _ in
      let isShort = Bool.random(using: &random)
      let length = isShort ? Int.random(in: 1...12, using: &random) : lengths.randomElement(using: &random) ?? 1
      return (0..<length).map { _ in
        let byte = UInt8.random(in: range, using: &random)
        return byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") ? UInt8(ascii: "_") : byte
      }
    }
    return Array(components.joined(separator: [UInt8(ascii: "/")]))
  }

  private func body(_ random: inout ArchiveRandom) -> [UInt8] {
    let sizes = [0, 1, 511, 512, 513, 65_535, 65_536, 131_072, 300_000]
    let isShort = Bool.random(using: &random)
    let size = isShort ? Int.random(in: 0...2000, using: &random) : sizes.randomElement(using: &random) ?? 0
    let isText = Bool.random(using: &random)
    return (0..<size).map { isText ? UInt8(truncatingIfNeeded: $0 / 7) : UInt8.random(in: 0...255, using: &random) }
  }

  @Test(arguments: ArchiveWriter.Format.allCases, [1, 2, 3, 4, 5] as [UInt64])
  func `whatever is written is read again`(format: ArchiveWriter.Format, seed: UInt64) throws {
    var random = ArchiveRandom(seed)
    var items: [ArchiveItem] = []
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let path = name(&random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: items.append(ArchiveItem(path: path, kind: .directory))
      case 1: items.append(ArchiveItem(path: path, kind: .symlink(target: name(&random))))
      default: items.append(.file(path, body(&random), isExecutable: Bool.random(using: &random)))
      }
    }
    let folder = try ArchiveFolder()
    try TestArchives.write(items, to: folder("out"), format)
    #expect(try TestArchives.items(folder("out"), step: Int.random(in: 1...100_000, using: &random)) == items)
  }

  @Test func `CRC-32 fits RFC 1952 and the check value of the catalogue`() {
    func checksum(_ parts: [UInt8]...) -> UInt32 {
      var checksum = CRC32()
      for part in parts { checksum.update(part.span) }
      return checksum.value
    }
    #expect(checksum() == 0)
    #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(checksum(Array("1234".utf8), Array("56789".utf8)) == 0xCBF4_3926)
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x190A_55AD)
  }
}
