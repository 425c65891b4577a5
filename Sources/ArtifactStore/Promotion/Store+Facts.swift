public import ArtifactCore

extension Store {
  /// What the records of this store say of a version, as far as policies ask.
  public func gateFacts(_ record: Digest, publishedBy actor: String) throws(StoreError) -> GateFacts {
    let lineage = try lineage()
    let fold = log.fold
    guard let node = lineage.graph.node(record) else {
      throw StoreError(.notFound, "record \(record.short)", "it is not in the graph")
    }
    var facts = GateFacts()
    facts.gaps = try gaps(of: node, lineage)
    facts.trainers = [actor]
    if case .package(let package) = try fact(record), let from = package.from, case .result(let result) = try fact(from)
    {
      if !facts.trainers.contains(where: { ExactText.equal($0, result.actor) }) { facts.trainers.append(result.actor) }
      if case .plan(let plan) = try fact(result.plan), let environment = plan.environment {
        facts.environment = Self.known(environment, lineage)
      }
      if let report = Self.report(from, result, lineage, fold) { facts.reports.append(report) }
    }
    for step in lineage.effects(of: node) {
      let digest = lineage.graph.digest(step.node)
      // What cannot be read shows nothing.
      switch try? fact(digest) {
      case .report(let report) where step.link == .subject:
        if let known = Self.report(digest, report, lineage, fold) { facts.reports.append(known) }
      case .result(let result) where step.link == .input:
        if let known = Self.report(digest, result, lineage, fold) { facts.reports.append(known) }
      default: break
      }
    }
    facts.reports.sort { (fold.evidencePosition($0.record) ?? 0) < (fold.evidencePosition($1.record) ?? 0) }
    return facts
  }

  private static func known(_ record: Digest, _ lineage: Lineage) -> GateFacts.Known {
    let labels = lineage.graph.node(record).map { lineage.labels(of: $0) } ?? []
    return GateFacts.Known(
      record: record, labels: labels.map { GateFacts.Label(name: $0.name, version: $0.version) })
  }

  private static func report(
    _ digest: Digest, _ record: ReportRecord, _ lineage: Lineage, _ fold: Fold
  ) -> GateFacts.Report? {
    guard let logged = fold.evidenceTime(digest) else { return nil }
    var report = GateFacts.Report(
      record: digest, kind: record.kind, verdict: record.verdict, time: min(logged, record.time))
    report.metrics = record.metrics
    report.inputs = record.inputs.map { known($0, lineage) }
    report.note = record.note
    return report
  }

  /// A run counts by the log's word that it ended well.
  private static func report(
    _ digest: Digest, _ record: ResultRecord, _ lineage: Lineage, _ fold: Fold
  ) -> GateFacts.Report? {
    guard let logged = fold.evidenceTime(digest), record.ending == .exit(0) else { return nil }
    var report = GateFacts.Report(record: digest, kind: "run", verdict: "finished", time: min(logged, record.end))
    report.metrics = record.lastMetrics
    report.inputs = record.inputs.map { known($0.record, lineage) }
    return report
  }

  /// What is not known of everything that a package was made from.
  func gaps(of node: Lineage.Node, _ lineage: Lineage) throws(StoreError) -> [String] {
    var gaps = [String]()
    var seen: Set<Lineage.Node> = [node]
    var waiting = [node]
    while let next = waiting.popLast() {
      let digest = lineage.graph.digest(next)
      let name = lineage.labels(of: next).last.map { "\($0.name)@\($0.version)" } ?? digest.short
      let causes = lineage.causes(of: next)
      switch lineage.graph.kind(next) {
      case .lost: gaps.append("the record \(digest.short) is not here")
      case .tree, .blob: gaps.append("nothing tells where the content \(digest.short) came from")
      case .result: gaps += runGaps(digest)
      case .model:
        if case .package(let package) = try fact(digest), package.from == nil, package.model.origin == nil,
          !causes.contains(where: { $0.link == .output })
        {
          gaps.append("nothing tells which run made \(name)")
        }
      default: break
      }
      for step in causes where seen.insert(step.node).inserted { waiting.append(step.node) }
    }
    return gaps
  }

  private func runGaps(_ digest: Digest) -> [String] {
    guard case .result(let result)? = try? fact(digest), case .plan(let plan)? = try? fact(result.plan) else {
      return ["the records of run \(digest.short) are not here"]
    }
    var gaps = [String]()
    if plan.code == nil { gaps.append("the code of run \(digest.short) was not recorded") }
    if plan.environment == nil { gaps.append("the environment of run \(digest.short) was not recorded") }
    if let first = result.undeclared.first {
      gaps.append("run \(digest.short) read \(printable(first.path)), which was not declared")
    }
    return gaps
  }
}
