import Crypto

/// A signature of a message under a namespace, as `ssh-keygen -Y sign` makes it (OpenSSH, PROTOCOL.sshsig).
///
///     "SSHSIG"  uint32 1  string public key  string namespace  string reserved  string hash  string signature
///
/// What is signed is not the message but `"SSHSIG"`, the namespace, the reserved string, the name of the hash and the
/// message's hash; so a signature made for mail or for git is none for us.
public struct SSHSignature: Sendable, Hashable {
  /// The hash over the message.
  public enum Hash: String, Sendable, CaseIterable {
    case sha256, sha512
  }

  /// Who says to have signed: a claim, until `verifies`.
  public let key: PublicKey
  /// What the signature is for.
  public let namespace: String
  /// The hash over the message.
  public let hash: Hash
  /// The plain Ed25519 signature over what is signed.
  public let signature: [UInt8]
  /// Signed and without a meaning.
  private let reserved: [UInt8]

  /// Most bytes of a signature's text.
  public static let byteLimit = 64 << 10
  /// The namespace of everything that people sign for a store.
  public static let statements = "artifact"

  private static let subject = "SSH signature"
  private static let label = "SSH SIGNATURE"
  private static let magic = Array("SSHSIG".utf8)

  // MARK: Whole

  /// Signs a message; the armored text that `ssh-keygen -Y verify` takes.
  public static func make(_ message: [UInt8], namespace: String, _ signer: some Signer) throws -> [UInt8] {
    try SSHSignature(message, namespace: namespace, signer).armored
  }

  /// Whose signature this is of `message`; nil if it does not fit the message or the namespace.
  ///
  /// - Parameter text: Armored, or base64 of the blob in one line.
  public static func verify(
    _ text: [UInt8], message: [UInt8], namespace: String
  ) throws(FormatError) -> PublicKey? {
    let signature = try SSHSignature(text)
    return signature.verifies(message, namespace: namespace) ? signature.key : nil
  }

  // MARK: In parts

  /// Signs a message.
  public init(_ message: [UInt8], namespace: String, hash: Hash = .sha512, _ signer: some Signer) throws {
    guard !namespace.isEmpty else { throw FormatError(.field, Self.subject, "its namespace is empty") }
    key = signer.key
    self.namespace = namespace
    self.hash = hash
    reserved = []
    let signed = Self.signed(message, namespace, [], hash)
    signature = try signer.sign(signed)
    // An agent may hold another key under this name, and a disk may give another seed.
    guard key.verifies(signature, of: signed) else {
      throw FormatError(.checksum, Self.subject, "what was signed does not verify under \(key.fingerprint)")
    }
  }

  /// Reads the armored text, or base64 of the blob in one line.
  public init(_ text: [UInt8]) throws(FormatError) {
    guard text.count <= Self.byteLimit else {
      throw FormatError(.limit, Self.subject, "\(text.count) bytes; the limit is \(Self.byteLimit)")
    }
    if Armor.label(of: text) != nil {
      try self.init(blob: try Armor.bytes(text, label: Self.label, subject: Self.subject))
      return
    }
    let line = text.last == 0x0a ? text.dropLast() : text[...]
    guard let blob = Base64.bytes(String(decoding: line, as: UTF8.self)) else {
      throw FormatError(.syntax, Self.subject, "it is neither armored nor base64")
    }
    try self.init(blob: blob)
  }

  /// Reads the blob.
  public init(blob: [UInt8]) throws(FormatError) {
    var reader = SSHReader(blob, subject: Self.subject)
    try reader.expect(Self.magic)
    let version = try reader.number()
    guard version == 1 else { throw FormatError(.newer, Self.subject, "it is of version \(version)") }
    key = try PublicKey(sshBlob: try reader.string())
    namespace = try reader.text()
    guard !namespace.isEmpty else { throw FormatError(.field, Self.subject, "its namespace is empty") }
    reserved = try reader.string()
    guard let hash = Hash(rawValue: try reader.text()) else {
      throw FormatError(.field, Self.subject, "its hash is neither sha256 nor sha512")
    }
    self.hash = hash
    signature = try Self.plain(try reader.string())
    try reader.finish()
  }

  /// The blob.
  public var blob: [UInt8] {
    var bytes = Self.magic
    SSHWire.put(1, to: &bytes)
    SSHWire.put(key.sshBlob, to: &bytes)
    SSHWire.put(namespace, to: &bytes)
    SSHWire.put(reserved, to: &bytes)
    SSHWire.put(hash.rawValue, to: &bytes)
    SSHWire.put(Self.framed(signature), to: &bytes)
    return bytes
  }

  /// The text of a `.sig` file.
  public var armored: [UInt8] { Armor.text(blob, label: Self.label, width: 70) }

  /// The blob in one line, for a member of a record.
  public var base64: String { Base64.text(blob) }

  /// Whether this is its key's signature of `message` for `namespace`.
  public func verifies(_ message: [UInt8], namespace: String) -> Bool {
    ExactText.equal(namespace, self.namespace)
      && key.verifies(signature, of: Self.signed(message, namespace, reserved, hash))
  }

  private static func signed(
    _ message: [UInt8], _ namespace: String, _ reserved: [UInt8], _ hash: Hash
  ) -> [UInt8] {
    var bytes = magic
    SSHWire.put(namespace, to: &bytes)
    SSHWire.put(reserved, to: &bytes)
    SSHWire.put(hash.rawValue, to: &bytes)
    switch hash {
    case .sha256: SSHWire.put(Digest.of(message).bytes, to: &bytes)
    case .sha512: SSHWire.put(Array(SHA512.hash(data: message)), to: &bytes)
    }
    return bytes
  }

  /// The 64 bytes in SSH's frame around a signature.
  static func plain(_ framed: [UInt8]) throws(FormatError) -> [UInt8] {
    var reader = SSHReader(framed, subject: subject)
    guard try reader.string().elementsEqual(PublicKey.sshType.utf8) else {
      throw FormatError(.field, subject, "it is not an Ed25519 signature")
    }
    let signature = try reader.string()
    try reader.finish()
    guard signature.count == 64 else {
      throw FormatError(.length, subject, "\(signature.count) bytes; an Ed25519 signature has 64")
    }
    return signature
  }

  static func framed(_ signature: [UInt8]) -> [UInt8] {
    var bytes = [UInt8]()
    SSHWire.put(PublicKey.sshType, to: &bytes)
    SSHWire.put(signature, to: &bytes)
    return bytes
  }
}
