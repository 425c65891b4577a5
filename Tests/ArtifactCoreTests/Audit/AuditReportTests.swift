import Testing

@testable import ArtifactCore

/// What an audit says, and what it finds when something is not as it should be.
@Suite struct AuditReportTests {
  @Test func `a promotion by the rules is in order, with everything that shows it`() throws {
    let (world, scene) = try AuditScene.promoted()
    let report = scene.audit()
    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(report.size == world.entries.count)
    let item = try #require(report.items.first)
    #expect(report.items.count == 1)
    #expect(item.title == "m@1")
    #expect(item.record == World.record(1))
    #expect(item.published.actor == "trainer@lab")
    let admission = try #require(item.admission)
    #expect(admission.policy == world.fold.policy?.digest)
    #expect(admission.proposal?.signature?.person == "eve")
    #expect(admission.proposal?.signature?.complaint == nil)
    #expect(admission.decisions.map(\.signature.person) == ["ann", "bob"])
    #expect(admission.decisions.allSatisfy { $0.complaint == nil && $0.isApproval })
    #expect(admission.decisions.first?.signature.fingerprint == World.key("ann").key.fingerprint)
    #expect(admission.rules.map(\.text).contains("approvals 2 of ann bob eve within 3 days"))
    #expect(admission.rules.first { $0.text.hasPrefix("approvals") }?.shown == "2 of 2: ann, bob")
    let evidence = try #require(admission.rules.first { $0.text.hasPrefix("report") }?.reports.first)
    #expect(evidence.record == World.report)
    #expect(evidence.verdict == "passed")
    #expect(report.checks.allSatisfy { $0.bad == 0 })
    #expect(report.checks.first { $0.what == "signatures" }?.count == 3)
    #expect(report.timeline.map(\.word) == ["promoted", "approved", "approved", "proposed", "policy"])
    #expect(report.timeline.map(\.isSigned) == [false, true, true, true, false])
  }

  @Test func `the past is as it was`() throws {
    var (world, id) = try World.approved()
    let before = world.clock
    try world.promote(1, to: "prod", proposal: id)
    let first = world.clock
    world.wait(60_000)
    try Attack.breakGlass(&world, 2)
    let second = world.clock
    world.wait(60_000)
    #expect(try Attack.rollback(&world, 1, in: "prod") == nil)
    let scene = AuditScene(world)
    #expect(scene.audit(at: before.advanced(byMilliseconds: -1_000)).items.isEmpty)
    #expect(scene.audit(at: first).items.map(\.title) == ["m@1"])
    #expect(scene.audit(at: first).findings.isEmpty)
    let broken = scene.audit(at: second)
    #expect(broken.items.map(\.title) == ["m@2"])
    #expect(broken.items.first?.way == .brokeGlass)
    #expect(broken.items.first?.admission == nil)
    #expect(broken.items.first?.person == "dan")
    #expect(broken.count(.glass) == 1)
    // It stays red after the channel went back.
    let last = scene.audit()
    #expect(last.items.map(\.title) == ["m@1"])
    #expect(last.items.first?.way == .rolledBack)
    #expect(last.items.first?.admission?.decisions.count == 2)
    #expect(last.count(.glass) == 1)
    #expect(last.findings.count == 1)
    let difference = AuditDifference(scene.audit(at: first), broken)
    #expect(difference.rows.map { [$0.before?.version, $0.after?.version] } == [[1, 2]])
    #expect(!difference.isEmpty)
    #expect(AuditDifference(broken, broken).isEmpty)
    #expect(AuditDifference(scene.audit(at: first), last).isEmpty)
  }

  @Test func `every void event is named, those of the channel in its timeline too`() throws {
    var (world, _) = try AuditScene.promoted()
    let before = world.clock
    world.wait(10_000)
    #expect(try world.promote(3, to: "prod") != nil)
    #expect(try world.add(.untag(name: World.name(), tag: TagName("gone"))) != nil)
    let report = AuditScene(world).audit()
    #expect(report.count(.void) == 2)
    #expect(report.findings.first?.subject == "promotion of m@3 to prod")
    #expect(report.timeline.first?.word == "VOID")
    #expect(report.timeline.count { $0.word == "VOID" } == 1)
    #expect(AuditScene(world).audit(at: before).count(.void) == 0)
    #expect(AuditScene(world).audit("dev").timeline.allSatisfy { $0.word != "VOID" })
  }

  @Test func `an entry that cannot be read, or is another one, is damage`() throws {
    let (world, scene) = try AuditScene.promoted()
    let wanted = try #require(scene.audit().items.first)
    let shown = [
      wanted.moved.sequence, wanted.published.sequence, wanted.admission?.proposal?.act.sequence,
      wanted.admission?.decisions.first?.act.sequence, 0,
    ].compactMap { $0 }
    #expect(shown.count == 5)
    for sequence in shown {
      var spoilt = scene
      spoilt.badEntries = [sequence]
      #expect(spoilt.audit().isDamaged, "entry \(sequence)")
      // A well-formed entry of another content, at the same place.
      var other = scene
      var frontier = MerkleFrontier()
      for entry in world.entries.prefix(sequence) { frontier.append(entry.leafHash) }
      other.entries[sequence] = try LogEntry(
        event: .clock, id: world.nextID, time: world.clock, actor: "x", after: frontier)
      let report = other.audit()
      #expect(report.isDamaged, "entry \(sequence)")
      #expect(report.checks.first { $0.what == "log entries" }?.bad == 1)
    }
  }

  @Test func `a record that is not here, and a gap, are named`() throws {
    var (_, scene) = try AuditScene.promoted()
    scene.records[World.report] = nil
    #expect(scene.audit().isDamaged)
    #expect(scene.audit().checks.first { $0.what == "records" }?.bad == 1)
    scene = try AuditScene.promoted().scene
    scene.gapList = ["nothing tells which run made m@1"]
    let report = scene.audit()
    #expect(report.findings.map(\.kind) == [.gap])
    #expect(report.kinds(on: try #require(report.items.first)) == [.gap])
  }

  @Test func `a signature that does not fit is found, whatever the state says`() throws {
    var world = try World.ready(Rules.all.subtracting(.signature))
    let made = try world.propose(world.proposal(1))
    #expect(try world.decide(made.id, by: "ann") == nil)
    var mauled = try World.signed(world.approval(made.id, by: "bob"), World.key("bob"))
    mauled.reason = "changed after it was signed"
    #expect(try world.add(.decide(mauled)) == nil)
    #expect(try world.promote(1, to: "prod", proposal: made.id) == nil)
    let report = AuditScene(world).audit()
    #expect(report.hasBadSignature)
    #expect(report.items.first?.admission?.decisions.map { $0.complaint == nil } == [true, false])
    // And the threshold is counted again.
    #expect(report.findings.contains { $0.detail == "only 1 of 2 approvals count" })
  }

  @Test func `approvals of who asked, or of an unknown key, do not count, whatever the state says`() throws {
    var world = try World.ready(Rules.all.subtracting(.requester))
    let made = try world.propose(world.proposal(1))
    try world.decide(made.id, by: "ann")
    try world.decide(made.id, by: "eve")
    #expect(try world.promote(1, to: "prod", proposal: made.id) == nil)
    #expect(AuditScene(world).audit().hasBadSignature)
    world = try World.ready(Rules.all.subtracting(.knownKey))
    let second = try world.propose(world.proposal(1))
    try world.decide(second.id, by: "ann")
    try world.decide(second.id, by: "bob", key: World.key("mallory"))
    #expect(try world.promote(1, to: "prod", proposal: second.id) == nil)
    #expect(AuditScene(world).audit().hasBadSignature)
  }

  @Test func `a rule that its evidence does not meet is named, whatever the state says`() throws {
    var (_, scene) = try AuditScene.promoted()
    guard case .report(var report) = scene.records[World.report] else { throw CancellationError() }
    report.verdict = "failed"
    scene.records[World.report] = .report(report)
    let audit = scene.audit()
    #expect(audit.findings.map(\.kind) == [.unmet])
    #expect(audit.findings.first?.kind.word == "RULE NOT MET" && audit.findings.first?.kind.isRed == true)
    #expect(audit.kinds(on: try #require(audit.items.first)) == [.unmet])
    #expect(audit.html.contains("RULE NOT MET"))
    report.verdict = "passed"
    report.time = report.time.advanced(byMilliseconds: -11 * World.day)
    scene.records[World.report] = .report(report)
    #expect(scene.audit().findings.map(\.kind) == [.unmet])
  }

  @Test func `a key that was revoked later is worth knowing and no fault`() throws {
    var (world, _) = try AuditScene.promoted()
    let before = AuditScene(world).audit()
    #expect(before.count(.revoked) == 0)
    try Attack.revoke(&world, "bob")
    let report = AuditScene(world).audit()
    #expect(report.count(.revoked) == 1)
    #expect(!report.hasBadSignature)
    #expect(report.items.first?.admission?.decisions.allSatisfy { $0.complaint == nil } == true)
  }

  @Test func `a version from before any policy says so`() throws {
    var world = try World(policy: nil)
    try world.publish()
    #expect(try world.promote(1, to: "dev") == nil)
    let report = AuditScene(world).audit("dev")
    #expect(report.policy == nil)
    #expect(report.findings.map(\.kind) == [.bare])
    #expect(report.items.first?.admission?.rules.isEmpty == true)
  }

  @Test func `a person's acts are told apart: signed, and claimed`() throws {
    var (world, _) = try AuditScene.promoted()
    try world.add(.tag(name: World.name(), tag: TagName("x"), version: 9), actor: "ann@host")
    let scene = AuditScene(world)
    let ann = PersonHistory("ann", scene.fold, scene)
    #expect(ann.keys.map(\.fingerprint) == [World.key("ann").key.fingerprint])
    #expect(ann.moments.map(\.word) == ["VOID", "approved"])
    #expect(ann.moments.map(\.isSigned) == [false, true])
    #expect(ann.findings.isEmpty)
    let trainer = PersonHistory("trainer", scene.fold, scene)
    #expect(trainer.versionCount == 3)
    #expect(PersonHistory("nobody", scene.fold, scene).isEmpty)
    #expect(PersonHistory("an", scene.fold, scene).isEmpty)
  }

  // MARK: Comma-separated values

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1"), ("+1", "'+1"),
    ("-1", "'-1"), ("@x", "'@x"), ("=a,b", "\"'=a,b\""), ("two\nlines", "two\\x0alines"), ("", ""),
  ])
  func `a cell is quoted, and no formula`(text: String, cell: String) {
    #expect(AuditReport.cell(text) == cell)
  }

  @Test func `the rows have as many cells as the head`() throws {
    var (world, _) = try AuditScene.promoted()
    try world.add(.deploy(Deployment(name: World.name(), version: 1, target: TargetName("eu/a"), share: Share("0.25"))))
    let csv = AuditScene(world).audit().csv
    let rows = csv.split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(rows.count == 3)
    #expect(rows[2].isEmpty)
    #expect(rows[0].split(separator: ",", omittingEmptySubsequences: false).count == 16)
    #expect(rows[1].split(separator: ",", omittingEmptySubsequences: false).count == 16)
    #expect(rows[1].contains(",ann bob,"))
    #expect(rows[1].contains("eu/a @1 0.25"))
  }

  @Test func `the object for programs can be written`() throws {
    let (_, scene) = try AuditScene.promoted()
    let bytes = try JSON.object(scene.audit().json).canonicalBytes(subject: "audit")
    let object = try JSON.parse(bytes)
    #expect(object["names"]?.array?.count == 1)
    #expect(object["names"]?.array?.first?["admitted"]?["decisions"]?.array?.count == 2)
    #expect(object["findings"]?.array?.isEmpty == true)
  }
}
