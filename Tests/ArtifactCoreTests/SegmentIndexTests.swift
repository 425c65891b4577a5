import ArtifactCore
import TestSupport
import Testing

/// The index of objects, inside a pack and merged.
@Suite struct SegmentIndexTests {
  struct Sample {
    let entries: [SegmentIndex.Entry]
    let frames: [SegmentIndex.Frame]
    let packs: [SegmentIndex.Pack]
    var bytes: [UInt8] { SegmentIndex.encode(entries: entries, frames: frames, packs: packs) }

    /// `count` entries in frames of 100, two packs; every seventh digest is there as a recipe too.
    init(_ count: Int) {
      packs = [1, 2].map { SegmentIndex.Pack(digest: Digest.of([$0]), size: UInt64($0) * 1_000) }
      frames = (0..<(count / 100 + 1)).map {
        SegmentIndex.Frame(pack: UInt32($0 % 2), plainSize: 1 << 20, offset: UInt64($0) * 5_000, storedSize: 5_000)
      }
      entries = (0..<count).map { number in
        let digest = Digest.of([UInt8](String(number % 7 == 6 ? number - 1 : number)))
        return SegmentIndex.Entry(
          digest: digest, frame: UInt32(number / 100), start: UInt32(number % 100) * 1_024,
          length: UInt32(number % 512),
          kind: number % 7 == 6 ? .recipe : .object)
      }.sorted(by: SegmentIndex.Entry.precedes)
    }
  }

  static func find(_ digest: Digest, _ kind: ObjectKind, _ bytes: [UInt8]) throws -> SegmentIndex.Entry? {
    let header = try SegmentIndex.Header(bytes.span)
    guard let position = SegmentIndex.find(digest, kind, header, bytes.span) else { return nil }
    return try SegmentIndex.entry(position, header, bytes.span)
  }

  static func verify(_ bytes: [UInt8]) throws { try SegmentIndex.verify(bytes.span) }
  static func header(_ bytes: [UInt8]) throws -> SegmentIndex.Header { try SegmentIndex.Header(bytes.span) }

  @Test(arguments: [0, 1, 255, 256, 65_537]) func `every object put in is found again and no other`(count: Int) throws {
    let sample = Sample(count)
    let bytes = sample.bytes
    try Self.verify(bytes)
    let header = try Self.header(bytes)
    #expect([header.entryCount, header.frameCount, header.packCount] == [count, sample.frames.count, 2])
    #expect(bytes.count == SegmentIndex.byteCount(entries: count, frames: sample.frames.count, packs: 2))
    for entry in sample.entries.enumerated().filter({ count < 1_000 || $0.offset % 17 == 0 }).map(\.element) {
      let found = try Self.find(entry.digest, entry.kind, bytes)
      #expect(found == entry)
    }
    for number in 0..<500 {
      let absent = try Self.find(Digest.of([UInt8]("absent \(number)")), .object, bytes)
      #expect(absent == nil)
    }
    for (number, frame) in sample.frames.enumerated() {
      let read = try SegmentIndex.frame(number, header, bytes.span)
      #expect(read == frame)
    }
    #expect(sample.packs == (0..<2).map { SegmentIndex.pack($0, header, bytes.span) })
  }

  @Test func `digests with the same first word are told apart`() throws {
    let digests = (0..<40).map { Digest(words: (0x1234_5678_9abc_def0, UInt64($0), 0, 0)) }
    let frames = [SegmentIndex.Frame(pack: 0, plainSize: 1 << 20, offset: 0, storedSize: 9)]
    let entries = digests.filter { $0.words.1 % 2 == 0 }.enumerated().map {
      SegmentIndex.Entry(digest: $0.element, frame: 0, start: UInt32($0.offset), length: 1, kind: .object)
    }
    let bytes = SegmentIndex.encode(entries: entries, frames: frames, packs: [.itself])
    for digest in digests {
      let found = try Self.find(digest, .object, bytes)
      #expect(found?.digest == (digest.words.1 % 2 == 0 ? digest : nil))
      let recipe = try Self.find(digest, .recipe, bytes)
      #expect(recipe == nil)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func `a look-up finds what a scan finds, however the digests crowd together`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let frames = [SegmentIndex.Frame(pack: 0, plainSize: 1 << 20, offset: 0, storedSize: 9)]
    let crowds = (0..<4).map { _ in random.next() }
    let widths = [UInt64(1), 3, 1 << 8, 1 << 40, 1 << 56, .max]
    let words = (0..<400).map { _ in crowds[random.below(4)] &+ random.next() % widths[random.below(6)] }
    let entries = words.enumerated().map { number, word in
      SegmentIndex.Entry(
        digest: Digest(words: (word, random.next() % 2, 0, 0)), frame: 0, start: UInt32(number), length: 1,
        kind: random.below(3) == 0 ? .recipe : .object)
    }.sorted(by: SegmentIndex.Entry.precedes)
    let bytes = SegmentIndex.encode(entries: entries, frames: frames, packs: [.itself])
    try Self.verify(bytes)
    let header = try Self.header(bytes)
    for word in words.flatMap({ [$0 &- 1, $0, $0 &+ 1] }) + [0, .max] {
      let digest = Digest(words: (word, 0, 0, 0))
      for kind in ObjectKind.allCases {
        let scanned = entries.firstIndex { $0.digest == digest && $0.kind == kind }
        let found = SegmentIndex.find(digest, kind, header, bytes.span)
        #expect(found == scanned)
      }
    }
  }

  @Test func `of several copies the first is found`() throws {
    let frames = (0..<20).map { SegmentIndex.Frame(pack: 0, plainSize: 9, offset: UInt64($0) * 10, storedSize: 9) }
    let entries = (0..<20).map {
      SegmentIndex.Entry(digest: Digest.of([7]), frame: UInt32($0), start: 0, length: 1, kind: .recipe)
    }
    let bytes = SegmentIndex.encode(entries: entries, frames: frames, packs: [.itself])
    let found = try Self.find(Digest.of([7]), .recipe, bytes)
    #expect(found?.frame == 0)
  }

  @Test func `every reserved byte must be zero`() throws {
    let sample = Sample(300)
    let bytes = sample.bytes
    let entries = 64 + 1_024
    let frames = entries + 300 * 48
    var reserved = Array(32..<64)
    for entry in 0..<300 { reserved += (45..<48).map { entries + entry * 48 + $0 } }
    for frame in 0..<4 { reserved += (20..<24).map { frames + frame * 24 + $0 } }
    for offset in reserved {
      for value in [UInt8(1), 0x80] {
        var other = bytes
        other[offset] = value
        // With a checksum that fits: the byte itself is refused.
        other = other.replacing(Self.checksum(other), at: other.count - 4)
        #expect(refusal { try Self.verify(other) } == .field, "byte \(offset)")
      }
    }
  }

  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8]()
    LittleEndian.append(crc(Array(bytes.dropLast(4))), to: &result)
    return result
  }

  @Test func `every length but the right one is refused`() {
    let bytes = Sample(3).bytes
    for end in bytes.indices { #expect(refusal { try Self.header(Array(bytes[..<end])) } == .length, "\(end) bytes") }
    #expect(refusal { try Self.header(bytes + [0]) } == .length)
  }

  @Test func `every flipped bit is noticed by the full check and does no harm to a look-up`() throws {
    let sample = Sample(30)
    let bytes = sample.bytes
    for offset in bytes.indices {
      for bit in 0..<8 where offset % 8 == bit || offset < 64 {
        var other = bytes
        other[offset] ^= 1 << UInt8(bit)
        #expect(throws: FormatError.self, "byte \(offset)") { try Self.verify(other) }
        // Errors are fine here, crashes are not.
        _ = try? Self.find(sample.entries[offset % 30].digest, .object, other)
      }
    }
  }

  @Test func `entries out of order, beyond their frame or in no frame are refused though the checksum fits`() {
    let sample = Sample(8)
    func check(_ change: (inout [SegmentIndex.Entry]) -> Void) -> FormatError.Code? {
      var entries = sample.entries
      change(&entries)
      let bytes = SegmentIndex.encode(entries: entries, frames: sample.frames, packs: sample.packs)
      return refusal { try Self.verify(bytes) }
    }
    #expect(check { _ in } == nil)
    #expect(check { $0.swapAt(0, 1) } == .notCanonical)
    #expect(check { $0[1] = $0[0] } == .notCanonical)
    #expect(check { $0[3].frame = 1 } == .field)
    #expect(check { $0[3].start = 1 << 20 } == .field)
    #expect(check { $0[3].length = UInt32(PackLayout.objectLimit) + 1 } == .limit)
    #expect(check { $0[3].start = .max } == .limit)
  }

  @Test func `a frame that ends beyond any file is refused`() throws {
    func frame(at offset: UInt64) -> FormatError.Code? {
      let frames = [SegmentIndex.Frame(pack: 0, plainSize: 9, offset: offset, storedSize: 9)]
      let entry = SegmentIndex.Entry(digest: Digest.of([7]), frame: 0, start: 0, length: 1, kind: .object)
      let bytes = SegmentIndex.encode(entries: [entry], frames: frames, packs: [.itself])
      return refusal { _ = try SegmentIndex.frame(0, Self.header(bytes), bytes.span) }
    }
    #expect(frame(at: UInt64(Int64.max) - 9) == nil)
    #expect(frame(at: UInt64(Int64.max) - 8) == .limit)
    #expect(frame(at: 1 << 63 + 371) == .limit)
    #expect(frame(at: .max) == .limit)
  }

  @Test func `a fan-out that leads past an entry is refused though the checksum fits`() {
    let bytes = Sample(8).bytes
    // All entries in the first bucket, and all in the last.
    let none = [UInt8](repeating: 0, count: 4 * 255)
    let last: [UInt8] = [8, 0, 0, 0]
    let first = [[UInt8]](repeating: last, count: 256).flatMap { (bucket: [UInt8]) -> [UInt8] in bucket }
    for fanOut: [UInt8] in [first, none + last] {
      var other = bytes.replacing(fanOut, at: 64)
      other = other.replacing(Self.checksum(other), at: other.count - 4)
      #expect(refusal { try Self.verify(other) } == .field)
    }
  }

  @Test func `a look-up among entries of every first byte, where only one should be, ends and finds nothing`() throws {
    let frames = [SegmentIndex.Frame(pack: 0, plainSize: 1 << 20, offset: 0, storedSize: 9)]
    let lowest = SegmentIndex.Entry(
      digest: Digest(words: (0, 0, 0, 0)), frame: 0, start: 0, length: 1, kind: .object)
    let bytes = SegmentIndex.encode(
      entries: Array(repeating: lowest, count: 100), frames: frames, packs: [.itself])
    let fanOut: [UInt8] = [UInt8](repeating: 0, count: 4 * 255) + [100, 0, 0, 0]
    for word in [UInt64.max, UInt64.max - 1, 0xFF00_0000_0000_0000] {
      let found = try Self.find(Digest(words: (word, 0, 0, 0)), .object, bytes.replacing(fanOut, at: 64))
      #expect(found == nil)
    }
  }

  @Test func `a newer version is told from damage`() {
    let bytes = Sample(1).bytes
    #expect(refusal { try Self.header(bytes.replacing([2, 0, 0, 0], at: 8)) } == .newer)
    #expect(refusal { try Self.header(bytes.replacing([0, 0, 0, 0], at: 8)) } == .field)
    #expect(refusal { try Self.header(bytes.replacing([0], at: 0)) } == .field)
  }

  @Test func `absurd counts are refused before they are used`() {
    let bytes = Sample(1).bytes
    for offset in [12, 16, 20] {
      #expect(refusal { try Self.header(bytes.replacing([0xff, 0xff, 0xff, 0xff], at: offset)) } != nil)
    }
  }
}

/// The last frame of a pack.
@Suite struct SeekTableTests {
  static func read(_ bytes: [UInt8]) throws -> SeekTable { try SeekTable(bytes.span) }
  static func count(_ footer: [UInt8]) throws -> Int { try SeekTable.frameCount(footer: footer.span) }

  static let sample = SeekTable(frames: (1...5).map { SeekTable.Frame(storedSize: $0, plainSize: $0 * 1_000) })

  @Test(arguments: [3, 4, 1_000]) func `what is written is read again`(count: Int) throws {
    let table = SeekTable(frames: (0..<count).map { .init(storedSize: UInt32($0), plainSize: .max - UInt32($0)) })
    let bytes = table.bytes
    #expect(bytes.count == SeekTable.byteCount(frames: count))
    #expect(try Self.read(bytes) == table)
    #expect(try Self.count(Array(bytes.suffix(9))) == count)
  }

  @Test func `a table is what the seekable format 0.1.0 asks for`() {
    let table = SeekTable(frames: [
      .init(storedSize: 1, plainSize: 2), .init(storedSize: 3, plainSize: 4), .init(storedSize: 5, plainSize: 0),
    ])
    #expect(
      Hex.text(table.bytes) == "5e2a4d18" + "21000000" + "0100000002000000" + "0300000004000000" + "0500000000000000"
        + "03000000" + "00" + "b1ea928f")
  }

  @Test func `every length but the right one is refused`() {
    let bytes = Self.sample.bytes
    for end in bytes.indices { #expect(refusal { try Self.read(Array(bytes[..<end])) } != nil, "\(end) bytes") }
    #expect(refusal { try Self.read([0] + bytes) } != nil)
    #expect(refusal { try Self.read(bytes + [0]) } != nil)
  }

  @Test func `a flipped byte in header or footer is refused`() {
    let bytes = Self.sample.bytes
    for offset in Array(0..<8) + Array((bytes.count - 9)..<bytes.count) {
      #expect(refusal { try Self.read(bytes.replacing([bytes[offset] ^ 1], at: offset)) } != nil, "byte \(offset)")
    }
  }

  @Test func `fewer than three frames and more than sixteen million are refused`() {
    func footer(_ count: UInt32) -> [UInt8] {
      var bytes = [UInt8]()
      LittleEndian.append(count, to: &bytes)
      return bytes + [0, 0xb1, 0xea, 0x92, 0x8f]
    }
    #expect(refusal { try Self.count(footer(2)) } == .limit)
    #expect(refusal { try Self.count(footer(3)) } == nil)
    #expect(refusal { try Self.count(footer(1 << 24 + 1)) } == .limit)
    #expect(refusal { try Self.count(footer(.max)) } == .limit)
  }
}

/// CRC-32, as gzip has it.
@Suite struct CRC32Tests {
  @Test(arguments: [
    ("", UInt32(0)), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926),
    ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
  ])
  func `the known checksums come out`(text: String, expected: UInt32) {
    #expect(crc([UInt8](text)) == expected)
  }

  @Test func `pieces give what the whole gives`() {
    var random = SeededRandom(1)
    let bytes = random.bytes(1_000)
    for cut in 0...64 {
      let first = crc(Array(bytes[..<cut]))
      let whole = CRC32.update(first, bytes.span.extracting(cut..<1_000))
      #expect(whole == crc(bytes))
    }
  }
}

/// The headers of pack members.
@Suite struct TarHeaderTests {
  static func parse(_ bytes: [UInt8]) throws -> String? {
    try TarHeader.parse(bytes.span, at: 0).map { "\(String(decoding: $0.name, as: UTF8.self)) \($0.size)" }
  }

  static let name = MemberName.content(.object, TreeTests.digest).bytes

  @Test(arguments: [0, 1, 511, 512, 8 << 20, 1 << 33 - 1]) func `what is written is read again`(size: Int) throws {
    let block = TarHeader.block(name: Self.name, size: size)
    #expect(block.count == 512)
    #expect(try Self.parse(block) == "o/\(TreeTests.hex) \(size)")
    #expect((size + TarHeader.padding(after: size)) % 512 == 0)
    #expect(TarHeader.padding(after: size) < 512)
  }

  @Test func `every other byte in a header is refused`() {
    let block = TarHeader.block(name: Self.name, size: 77)
    for offset in block.indices {
      for value in [block[offset] ^ 1, block[offset] ^ 0x80, 0x20, 0x00] where value != block[offset] {
        let other = block.replacing([value], at: offset)
        // A name that ends early has another checksum; nothing else is left either.
        #expect(throws: FormatError.self, "byte \(offset)") { try Self.parse(other) }
      }
    }
  }

  @Test func `a block of zeros is the end, and half a header is refused`() throws {
    #expect(try Self.parse([UInt8](repeating: 0, count: 512)) == nil)
    #expect(refusal { try Self.parse([UInt8](repeating: 0, count: 511)) } == .length)
    #expect(refusal { try Self.parse([UInt8](repeating: 0, count: 511) + [1]) } == .field)
  }

  @Test(arguments: ["o/\(TreeTests.hex)", "r/\(TreeTests.hex)", "README", "nonce"])
  func `the names of members are known`(name: String) throws {
    #expect(try MemberName([UInt8](name)).bytes == [UInt8](name))
  }

  @Test(arguments: [
    "", "readme", "o", "o/", "x/\(TreeTests.hex)", "o/\(TreeTests.hex)0", "o/\(TreeTests.hex.uppercased())",
    "/o/\(TreeTests.hex)",
    "o/../\(TreeTests.hex.dropLast(3))", "./o/\(TreeTests.hex)",
  ])
  func `another name is refused`(name: String) {
    #expect(refusal { try MemberName([UInt8](name)) } == .field)
  }
}
