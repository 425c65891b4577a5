/// What the fold demands of events, rule by rule.
///
/// All of them always hold; only tests leave one out, to see that something then goes wrong.
struct Rules: OptionSet, Sendable {
  let rawValue: UInt64

  /// A move is decided on the state of its channel.
  static let compareAndSwap = Rules(rawValue: 1 << 0)
  /// A version takes one step at a time.
  static let order = Rules(rawValue: 1 << 1)
  /// A promotion names the version's own record.
  static let package = Rules(rawValue: 1 << 2)
  /// A rollback leads to what was in the channel before.
  static let wasThere = Rules(rawValue: 1 << 3)
  /// What is erased moves nowhere.
  static let whole = Rules(rawValue: 1 << 4)
  /// A tag is no channel, and a channel no tag.
  static let oneNamespace = Rules(rawValue: 1 << 5)
  /// What something holds is not erased.
  static let holders = Rules(rawValue: 1 << 6)
  /// A promotion names the policy in force.
  static let policyInForce = Rules(rawValue: 1 << 7)
  /// Rules that rest on reports have them.
  static let evidence = Rules(rawValue: 1 << 8)
  /// A report is no older than the policy allows.
  static let age = Rules(rawValue: 1 << 9)
  /// A version stays in a channel as long as the policy demands.
  static let stay = Rules(rawValue: 1 << 10)
  /// As many approve as the policy demands.
  static let quorum = Rules(rawValue: 1 << 11)
  /// A statement is for this store.
  static let store = Rules(rawValue: 1 << 12)
  /// A statement is for the entry that it stands in.
  static let ownEntry = Rules(rawValue: 1 << 13)
  /// A signature fits its statement.
  static let signature = Rules(rawValue: 1 << 14)
  /// A signature's key is known as that person's.
  static let knownKey = Rules(rawValue: 1 << 15)
  /// A revoked key signs nothing any more.
  static let revocation = Rules(rawValue: 1 << 16)
  /// A key has one person, for ever.
  static let oneHolder = Rules(rawValue: 1 << 17)
  /// A person counts once, however many keys they have.
  static let onePerson = Rules(rawValue: 1 << 18)
  /// Who asks does not decide.
  static let requester = Rules(rawValue: 1 << 19)
  /// Who made the model does not decide.
  static let trainer = Rules(rawValue: 1 << 20)
  /// A proposal and an approval end.
  static let expiry = Rules(rawValue: 1 << 21)
  /// An approval says what its proposal asks.
  static let binding = Rules(rawValue: 1 << 22)
  /// A proposal is decided under the policy that it was made under.
  static let samePolicy = Rules(rawValue: 1 << 23)
  /// A proposal serves once.
  static let once = Rules(rawValue: 1 << 24)
  /// A promotion is the one that was proposed.
  static let asProposed = Rules(rawValue: 1 << 25)
  /// A rejected proposal is closed.
  static let rejection = Rules(rawValue: 1 << 26)
  /// Policies and keys change under the quorum of the policy in force.
  static let authority = Rules(rawValue: 1 << 27)
  /// A policy's thresholds can be reached.
  static let reachable = Rules(rawValue: 1 << 28)
  /// Only those whom the policy permits break the glass.
  static let glass = Rules(rawValue: 1 << 29)
  /// A key decides once on a proposal.
  static let decidesOnce = Rules(rawValue: 1 << 30)

  /// Every rule.
  static let all = Rules(rawValue: (1 << 31) - 1)
}
