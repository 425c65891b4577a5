import ArtifactCore
import TestSupport
import Testing

/// Erased versions in the log and in the state.
@Suite struct EraseEventTests {
  static func erase(_ name: String, _ version: Int, _ reason: String = "gone") throws -> Event {
    .erase(name: try PackageName(name), version: version, reason: reason)
  }

  @Test(arguments: ["x", "a person asked: é\n", String(repeating: "r", count: Event.reasonLimit)])
  func `what is written is read again`(reason: String) throws {
    let builder = try LogBuilder(LogBuilder.publish("a", 1), Self.erase("a", 1, reason))
    #expect(try LogEntry(fileBytes: builder.entries[2].fileBytes) == builder.entries[2])
    #expect(builder.fold.packages["a"]?.versions[0].erasure?.reason == reason)
  }

  @Test func `a reason that is empty or too long is refused`() throws {
    let builder = try LogBuilder(LogBuilder.publish("a", 1), Self.erase("a", 1, "REASON"))
    let json = String(decoding: builder.entries[2].json, as: UTF8.self)
    for reason in ["", String(repeating: "r", count: Event.reasonLimit + 1)] {
      let other = json.replacing("REASON", with: reason)
      #expect(refusal { try LogEntry(fileBytes: LogEntryTests.file(other)) } == .limit)
    }
  }

  @Test func `an erased version keeps its number, its record and who said why`() throws {
    let fold = try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.publish("a", 2), Self.erase("a", 1), LogBuilder.publish("a", 3)
    ).fold
    #expect(fold.voids.isEmpty)
    let versions = try #require(fold.packages["a"]?.versions)
    #expect(versions.map { $0.erasure == nil } == [false, true, true])
    #expect(versions[0].record == Digest.of([UInt8]("a@1")))
    #expect(versions[0].erasure?.sequence == 3)
    #expect(versions[0].erasure?.actor == "test")
  }

  @Test func `erasing what is not there, is erased, or is tagged is void`() throws {
    let fold = try LogBuilder(
      LogBuilder.publish("a", 1), Self.erase("a", 2), Self.erase("b", 1), LogBuilder.tag("a", "prod", 1),
      Self.erase("a", 1), LogBuilder.untag("a", "prod"), Self.erase("a", 1), Self.erase("a", 1),
      LogBuilder.tag("a", "prod", 1)
    ).fold
    #expect(fold.voids.map(\.sequence) == [2, 3, 5, 8, 9])
    #expect(fold.voids[2].reason == "a@1 is held by the tag a@prod")
    #expect(fold.packages["a"]?.tags == [:])
    #expect(fold.packages["a"]?.versions[0].erasure?.sequence == 7)
  }

  @Test func `tags are the holders of a version`() throws {
    let fold = try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.publish("a", 2), LogBuilder.tag("a", "z", 1), LogBuilder.tag("a", "b", 1),
      LogBuilder.tag("a", "c", 2)
    ).fold
    let name = try PackageName("a")
    #expect(fold.holders(of: name, version: 1) == [.tag(name: "a", tag: "b"), .tag(name: "a", tag: "z")])
    #expect(fold.holders(of: name, version: 2).map(\.description) == ["the tag a@c"])
    #expect(fold.holders(of: name, version: 3).isEmpty)
  }

  @Test func `every record that an event names is a root, of an erased version alone`() throws {
    let builder = try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.publish("b", 1), LogBuilder.publish("a", 2), LogBuilder.tag("a", "t", 2),
      LogBuilder.untag("a", "t"), .clock, .collect(packs: [Digest.of([1])], reason: .dead), Self.erase("a", 1))
    #expect(builder.fold.voids.isEmpty)
    var roots = Set<Fold.Root>()
    builder.fold.forEachRoot { _ = roots.insert($0) }
    #expect(
      roots == [
        .record(Digest.of([UInt8]("a@1"))), .whole(Digest.of([UInt8]("b@1"))), .whole(Digest.of([UInt8]("a@2"))),
      ])
    for record in builder.entries.flatMap(\.event.records) {
      #expect(roots.contains(.whole(record)) || roots.contains(.record(record)))
    }
    var late = Set<Fold.Root>()
    builder.fold.forEachRoot(since: 3) { _ = late.insert($0) }
    #expect(late == [.whole(Digest.of([UInt8]("a@2")))])
  }

  @Test func `the cached state keeps erasures, and a clock event caps their times`() throws {
    var builder = try LogBuilder(LogBuilder.publish("a", 1), LogBuilder.publish("a", 2), Self.erase("a", 2, "é"))
    #expect(try Fold(cacheBytes: builder.fold.cacheBytes()) == builder.fold)
    let late = try #require(builder.fold.packages["a"]?.versions[1].erasure?.time)
    let entry = try LogEntry(
      event: .clock, id: String(repeating: "0", count: 32), time: late.advanced(byMilliseconds: -1_000), actor: "x",
      after: builder.fold.history)
    var fold = builder.fold
    try fold.apply(entry)
    #expect(fold.packages["a"]?.versions[1].erasure?.time == entry.time)
    try builder.add(.clock)
  }
}
