extension Fold {
  /// A policy that came into force.
  public struct PolicyInForce: Sendable, Equatable {
    /// What it says.
    public let policy: Policy
    /// Its id.
    public let digest: Digest
    /// The id of the entry that brought it into force.
    public let entry: String
    /// The position of that entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// The place in `proposals` of the proposal that it rests on.
    public let proposal: Int?
  }

  /// A key and its person.
  public struct HeldKey: Sendable, Equatable {
    /// The key.
    public let key: PublicKey
    /// Whose it is, for ever.
    public let person: Person
    /// The position of the entry that made it known.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// When and why it was revoked; nil while it counts.
    public internal(set) var revocation: Erasure?
  }

  /// A proposal with what was decided on it.
  public struct Asked: Sendable, Equatable {
    /// What it says.
    public let proposal: Proposal
    /// SHA-256 of its record.
    public let digest: Digest
    /// The position of its entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// What was decided, in order.
    public internal(set) var decisions: [Decided] = []
    /// The position of the entry that it served; nil while it is open.
    public internal(set) var use: Int?
    /// The position of the rejection that closed it.
    public internal(set) var rejection: Int?
  }

  /// A decision on a proposal.
  public struct Decided: Sendable, Equatable {
    /// What it says.
    public let approval: Approval
    /// The position of its entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
  }

  /// The policy in force.
  public var policy: PolicyInForce? { policies.last }

  /// The policy that was in force at a time: the last that had come into force by then.
  public func policy(at time: Timestamp) -> PolicyInForce? { policies.last { $0.time <= time } }

  /// What the log knows of a key.
  public func held(_ key: PublicKey) -> HeldKey? { keyPlaces[key].map { keys[$0] } }

  /// The proposal of an entry's id.
  public func asked(_ id: String) -> Asked? { proposalPlaces[id].map { proposals[$0] } }

  /// Whether nothing has ended a proposal yet.
  public func isOpen(_ asked: Asked, at time: Timestamp) -> Bool {
    asked.use == nil && asked.rejection == nil && time <= asked.proposal.expires
      && asked.proposal.policyEntry == policy?.entry
  }

  /// The time that counts for an entry: the latest that any entry has claimed since the clock was last set right.
  func now(_ entry: LogEntry) -> Timestamp { max(entry.time, latestTime ?? .earliest) }

  // MARK: Signatures

  /// Whose signature is under a statement; or why it is nobody's.
  func signer(
    of statement: some SignedStatement, by person: Person?, in store: String, adding keys: [Policy.Key] = []
  ) -> (person: Person?, complaint: String?) {
    if rules.contains(.store), store != storeID { return (nil, "it was signed for another store") }
    guard let signature = statement.signature else { return (nil, "it is not signed") }
    let known = held(signature.key)
    let owner = known?.person ?? keys.first { $0.key == signature.key }?.person
    guard let owner else {
      if !rules.contains(.knownKey), let person { return (person, nil) }
      return (nil, "its key is not known here")
    }
    if rules.contains(.revocation), let revocation = known?.revocation {
      return (nil, "its key was revoked in log entry \(revocation.sequence)")
    }
    if rules.contains(.knownKey), owner != person { return (nil, "its key is \(owner)'s") }
    guard !rules.contains(.signature) || signature.holds(for: statement) else {
      return (nil, "its signature does not fit")
    }
    return (person ?? owner, nil)
  }

  // MARK: Policies

  mutating func enact(_ change: PolicyChange, _ entry: LogEntry) -> String? {
    switch change {
    case .text(let text):
      let policy: Policy
      do { policy = try Policy(text) } catch { return "the policy cannot be read: \(error)" }
      if rules.contains(.authority), self.policy?.policy.quorum != nil || policy.quorum != nil {
        return "a policy with a quorum changes, and comes, by a proposal that the quorum approves"
      }
      return bring(policy, entry, proposal: nil)
    case .proposed(let id):
      return withProposal(id, entry) { (fold, place) in
        guard case .policy(let text) = fold.proposals[place].proposal.asked else {
          return "the proposal asks for another"
        }
        let policy: Policy
        do { policy = try Policy(text) } catch { return "the policy cannot be read: \(error)" }
        if let complaint = fold.quorumComplaint(place, entry) { return complaint }
        return fold.bring(policy, entry, proposal: place)
      }
    }
  }

  /// The first threshold of a policy that can never be reached, in words: too few of the people have a key.
  public func unreachable(_ policy: Policy) -> String? {
    policy.unreachable { person in
      keys.contains { $0.person == person && $0.revocation == nil } || policy.keys.contains { $0.person == person }
    }
  }

  /// Brings a policy and its keys into force.
  mutating func bring(_ policy: Policy, _ entry: LogEntry, proposal: Int?) -> String? {
    for key in policy.keys {
      guard let held = held(key.key) else { continue }
      if held.revocation != nil { return "a key of \(key.person) in it was revoked" }
      if rules.contains(.oneHolder), held.person != key.person {
        return "a key of \(key.person) in it is \(held.person)'s"
      }
    }
    if rules.contains(.reachable), let complaint = unreachable(policy) { return complaint }
    guard let digest = try? Policy.digest(of: policy.text) else { return "the policy is too long" }
    for key in policy.keys where held(key.key) == nil { add(key.person, key.key, entry) }
    policies.append(
      PolicyInForce(
        policy: policy, digest: digest, entry: entry.id, sequence: entry.sequence, time: entry.time,
        actor: entry.actor, proposal: proposal))
    return nil
  }

  // MARK: Keys

  mutating func apply(_ change: KeyChange, _ entry: LogEntry) -> String? {
    switch change {
    case .direct(let person, let key, let replaces):
      if rules.contains(.authority), policy?.policy.quorum != nil {
        return "keys change by a proposal that the quorum approves"
      }
      return admit(person, key, replaces, entry)
    case .proposed(let id):
      return withProposal(id, entry) { (fold, place) in
        let asked = fold.proposals[place]
        guard case .key(let person, let key, let replaces) = asked.proposal.asked else {
          return "the proposal asks for another"
        }
        // Whoever has the old key may put a new one in its place.
        if !fold.isOwn(asked), let complaint = fold.quorumComplaint(place, entry) { return complaint }
        return fold.admit(person, key, replaces, entry)
      }
    }
  }

  private mutating func admit(_ person: Person, _ key: PublicKey, _ replaces: PublicKey?, _ entry: LogEntry) -> String?
  {
    if rules.contains(.oneHolder), let held = held(key) {
      return held.revocation == nil
        ? "the key is \(held.person)'s already" : "the key was \(held.person)'s and was revoked"
    }
    if let replaces {
      guard let place = keyPlaces[replaces], keys[place].person == person, keys[place].revocation == nil else {
        return "the key that it replaces is not \(person)'s"
      }
      keys[place].revocation = Erasure(
        sequence: entry.sequence, time: entry.time, actor: entry.actor, reason: "replaced by another key")
    }
    add(person, key, entry)
    return nil
  }

  private mutating func add(_ person: Person, _ key: PublicKey, _ entry: LogEntry) {
    keyPlaces[key] = keys.count
    keys.append(HeldKey(key: key, person: person, sequence: entry.sequence, time: entry.time, actor: entry.actor))
  }

  mutating func apply(_ revocation: Revocation, _ entry: LogEntry) -> String? {
    switch revocation {
    case .direct(let key, let reason):
      if rules.contains(.authority), policy?.policy.quorum != nil {
        return "keys change by a proposal that the quorum approves"
      }
      return revoke(key, reason, entry)
    case .proposed(let id):
      return withProposal(id, entry) { (fold, place) in
        let asked = fold.proposals[place]
        guard case .revoke(let key, let reason) = asked.proposal.asked else { return "the proposal asks for another" }
        // Whoever has a key may give it up.
        if !fold.isOwn(asked), let complaint = fold.quorumComplaint(place, entry) { return complaint }
        return fold.revoke(key, reason, entry)
      }
    }
  }

  private mutating func revoke(_ key: PublicKey, _ reason: String, _ entry: LogEntry) -> String? {
    guard let place = keyPlaces[key] else { return "the key is not known here" }
    if let revocation = keys[place].revocation { return "the key was revoked in log entry \(revocation.sequence)" }
    keys[place].revocation = Erasure(sequence: entry.sequence, time: entry.time, actor: entry.actor, reason: reason)
    return nil
  }
}
