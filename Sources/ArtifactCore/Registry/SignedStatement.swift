/// A signature under a statement, and the key that is said to have made it.
///
/// Either SSHSIG, armored as `ssh-keygen -Y sign` writes it, in the namespace `artifact`; or a plain Ed25519 signature over
/// the same bytes, in base64.
public struct StatementSignature: Sendable, Equatable {
  /// The key.
  public let key: PublicKey
  /// The signature.
  public let text: String

  /// The namespace of SSHSIG signatures.
  public static let namespace = SSHSignature.statements
  /// Bytes in a signature's text.
  public static let byteLimit = 4_096

  /// Creates a signature.
  public init(key: PublicKey, text: String) {
    self.key = key
    self.text = text
  }

  /// Signs a statement in SSH's format.
  public static func make(_ statement: some SignedStatement, _ signer: some Signer) throws -> StatementSignature {
    let armored = try SSHSignature.make(try statement.message(for: signer.key), namespace: namespace, signer)
    return StatementSignature(key: signer.key, text: String(decoding: armored, as: UTF8.self))
  }

  /// Whether the key has signed the statement.
  public func holds(for statement: some SignedStatement) -> Bool {
    guard let message = try? statement.message(for: key) else { return false }
    if let plain = Base64.bytes(text) { return key.verifies(plain, of: message) }
    // What cannot be read is no signature.
    let signer = try? SSHSignature.verify(Array(text.utf8), message: message, namespace: Self.namespace)
    return signer == key
  }

  init?(_ members: inout MemberReader) throws(FormatError) {
    let line = try members.optionalString("key")
    let text = try members.optionalString("signature")
    guard let line, let text else {
      if line != nil || text != nil { throw members.missing(line == nil ? "key" : "signature") }
      return nil
    }
    let key = try PublicKey(openSSH: line)
    guard key.openSSH == line else { throw members.wrong("key", "in its one form") }
    guard text.utf8.count <= Self.byteLimit else { throw members.wrong("signature", "short enough") }
    self.init(key: key, text: text)
  }

  func put(into object: inout JSONObject) {
    object["key"] = .string(key.openSSH)
    object["signature"] = .string(text)
  }
}

/// A record that people sign: its canonical JSON without the member `signature` is what the signature covers.
public protocol SignedStatement: Sendable, Equatable {
  /// The signature; nil before it is made.
  var signature: StatementSignature? { get set }

  /// All members but `key` and `signature`.
  var claims: JSONObject { get }
}

extension SignedStatement {
  /// All members.
  public var object: JSONObject {
    var object = claims
    signature?.put(into: &object)
    return object
  }

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] { try JSON.object(object).canonicalBytes(subject: "statement") }

  /// What a key signs: the canonical JSON with `key` and without `signature`.
  public func message(for key: PublicKey) throws(FormatError) -> [UInt8] {
    var object = claims
    object["key"] = .string(key.openSSH)
    return try JSON.object(object).canonicalBytes(subject: "statement")
  }
}

/// Somebody breaks the glass: a promotion that keeps no rule of the policy but for the order of the log.
///
/// Signed by one of those whom the policy permits it; red in every audit.
public struct BrokenGlass: SignedStatement {
  /// The store's id.
  public var store: String
  /// The id of the entry that holds it.
  public var entry: String
  /// The name.
  public var name: PackageName
  /// The version.
  public var version: Int
  /// The record of the version.
  public var package: Digest
  /// The channel.
  public var channel: TagName
  /// The policy that is broken.
  public var policy: Digest
  /// Who does it.
  public var person: Person
  /// Why.
  public var reason: String
  /// The signature.
  public var signature: StatementSignature?

  static let kind = "glass"

  /// Creates the statement, unsigned.
  public init(_ promotion: Promotion, store: String, entry: String, policy: Digest, person: Person, reason: String) {
    self.store = store
    self.entry = entry
    name = promotion.name
    version = promotion.version
    package = promotion.package
    channel = promotion.channel
    self.policy = policy
    self.person = person
    self.reason = reason
  }

  /// All members but `key` and `signature`.
  public var claims: JSONObject {
    [
      "channel": .string(channel.text), "entry": .string(entry), "format": 1, "name": .string(name.text),
      "package": .string(package.text), "person": .string(person.text), "policy": .string(policy.text),
      "reason": .string(reason), "record": .string(Self.kind), "store": .string(store),
      "version": .integer(Int64(version)),
    ]
  }

  var json: JSON { .object(object) }

  init(_ json: JSON) throws(FormatError) {
    var members = try MemberReader(json, in: "broken glass")
    try members.head(Self.kind)
    store = try members.string("store")
    entry = try members.id("entry")
    name = try PackageName(try members.string("name"))
    version = try members.version()
    package = try members.digest("package")
    channel = try TagName(try members.string("channel"))
    policy = try members.digest("policy")
    person = try Person(try members.string("person"))
    reason = try members.reason()
    signature = try StatementSignature(&members)
    try members.finish()
  }
}

/// What statements have in common.
extension MemberReader {
  /// `format` and `record`.
  mutating func head(_ kind: String) throws(FormatError) {
    guard try count("format") == 1 else {
      throw FormatError(.newer, subject, "a format that this program does not know")
    }
    guard try string("record") == kind else { throw wrong("record", "\"\(kind)\"") }
  }

  /// The id of an entry.
  mutating func id(_ key: String) throws(FormatError) -> String {
    let text = try string(key)
    guard RunID.isValid(text) else { throw wrong(key, "32 hexadecimal digits") }
    return text
  }

  mutating func version() throws(FormatError) -> Int {
    guard let version = try optionalInteger("version"), version >= 1 else {
      throw wrong("version", "an integer from 1")
    }
    return version
  }

  mutating func reason() throws(FormatError) -> String {
    let reason = try string("reason")
    guard (1...Event.reasonLimit).contains(reason.utf8.count) else {
      throw FormatError(.limit, subject, "a reason of \(reason.utf8.count) bytes")
    }
    return reason
  }
}
