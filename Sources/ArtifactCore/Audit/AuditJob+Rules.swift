extension AuditJob {
  mutating func admission(_ move: Fold.Move, _ item: AuditReport.Item) -> AuditReport.Admission {
    check(move, of: item.name)
    var note = AuditReport.Admission(
      act: AuditReport.Act(sequence: move.sequence, time: move.time, actor: move.actor))
    guard let place = move.policy else {
      evidence.add(.bare, item.title, "it came in when no policy was in force", move.sequence)
      return note
    }
    let policy = fold.policies[place]
    note.policy = policy.digest
    note.policySequence = policy.sequence
    let lines = policy.policy.lines(request.channel)
    let thresholds = lines.compactMap { line in
      if case .approvals(let threshold, _) = line.rule { (line.number, threshold) } else { nil }
    }
    if let place = move.proposal {
      let asked = fold.proposals[place]
      note.proposal = evidence.proposal(asked)
      note.decisions = evidence.decisions(
        on: asked, for: move.sequence, at: move.time, people: thresholds.flatMap(\.1.people))
    }
    let gate = Gate(facts(of: move, item), at: move.time)
    for line in lines {
      note.rules.append(rule(line, move, note, item))
      // Who is named and who signed was counted above; what is not known is named for itself.
      if case .lineage = line.rule { continue }
      if let verdict = gate.verdict(line), !verdict.passed {
        evidence.add(.unmet, item.title, verdict.text, move.sequence)
      }
    }
    return note
  }

  private mutating func rule(
    _ line: Policy.Line, _ move: Fold.Move, _ admission: AuditReport.Admission, _ item: AuditReport.Item
  ) -> AuditReport.RuleNote {
    let digests = move.evidence.first { $0.line == line.number }?.reports ?? []
    let reports = digests.map { evidenceNote($0) }
    let shown: String
    switch line.rule {
    case .approvals(let threshold, _):
      let people = admission.decisions.filter { decision in
        decision.isApproval && decision.complaint == nil
          && threshold.people.contains { $0.text == decision.signature.person }
      }
      let count = Set(people.map(\.signature.person)).count
      shown = "\(count) of \(threshold.count): \(people.map(\.signature.person).joined(separator: ", "))"
      if count < threshold.count {
        evidence.add(.signature, item.title, "only \(count) of \(threshold.count) approvals count", move.sequence)
      }
    case .glass: shown = "not used"
    case .lineage: shown = item.gaps.isEmpty ? "no gap is known" : "\(item.gaps.count) of what is not known"
    case .stay(_, let channel):
      let entered = fold.packages[item.name]?.channels[channel.text]?.last {
        $0.sequence < move.sequence && $0.version == move.version
      }
      shown = entered.map { "in \(channel) since \($0.time.text.prefix(16)), log entry \($0.sequence)" } ?? "nothing"
    case .environment: shown = "by its run"
    case .metric, .report, .check: shown = reports.isEmpty ? "nothing" : "by its evidence"
    }
    return AuditReport.RuleNote(line: line.number, text: line.text, shown: shown, reports: reports)
  }

  private mutating func evidenceNote(_ digest: Digest) -> AuditReport.Evidence {
    switch evidence.record(digest) {
    case .report(let report):
      let parts = report.metrics.map { "\($0.name)=\($0.value)" } + (report.note.map { [$0] } ?? [])
      return AuditReport.Evidence(
        record: digest, kind: report.kind, verdict: report.verdict, time: report.time, actor: report.actor,
        detail: parts.joined(separator: ", "))
    case .result(let result):
      return AuditReport.Evidence(
        record: digest, kind: "run", verdict: "finished", time: result.end, actor: result.actor,
        detail: result.lastMetrics.map { "\($0.name)=\($0.value)" }.joined(separator: ", "))
    default:
      return AuditReport.Evidence(
        record: digest, kind: "record", verdict: "cannot be read", time: nil, actor: "", detail: "")
    }
  }

  // MARK: What the records say

  /// What a promotion rests on, from the records that it names: the rules are looked at once more.
  private mutating func facts(of move: Fold.Move, _ item: AuditReport.Item) -> GateFacts {
    var facts = GateFacts()
    facts.gaps = item.gaps
    var maker: Digest?
    if case .package(let package) = evidence.record(item.record) { maker = package.from }
    if let maker, case .result(let result) = evidence.record(maker), case .plan(let plan) = evidence.record(result.plan)
    {
      facts.environment = plan.environment.map { known($0) }
    }
    for digest in Set(move.evidence.flatMap(\.reports)).sorted() {
      guard let time = fold.evidenceTime(digest) else { continue }
      switch evidence.record(digest) {
      case .report(let record) where record.subjects.contains(item.record):
        var report = GateFacts.Report(
          record: digest, kind: record.kind, verdict: record.verdict, time: min(time, record.time))
        report.metrics = record.metrics
        report.inputs = record.inputs.map { known($0) }
        report.note = record.note
        facts.reports.append(report)
      case .result(let record) where digest == maker || record.inputs.contains { $0.record == item.record }:
        var report = GateFacts.Report(record: digest, kind: "run", verdict: "finished", time: min(time, record.end))
        report.metrics = record.lastMetrics
        report.inputs = record.inputs.map { known($0.record) }
        facts.reports.append(report)
      default: break
      }
    }
    facts.reports.sort { (fold.evidencePosition($0.record) ?? 0) < (fold.evidencePosition($1.record) ?? 0) }
    return facts
  }

  private func known(_ record: Digest) -> GateFacts.Known {
    let lineage = source.lineage
    let labels = lineage.graph.node(record).map { lineage.labels(of: $0) } ?? []
    return GateFacts.Known(record: record, labels: labels.map { GateFacts.Label(name: $0.name, version: $0.version) })
  }
}
