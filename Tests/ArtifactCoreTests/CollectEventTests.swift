import ArtifactCore
import TestSupport
import Testing

/// Condemned packs in the log and in the state.
@Suite struct CollectEventTests {
  static func packs(_ numbers: Range<Int>) -> [Digest] { numbers.map { Digest.of([UInt8]("pack \($0)")) }.sorted() }

  @Test(arguments: CollectReason.allCases) func `what is written is read again`(reason: CollectReason) throws {
    let builder = try LogBuilder(.collect(packs: Self.packs(0..<5), reason: reason))
    #expect(try LogEntry(fileBytes: builder.entries[1].fileBytes) == builder.entries[1])
  }

  @Test func `packs are digits alone, as their files are named`() throws {
    let pack = Self.packs(0..<1)[0]
    let builder = try LogBuilder(.collect(packs: [pack], reason: .dead))
    let json = String(decoding: builder.entries[1].json, as: UTF8.self)
    #expect(json.contains(#""event":"collect""#))
    #expect(json.contains("\"packs\":[\"\(pack.hex)\"],\"reason\":\"dead\""))
  }

  @Test func `the largest event fits an entry with kilobytes of actor`() throws {
    let builder = try LogBuilder()
    let event = Event.collect(packs: Self.packs(0..<Event.collectLimit), reason: .quarantine)
    let entry = try LogEntry(
      event: event, id: String(repeating: "0", count: 32), time: .latest, actor: String(repeating: "x", count: 4_096),
      after: builder.fold.history)
    #expect(entry.json.count <= LogEntry.byteLimit)
  }

  @Test func `a list that is empty, out of order or no list of packs is refused`() throws {
    let packs = Self.packs(0..<2)
    let builder = try LogBuilder(.collect(packs: packs, reason: .dead))
    let json = String(decoding: builder.entries[1].json, as: UTF8.self)
    let list = "[\"\(packs[0].hex)\",\"\(packs[1].hex)\"]"
    #expect(json.contains(list))
    for other in [
      "[]", "{}", "\"\(packs[0].hex)\"", "[1]", "[\"\(packs[1].hex)\",\"\(packs[0].hex)\"]",
      "[\"\(packs[0].hex)\",\"\(packs[0].hex)\"]", "[\"\(packs[0].text)\"]", "[\"../../../etc/passwd\"]",
      "[\"\(packs[0].hex.uppercased())\"]",
    ] {
      let code = refusal { try LogEntry(fileBytes: LogEntryTests.file(json.replacing(list, with: other))) }
      #expect(code != nil && code != .newer, "\(other)")
    }
    let unknown = json.replacing("\"dead\"", with: "\"bored\"")
    #expect(refusal { try LogEntry(fileBytes: LogEntryTests.file(unknown)) } == .newer)
  }

  @Test func `condemned is for ever, and the last collection is remembered`() throws {
    var builder = try LogBuilder(LogBuilder.publish("a", 1))
    #expect(builder.fold.condemned.isEmpty)
    #expect(builder.fold.lastCollect == nil)
    try builder.add(.collect(packs: Self.packs(0..<3), reason: .dead))
    try builder.add(LogBuilder.publish("a", 2))
    try builder.add(.collect(packs: Self.packs(2..<4), reason: .quarantine))
    try builder.add(.clock)
    #expect(builder.fold.condemned == Set(Self.packs(0..<4)))
    #expect(builder.fold.lastCollect == 4)
    #expect(builder.fold.voids.isEmpty)
    #expect(builder.fold.packages["a"]?.versions.count == 2)
  }

  @Test(arguments: [1, 300, 5_000]) func `the cached state keeps condemned packs, 32 bytes each`(count: Int) throws {
    var fold = try LogBuilder(LogBuilder.publish("a", 1)).fold
    let before = try fold.cacheBytes().count
    var builder = try LogBuilder(LogBuilder.publish("a", 1))
    let packs = Self.packs(0..<count)
    for start in stride(from: 0, to: count, by: Event.collectLimit) {
      try builder.add(
        .collect(packs: Array(packs[start..<min(start + Event.collectLimit, count)]), reason: .dead))
    }
    fold = builder.fold
    let bytes = try fold.cacheBytes()
    #expect(Fold(cacheBytes: bytes) == fold)
    #expect(bytes.count - before < 32 * count + 1_000)
  }

  @Test func `a cache that says more packs than it has is no cache`() throws {
    let fold = try LogBuilder(.collect(packs: Self.packs(0..<2), reason: .dead)).fold
    let bytes = Array(try fold.cacheBytes().dropLast(Digest.byteCount))
    #expect(Fold(cacheBytes: bytes + Digest.of(bytes).bytes) == fold)
    // The number of packs stands before them, seven bits a byte.
    let place = bytes.count - 2 * Digest.byteCount - 1
    #expect(bytes[place] == 2)
    for number in [[0], [1], [3], [0xff, 0x7f], [UInt8](repeating: 0xff, count: 9) + [1]] as [[UInt8]] {
      let other = Array(bytes[..<place]) + number + bytes[(place + 1)...]
      #expect(Fold(cacheBytes: other + Digest.of(other).bytes) == nil, "\(number)")
    }
  }
}
