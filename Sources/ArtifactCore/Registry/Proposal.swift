/// A wish that others decide on (store-layout.md §5.7).
public struct Proposal: SignedStatement {
  /// What is asked for.
  public enum Asked: Sendable, Equatable {
    /// That a version enters a channel.
    case promotion(name: PackageName, version: Int, package: Digest, channel: TagName)
    /// That a policy comes into force.
    case policy(text: String)
    /// That a key becomes known as a person's, in place of another one or beside it.
    case key(person: Person, key: PublicKey, replaces: PublicKey?)
    /// That a key counts no more.
    case revoke(key: PublicKey, reason: String)
  }

  /// The store's id.
  public var store: String
  /// The id of the entry that holds it.
  public var entry: String
  /// What is asked for.
  public var asked: Asked
  /// The policy in force; nil if there is none.
  public var policy: Digest?
  /// The id of the entry that brought this policy into force.
  public var policyEntry: String?
  /// What the rules of the channel rest on.
  public var evidence: [Promotion.Evidence] = []
  /// Who made the version, as the records of its runs say.
  public var trainers: [String] = []
  /// When it ends.
  public var expires: Timestamp
  /// Who asks, with a key.
  public var person: Person?
  /// Why.
  public var reason: String?
  /// The signature of the one who asks.
  public var signature: StatementSignature?

  static let kind = "proposal"

  /// Creates a proposal, unsigned.
  public init(_ asked: Asked, store: String, entry: String, expires: Timestamp) {
    self.asked = asked
    self.store = store
    self.entry = entry
    self.expires = expires
  }

  /// All members but `key` and `signature`.
  public var claims: JSONObject {
    var object: JSONObject = [
      "entry": .string(entry), "expires": .string(expires.text), "format": 1, "record": .string(Self.kind),
      "store": .string(store),
    ]
    switch asked {
    case .promotion(let name, let version, let package, let channel):
      object["asks"] = "promotion"
      object["channel"] = .string(channel.text)
      object["name"] = .string(name.text)
      object["package"] = .string(package.text)
      object["version"] = .integer(Int64(version))
    case .policy(let text):
      object["asks"] = "policy"
      object["text"] = .string(text)
    case .key(let person, let key, let replaces):
      object["asks"] = "key"
      object["holder"] = .string(person.text)
      object["newKey"] = .string(key.openSSH)
      object.put("replaces", replaces?.openSSH)
    case .revoke(let key, let reason):
      object["asks"] = "revoke"
      object["oldKey"] = .string(key.openSSH)
      object["because"] = .string(reason)
    }
    object.put("policy", policy)
    object.put("policyEntry", policyEntry)
    object.put("evidence", Promotion.Evidence.list(evidence))
    object.put("trainers", trainers)
    object.put("person", person?.text)
    object.put("reason", reason)
    return object
  }

  /// Reads a proposal.
  public init(_ json: JSON) throws(FormatError) {
    var members = try MemberReader(json, in: "proposal")
    try members.head(Self.kind)
    self.init(
      try Asked(&members), store: try members.string("store"), entry: try members.id("entry"),
      expires: try members.time("expires"))
    policy = try members.optionalDigest("policy")
    if members.has("policyEntry") { policyEntry = try members.id("policyEntry") }
    evidence = try Promotion.Evidence.list(&members)
    trainers = try members.strings("trainers")
    person = try members.optionalString("person").map { (text) throws(FormatError) in try Person(text) }
    if members.has("reason") { reason = try members.reason() }
    signature = try StatementSignature(&members)
    try members.finish()
  }
}

extension Proposal.Asked {
  fileprivate init(_ members: inout MemberReader) throws(FormatError) {
    switch try members.string("asks") {
    case "promotion":
      self = .promotion(
        name: try PackageName(try members.string("name")), version: try members.version(),
        package: try members.digest("package"), channel: try TagName(try members.string("channel")))
    case "policy": self = .policy(text: try members.string("text"))
    case "key":
      self = .key(
        person: try Person(try members.string("holder")), key: try members.publicKey("newKey"),
        replaces: members.has("replaces") ? try members.publicKey("replaces") : nil)
    case "revoke": self = .revoke(key: try members.publicKey("oldKey"), reason: try members.string("because"))
    default: throw FormatError(.newer, members.subject, "something asked for that this program does not know")
    }
  }
}

extension MemberReader {
  /// A key in its one form.
  mutating func publicKey(_ name: String) throws(FormatError) -> PublicKey {
    let line = try string(name)
    let key = try PublicKey(openSSH: line)
    guard key.openSSH == line else { throw wrong(name, "in its one form") }
    return key
  }
}

/// What somebody decides on a proposal (store-layout.md §5.7).
public struct Approval: SignedStatement {
  /// Yes or no.
  public enum Decision: String, Sendable, CaseIterable {
    case approve, reject
  }

  /// The store's id.
  public var store: String
  /// The id of the proposal's entry.
  public var proposal: String
  /// SHA-256 of the proposal's record.
  public var statement: Digest
  /// What the proposal asks for, for whoever reads the approval alone: of promotions the rest below.
  public var name: PackageName?
  /// The version.
  public var version: Int?
  /// The record of the version.
  public var package: Digest?
  /// The channel.
  public var channel: TagName?
  /// The policy of the proposal.
  public var policy: Digest?
  /// The reports of the proposal, ascending.
  public var evidence: [Digest]
  /// Yes or no.
  public var decision: Decision
  /// When it ends; no later than the proposal.
  public var expires: Timestamp
  /// Who decides.
  public var person: Person
  /// Why.
  public var reason: String?
  /// The signature.
  public var signature: StatementSignature?

  static let kind = "approval"

  /// Creates the decision on a proposal, unsigned.
  public init(
    _ decision: Decision, on proposal: Proposal, person: Person, expires: Timestamp? = nil, reason: String? = nil
  ) throws(FormatError) {
    store = proposal.store
    self.proposal = proposal.entry
    statement = Digest.of(try proposal.bytes())
    if case .promotion(let name, let version, let package, let channel) = proposal.asked {
      self.name = name
      self.version = version
      self.package = package
      self.channel = channel
    }
    policy = proposal.policy
    evidence = Set(proposal.evidence.flatMap(\.reports)).sorted()
    self.decision = decision
    self.expires = min(expires ?? proposal.expires, proposal.expires)
    self.person = person
    self.reason = reason
  }

  /// All members but `key` and `signature`.
  public var claims: JSONObject {
    var object: JSONObject = [
      "decision": .string(decision.rawValue), "expires": .string(expires.text), "format": 1,
      "person": .string(person.text), "proposal": .string(proposal), "record": .string(Self.kind),
      "statement": .string(statement.text), "store": .string(store),
    ]
    object.put("name", name?.text)
    if let version { object["version"] = .integer(Int64(version)) }
    object.put("package", package)
    object.put("channel", channel?.text)
    object.put("policy", policy)
    object.put("evidence", evidence)
    object.put("reason", reason)
    return object
  }

  /// Reads a decision.
  public init(_ json: JSON) throws(FormatError) {
    var members = try MemberReader(json, in: "approval")
    try members.head(Self.kind)
    store = try members.string("store")
    proposal = try members.id("proposal")
    statement = try members.digest("statement")
    name = try members.optionalString("name").map { (text) throws(FormatError) in try PackageName(text) }
    if members.has("version") { version = try members.version() }
    package = try members.optionalDigest("package")
    channel = try members.optionalString("channel").map { (text) throws(FormatError) in try TagName(text) }
    policy = try members.optionalDigest("policy")
    evidence = try members.digests("evidence")
    guard let decision = Decision(rawValue: try members.string("decision")) else {
      throw FormatError(.newer, members.subject, "a decision that this program does not know")
    }
    self.decision = decision
    expires = try members.time("expires")
    person = try Person(try members.string("person"))
    if members.has("reason") { reason = try members.reason() }
    signature = try StatementSignature(&members)
    try members.finish()
  }

  /// Whether it says what the proposal asks.
  func fits(_ proposal: Proposal, _ digest: Digest) -> Bool {
    guard var wanted = try? Approval(decision, on: proposal, person: person, expires: expires, reason: reason) else {
      return false
    }
    wanted.signature = signature
    return wanted == self && statement == digest
  }
}
