extension AuditReport {
  /// Audits a channel.
  ///
  /// The state names what was there; everything that is shown is read again, hashed, and compared with it.
  public init(_ request: AuditRequest, _ fold: Fold, _ source: some AuditSource) {
    var job = AuditJob(request, fold, source)
    job.run()
    self = job.report
  }
}

/// One audit of a channel.
struct AuditJob {
  let request: AuditRequest
  let fold: Fold
  let source: any AuditSource
  var evidence: AuditEvidence
  var report = AuditReport()
  /// The last entry that counts.
  let last: Int

  init(_ request: AuditRequest, _ fold: Fold, _ source: some AuditSource) {
    self.request = request
    self.fold = fold
    self.source = source
    evidence = AuditEvidence(fold, source)
    last = fold.lastPosition(at: request.at)
  }

  mutating func run() {
    report.store = fold.storeID
    report.channel = request.channel
    report.at = request.at
    report.made = request.now
    report.size = fold.size
    report.root = fold.history.root
    report.policy = fold.policy(at: request.at).map { policyNote($0) }
    for name in names {
      guard let move = fold.move(name, in: request.channel, at: request.at) else { continue }
      report.items.append(item(name, move))
    }
    noteGlass()
    var timeline = AuditTimeline(self, names)
    timeline.run()
    evidence = timeline.evidence
    report.timeline = timeline.moments
    report.timelineCut = timeline.cut
    if fold.size > 0 { _ = evidence.entry(fold.size - 1) }
    finish()
  }

  /// The names that ever were in the channel.
  private var names: [String] {
    if let name = request.name { return fold.packages[name]?.channels[request.channel] == nil ? [] : [name] }
    return fold.packages.filter { $0.value.channels[request.channel] != nil }.keys
      .sorted(by: ExactText.precedesBytewise)
  }

  // MARK: Items

  private mutating func item(_ name: String, _ move: Fold.Move) -> AuditReport.Item {
    let package = fold.packages[name]
    let version = package?.versions[move.version - 1]
    let moved = AuditReport.Act(sequence: move.sequence, time: move.time, actor: move.actor)
    let published = AuditReport.Act(
      sequence: version?.sequence ?? 0, time: version?.time ?? .earliest, actor: version?.actor ?? "")
    var item = AuditReport.Item(
      name: name, version: move.version, kind: package?.kind.rawValue ?? "", record: version?.record ?? fold.config,
      published: published, way: move.way, moved: moved, person: move.person, reason: move.reason)
    let record = item.record
    evidence.check(published) { event in
      if case .publish(let other, let number, _, let digest) = event {
        return other.text == name && number == move.version && digest == record
      }
      return false
    }
    check(move, of: name)
    if let erasure = version?.erasure {
      item.erasure = erasure.reason
      evidence.add(.erased, item.title, "its bytes were erased: \(erasure.reason)", erasure.sequence)
    }
    _ = evidence.record(record)
    switch source.gaps(of: record) {
    case .found(let gaps): item.gaps = gaps
    case .bad(let why): item.gaps = [why]
    }
    for gap in item.gaps { evidence.add(.gap, item.title, gap) }
    if let basis = basis(of: move, name) { item.admission = admission(basis, item) }
    if move.way == .rolledBack, item.admission == nil {
      evidence.add(.damaged, item.title, "the channel went back to what it never had under its rules", move.sequence)
    }
    item.working = working(name)
    addLineage(to: &item)
    return item
  }

  /// The promotion under the rules that a move rests on.
  private func basis(of move: Fold.Move, _ name: String) -> Fold.Move? {
    switch move.way {
    case .promoted: move
    case .brokeGlass: nil
    case .rolledBack:
      fold.packages[name]?.channels[request.channel]?.last {
        $0.sequence < move.sequence && $0.version == move.version && $0.way == .promoted
      }
    }
  }

  /// Compares a move with its entry, and checks the signature of who broke the glass.
  mutating func check(_ move: Fold.Move, of name: String) {
    let act = AuditReport.Act(sequence: move.sequence, time: move.time, actor: move.actor)
    let channel = request.channel
    evidence.check(act) { event in
      switch event {
      case .promote(let promotion):
        promotion.name.text == name && promotion.version == move.version && promotion.channel.text == channel
          && promotion.evidence == move.evidence && (promotion.glass != nil) == (move.way == .brokeGlass)
      case .rollback(let rollback):
        rollback.name.text == name && rollback.version == move.version && rollback.channel.text == channel
          && move.way == .rolledBack
      default: false
      }
    }
    if case .promote(let promotion)? = evidence.entry(move.sequence)?.event, let glass = promotion.glass {
      _ = evidence.signature(of: glass, by: glass.person, "the broken glass of \(glass.person)", move.sequence)
    }
  }

  private func working(_ name: String) -> [AuditReport.Working] {
    fold.places.filter { ExactText.equal($0.name, name) }.flatMap { place -> [AuditReport.Working] in
      guard let staffing = fold.staffing(at: place, by: request.at) else { return [] }
      return staffing.working.map { item in
        AuditReport.Working(
          target: place.target, version: item.version, mode: item.mode.rawValue, share: item.share.text,
          act: AuditReport.Act(sequence: staffing.sequence, time: staffing.time, actor: staffing.actor))
      }
    }
  }

  private mutating func addLineage(to item: inout AuditReport.Item) {
    let lineage = source.lineage
    guard let node = lineage.graph.node(item.record) else { return }
    let words = NodeWords(lineage)
    let walk = lineage.walk(from: node, .up)
    for cause in walk.nodes where lineage.graph.kind(cause) == .dataset && cause != node {
      item.data.append(
        AuditReport.Source(
          record: lineage.graph.digest(cause), title: words.title(cause), detail: words.detail(cause),
          distance: walk.depth(of: cause) ?? 0))
    }
    guard let limit = request.pictureLimit else { return }
    let (fold, last) = (fold, last)
    item.picture = LineagePicture(lineage, around: node, limit: limit) { other in
      let digest = lineage.graph.digest(other)
      if let position = fold.evidencePosition(digest) { return position <= last }
      let labels = lineage.labels(of: other)
      return labels.isEmpty
        || labels.contains { (fold.packages[$0.name]?.versions[$0.version - 1].sequence ?? 0) <= last }
    }
  }

  // MARK: Policy

  private mutating func policyNote(_ policy: Fold.PolicyInForce) -> AuditReport.PolicyNote {
    var note = AuditReport.PolicyNote(
      digest: policy.digest,
      act: AuditReport.Act(sequence: policy.sequence, time: policy.time, actor: policy.actor),
      text: policy.policy.text, ruleCount: policy.policy.lines(request.channel).count)
    let asked = policy.proposal.map { fold.proposals[$0] }
    evidence.check(note.act) { event in
      switch event {
      case .start(_, _, let text): text.map { ExactText.equal($0, policy.policy.text) } ?? false
      case .policy(.text(let text)): ExactText.equal(text, policy.policy.text)
      case .policy(.proposed(let id)):
        asked?.proposal.entry == id && asked?.proposal.asked == .policy(text: policy.policy.text)
      default: false
      }
    }
    if (try? Policy.digest(of: policy.policy.text)) != policy.digest {
      evidence.add(.damaged, "the policy", "its text does not have the id \(policy.digest.short)", policy.sequence)
    }
    if let asked {
      _ = evidence.proposal(asked)
      let before = fold.policies.last { $0.sequence < policy.sequence }?.policy.quorum ?? policy.policy.quorum
      note.decisions = evidence.decisions(
        on: asked, for: policy.sequence, at: policy.time, people: before?.people ?? [])
    }
    return note
  }

  // MARK: Findings

  /// What was ever broken in the channel stays red.
  private mutating func noteGlass() {
    for name in names {
      for move in fold.packages[name]?.channels[request.channel] ?? [] where move.way == .brokeGlass {
        guard move.sequence <= last || move.time <= request.at else { continue }
        check(move, of: name)
        evidence.add(
          .glass, "\(name)@\(move.version)",
          "by \(move.person ?? move.actor) on \(move.time.text.prefix(10)): \(move.reason ?? "")", move.sequence)
      }
    }
  }

  private mutating func finish() {
    let order = AuditReport.Finding.Kind.allCases
    report.findings = evidence.findings.sorted {
      let (one, other) = (order.firstIndex(of: $0.kind) ?? 0, order.firstIndex(of: $1.kind) ?? 0)
      return (one, $0.sequence ?? -1, $0.subject) < (other, $1.sequence ?? -1, $1.subject)
    }
    func bad(_ kind: AuditReport.Finding.Kind, _ prefix: String) -> Int {
      Set(evidence.findings.filter { $0.kind == kind && $0.subject.hasPrefix(prefix) }.map(\.subject)).count
    }
    report.checks = [
      AuditReport.Check(
        what: "history", count: fold.size, bad: 0,
        detail: request.isFull
          ? "every entry was read, hashed, chained to those before it, and what they add up to computed anew"
          : "the root is that of the state, and commits to every entry that is shown"),
      AuditReport.Check(
        what: "log entries", count: evidence.entryCount, bad: bad(.damaged, "log entry"),
        detail: "every entry that is shown was read from its file, hashed, and compared with the state"),
      AuditReport.Check(
        what: "records", count: evidence.recordCount, bad: bad(.damaged, "record"),
        detail: "every record that is shown was read and hashed"),
      AuditReport.Check(
        what: "signatures", count: evidence.signatureCount,
        bad: evidence.findings.count { $0.kind == .signature },
        detail: "every signature that is shown was computed again"),
    ]
  }
}

extension Fold {
  /// The position of the last entry that counts for a time: the order is the log's, so nothing before an entry from then
  /// is later.
  func lastPosition(at time: Timestamp) -> Int {
    if let latestTime, time >= latestTime { return size - 1 }
    var last = 0
    func look(_ sequence: Int, _ moment: Timestamp) { if moment <= time { last = max(last, sequence) } }
    for package in packages.values {
      for version in package.versions { look(version.sequence, version.time) }
      for move in package.channels.values.joined() { look(move.sequence, move.time) }
    }
    for run in runs {
      look(run.sequence, run.time)
      if let finish = run.finish { look(finish.sequence, finish.time) }
    }
    for report in reports { look(report.sequence, report.time) }
    for policy in policies { look(policy.sequence, policy.time) }
    for key in keys { look(key.sequence, key.time) }
    for asked in proposals {
      look(asked.sequence, asked.time)
      for decided in asked.decisions { look(decided.sequence, decided.time) }
    }
    for staffing in deployments.values.joined() { look(staffing.sequence, staffing.time) }
    return last
  }
}
