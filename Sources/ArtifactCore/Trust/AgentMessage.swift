/// What is said to an `ssh-agent`, and what it answers (draft-miller-ssh-agent).
///
/// A message is its length in four bytes, a byte that says what it is, and its content.
public enum AgentMessage {
  /// Most bytes in an answer: what OpenSSH's agent sends at most.
  public static let byteLimit = 256 << 10

  /// One key that an agent holds.
  public struct Identity: Sendable, Hashable {
    /// The key.
    public let key: PublicKey
    /// What its owner called it.
    public let comment: [UInt8]
  }

  /// Asks which keys there are.
  public static let listRequest: [UInt8] = framed([11])

  /// Asks for a signature.
  public static func signRequest(_ key: PublicKey, _ bytes: [UInt8]) -> [UInt8] {
    var message: [UInt8] = [13]
    SSHWire.put(key.sshBlob, to: &message)
    SSHWire.put(bytes, to: &message)
    SSHWire.put(0, to: &message)
    return framed(message)
  }

  /// The length that the first four bytes of an answer state.
  public static func length(of header: [UInt8]) throws(FormatError) -> Int {
    var reader = SSHReader(header, subject: subject)
    let length = Int(try reader.number())
    guard length >= 1, length <= byteLimit else {
      throw FormatError(.limit, subject, "it states \(length) bytes; the limit is \(byteLimit)")
    }
    return length
  }

  /// The Ed25519 keys of an answer to `listRequest`; keys of other kinds are left out.
  public static func identities(_ answer: [UInt8]) throws(FormatError) -> [Identity] {
    var reader = SSHReader(answer, subject: subject)
    try reader.check(12, "it does not list its keys")
    var result = [Identity]()
    for _ in 0..<(try reader.number()) {
      let blob = try reader.string()
      let comment = try reader.string()
      // A key of another kind cannot sign here.
      if let key = try? PublicKey(sshBlob: blob) { result.append(Identity(key: key, comment: comment)) }
    }
    try reader.finish()
    return result
  }

  /// The 64 bytes of an answer to a `signRequest`.
  public static func signature(_ answer: [UInt8]) throws(FormatError) -> [UInt8] {
    var reader = SSHReader(answer, subject: subject)
    try reader.check(14, "it does not sign with this key (is it locked, or was it refused?)")
    let framed = try reader.string()
    try reader.finish()
    return try SSHSignature.plain(framed)
  }

  private static let subject = "answer of ssh-agent"

  private static func framed(_ message: [UInt8]) -> [UInt8] {
    var bytes = [UInt8]()
    SSHWire.put(message, to: &bytes)
    return bytes
  }
}

extension SSHReader {
  /// Takes the byte that says what an answer is.
  fileprivate mutating func check(_ kind: UInt8, _ otherwise: String) throws(FormatError) {
    guard try take(1) == [kind] else { throw FormatError(.field, subject, otherwise) }
  }
}
