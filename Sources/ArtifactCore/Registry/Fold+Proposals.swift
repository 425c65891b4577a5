/// Proposals, and what is decided on them.
extension Fold {
  mutating func propose(_ proposal: Proposal, _ entry: LogEntry) -> String? {
    if rules.contains(.ownEntry), proposal.entry != entry.id { return "the proposal was made for another entry" }
    if proposalPlaces[proposal.entry] != nil { return "there is a proposal of this id already" }
    if rules.contains(.store), proposal.store != storeID { return "the proposal was made for another store" }
    if rules.contains(.samePolicy), proposal.policyEntry != policy?.entry || proposal.policy != policy?.digest {
      return "the proposal was made under another policy"
    }
    if let complaint = complaint(about: proposal) { return complaint }
    var life = Policy.defaultLife
    if case .promotion(_, _, _, let channel) = proposal.asked, let policy { life = policy.policy.life(channel.text) }
    // The clock that a person signs by may go before the one that writes.
    let end = now(entry).advanced(byMilliseconds: life + Self.clockSlack)
    if rules.contains(.expiry), proposal.expires < entry.time || proposal.expires > end {
      return "the proposal ends too late, or has ended"
    }
    if proposal.signature != nil || policy?.policy.quorum != nil {
      if let complaint = signer(
        of: proposal, by: proposal.person, in: proposal.store, adding: newKeys(of: proposal)
      ).complaint {
        return "of the proposal: \(complaint)"
      }
    }
    guard let digest = (try? proposal.bytes()).map(Digest.of) else { return "the proposal is too long" }
    proposalPlaces[proposal.entry] = proposals.count
    proposals.append(
      Asked(proposal: proposal, digest: digest, sequence: entry.sequence, time: entry.time, actor: entry.actor))
    return nil
  }

  static let clockSlack: Int64 = 10 * 60_000

  private func complaint(about proposal: Proposal) -> String? {
    switch proposal.asked {
    case .promotion(let name, let version, let package, let channel):
      if let complaint = complaint(name, version) { return complaint }
      if packages[name.text]?.versions[version - 1].record != package { return "\(name)@\(version) is another record" }
      return channelOrder.contains(channel.text) ? nil : "there is no channel \(channel)"
    case .policy(let text):
      do { _ = try Policy(text) } catch { return "the policy cannot be read: \(error)" }
      return nil
    case .key, .revoke: return nil
    }
  }

  /// Keys that a first policy brings: they may sign for it.
  private func newKeys(of proposal: Proposal) -> [Policy.Key] {
    guard policy?.policy.quorum == nil, case .policy(let text) = proposal.asked else { return [] }
    return (try? Policy(text).keys) ?? []
  }

  mutating func decide(_ approval: Approval, _ entry: LogEntry) -> String? {
    guard let place = proposalPlaces[approval.proposal] else { return "there is no such proposal" }
    let asked = proposals[place]
    if asked.use != nil, rules.contains(.once) { return "the proposal has served already" }
    if asked.rejection != nil, rules.contains(.rejection) { return "the proposal was rejected" }
    if rules.contains(.binding), !approval.fits(asked.proposal, asked.digest) {
      return "the decision is about something else than the proposal"
    }
    if rules.contains(.samePolicy), asked.proposal.policyEntry != policy?.entry {
      return "the policy has changed since the proposal"
    }
    if rules.contains(.expiry), now(entry) > asked.proposal.expires || now(entry) > approval.expires {
      return "the proposal, or the decision, has ended"
    }
    let (person, complaint) = signer(
      of: approval, by: approval.person, in: approval.store, adding: newKeys(of: asked.proposal))
    if let complaint { return "of the decision: \(complaint)" }
    if rules.contains(.decidesOnce),
      asked.decisions.contains(where: { $0.approval.signature?.key == approval.signature?.key })
    {
      return "\(approval.person) has decided with this key already"
    }
    proposals[place].decisions.append(
      Decided(approval: approval, sequence: entry.sequence, time: entry.time, actor: entry.actor))
    if approval.decision == .reject, let person, deciders(on: asked).contains(person) {
      proposals[place].rejection = entry.sequence
    }
    return nil
  }

  /// Everybody whose approval a proposal may need.
  public func deciders(on asked: Asked) -> [Person] {
    thresholds(of: asked.proposal).reduce(into: [Person]()) { people, threshold in
      people += threshold.threshold.people.filter { !people.contains($0) }
    }
  }

  /// The thresholds that a proposal must meet, with their lines; none if anybody may.
  func thresholds(of proposal: Proposal) -> [(line: Int, threshold: Policy.Threshold)] {
    switch proposal.asked {
    case .promotion(_, _, _, let channel):
      return (policy?.policy.lines(channel.text) ?? []).compactMap { line in
        if case .approvals(let threshold, _) = line.rule { (line.number, threshold) } else { nil }
      }
    case .policy(let text):
      // The first is approved by the quorum that it names.
      let quorum = policy?.policy.quorum ?? (try? Policy(text))?.quorum
      return quorum.map { [(0, $0)] } ?? []
    case .key, .revoke: return policy?.policy.quorum.map { [(0, $0)] } ?? []
    }
  }

  /// How many have approved a proposal, and how many must, for each threshold.
  public func counts(on asked: Asked, at time: Timestamp) -> [(have: Int, need: Int)] {
    guard let place = proposalPlaces[asked.proposal.entry] else { return [] }
    var isPromotion = false
    if case .promotion = asked.proposal.asked { isPromotion = true }
    return thresholds(of: asked.proposal).map { _, threshold in
      let people = approvals(place, of: threshold, at: time, excludesRequester: isPromotion).people
      return (people.count, threshold.count)
    }
  }

  /// Who has approved a proposal and counts for no threshold, and why.
  public func uncounted(on asked: Asked, at time: Timestamp) -> [String] {
    guard let place = proposalPlaces[asked.proposal.entry] else { return [] }
    var isPromotion = false
    if case .promotion = asked.proposal.asked { isPromotion = true }
    let each = thresholds(of: asked.proposal).map { _, threshold in
      approvals(place, of: threshold, at: time, excludesRequester: isPromotion).others
    }
    return each.first?.filter { other in each.allSatisfy { $0.contains { ExactText.equal($0, other) } } } ?? []
  }

  /// Whether somebody asks for something about their own key, signed with it: nobody else has to agree.
  public func isOwn(_ asked: Asked) -> Bool {
    let proposal = asked.proposal
    switch proposal.asked {
    case .promotion, .policy: return false
    case .key(let person, _, let replaces):
      guard replaces != nil, proposal.signature?.key == replaces, proposal.person == person else { return false }
    case .revoke(let key, _):
      guard proposal.signature?.key == key else { return false }
    }
    return signer(of: proposal, by: proposal.person, in: proposal.store).complaint == nil
  }

  /// The last open proposal of a promotion that the policy wants approved.
  public func openProposal(for promotion: Promotion) -> String? {
    guard policy?.policy.demandsApprovals(promotion.channel.text) ?? false else { return nil }
    let wanted = Proposal.Asked.promotion(
      name: promotion.name, version: promotion.version, package: promotion.package, channel: promotion.channel)
    return proposals.last { $0.proposal.asked == wanted && isOpen($0, at: latestTime ?? .earliest) }?.proposal.entry
  }

  /// Runs `body` for an open proposal, which has served when it gives no complaint.
  mutating func withProposal(
    _ id: String, _ entry: LogEntry, _ body: (inout Fold, Int) -> String?
  ) -> String? {
    guard let place = proposalPlaces[id] else { return "there is no such proposal" }
    if let complaint = closing(place, at: now(entry)) ?? body(&self, place) { return complaint }
    proposals[place].use = entry.sequence
    return nil
  }

  /// What has ended a proposal, or nil.
  func closing(_ place: Int, at time: Timestamp) -> String? {
    let asked = proposals[place]
    if rules.contains(.once), let use = asked.use { return "the proposal has served log entry \(use) already" }
    if rules.contains(.rejection), let rejection = asked.rejection {
      return "the proposal was rejected in log entry \(rejection)"
    }
    if rules.contains(.expiry), time > asked.proposal.expires { return "the proposal has ended" }
    if rules.contains(.samePolicy), asked.proposal.policyEntry != policy?.entry {
      return "the policy has changed since the proposal"
    }
    return nil
  }

  func quorumComplaint(_ place: Int, _ entry: LogEntry) -> String? {
    guard rules.contains(.authority) else { return nil }
    for (_, threshold) in thresholds(of: proposals[place].proposal) {
      let count = approvals(place, of: threshold, at: now(entry), excludesRequester: false).people.count
      if rules.contains(.quorum), count < threshold.count {
        return "\(count) of \(threshold.count) approvals of the quorum"
      }
    }
    return nil
  }

  /// Who has approved a proposal, as far as it counts for a threshold, and who does not count and why.
  public func approvals(
    _ place: Int, of threshold: Policy.Threshold, at time: Timestamp, excludesRequester: Bool
  ) -> (people: [Person], others: [String]) {
    let asked = proposals[place]
    var people = [Person]()
    var keys = Set<PublicKey>()
    var others = [String]()
    for decided in asked.decisions where decided.approval.decision == .approve {
      let approval = decided.approval
      guard let key = approval.signature?.key else { continue }
      if let complaint = exclusion(approval, key, asked, threshold, time, excludesRequester) {
        others.append("\(approval.person) \(complaint)")
      } else if keys.insert(key).inserted, !people.contains(approval.person) || !rules.contains(.onePerson) {
        people.append(approval.person)
      }
    }
    return (people, others)
  }

  private func exclusion(
    _ approval: Approval, _ key: PublicKey, _ asked: Asked, _ threshold: Policy.Threshold, _ time: Timestamp,
    _ excludesRequester: Bool
  ) -> String? {
    guard threshold.people.contains(approval.person) else { return "is not named" }
    if rules.contains(.expiry), time > approval.expires { return "approved until \(approval.expires.text)" }
    if rules.contains(.revocation), held(key)?.revocation != nil { return "has a key that was revoked" }
    guard excludesRequester else { return nil }
    let proposal = asked.proposal
    if rules.contains(.requester),
      approval.person == proposal.person || key == proposal.signature?.key || approval.person.mayBe(asked.actor)
    {
      return "asked for it"
    }
    if rules.contains(.trainer), proposal.trainers.contains(where: approval.person.mayBe) { return "made it" }
    return nil
  }
}
