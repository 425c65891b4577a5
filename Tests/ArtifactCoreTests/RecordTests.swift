import ArtifactCore
import Testing

/// The records of lineage, by vectors that another program wrote.
@Suite struct RecordTests {
  static let kinds = ["dataset", "references", "code", "environment", "plan", "result", "model", "report", "other"]

  static func bytes(_ kind: String) throws -> [UInt8] {
    [UInt8](try #require(try Vectors.lineageRecords()[kind]?["json"]?.string))
  }

  static func text(_ kind: String) throws -> String { String(decoding: try bytes(kind), as: UTF8.self) }

  static func digest(_ digit: Character) -> Digest {
    Digest(hex: String(repeating: digit, count: 64)) ?? Digest.of([0])
  }

  @Test func `there is a vector for every kind`() throws {
    #expect(Set(try Vectors.lineageRecords().object?.keys ?? []) == Set(Self.kinds))
  }

  @Test(arguments: kinds) func `a record is written as others write it, and has their id`(kind: String) throws {
    let bytes = try Self.bytes(kind)
    let record = try Record(bytes)
    #expect(try record.bytes() == bytes)
    #expect(Digest.of(bytes).text == (try Vectors.lineageRecords()[kind]?["id"]?.string))
    #expect(record.kind == (kind == "references" ? "dataset" : kind))
  }

  @Test(arguments: kinds) func `an unknown member, anywhere, is newer`(kind: String) throws {
    let text = try Self.text(kind)
    for offset in text.indices where text[offset] == "{" {
      let inside = text[text.index(after: offset)...]
      // Objects of free keys, and bytes that are not text, have no members of their own.
      let before = text[..<offset]
      if ["meta", "parameters", "seeds", "variables", "resources", "hardware"].contains(where: {
        before.hasSuffix("\"\($0)\":")
      }) || inside.hasPrefix("\"b64\"") {
        continue
      }
      let other = "\(before){\"!\":1,\(inside)"
      #expect(refusal { try Record([UInt8](other)) } == .newer, "\(other)")
    }
  }

  @Test(arguments: kinds) func `every flipped bit is refused or another record`(kind: String) throws {
    let bytes = try Self.bytes(kind)
    let record = try Record(bytes)
    for offset in bytes.indices {
      let other = bytes.replacing([bytes[offset] ^ (1 << UInt8(offset % 8))], at: offset)
      if let read = try? Record(other) {
        #expect(read != record, "byte \(offset)")
        #expect(try read.bytes() == other)
      }
    }
  }

  @Test(arguments: [
    ("references", #""path":"a.csv""#, #""path":"zz.csv""#), ("references", "token=redacted", "token=abcdef"),
    ("references", "https://", "https://me:pw@"), ("code", "https://", "https://me:pw@"),
    ("environment", #""name":"joblib""#, #""name":"zoblib""#), ("environment", #"["sneaky.py"]"#, "[]"),
    ("plan", #""path":"data""#, #""path":"zata""#), ("plan", #""reference":true"#, #""reference":false"#),
    ("plan", #"{"lr":"0.1"}"#, "{}"), ("plan", #""folder":"src""#, #""folder":"""#),
    ("result", #"["baseline","nightly"]"#, #"["nightly","baseline"]"#),
    ("result", #""value":"0.9132""#, #""value":"0.9132x""#),
    ("result", #""exit":0"#, #""exit":0,"signal":9"#), ("result", #""exit":0,"#, ""),
    ("result", #""run":"0123"#, #""run":"X123"#), ("report", #""verdict":"identical""#, #""verdict":"Bit for bit""#),
    ("report", #""subjects":["sha256:5"#, #""subjects":["sha256:x"#), ("dataset", #""rows":120"#, #""rows":-1"#),
  ])
  func `what has another spelling, or breaks a rule, is refused`(kind: String, old: String, new: String) throws {
    let good = try Self.text(kind)
    let other = good.replacing(old, with: new)
    #expect(other != good)
    let code = refusal { try Record([UInt8](other)) }
    #expect(code != nil && code != .newer, "\(other)")
  }

  @Test(arguments: [
    ("dataset", #"{"owner":"sales"}"#, "\"a\""), ("plan", #"{"lr":"0.1"}"#, "\"a\""),
    ("plan", #"{"numpy":"7"}"#, "\"a\""),
    ("plan", #"{"PYTHONHASHSEED":"0"}"#, "\"a\""), ("result", #""resources":{"#, "7"),
  ])
  func `free keys are kept as they are spelled, and one letter in two spellings is refused`(
    kind: String, old: String, value: String
  ) throws {
    let good = try Self.text(kind)
    // In the order of RFC 8785: e with a combining accent comes before the letter that has it.
    let one = "\"e\u{301}\":\(value)"
    let other = "\"\u{e9}\":\(value)"
    func text(_ members: [String]) -> [UInt8] {
      if old.hasSuffix("{") {
        let end = good.firstRange(of: old)?.upperBound ?? good.endIndex
        let close = good[end...].firstIndex(of: "}") ?? good.endIndex
        return [UInt8](String(good[..<end] + members.joined(separator: ",") + good[close...]))
      }
      return [UInt8](good.replacing(old, with: "{\(members.joined(separator: ","))}"))
    }
    for spelling in [one, other] {
      let bytes = text([spelling])
      #expect(bytes != [UInt8](good))
      #expect(try Record(bytes).bytes() == bytes)
    }
    #expect(refusal { try Record(text([one, other])) } == .field)
  }

  @Test func `facts of another kind are refused by writer and reader`() throws {
    var record = PackageRecord(kind: .model, tree: Self.digest("1"), size: 0, fileCount: 0)
    record.dataset.licence = "MIT"
    #expect(refusal { try record.bytes() } == .field)
    let text = try Self.text("dataset").replacing(#""record":"dataset""#, with: #""record":"model""#)
    #expect(refusal { try Record([UInt8](text)) } == .newer)
  }

  @Test func `the references of a record are every id in it, each in its role`() throws {
    for kind in Self.kinds {
      let text = try Self.text(kind)
      let references = try Record(Self.bytes(kind)).references
      // Bare digits are facts about bytes elsewhere, not ids that must be there.
      let named = text.matches(of: /sha256:[0-9a-f]{64}/).map { String($0.output) }
      #expect(references.map(\.digest.text).sorted() == named.sorted(), "\(kind)")
    }
    func roles(_ kind: String) throws -> [String] {
      try Record(Self.bytes(kind)).references.map { "\($0.link.name) \($0.role) \($0.digest.hex.prefix(1))" }
    }
    #expect(try roles("dataset") == ["content tree 1", "from record 3", "derivedFrom record 2"])
    #expect(try roles("references") == ["content outline 1"])
    #expect(try roles("code") == ["content tree 4", "notebook blob 5"])
    #expect(try roles("environment") == ["content tree 6", "code record 7", "lock blob 8"])
    #expect(
      try roles("plan")
        == ["code tree 4", "environment record 9", "input tree 1", "input outline 2", "input blob a"])
    #expect(
      try roles("result") == [
        "plan record b", "code record c", "input record d", "output tree e", "output blob f", "log blob 1",
        "log blob 2", "history blob 0", "child record 3",
      ])
    #expect(try roles("model") == ["content tree e", "from record 5", "base record 7", "base record 6"])
    #expect(try roles("report") == ["subject record 5", "evidence record 6", "body blob 7"])
  }

  @Test func `equal work has an equal plan, whatever the order in which it was described`() throws {
    func plan(_ change: (inout PlanRecord) -> Void = { _ in }) throws -> Digest {
      var plan = PlanRecord(command: [[UInt8]("python"), [UInt8]("train.py")])
      plan.code = Self.digest("1")
      plan.environment = Self.digest("2")
      plan.parameters = ["lr": "0.1"]
      plan.inputs = [.init(path: [UInt8]("a"), content: .tree(Self.digest("3")))]
      change(&plan)
      return Digest.of(try plan.bytes())
    }
    let other = PlanRecord.Input(path: [UInt8]("0"), content: .blob(Self.digest("4")))
    let first = try plan { $0.inputs.append(other) }
    #expect(try first == plan { $0.inputs.insert(other, at: 0) })
    let changes: [(inout PlanRecord) -> Void] = [
      { $0.code = Self.digest("5") }, { $0.environment = Self.digest("5") }, { $0.parameters["lr"] = "0.2" },
      { $0.inputs = [.init(path: [UInt8]("a"), content: .tree(Self.digest("5")))] },
      { $0.command.append([UInt8]("-v")) }, { $0.seeds["numpy"] = "1" }, { $0.variables["A"] = "1" },
      { $0.outputs = [.init(path: [UInt8]("m"))] }, { $0.folder = [UInt8]("src") }, { _ in },
    ]
    let ids = try changes.map { try plan($0) }
    #expect(Set(ids).count == changes.count)
  }

  @Test(arguments: [
    "0", "-0", "0.5", "12", "-3.25", "1e9", "1E-9", "1.5e+10", "nan", "inf", "-inf",
  ])
  func `a decimal number is a metric`(text: String) {
    #expect(Metric.isDecimal(text))
    #expect(Metric(name: "a", value: text)?.value == text)
  }

  @Test(arguments: ["", "-", ".5", "5.", "01", "1e", "1e+", "+1", "0x1", "1,5", "NaN", " 1", "1 ", "１"])
  func `anything else is none`(text: String) {
    #expect(!Metric.isDecimal(text))
    #expect(Metric(name: "a", value: text) == nil)
  }

  @Test(arguments: [
    ("https://me:pw@example.org/a", "https://example.org/a"), ("https://ghp_x@example.org", "https://example.org"),
    ("https://h/p?X-Amz-Signature=abc&x=1#f", "https://h/p?X-Amz-Signature=redacted&x=1#f"),
    ("https://h/?sig=a%20b&API_KEY=c", "https://h/?sig=redacted&API_KEY=redacted"),
    ("ssh://git@example.org/r", "ssh://git@example.org/r"), ("ssh://git:pw@example.org/r", "ssh://example.org/r"),
    ("git@example.org:r.git", "git@example.org:r.git"), ("s3://bucket/a@b", "s3://bucket/a@b"),
    ("postgres://u:p@ss@h/db?password=x", "postgres://h/db?password=redacted"), ("/plain/path", "/plain/path"),
  ])
  func `credentials are taken out of an address, once and for all`(before: String, after: String) {
    #expect(Redaction.uri(before) == after)
    #expect(Redaction.uri(after) == after)
  }

  @Test func `only the last value of a metric stands for it`() throws {
    guard case .result(let result) = try Record(Self.bytes("result")) else { throw FormatError(.field, "a", "b") }
    #expect(result.lastMetrics.map { "\($0.name)=\($0.value)" } == ["auc=0.9132", "loss=nan"])
  }
}
