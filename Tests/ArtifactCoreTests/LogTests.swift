import ArtifactCore
import TestSupport
import Testing

/// Makes logs.
struct LogBuilder {
  private(set) var fold = Fold()
  private(set) var entries: [LogEntry] = []

  init(_ events: Event...) throws {
    for event in [.start(store: "00112233445566778899aabbccddeeff", config: Digest.of([1]))] + events { try add(event) }
  }

  mutating func add(_ event: Event) throws {
    let entry = try LogEntry(
      event: event, id: String(repeating: "0123456789abcdef", count: 2),
      time: Timestamp(milliseconds: 1_700_000_000_000 + Int64(fold.size)), actor: "test", after: fold.history)
    try fold.apply(entry)
    entries.append(entry)
  }

  static func publish(_ name: String, _ version: Int, kind: PackageKind = .dataset) throws -> Event {
    .publish(
      name: try PackageName(name), version: version, kind: kind, record: Digest.of([UInt8]("\(name)@\(version)")))
  }
  static func tag(_ name: String, _ tag: String, _ version: Int) throws -> Event {
    .tag(name: try PackageName(name), tag: try TagName(tag), version: version)
  }
  static func start(_ run: Int, experiment: String? = nil) -> Event {
    .runStart(run: id(run), plan: Digest.of([UInt8]("plan \(run)")), experiment: experiment)
  }
  static func finish(_ run: Int, _ outcome: RunOutcome = .finished) -> Event {
    .runFinish(run: id(run), result: Digest.of([UInt8]("result \(run)")), outcome: outcome)
  }
  static func id(_ run: Int) -> String { String(repeating: "0", count: 31) + "\(run)" }
  static func untag(_ name: String, _ tag: String) throws -> Event {
    .untag(name: try PackageName(name), tag: try TagName(tag))
  }
}

/// The files of the log.
@Suite struct LogEntryTests {
  static func sample() throws -> LogEntry {
    try LogBuilder(LogBuilder.publish("fraud/data", 1)).entries[1]
  }

  /// The file of some JSON, with the leaf hash that fits.
  static func file(_ json: String) -> [UInt8] {
    let bytes = [UInt8](json)
    return bytes + [UInt8]("\n\(MerkleTree.leafHash(bytes).hex)\n")
  }

  static func json(_ entry: LogEntry) -> String { String(decoding: entry.json, as: UTF8.self) }

  @Test func `what is written is read again`() throws {
    var builder = try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.tag("a", "prod", 1), LogBuilder.untag("a", "prod"), .clock,
      LogBuilder.start(1, experiment: "tuning"), LogBuilder.start(2), LogBuilder.finish(1),
      LogBuilder.finish(2, .failed),
      .report(record: Digest.of([1])))
    try builder.add(LogBuilder.publish("a/b.c-d_e", 7, kind: .other))
    for entry in builder.entries { #expect(try LogEntry(fileBytes: entry.fileBytes) == entry) }
  }

  @Test func `an entry is one line of canonical JSON and its leaf hash`() throws {
    let entry = try Self.sample()
    let text = String(decoding: entry.fileBytes, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines[2].isEmpty)
    #expect(lines[0].hasPrefix(#"{"actor":"test","event":"publish","history":{"root":"sha256:"#))
    #expect(lines[1] == MerkleTree.leafHash([UInt8](String(lines[0]))).hex)
  }

  @Test func `every flipped bit of an entry is refused`() throws {
    let file = try Self.sample().fileBytes
    for offset in file.indices {
      for bit in 0..<8 {
        let other = file.replacing([file[offset] ^ (1 << UInt8(bit))], at: offset)
        #expect(throws: FormatError.self, "byte \(offset)") { try LogEntry(fileBytes: other) }
      }
    }
    for end in file.indices { #expect(throws: FormatError.self) { try LogEntry(fileBytes: Array(file[..<end])) } }
    #expect(throws: FormatError.self) { try LogEntry(fileBytes: file + [0x0a]) }
  }

  @Test func `a wrong leaf hash is a checksum that does not match`() throws {
    let file = try Self.sample().fileBytes
    let digit = file[file.count - 2] == 0x30 ? UInt8(0x31) : 0x30
    #expect(refusal { try LogEntry(fileBytes: file.replacing([digit], at: file.count - 2)) } == .checksum)
  }

  @Test func `JSON that is not in its one form is refused though its hash fits`() throws {
    let json = Self.json(try Self.sample())
    #expect(refusal { try LogEntry(fileBytes: Self.file(json)) } == nil)
    let others = [
      (" " + json, "a space"),
      (json.replacing("\"actor\":\"test\"", with: "\"actor\":\"test\",\"actor\":\"test\""), "a key twice"),
      (json.replacing("\"actor\":\"test\"", with: "\"actor\": \"test\""), "a space inside"),
      (json.replacing("\"test\"", with: "\"\\u0074est\""), "an escape"),
      (json.replacing("\"seq\":1", with: "\"seq\":1.0"), "a float"),
      (json.replacing("\"test\"", with: "null"), "null"), ("\u{FEFF}" + json, "a byte order mark"), ("[]", "no object"),
      ("", "nothing"),
    ]
    for (other, what) in others {
      #expect(other != json)
      #expect(refusal { try LogEntry(fileBytes: Self.file(other)) } != nil, "\(what)")
    }
  }

  @Test func `fields that make no sense are refused`() throws {
    let json = Self.json(try Self.sample())
    for (old, new) in [
      ("\"seq\":1", "\"seq\":2"), ("\"seq\":1", "\"seq\":-1"), ("\"size\":1", "\"size\":0"),
      ("\"version\":1", "\"version\":0"),
      ("\"version\":1", "\"version\":-1"), ("\"version\":1", "\"version\":\"1\""),
      ("0123456789abcdef0123456789abcdef", "short"),
      ("0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF"), ("fraud/data", "Fraud"),
      ("fraud/data", "../x"),
      ("sha256:", "sha512:"), ("\"actor\":\"test\",", ""), ("2023-", "23-"),
    ] {
      let other = json.replacing(old, with: new)
      #expect(other != json, "\(old)")
      let code = refusal { try LogEntry(fileBytes: Self.file(other)) }
      #expect(code != nil && code != .newer, "\(new)")
    }
  }

  @Test func `what this program does not know is newer, not damaged`() throws {
    let json = Self.json(try Self.sample())
    for (old, new) in [
      ("\"event\":\"publish\"", "\"event\":\"import\""), ("\"kind\":\"dataset\"", "\"kind\":\"policy\""),
      ("\"version\":1}", "\"version\":1,\"zeal\":true}"),
    ] {
      let other = json.replacing(old, with: new)
      #expect(other != json)
      #expect(refusal { try LogEntry(fileBytes: Self.file(other)) } == .newer, "\(new)")
    }
  }

  @Test func `an entry over 32 KiB is neither written nor read`() throws {
    let actor = String(repeating: "x", count: LogEntry.byteLimit)
    #expect(
      refusal {
        try LogEntry(
          event: .clock, id: String(repeating: "0", count: 32), time: .earliest, actor: actor, after: MerkleFrontier())
      } == .limit)
    let json = Self.json(try Self.sample()).replacing("\"test\"", with: "\"\(actor)\"")
    #expect(refusal { try LogEntry(fileBytes: Self.file(json)) } == .length)
  }
}

/// What a log adds up to.
@Suite struct FoldTests {
  @Test func `versions and tags are those of the events`() throws {
    let builder = try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.publish("b", 1, kind: .model), LogBuilder.publish("a", 2),
      LogBuilder.tag("a", "prod", 1), LogBuilder.tag("a", "prod", 2), LogBuilder.tag("a", "old", 1),
      LogBuilder.untag("a", "old"))
    let fold = builder.fold
    #expect(fold.size == 8 && fold.voids.isEmpty)
    #expect(fold.packages.keys.sorted() == ["a", "b"])
    #expect(fold.packages["a"]?.versions.map(\.sequence) == [1, 3])
    #expect(fold.packages["a"]?.versions.map(\.record) == [Digest.of([UInt8]("a@1")), Digest.of([UInt8]("a@2"))])
    #expect(fold.packages["a"]?.tags == ["prod": 2])
    #expect(fold.packages["b"]?.kind == .model)
    #expect(fold.history.root == MerkleTree.root(builder.entries.map(\.leafHash)))
  }

  @Test func `an event that breaks a rule changes nothing and is remembered`() throws {
    var builder = try LogBuilder(LogBuilder.publish("a", 1), LogBuilder.tag("a", "prod", 1))
    let before = builder.fold
    let void: [Event] = [
      try LogBuilder.publish("a", 1), try LogBuilder.publish("a", 3), try LogBuilder.publish("b", 2),
      try LogBuilder.publish("a", 2, kind: .model), try LogBuilder.tag("a", "x", 2), try LogBuilder.tag("b", "x", 1),
      try LogBuilder.untag("a", "x"), try LogBuilder.untag("b", "prod"),
      .start(store: "another", config: Digest.of([2])),
    ]
    for event in void { try builder.add(event) }
    let after = builder.fold
    #expect(after.packages == before.packages)
    #expect(after.storeID == before.storeID && after.config == before.config)
    #expect(after.voids.map(\.sequence) == Array(3..<(3 + void.count)))
    #expect(after.size == before.size + void.count)
    #expect(after.history.root != before.history.root)
  }

  @Test func `a log that does not start with its store has only void events`() throws {
    var fold = Fold()
    let entry = try LogEntry(
      event: LogBuilder.publish("a", 1), id: String(repeating: "0", count: 32), time: .earliest, actor: "x",
      after: fold.history)
    try fold.apply(entry)
    #expect(fold.packages.isEmpty && fold.voids.count == 1)
  }

  @Test func `an entry of another place or another history is damage`() throws {
    let one = try LogBuilder(LogBuilder.publish("a", 1), LogBuilder.publish("a", 2))
    let other = try LogBuilder(LogBuilder.publish("b", 1), LogBuilder.publish("a", 1))
    var fold = Fold()
    try fold.apply(one.entries[0])
    let before = fold
    #expect(refusal { try fold.apply(one.entries[2]) } == .field)
    #expect(refusal { try fold.apply(one.entries[0]) } == .field)
    #expect(fold == before)
    try fold.apply(one.entries[1])
    #expect(refusal { try fold.apply(other.entries[2]) } == .checksum)
    #expect(refusal { try fold.apply(one.entries[2]) } == nil)
  }

  @Test func `a run is what its start and finish say`() throws {
    let fold = try LogBuilder(
      LogBuilder.start(1, experiment: "tuning"), LogBuilder.start(2), LogBuilder.finish(1, .failed),
      .report(record: Digest.of([9]))
    ).fold
    #expect(fold.runs.map(\.id) == [LogBuilder.id(1), LogBuilder.id(2)])
    let run = try #require(fold.run(LogBuilder.id(1)))
    #expect(run.experiment == "tuning" && run.plan == Digest.of([UInt8]("plan 1")) && run.sequence == 1)
    #expect(run.finish?.outcome == .failed && run.finish?.result == Digest.of([UInt8]("result 1")))
    #expect(fold.run(LogBuilder.id(2))?.finish == nil)
    #expect(fold.run(LogBuilder.id(3)) == nil)
    #expect(fold.reports.map(\.record) == [Digest.of([9])] && fold.reports.map(\.sequence) == [4])
  }

  @Test func `a run begins once and ends once; anything else is void`() throws {
    let good = try LogBuilder(LogBuilder.start(1), LogBuilder.finish(1)).fold
    let fold = try LogBuilder(
      LogBuilder.start(1), LogBuilder.finish(1), LogBuilder.start(1, experiment: "again"),
      LogBuilder.finish(1, .failed),
      LogBuilder.finish(2)
    ).fold
    #expect(fold.runs == good.runs)
    #expect(fold.voids.map(\.sequence) == [3, 4, 5])
  }

  @Test func `a clock event caps the times of runs too`() throws {
    let builder = try LogBuilder(LogBuilder.start(1), LogBuilder.finish(1))
    let entry = try LogEntry(
      event: .clock, id: String(repeating: "0", count: 32), time: Timestamp(milliseconds: 5), actor: "x",
      after: builder.fold.history)
    var fold = builder.fold
    #expect(fold.runs[0].time.milliseconds > 5)
    try fold.apply(entry)
    #expect(fold.runs[0].time.milliseconds == 5 && fold.runs[0].finish?.time.milliseconds == 5)
  }

  @Test(arguments: [
    (#""run":"0000"#, #""run":"x000"#, FormatError.Code.field), (#""plan":"sha256:"#, #""plan":"sha1:"#, .field),
    ("\"experiment\":\"tuning\"", "\"experiment\":\"\"", .field),
    (#""experiment":"tuning""#, #""experiment":1"#, .field),
    (#""event":"start""#, #""event":"stary""#, .newer), (#""plan""#, #""plam":1,"plan""#, .newer),
  ])
  func `a start that breaks a rule is refused`(old: String, new: String, code: FormatError.Code) throws {
    let entry = try LogBuilder(LogBuilder.start(1, experiment: "tuning")).entries[1]
    let json = LogEntryTests.json(entry)
    #expect(json.replacing(old, with: new) != json)
    #expect(refusal { try LogEntry(fileBytes: LogEntryTests.file(json.replacing(old, with: new))) } == code)
  }

  @Test func `an outcome that is not known is newer`() throws {
    let entry = try LogBuilder(LogBuilder.start(1), LogBuilder.finish(1)).entries[2]
    let json = LogEntryTests.json(entry).replacing("finished", with: "finishec")
    #expect(refusal { try LogEntry(fileBytes: LogEntryTests.file(json)) } == .newer)
  }

  static func cached() throws -> Fold {
    try LogBuilder(
      LogBuilder.publish("a", 1), LogBuilder.publish("a/b", 1, kind: .model), LogBuilder.tag("a", "prod", 1),
      LogBuilder.publish("a", 7), LogBuilder.start(1, experiment: "tuning"), LogBuilder.start(2),
      LogBuilder.finish(1), .report(record: Digest.of([9]))
    ).fold
  }

  @Test func `the cached state is read as it was written`() throws {
    let fold = try Self.cached()
    #expect(fold.voids.count == 1)
    #expect(try Fold(cacheBytes: fold.cacheBytes()) == fold)
  }

  @Test func `a cache that is cut, flipped or of another form is no cache`() throws {
    let bytes = try Self.cached().cacheBytes()
    for offset in bytes.indices {
      let other = bytes.replacing([bytes[offset] ^ (1 << UInt8(offset % 8))], at: offset)
      #expect(Fold(cacheBytes: other) == nil, "byte \(offset)")
    }
    for end in stride(from: 0, to: bytes.count, by: 7) { #expect(Fold(cacheBytes: Array(bytes[..<end])) == nil) }
    #expect(Fold(cacheBytes: bytes + [0]) == nil)
    for json in ["{}", "[]", "null", #"{"format":1}"#, #"{"format":2}"#, #"{"format":3}"#] {
      #expect(Fold(cacheBytes: [UInt8](json) + Digest.of([UInt8](json)).bytes) == nil)
    }
  }
}

/// The record of a pushed folder.
@Suite struct PackageRecordTests {
  static func text(_ record: PackageRecord) throws -> String { String(decoding: try record.bytes(), as: UTF8.self) }
  static let tree = TreeTests.digest

  @Test func `a record is canonical JSON without clock or person`() throws {
    let record = PackageRecord(
      kind: .model, tree: Self.tree, size: 12, fileCount: 3, meta: ["z": "1", "a": "é\u{1F600}\n"], note: "first")
    #expect(
      try Self.text(record)
        == #"{"files":3,"format":1,"meta":{"a":"é😀\n","z":"1"},"note":"first","record":"model","size":12,"tree":"sha256:\#(TreeTests.hex)"}"#
    )
    #expect(try PackageRecord(record.bytes()) == record)
    let plain = PackageRecord(kind: .other, tree: Self.tree, size: 0, fileCount: 0)
    #expect(
      try Self.text(plain) == #"{"files":0,"format":1,"record":"other","size":0,"tree":"sha256:\#(TreeTests.hex)"}"#)
    #expect(try PackageRecord(plain.bytes()) == plain)
  }

  @Test(arguments: PackageKind.allCases) func `every kind is read again`(kind: PackageKind) throws {
    let record = PackageRecord(kind: kind, tree: Self.tree, size: 1 << 53 - 1, fileCount: 1)
    #expect(try PackageRecord(record.bytes()) == record)
  }

  @Test func `sizes beyond 2^53 and records beyond 1 MiB are refused`() {
    #expect(refusal { try PackageRecord(kind: .other, tree: Self.tree, size: 1 << 53, fileCount: 0).bytes() } != nil)
    let note = String(repeating: "x", count: PackageRecord.byteLimit)
    #expect(
      refusal { try PackageRecord(kind: .other, tree: Self.tree, size: 0, fileCount: 0, note: note).bytes() } == .limit)
  }

  @Test func `anything that does not re-encode to itself is refused`() throws {
    let good = try Self.text(
      PackageRecord(kind: .model, tree: Self.tree, size: 12, fileCount: 3, meta: ["a": "b"], note: "n"))
    for (old, new) in [
      ("{\"files\"", "{ \"files\""), ("\"files\":3", "\"files\":3.0"), ("\"files\":3", "\"files\":-3"),
      ("\"files\":3", "\"files\":03"),
      ("\"size\":12", "\"size\":\"12\""), ("\"size\":12", "\"size\":9007199254740992"), ("\"a\":\"b\"", "\"a\":1"),
      ("{\"a\":\"b\"}", "{}"), ("\"n\"", "null"), ("\"n\"", "[]"), ("sha256:", "sha1:"), ("\"files\":3,", ""),
      ("\"files\":3,", "\"files\":3,\"files\":3,"), ("\"note\":\"n\"", "\"note\":\"\\u006e\""),
    ] {
      let other = good.replacing(old, with: new)
      #expect(other != good, "\(old)")
      let code = refusal { try PackageRecord([UInt8](other)) }
      #expect(code != nil && code != .newer, "\(new)")
    }
    #expect(refusal { try PackageRecord([UInt8](good + "\n")) } != nil)
    #expect(refusal { try PackageRecord([]) } != nil)
  }

  @Test func `a record of a later program is newer, not damaged`() throws {
    let good = try Self.text(PackageRecord(kind: .model, tree: Self.tree, size: 12, fileCount: 3))
    for (old, new) in [
      ("\"format\":1", "\"format\":2"), ("\"record\":\"model\"", "\"record\":\"policy\""),
      ("\"tree\"", "\"trea\":1,\"tree\""),
    ] {
      #expect(refusal { try PackageRecord([UInt8](good.replacing(old, with: new))) } == .newer, "\(new)")
    }
  }

  @Test func `every flipped bit is refused or another record`() throws {
    let record = PackageRecord(kind: .dataset, tree: Self.tree, size: 99, fileCount: 3, meta: ["k": "v"])
    let bytes = try record.bytes()
    for offset in bytes.indices {
      for bit in 0..<8 {
        let other = bytes.replacing([bytes[offset] ^ (1 << UInt8(bit))], at: offset)
        if let read = try? PackageRecord(other) { #expect(read != record, "byte \(offset)") }
      }
    }
  }
}
