import ArtifactCore
import Testing

/// The text of policies.
@Suite struct PolicyTests {
  private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDrpWwPEGd4bLNX9ce+j4tWJDc7FBdbyPUvxQF5SaC3P"

  @Test func `everything that can be said is read`() throws {
    let policy = try Policy(
      """
      # who may do what
      policy 1
      channels dev test prod

      quorum 2 of ann bob eve@example.org   # three of them
      channel test
        report test
      channel prod
        lineage complete
        metric auc >= 0.9 on customers/holdout
        metric loss<1e-3 on customers/holdout@2
        report responsible-ai within 90 days
        check using checks/fraud@2 python3 checks/check.py 'two words' package
        environment fraud/env fraud/old@3
        time 3 days in test
        approvals 2 of ann bob eve@example.org within 12 hours
        break-glass ann
      """)
    #expect(policy.channels.map(\.text) == ["dev", "test", "prod"])
    #expect(policy.quorum?.count == 2)
    #expect(policy.quorum?.people.map(\.text) == ["ann", "bob", "eve@example.org"])
    #expect(policy.lines("dev").isEmpty)
    #expect(policy.lines("test").map(\.rule) == [.report(kind: "test", age: nil)])
    let lines = policy.lines("prod")
    #expect(lines.map(\.number) == [9, 10, 11, 12, 13, 14, 15, 16, 17])
    #expect(lines[0].text == "lineage complete")
    #expect(lines[3].rule == .report(kind: "responsible-ai", age: 90 * 86_400_000))
    #expect(
      lines[4].rule
        == .check(
          words: ["python3", "checks/check.py", "two words", "package"], using: try Reference("checks/fraud@2")))
    #expect(lines[6].rule == .stay(3 * 86_400_000, channel: try TagName("test")))
    #expect(policy.life("prod") == 12 * 3_600_000)
    #expect(policy.demandsApprovals("prod") && !policy.demandsApprovals("test"))
    #expect(policy.glassBreakers("prod").map(\.text) == ["ann"])
  }

  @Test(arguments: [
    ("", 1, 1, "policy 1"), ("channels dev", 1, 1, "policy 1"), ("policy 2", 1, 8, "format 1"),
    ("policy", 1, 7, "the number"), ("policy 1 x", 1, 10, "nothing may stand"),
    ("policy 1\nchanels a", 2, 1, "did you mean channels"), ("policy 1\nchannels a A", 2, 12, "must start with"),
    ("policy 1\nchannels a a", 2, 12, "twice"), ("policy 1\nchannels 7", 2, 10, "digits"),
    ("policy 1\nlineage complete", 2, 1, "must come before"), ("policy 1\nchannel x", 2, 9, "no channel x"),
    ("policy 1\nchannel dev\nchannel dev", 3, 9, "above already"),
    ("policy 1\nchannel dev\n  lineage", 3, 10, "`complete`"),
    ("policy 1\nchannel dev\n  lineage full", 3, 11, "`complete`"),
    ("policy 1\nchannel dev\n  metric auc on x", 3, 10, "has no <"),
    ("policy 1\nchannel dev\n  metric auc >= x on y", 3, 10, "a number"),
    ("policy 1\nchannel dev\n  metric auc >= 1", 3, 18, "`on`"),
    ("policy 1\nchannel dev\n  metric auc >= 1 on y@gold", 3, 22, "a tag may move"),
    ("policy 1\nchannel dev\n  metric auc >= 1 on y:p", 3, 22, "without a path"),
    ("policy 1\nchannel dev\n  report Test", 3, 10, "a kind is"),
    ("policy 1\nchannel dev\n  report test within 3 weeks", 3, 24, "days, hours"),
    ("policy 1\nchannel dev\n  report test within 0 days", 3, 22, "from 1"),
    ("policy 1\nchannel dev\n  check", 3, 8, "the command"),
    ("policy 1\nchannel dev\n  check using x@2", 3, 18, "the command"),
    ("policy 1\nchannel dev\n  check using x true", 3, 15, "a version must be named"),
    ("policy 1\nchannel dev\n  check 'true", 3, 9, "not closed"),
    ("policy 1\nchannel dev\n  check tr\u{1}ue", 3, 11, "control character"),
    ("policy 1\nchannel dev\n  time 1 day in dev", 3, 17, "before this one"),
    ("policy 1\nchannel dev\n  time 1 day in prod", 3, 17, "before this one"),
    ("policy 1\nquorum 0 of ann", 2, 8, "no threshold"), ("policy 1\nquorum 3 of ann bob", 2, 8, "never be reached"),
    ("policy 1\nquorum 1 of", 2, 12, "people"), ("policy 1\nquorum 2 of ann ann", 2, 17, "twice"),
    ("policy 1\nquorum x of ann", 2, 8, "a number"), ("policy 1\nquorum 1 of a/b", 2, 13, "may hold"),
    ("policy 1\nquorum 1 of ann\nquorum 1 of bob", 3, 1, "already"),
    ("policy 1\nchannel prod\n  approvals 1 of ann", 3, 3, "without it anybody"),
    ("policy 1\nchannel prod\n  break-glass ann", 3, 3, "without it anybody"),
    ("policy 1\nkey ann ssh-rsa AAAA", 2, 9, "ssh-rsa"),
    ("policy 1\nkey ann \(key)\nkey bob \(key)", 3, 21, "is ann's already"),
  ])
  func `what is wrong is told with line and column`(text: String, line: Int, column: Int, detail: String) throws {
    var fault: PolicyFault?
    do throws(PolicyFault) { _ = try Policy(text) } catch { fault = error }
    let found = try #require(fault)
    #expect(found.line == line && found.column == column, "\(found)")
    #expect(found.detail.contains(detail), "\(found)")
  }

  @Test func `a policy of more than 16 KiB is refused`() {
    #expect(throws: PolicyFault.self) { try Policy("policy 1\n" + String(repeating: "#", count: Policy.byteLimit)) }
  }

  // MARK: Gates

  private static func verdict(_ line: String, _ change: (inout GateFacts) throws -> Void = { _ in }) throws -> Verdict {
    let lines = try Policy("policy 1\nchannel prod\n\(line)").lines("prod")
    let rule = try #require(lines.first)
    var facts = GateFacts()
    try change(&facts)
    let gate = Gate(facts, at: try Timestamp(userInput: "2026-03-15"))
    let verdict = gate.verdict(rule)
    return try #require(verdict)
  }

  private static func report(_ kind: String, _ verdict: String, _ day: String) throws -> GateFacts.Report {
    GateFacts.Report(
      record: Digest.of([UInt8](day.utf8)), kind: kind, verdict: verdict, time: try Timestamp(userInput: day))
  }

  @Test func `the last report of a kind counts`() throws {
    let rule = "report test within 30 days"
    #expect(try !Self.verdict(rule).passed)
    #expect(try Self.verdict(rule) { $0.reports = [try Self.report("test", "passed", "2026-03-01")] }.passed)
    #expect(try !Self.verdict(rule) { $0.reports = [try Self.report("drift", "passed", "2026-03-01")] }.passed)
    #expect(try !Self.verdict(rule) { $0.reports = [try Self.report("test", "passed", "2026-02-01")] }.passed)
    let both = [try Self.report("test", "passed", "2026-03-01"), try Self.report("test", "failed", "2026-03-02")]
    #expect(try !Self.verdict(rule) { $0.reports = both }.passed)
    #expect(try Self.verdict(rule) { $0.reports = both.reversed() }.passed)
  }

  @Test func `a metric counts on its dataset only`() throws {
    func measured(_ value: String, on name: String, version: Int = 1) throws -> GateFacts.Report {
      var report = try Self.report("test", "passed", "2026-03-01")
      report.metrics = [Metric(name: "auc", value: value)].compactMap { $0 }
      report.inputs = [
        GateFacts.Known(record: Digest.of([2]), labels: [GateFacts.Label(name: name, version: version)])
      ]
      return report
    }
    let rule = "metric auc >= 0.9 on hold/out"
    #expect(try Self.verdict(rule) { $0.reports = [try measured("0.9", on: "hold/out")] }.passed)
    #expect(try !Self.verdict(rule) { $0.reports = [try measured("0.89", on: "hold/out")] }.passed)
    #expect(try !Self.verdict(rule) { $0.reports = [try measured("nan", on: "hold/out")] }.passed)
    #expect(try !Self.verdict(rule) { $0.reports = [try measured("0.95", on: "train")] }.passed)
    #expect(try !Self.verdict(rule + "@2") { $0.reports = [try measured("0.95", on: "hold/out")] }.passed)
    #expect(try Self.verdict(rule + "@2") { $0.reports = [try measured("0.95", on: "hold/out", version: 2)] }.passed)
    // A newer measurement takes the place of an older one.
    #expect(
      try !Self.verdict(rule) {
        $0.reports = [try measured("0.95", on: "hold/out"), try measured("0.5", on: "hold/out")]
      }.passed)
  }

  @Test func `lineage, environment and checks`() throws {
    #expect(try Self.verdict("lineage complete").passed)
    #expect(try !Self.verdict("lineage complete") { $0.gaps = ["nothing tells which run made m@1"] }.passed)
    let known = GateFacts.Known(record: Digest.of([3]), labels: [GateFacts.Label(name: "env", version: 2)])
    #expect(try !Self.verdict("environment env").passed)
    #expect(try Self.verdict("environment other env") { $0.environment = known }.passed)
    #expect(try Self.verdict("environment env@2") { $0.environment = known }.passed)
    #expect(try !Self.verdict("environment env@1 other") { $0.environment = known }.passed)
    #expect(try Self.verdict("environment \(Digest.of([3]).text)") { $0.environment = known }.passed)
    var check = try Self.report(Gate.checkKind, "passed", "2026-03-01")
    check.note = "check sh c.sh"
    #expect(try Self.verdict("check sh c.sh") { $0.reports = [check] }.passed)
    #expect(try !Self.verdict("check sh d.sh") { $0.reports = [check] }.passed)
    check.verdict = "failed"
    #expect(try !Self.verdict("check sh c.sh") { $0.reports = [check] }.passed)
  }

  // MARK: Shares

  @Test(arguments: [("1", "1"), ("0.1", "0.1"), ("0.10", "0.1"), ("1.0", "1"), ("0.000001", "0.000001")])
  func `a share is a decimal number`(text: String, canonical: String) { #expect(Share(text)?.text == canonical) }

  @Test(arguments: ["", "0", "0.0", "1.1", "2", ".5", "0.", "0.0000001", "-0.1", "1e-1", "0,5", "01"])
  func `anything else is no share`(text: String) { #expect(Share(text) == nil) }
}
