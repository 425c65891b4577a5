/// What came of looking at one rule.
public struct Verdict: Sendable, Equatable {
  /// The line of the policy; nil for what always holds.
  public let line: Int?
  /// The rule, as it is written.
  public let rule: String
  /// Whether it is met.
  public let passed: Bool
  /// One clause: by what, or why not.
  public let why: String
  /// The reports that it rests on.
  public var evidence: [Digest] = []

  /// Creates a verdict.
  public init(line: Int? = nil, rule: String, passed: Bool, why: String, evidence: [Digest] = []) {
    self.line = line
    self.rule = rule
    self.passed = passed
    self.why = why
    self.evidence = evidence
  }

  /// `line 4 (report test): there is none`.
  public var text: String { line.map { "line \($0) (\(rule)): \(why)" } ?? "\(rule): \(why)" }
}

extension Fold {
  /// The verdicts that make a promotion void.
  func standing(_ promotion: Promotion, _ entry: LogEntry) -> [Verdict] {
    verdicts(on: promotion, at: now(entry), entry: entry.id).filter { !$0.passed }
  }

  /// What the log says of a promotion, rule by rule: everything but what stands in records outside of it.
  ///
  /// - Parameters:
  ///   - time: When it happens.
  ///   - entry: The id of the entry that will hold it; nil if there is none yet.
  public func verdicts(on promotion: Promotion, at time: Timestamp, entry: String?) -> [Verdict] {
    var verdicts = [Verdict]()
    if rules.contains(.policyInForce), promotion.policy != policy?.digest {
      verdicts.append(
        Verdict(rule: "policy in force", passed: false, why: "it was decided under another policy than that in force"))
    }
    if let glass = promotion.glass { return verdicts + [verdict(glass, promotion, entry)] }
    verdicts.append(order(promotion))
    if let id = promotion.proposal { verdicts.append(verdict(onProposal: id, promotion, time)) }
    for line in policy?.policy.lines(promotion.channel.text) ?? [] {
      if let verdict = verdict(line, promotion, time) { verdicts.append(verdict) }
    }
    return verdicts
  }

  private func order(_ promotion: Promotion) -> Verdict {
    let rule = "one step at a time"
    let order = channelOrder
    guard let place = order.firstIndex(of: promotion.channel.text), place > 0, rules.contains(.order) else {
      return Verdict(rule: rule, passed: true, why: "\(promotion.channel) is the first channel")
    }
    let before = order[place - 1]
    let version = "\(promotion.name)@\(promotion.version)"
    guard let move = current(promotion.name.text, in: before) else {
      return Verdict(rule: rule, passed: false, why: "\(version) is not in \(before); nothing of that name is")
    }
    let fits = move.version == promotion.version
    return Verdict(
      rule: rule, passed: fits,
      why: fits
        ? "\(version) is in \(before) since log entry \(move.sequence)" : "in \(before) is version \(move.version)")
  }

  private func verdict(_ line: Policy.Line, _ promotion: Promotion, _ time: Timestamp) -> Verdict? {
    switch line.rule {
    case .lineage, .environment, .glass: return nil
    case .metric, .check: return verdict(onEvidenceOf: line, promotion, time, age: nil)
    case .report(_, let age): return verdict(onEvidenceOf: line, promotion, time, age: age)
    case .stay(let span, let channel): return verdict(onStay: span, channel, line, promotion, time)
    case .approvals(let threshold, _): return verdict(onApprovals: threshold, line, promotion, time)
    }
  }

  private func verdict(
    onEvidenceOf line: Policy.Line, _ promotion: Promotion, _ time: Timestamp, age: Int64?
  ) -> Verdict {
    func fail(_ why: String) -> Verdict { Verdict(line: line.number, rule: line.text, passed: false, why: why) }
    guard rules.contains(.evidence) else { return Verdict(line: line.number, rule: line.text, passed: true, why: "") }
    guard let evidence = promotion.evidence.first(where: { $0.line == line.number }) else {
      return fail("nothing shows it")
    }
    for record in evidence.reports {
      guard let known = evidenceTime(record) else { return fail("the report \(record.short) is not in the log") }
      if rules.contains(.age), let age, known < time.advanced(byMilliseconds: -age) {
        return fail("the report \(record.short) is from \(known.text.prefix(16)), too old")
      }
    }
    return Verdict(
      line: line.number, rule: line.text, passed: true,
      why: "by \(evidence.reports.map { "report \($0.short)" }.joined(separator: ", "))", evidence: evidence.reports)
  }

  /// When a report, or the result of a run, came into the log; nil if it is not there.
  public func evidenceTime(_ record: Digest) -> Timestamp? {
    reportPlaces[record].map { reports[$0].time } ?? resultPlaces[record].flatMap { runs[$0].finish?.time }
  }

  /// The position of the entry that brought a report, or the result of a run; nil if there is none.
  public func evidencePosition(_ record: Digest) -> Int? {
    reportPlaces[record].map { reports[$0].sequence } ?? resultPlaces[record].flatMap { runs[$0].finish?.sequence }
  }

  private func verdict(
    onStay span: Int64, _ channel: TagName, _ line: Policy.Line, _ promotion: Promotion, _ time: Timestamp
  ) -> Verdict {
    let move = current(promotion.name.text, in: channel.text)
    guard rules.contains(.stay) else { return Verdict(line: line.number, rule: line.text, passed: true, why: "") }
    guard let move, move.version == promotion.version else {
      return Verdict(line: line.number, rule: line.text, passed: false, why: "it is not in \(channel)")
    }
    let end = move.time.advanced(byMilliseconds: span)
    return Verdict(
      line: line.number, rule: line.text, passed: end <= time,
      why: end <= time
        ? "in \(channel) since \(move.time.text.prefix(16))"
        : "in \(channel) long enough from \(end.text.prefix(16)) on")
  }

  private func verdict(
    onApprovals threshold: Policy.Threshold, _ line: Policy.Line, _ promotion: Promotion, _ time: Timestamp
  ) -> Verdict {
    func verdict(_ passed: Bool, _ why: String) -> Verdict {
      Verdict(line: line.number, rule: line.text, passed: passed, why: why)
    }
    if !rules.contains(.quorum) { return verdict(true, "") }
    guard let place = promotion.proposal.flatMap({ proposalPlaces[$0] }) else {
      return verdict(false, "0 of \(threshold.count) approvals; there is no proposal")
    }
    let (people, others) = approvals(place, of: threshold, at: time, excludesRequester: true)
    let names = people.isEmpty ? "" : " by \(people.map(\.text).joined(separator: ", "))"
    let rest = others.isEmpty ? "" : "; does not count: \(others.joined(separator: ", "))"
    return verdict(
      people.count >= threshold.count, "\(people.count) of \(threshold.count) approvals\(names)\(rest)")
  }

  private func verdict(onProposal id: String, _ promotion: Promotion, _ time: Timestamp) -> Verdict {
    let rule = "the proposal"
    guard let place = proposalPlaces[id] else { return Verdict(rule: rule, passed: false, why: "it is not in the log") }
    let asked = proposals[place]
    if let closing = closing(place, at: time) { return Verdict(rule: rule, passed: false, why: closing) }
    let wanted = Proposal.Asked.promotion(
      name: promotion.name, version: promotion.version, package: promotion.package, channel: promotion.channel)
    if rules.contains(.asProposed), asked.proposal.asked != wanted || asked.proposal.evidence != promotion.evidence {
      return Verdict(rule: rule, passed: false, why: "it asks for something else, or rests on other reports")
    }
    return Verdict(rule: rule, passed: true, why: "log entry \(asked.sequence) is open")
  }

  private func verdict(_ glass: BrokenGlass, _ promotion: Promotion, _ entry: String?) -> Verdict {
    func verdict(_ passed: Bool, _ why: String) -> Verdict {
      Verdict(rule: "breaking the glass", passed: passed, why: why)
    }
    guard let policy, rules.contains(.glass) else {
      return verdict(!rules.contains(.glass), "there is no policy to break")
    }
    guard policy.policy.glassBreakers(promotion.channel.text).contains(glass.person) else {
      return verdict(false, "the policy does not permit it to \(glass.person)")
    }
    if rules.contains(.ownEntry), entry.map({ $0 != glass.entry }) ?? false || glassEntries.contains(glass.entry) {
      return verdict(false, "it was signed for another entry")
    }
    if rules.contains(.binding),
      BrokenGlass(
        promotion, store: glass.store, entry: glass.entry, policy: policy.digest, person: glass.person,
        reason: glass.reason
      ).claims != glass.claims
    {
      return verdict(false, "it was signed for another promotion, or under another policy")
    }
    if let complaint = signer(of: glass, by: glass.person, in: glass.store).complaint {
      return verdict(false, complaint)
    }
    return verdict(true, "\(glass.person) does it: \(printable(glass.reason))")
  }
}
