import Crypto

/// An Ed25519 private key that a person already has: a file of `ssh-keygen` or of `openssl genpkey`.
///
/// Keys behind a passphrase stay with `ssh-agent`: this program asks for none.
public struct PrivateKey: Signer {
  /// The public half.
  public let key: PublicKey
  private let seed: [UInt8]

  private static let subject = "private key"

  /// Takes the 32 secret bytes.
  public init(seed: [UInt8]) throws(FormatError) {
    guard seed.count == 32, let secret = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
      throw FormatError(.length, Self.subject, "\(seed.count) bytes; an Ed25519 seed has 32")
    }
    self.seed = seed
    key = try PublicKey(Array(secret.publicKey.rawRepresentation))
  }

  /// Takes the bytes of a file: `openssh-key-v1`, or PKCS#8 in PEM.
  public init(file bytes: [UInt8]) throws(FormatError) {
    switch Armor.label(of: bytes) {
    case "OPENSSH PRIVATE KEY":
      try self.init(openSSH: try Armor.bytes(bytes, label: "OPENSSH PRIVATE KEY", subject: Self.subject))
    case "PRIVATE KEY":
      let der = try Armor.bytes(bytes, label: "PRIVATE KEY", subject: Self.subject)
      guard der.count == Self.derPrefix.count + 32, der.starts(with: Self.derPrefix) else {
        throw FormatError(.field, Self.subject, "it is not an Ed25519 key as `openssl genpkey` writes it")
      }
      try self.init(seed: Array(der.dropFirst(Self.derPrefix.count)))
    case "ENCRYPTED PRIVATE KEY":
      throw FormatError(.field, Self.subject, "it is encrypted, and only ssh-agent may ask for its passphrase")
    case let label?:
      throw FormatError(.field, Self.subject, "it is a file of the kind \(printable(label)), not an Ed25519 key")
    case nil:
      throw FormatError(.syntax, Self.subject, "it is neither a key of OpenSSH nor PEM")
    }
  }

  /// The plain Ed25519 signature of `bytes`, 64 bytes.
  public func sign(_ bytes: [UInt8]) throws -> [UInt8] {
    Array(try Curve25519.Signing.PrivateKey(rawRepresentation: seed).signature(for: bytes))
  }

  /// Source: OpenSSH, PROTOCOL.key.
  private init(openSSH bytes: [UInt8]) throws(FormatError) {
    var reader = SSHReader(bytes, subject: Self.subject)
    try reader.expect(Array("openssh-key-v1\0".utf8))
    let cipher = try reader.text()
    let derivation = try reader.text()
    _ = try reader.string()
    guard ExactText.equal(cipher, "none"), ExactText.equal(derivation, "none") else {
      throw FormatError(
        .field, Self.subject, "it is encrypted; ssh-add puts it into ssh-agent, and its .pub file names it here")
    }
    guard try reader.number() == 1 else { throw FormatError(.field, Self.subject, "it holds more than one key") }
    let stated = try PublicKey(sshBlob: try reader.string())
    var inner = SSHReader(try reader.string(), subject: Self.subject)
    try reader.finish()
    guard try inner.number() == inner.number() else {
      throw FormatError(.checksum, Self.subject, "its two check numbers differ")
    }
    guard ExactText.equal(try inner.text(), PublicKey.sshType) else {
      throw FormatError(.field, Self.subject, "it is not an Ed25519 key")
    }
    let half = try inner.string()
    let secret = try inner.string()
    _ = try inner.string()
    guard inner.rest.count < 256, inner.rest.enumerated().allSatisfy({ $1 == UInt8(truncatingIfNeeded: $0 + 1) }) else {
      throw FormatError(.notCanonical, Self.subject, "its padding is not 1, 2, 3")
    }
    guard secret.count == 64, Array(secret.suffix(32)) == half else {
      throw FormatError(.length, Self.subject, "its halves do not fit together")
    }
    try self.init(seed: Array(secret.prefix(32)))
    guard key == stated, key.bytes == half else {
      throw FormatError(.checksum, Self.subject, "its public half is another key's")
    }
  }

  /// PrivateKeyInfo with the algorithm 1.3.101.112, up to the seed (RFC 8410 §7).
  private static let derPrefix: [UInt8] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
  /// The public half's fingerprint: the secret is never shown.
  public var description: String { "private key of \(key.fingerprint)" }

  /// Nothing of the secret.
  public var customMirror: Mirror { Mirror(self, children: ["key": key]) }
}
