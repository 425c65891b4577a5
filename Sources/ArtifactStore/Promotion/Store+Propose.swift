public import ArtifactCore

extension Store {
  /// What came of asking for something, or of deciding on it.
  public struct Progressed: Sendable {
    /// The proposal's entry.
    public let proposal: Fold.Asked
    /// How many of how many have approved, for each threshold.
    public let counts: [(have: Int, need: Int)]
    /// The entry that carried it out; nil if more approvals are needed, or a promotion will use it.
    public let enacted: LogEntry?

    /// Whether everybody who is needed has approved.
    public var isApproved: Bool { counts.allSatisfy { $0.have >= $0.need } }
  }

  /// Signs and appends a promotion against the rules.
  public func breakGlass(
    _ request: PromotionRequest, reason: String, signer: any Signer
  ) throws(StoreError) -> LogEntry {
    guard (1...Event.reasonLimit).contains(reason.utf8.count) else {
      throw StoreError(.usage, "the reason", "it has \(reason.utf8.count) bytes; 1 to \(Event.reasonLimit) are kept")
    }
    guard let policy = log.fold.policy else {
      throw StoreError(.refused, "breaking the glass", "there is no policy to break")
    }
    let person = try person(of: signer.key, log.fold)
    return try promote(request) { (promotion, id) throws(StoreError) in
      var glass = BrokenGlass(
        promotion, store: self.config.id, entry: id, policy: policy.digest, person: person, reason: reason)
      glass.signature = try Self.sign(glass, signer)
      promotion.glass = glass
    }
  }

  /// Whose key it is.
  ///
  /// - Throws: `.signature` if nobody's, or if it was revoked.
  public func person(of key: PublicKey, _ fold: Fold, adding keys: [Policy.Key] = []) throws(StoreError) -> Person {
    if let held = fold.held(key) {
      if let revocation = held.revocation {
        throw StoreError(
          .signature, "the key \(key.fingerprint)", "it was revoked in log entry \(revocation.sequence)")
      }
      return held.person
    }
    if let stated = keys.first(where: { $0.key == key }) { return stated.person }
    throw StoreError(.signature, "the key \(key.fingerprint)", "nobody of this store has it")
  }

  static func sign(
    _ statement: some SignedStatement, _ signer: any Signer
  ) throws(StoreError) -> StatementSignature {
    do { return try StatementSignature.make(statement, signer) } catch {
      if let error = error as? StoreError { throw error }
      if let error = error as? FormatError { throw StoreError(.signature, "the key", error.detail, cause: error) }
      throw StoreError(.signature, "the key", "it does not sign", cause: error)
    }
  }

  // MARK: Proposals

  /// Asks for something.
  ///
  /// - Parameters:
  ///   - life: For how many milliseconds it may be decided on; nil means as long as the policy allows.
  ///   - signer: The key of who asks; nil only where no quorum demands one.
  public func propose(
    _ asked: Proposal.Asked, reason: String?, life: Int64?, signer: (any Signer)?, actor: String
  ) throws(StoreError) -> Fold.Asked {
    try reload()
    let fold = log.fold
    let id = Log.newID()
    let now = max(Log.now(), fold.latestTime ?? .earliest)
    var limit = Policy.proposalLife
    if case .promotion(_, _, _, let channel) = asked, let policy = fold.policy {
      limit = policy.policy.life(channel.text)
    }
    if let life, life > limit {
      throw StoreError(.refused, "the proposal", "the policy lets it live \(limit / 86_400_000) days at most")
    }
    var proposal = Proposal(
      asked, store: config.id, entry: id, expires: now.advanced(byMilliseconds: life ?? limit))
    proposal.policy = fold.policy?.digest
    proposal.policyEntry = fold.policy?.entry
    proposal.reason = reason
    if case .promotion(let name, let version, let package, let channel) = asked {
      try fill(&proposal, name, version, package, channel, fold, at: now)
    }
    if let signer {
      proposal.person = try person(of: signer.key, fold, adding: Self.newKeys(asked))
      proposal.signature = try Self.sign(proposal, signer)
    } else if fold.policy?.policy.quorum != nil {
      throw StoreError(.signature, "the proposal", "the policy demands that whoever asks signs with a known key")
    }
    let entry = try appendSound(id: id, actor: actor) { (_, _) throws(StoreError) in .propose(proposal) }
    guard let entry, let made = log.fold.asked(entry.id) else {
      throw StoreError(.refused, "the proposal", "there is nothing to do")
    }
    return made
  }

  /// What a promotion rests on and who made the version; refused where something fails that no approval mends.
  private func fill(
    _ proposal: inout Proposal, _ name: PackageName, _ version: Int, _ package: Digest, _ channel: TagName,
    _ fold: Fold, at time: Timestamp
  ) throws(StoreError) {
    let published = fold.packages[name.text]?.versions[version - 1]
    let facts = try gateFacts(package, publishedBy: published?.actor ?? "")
    let lines = fold.policy?.policy.lines(channel.text) ?? []
    let gate = Gate(facts, at: time)
    let failing = lines.compactMap { gate.verdict($0) }.filter { !$0.passed }
    if !failing.isEmpty { throw .unmet("\(name)@\(version)", failing) }
    proposal.evidence = gate.evidence(lines)
    proposal.trainers = facts.trainers
  }

  static func newKeys(_ asked: Proposal.Asked) -> [Policy.Key] {
    if case .policy(let text) = asked { (try? Policy(text))?.keys ?? [] } else { [] }
  }

  /// The proposal of a log entry's position or of the first digits of its id.
  public func proposal(_ word: String) throws(StoreError) -> Fold.Asked {
    let fold = try log.refresh()
    let found: [Fold.Asked]
    if let sequence = Int(word), word.utf8.count < 8 {
      found = fold.proposals.filter { $0.sequence == sequence }
    } else {
      found = word.utf8.count < 8 ? [] : fold.proposals.filter { $0.proposal.entry.hasPrefix(word) }
    }
    guard let first = found.first else {
      let time = fold.latestTime ?? .earliest
      throw StoreError(
        .notFound, "the proposal \(printable(word))", "a proposal is named by its log entry, or by 8 digits of its id",
        candidates: fold.proposals.filter { fold.isOpen($0, at: time) }.suffix(3).map { "\($0.sequence)" })
    }
    if found.count > 1 {
      throw StoreError(.ambiguous, word, "several proposals start so", candidates: found.map { "\($0.sequence)" })
    }
    return first
  }

  /// The decision on a proposal as it is to be signed.
  public func decision(
    _ decision: Approval.Decision, on asked: Fold.Asked, key: PublicKey, reason: String?
  ) throws(StoreError) -> Approval {
    let person = try person(of: key, log.fold, adding: Self.newKeys(asked.proposal.asked))
    do { return try Approval(decision, on: asked.proposal, person: person, reason: reason) } catch {
      throw StoreError(.usage, "the decision", error.detail, cause: error)
    }
  }

  /// Checks what a proposal claims against the records of this store, as whoever approves it should.
  public func check(_ asked: Fold.Asked) throws(StoreError) -> [Verdict] {
    let proposal = asked.proposal
    guard case .promotion(let name, let version, let package, let channel) = proposal.asked else { return [] }
    let fold = log.fold
    let published = fold.packages[name.text]?.versions[version - 1]
    let facts = try gateFacts(package, publishedBy: published?.actor ?? "")
    var verdicts = [Verdict]()
    let hidden = facts.trainers.filter { trainer in
      !proposal.trainers.contains { ExactText.equal($0, trainer) }
    }
    if !hidden.isEmpty {
      verdicts.append(
        Verdict(
          rule: "who made it", passed: false,
          why: "the proposal does not name \(hidden.map { printable($0) }.joined(separator: ", "))"))
    }
    let gate = Gate(facts, at: fold.latestTime ?? .earliest)
    for line in fold.policy?.policy.lines(channel.text) ?? [] {
      if let verdict = gate.verdict(line) { verdicts.append(verdict) }
    }
    return verdicts
  }

  /// Records a decision, and carries out what now has enough approvals and is no promotion.
  public func decide(_ approval: Approval, actor: String) throws(StoreError) -> Progressed {
    if let signature = approval.signature, !signature.holds(for: approval) {
      throw StoreError(.signature, "the decision", "the signature does not fit: it is of another statement or key")
    }
    _ = try appendSound(actor: actor) { (_, _) throws(StoreError) in .decide(approval) }
    return try carryOut(approval.proposal, actor: actor)
  }

  /// How far a proposal is; carries it out if that is all it needs.
  public func carryOut(_ id: String, actor: String) throws(StoreError) -> Progressed {
    let fold = try log.refresh()
    guard let asked = fold.asked(id) else {
      throw StoreError(.notFound, "the proposal \(id.prefix(8))", "it is not in the log")
    }
    let time = max(Log.now(), fold.latestTime ?? .earliest)
    let counts = fold.counts(on: asked, at: time)
    let isApproved = counts.allSatisfy { $0.have >= $0.need } || fold.isOwn(asked)
    guard isApproved, fold.isOpen(asked, at: time), let event = Self.event(carryingOut: asked.proposal) else {
      return Progressed(proposal: asked, counts: counts, enacted: nil)
    }
    let entry = try appendSound(actor: actor) { (fold, _) throws(StoreError) in
      // Somebody else may have done it meanwhile.
      fold.asked(id)?.use == nil ? event : nil
    }
    return Progressed(proposal: log.fold.asked(id) ?? asked, counts: counts, enacted: entry)
  }

  private static func event(carryingOut proposal: Proposal) -> Event? {
    switch proposal.asked {
    case .promotion: nil
    case .policy: .policy(.proposed(proposal.entry))
    case .key: .key(.proposed(proposal.entry))
    case .revoke: .revoke(.proposed(proposal.entry))
    }
  }

  // MARK: Policies and keys

  /// Asks for a change of the policy or of the keys, approves it with the same key where that counts, and carries it out
  /// if that is enough; where there is no quorum, just does it.
  public func change(
    _ asked: Proposal.Asked, reason: String?, signer: () throws -> any Signer, actor: String
  ) throws -> Progressed? {
    let fold = try log.refresh()
    if let event = Self.direct(asked, fold) {
      _ = try appendSound(actor: actor) { (_, _) throws(StoreError) in event }
      return nil
    }
    let signer = try signer()
    let made = try propose(asked, reason: reason, life: nil, signer: signer, actor: actor)
    let person = try person(of: signer.key, log.fold, adding: Self.newKeys(asked))
    guard !log.fold.isOwn(made), log.fold.deciders(on: made).contains(person) else {
      return try carryOut(made.proposal.entry, actor: actor)
    }
    var approval = try decision(.approve, on: made, key: signer.key, reason: nil)
    approval.signature = try Self.sign(approval, signer)
    return try decide(approval, actor: actor)
  }

  /// The event that needs nobody's approval; nil if a quorum has to give it.
  private static func direct(_ asked: Proposal.Asked, _ fold: Fold) -> Event? {
    guard fold.policy?.policy.quorum == nil else { return nil }
    switch asked {
    case .promotion: return nil
    case .policy(let text):
      guard let policy = try? Policy(text), policy.quorum == nil else { return nil }
      return .policy(.text(text))
    case .key(let person, let key, let replaces): return .key(.direct(person, key, replaces: replaces))
    case .revoke(let key, let reason): return .revoke(.direct(key, reason: reason))
    }
  }
}
