import Crypto

/// An Ed25519 public key (RFC 8032): whom a signature is from.
///
/// Two keys are the same if their 32 bytes are. So that nobody has one key in two spellings, and that no key exists for
/// which everybody can sign, an encoding that is not the canonical one and the points of small order are refused.
public struct PublicKey: Sendable, Hashable {
  /// The kind of key, as SSH names it.
  public static let sshType = "ssh-ed25519"

  /// The 32 bytes.
  public let bytes: [UInt8]

  private static let subject = "public key"

  /// Takes the 32 bytes.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count == 32 else {
      throw FormatError(.length, Self.subject, "\(bytes.count) bytes; an Ed25519 key has 32")
    }
    guard !Self.isUnsound(bytes) else {
      throw FormatError(
        .notCanonical, Self.subject, "it is a point for which everybody can sign, or not in its one form")
    }
    self.bytes = bytes
  }

  /// Takes the line of a `.pub` file: `ssh-ed25519 AAAA…`, and a comment that does not count.
  public init(openSSH line: String) throws(FormatError) {
    var text = line.utf8[...]
    while let last = text.last, last == 0x0a || last == 0x0d || last == 0x20 { text = text.dropLast() }
    let words = text.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, !text.contains(0x0a) else {
      throw FormatError(.syntax, Self.subject, "it is not a line like `ssh-ed25519 AAAA…`")
    }
    guard words[0].elementsEqual(Self.sshType.utf8) else {
      let type = printable(Array(words[0].prefix(40)))
      throw FormatError(.field, Self.subject, "it is of the kind \(type); only \(Self.sshType) will do")
    }
    guard let blob = Base64.bytes(String(decoding: Array(words[1]), as: UTF8.self)) else {
      throw FormatError(.syntax, Self.subject, "its second word is not base64")
    }
    try self.init(sshBlob: blob)
  }

  /// Takes the text that `openssl pkey -pubout` writes (RFC 8410 §4).
  public init(pem text: [UInt8]) throws(FormatError) {
    let der = try Armor.bytes(text, label: "PUBLIC KEY", subject: Self.subject)
    guard der.count == Self.derPrefix.count + 32, der.starts(with: Self.derPrefix) else {
      throw FormatError(.field, Self.subject, "it is not an Ed25519 key")
    }
    try self.init(Array(der.dropFirst(Self.derPrefix.count)))
  }

  /// Takes the bytes of a file in either form.
  public init(file bytes: [UInt8]) throws(FormatError) {
    if Armor.label(of: bytes) != nil {
      try self.init(pem: bytes)
      return
    }
    guard let line = ExactText.string(bytes) else {
      throw FormatError(.syntax, Self.subject, "it is neither a line of OpenSSH nor PEM")
    }
    try self.init(openSSH: line)
  }

  /// `ssh-ed25519 AAAA…`, without a comment.
  public var openSSH: String { "\(Self.sshType) \(Base64.text(sshBlob))" }

  /// `SHA256:…`, as `ssh-keygen -l` shows it.
  public var fingerprint: String {
    var text = Base64.text(Digest.of(sshBlob).bytes)
    while text.last == "=" { text.removeLast() }
    return "SHA256:" + text
  }

  /// The key as openssl reads it.
  public var pem: [UInt8] { Armor.text(Self.derPrefix + bytes, label: "PUBLIC KEY", width: 64) }

  /// Whether these 64 bytes are this key's plain Ed25519 signature of `message`.
  public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    // 32 bytes that are no point verify nothing.
    guard signature.count == 64, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
      return false
    }
    return key.isValidSignature(signature, for: message)
  }

  // MARK: SSH's own form

  init(sshBlob: [UInt8]) throws(FormatError) {
    var reader = SSHReader(sshBlob, subject: Self.subject)
    let type = try reader.string()
    guard type.elementsEqual(Self.sshType.utf8) else {
      throw FormatError(
        .field, Self.subject, "it is of the kind \(printable(Array(type.prefix(40)))), not \(Self.sshType)")
    }
    let bytes = try reader.string()
    try reader.finish()
    try self.init(bytes)
  }

  var sshBlob: [UInt8] {
    var blob = [UInt8]()
    SSHWire.put(Self.sshType, to: &blob)
    SSHWire.put(bytes, to: &blob)
    return blob
  }

  // MARK: Rules

  /// SubjectPublicKeyInfo with the algorithm 1.3.101.112, up to the key.
  private static let derPrefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

  /// The y of the points whose order divides 8, but for 0, 1 and -1.
  private static let smallOrders: [[UInt8]] = [
    [
      0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
      0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
      0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
      0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
  ]

  private static func isUnsound(_ bytes: [UInt8]) -> Bool {
    var y = bytes
    y[31] &= 0x7f
    let isAlike = y[1...30].allSatisfy { $0 == y[1] }
    // 0 and 1; then 2^255 - 20 (which is -1) and up to 2^255 - 1, all of which have a smaller equal.
    if isAlike, y[1] == 0, y[31] == 0, y[0] <= 1 { return true }
    if isAlike, y[1] == 0xff, y[31] == 0x7f, y[0] >= 0xec { return true }
    return smallOrders.contains(y)
  }
}
