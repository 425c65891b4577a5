/// What a person did, as signatures show it, and what entries claim that they did.
public struct PersonHistory: Sendable {
  /// A key of the person.
  public struct Key: Sendable {
    /// As `ssh-keygen -l` shows it.
    public let fingerprint: String
    /// The entry that made it known.
    public let act: AuditReport.Act
    /// The entry that revoked it, and why.
    public let revocation: (act: AuditReport.Act, reason: String)?
  }

  /// Whom it is about.
  public let person: String
  /// Their keys, in order.
  public private(set) var keys: [Key] = []
  /// What they did with channels, policies and keys, the newest first.
  public private(set) var moments: [AuditReport.Moment] = []
  /// Versions that they are said to have published.
  public private(set) var versionCount = 0
  /// Runs that they are said to have begun.
  public private(set) var runCount = 0
  /// Reports that they are said to have made known.
  public private(set) var reportCount = 0
  /// What is not as it should be.
  public private(set) var findings: [AuditReport.Finding] = []

  private let who: Person?

  /// Looks through the state; everything that is shown is read again.
  public init(_ person: String, _ fold: Fold, _ source: some AuditSource) {
    self.person = person
    // Authors need not be persons.
    who = try? Person(person)
    var evidence = AuditEvidence(fold, source)
    addKeys(fold)
    addMoves(fold, &evidence)
    addProposals(fold, &evidence)
    addPolicies(fold)
    addDeployments(fold)
    addVoids(fold, &evidence)
    for package in fold.packages.values { versionCount += package.versions.count { isMeant($0.actor) } }
    runCount = fold.runs.count { isMeant($0.actor) }
    reportCount = fold.reports.count { isMeant($0.actor) }
    moments.sort { $0.act.sequence > $1.act.sequence }
    for moment in moments { _ = evidence.entry(moment.act.sequence) }
    findings = evidence.findings.filter { $0.kind == .damaged || $0.kind == .signature }
  }

  /// Whether nothing is known of them.
  public var isEmpty: Bool { keys.isEmpty && moments.isEmpty && versionCount + runCount + reportCount == 0 }

  private func isMeant(_ actor: String) -> Bool { ExactText.equal(actor, person) || who?.mayBe(actor) ?? false }

  private mutating func add(
    _ sequence: Int, _ time: Timestamp, _ actor: String, _ word: String, _ what: String, isRed: Bool = false,
    isSigned: Bool = false, _ why: String? = nil
  ) {
    moments.append(
      AuditReport.Moment(
        act: AuditReport.Act(sequence: sequence, time: time, actor: actor), word: word, isRed: isRed, what: what,
        who: isSigned ? person : actor, isSigned: isSigned, why: why ?? ""))
  }

  private mutating func addKeys(_ fold: Fold) {
    for held in fold.keys {
      if held.person == who {
        let end = held.revocation.map {
          (act: AuditReport.Act(sequence: $0.sequence, time: $0.time, actor: $0.actor), reason: $0.reason)
        }
        keys.append(
          Key(
            fingerprint: held.key.fingerprint,
            act: AuditReport.Act(sequence: held.sequence, time: held.time, actor: held.actor), revocation: end))
      }
      if isMeant(held.actor) { add(held.sequence, held.time, held.actor, "key", "key of \(held.person)") }
      if let end = held.revocation, isMeant(end.actor) {
        add(end.sequence, end.time, end.actor, "revoked", "key of \(held.person)", end.reason)
      }
    }
  }

  private mutating func addMoves(_ fold: Fold, _ evidence: inout AuditEvidence) {
    for (name, package) in fold.packages {
      for (channel, moves) in package.channels {
        for move in moves {
          let what = "\(name)@\(move.version) to \(channel)"
          let isGlass = move.way == .brokeGlass
          let isOwn = move.person.map { ExactText.equal($0, person) } ?? false
          guard isOwn || isMeant(move.actor) else { continue }
          if isOwn, case .promote(let promotion)? = evidence.entry(move.sequence)?.event, let glass = promotion.glass {
            _ = evidence.signature(of: glass, by: glass.person, "the broken glass of \(glass.person)", move.sequence)
          }
          add(
            move.sequence, move.time, move.actor, move.way.words, what, isRed: isGlass, isSigned: isOwn, move.reason)
        }
      }
    }
  }

  private mutating func addProposals(_ fold: Fold, _ evidence: inout AuditEvidence) {
    for asked in fold.proposals {
      let what = EventWords(.propose(asked.proposal)).text
      let isOwn = asked.proposal.signature != nil && asked.proposal.person == who
      if isOwn || isMeant(asked.actor) {
        if isOwn { _ = evidence.proposal(asked) }
        add(asked.sequence, asked.time, asked.actor, "proposed", what, isSigned: isOwn, asked.proposal.reason)
      }
      for decided in asked.decisions where decided.approval.person == who {
        let approval = decided.approval
        let word = approval.decision == .approve ? "approved" : "rejected"
        _ = evidence.signature(of: approval, by: approval.person, "what \(approval.person) \(word)", decided.sequence)
        add(decided.sequence, decided.time, decided.actor, word, what, isSigned: true, approval.reason)
      }
    }
  }

  private mutating func addPolicies(_ fold: Fold) {
    for policy in fold.policies where isMeant(policy.actor) {
      add(policy.sequence, policy.time, policy.actor, "policy", "policy \(policy.digest.short)")
    }
  }

  private mutating func addDeployments(_ fold: Fold) {
    for (place, staffings) in fold.deployments {
      for staffing in staffings where isMeant(staffing.actor) {
        let working = staffing.working.map { "@\($0.version) \($0.share.text)" }.joined(separator: ", ")
        add(
          staffing.sequence, staffing.time, staffing.actor, "deployed",
          "\(place.name) at \(place.target): \(working.isEmpty ? "nothing" : working)")
      }
    }
  }

  private mutating func addVoids(_ fold: Fold, _ evidence: inout AuditEvidence) {
    for void in fold.voids {
      guard let entry = evidence.entry(void.sequence) else { continue }
      var isOwn = isMeant(entry.actor)
      if case .decide(let approval) = entry.event, approval.person == who { isOwn = true }
      if case .propose(let proposal) = entry.event, proposal.person != nil, proposal.person == who { isOwn = true }
      guard isOwn else { continue }
      add(entry.sequence, entry.time, entry.actor, "VOID", EventWords(entry.event).text, isRed: true, void.reason)
    }
  }

  /// The history for a program.
  public var json: JSONObject {
    var object: JSONObject = [
      "acts": .array(moments.map { .object($0.json) }), "findings": .array(findings.map { .object($0.json) }),
      "keys": .array(
        keys.map { key in
          var object = key.act.json
          object["key"] = .string(key.fingerprint)
          if let end = key.revocation {
            var inner = end.act.json
            inner["reason"] = .string(end.reason)
            object["revoked"] = .object(inner)
          }
          return .object(object)
        }), "person": .string(person),
    ]
    object["reports"] = JSON(reportCount)
    object["runs"] = JSON(runCount)
    object["versions"] = JSON(versionCount)
    return object
  }
}
