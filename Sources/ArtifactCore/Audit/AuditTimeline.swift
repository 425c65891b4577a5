/// What happened to a channel, the newest first, and every event of the log that was void.
struct AuditTimeline {
  private let job: AuditJob
  private let names: [String]
  var evidence: AuditEvidence
  private(set) var moments: [AuditReport.Moment] = []
  private(set) var cut = 0

  init(_ job: AuditJob, _ names: [String]) {
    self.job = job
    self.names = names
    evidence = job.evidence
  }

  private var fold: Fold { job.fold }

  private func counts(_ sequence: Int, _ time: Timestamp) -> Bool { sequence <= job.last && time <= job.request.at }

  mutating func run() {
    addMoves()
    addProposals()
    addPolicies()
    addVoids()
    moments.sort { $0.act.sequence > $1.act.sequence }
    cut = max(0, moments.count - job.request.timelineLimit)
    moments.removeLast(cut)
    for moment in moments where !moment.isRed { _ = evidence.entry(moment.act.sequence) }
  }

  private mutating func addMoves() {
    for name in names {
      for move in fold.packages[name]?.channels[job.request.channel] ?? [] where counts(move.sequence, move.time) {
        add(
          AuditReport.Act(sequence: move.sequence, time: move.time, actor: move.actor), move.way.words,
          isRed: move.way == .brokeGlass, "\(name)@\(move.version)", signer: move.person, move.reason)
      }
    }
  }

  private mutating func addProposals() {
    for asked in fold.proposals {
      guard case .promotion(let name, let version, _, let channel) = asked.proposal.asked,
        ExactText.equal(channel.text, job.request.channel), job.request.name.map({ $0 == name.text }) ?? true
      else { continue }
      let what = "\(name)@\(version)"
      if counts(asked.sequence, asked.time) {
        add(
          AuditReport.Act(sequence: asked.sequence, time: asked.time, actor: asked.actor), "proposed", what,
          signer: asked.proposal.signature == nil ? nil : asked.proposal.person?.text, asked.proposal.reason)
      }
      for decided in asked.decisions where counts(decided.sequence, decided.time) {
        add(
          AuditReport.Act(sequence: decided.sequence, time: decided.time, actor: decided.actor),
          decided.approval.decision == .approve ? "approved" : "rejected", what,
          signer: decided.approval.person.text, decided.approval.reason)
      }
    }
  }

  private mutating func addPolicies() {
    for policy in fold.policies where counts(policy.sequence, policy.time) {
      add(
        AuditReport.Act(sequence: policy.sequence, time: policy.time, actor: policy.actor), "policy",
        "policy \(policy.digest.short)", signer: nil, nil)
    }
  }

  /// Every void event is a finding; those that were about the channel are in the timeline too.
  private mutating func addVoids() {
    for void in fold.voids {
      guard let entry = evidence.entry(void.sequence) else { continue }
      guard void.sequence <= job.last || entry.time <= job.request.at else { continue }
      let words = EventWords(entry.event)
      evidence.add(.void, words.text, void.reason, void.sequence)
      guard let channel = words.channel, ExactText.equal(channel, job.request.channel) else { continue }
      add(
        AuditReport.Act(sequence: entry.sequence, time: entry.time, actor: entry.actor), "VOID", isRed: true,
        words.text,
        signer: nil, void.reason)
    }
  }

  private mutating func add(
    _ act: AuditReport.Act, _ word: String, isRed: Bool = false, _ what: String, signer: String?, _ why: String?
  ) {
    moments.append(
      AuditReport.Moment(
        act: act, word: word, isRed: isRed, what: what, who: signer ?? act.actor, isSigned: signer != nil,
        why: why ?? ""))
  }
}

/// An event in a few words.
struct EventWords {
  let text: String
  /// The channel that it is about.
  let channel: String?

  init(_ event: Event) {
    text = Self.text(event)
    channel =
      switch event {
      case .promote(let promotion): promotion.channel.text
      case .rollback(let rollback): rollback.channel.text
      case .propose(let proposal):
        if case .promotion(_, _, _, let channel) = proposal.asked { channel.text } else { nil }
      case .decide(let approval): approval.channel?.text
      default: nil
      }
  }

  private static func text(_ event: Event) -> String {
    switch event {
    case .start: return "a store's beginning"
    case .publish(let name, let version, _, _): return "publication of \(name)@\(version)"
    case .tag(let name, let tag, let version): return "tag \(name)@\(tag) on version \(version)"
    case .untag(let name, let tag): return "end of the tag \(name)@\(tag)"
    case .runStart(let run, _, _): return "start of run \(run.prefix(12))"
    case .runFinish(let run, _, _): return "end of run \(run.prefix(12))"
    case .report(let record): return "report \(record.short)"
    case .clock: return "clock"
    case .collect(let packs, _): return "collection of \(packs.count) packs"
    case .erase(let name, let version, _): return "erasure of \(name)@\(version)"
    case .promote(let promotion):
      let glass = promotion.glass == nil ? "" : ", breaking the glass"
      return "promotion of \(promotion.name)@\(promotion.version) to \(promotion.channel)\(glass)"
    case .rollback(let rollback):
      return "rollback of \(rollback.name)@\(rollback.channel) to version \(rollback.version)"
    case .deploy(let deployment):
      return "deployment of \(deployment.name)@\(deployment.version) at \(deployment.target)"
    case .retire(let name, let version, let target, _): return "end of \(name)@\(version) at \(target)"
    case .policy: return "policy"
    case .key: return "key"
    case .revoke: return "revocation of a key"
    case .propose(let proposal):
      switch proposal.asked {
      case .promotion(let name, let version, _, let channel): return "proposal of \(name)@\(version) for \(channel)"
      case .policy: return "proposal of a policy"
      case .key(let person, _, _): return "proposal of a key for \(person)"
      case .revoke: return "proposal to revoke a key"
      }
    case .decide(let approval):
      var text = "\(approval.decision == .approve ? "approval" : "rejection") by \(approval.person)"
      if let name = approval.name, let version = approval.version { text += " of \(name)@\(version)" }
      if let channel = approval.channel { text += " for \(channel)" }
      return text
    }
  }
}
