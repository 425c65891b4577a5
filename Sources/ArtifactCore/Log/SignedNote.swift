/// A text with signatures under it (C2SP signed-note).
///
///     <text, lines>
///
///     — <name> <base64 of the key's number and the signature>
public struct SignedNote: Sendable, Hashable {
  /// One line under the text.
  public struct Signature: Sendable, Hashable {
    /// The name of the key.
    public let name: String
    /// The number of the key (`NoteKey.id`).
    public let id: UInt32
    /// The signature, and whatever its kind puts before it.
    public let bytes: [UInt8]
  }

  /// The text with its last newline.
  public let text: String
  /// The lines under it, in order.
  public private(set) var signatures: [Signature]

  /// Most bytes of a note.
  public static let byteLimit = 64 << 10
  /// Most signatures under a note.
  public static let signatureLimit = 64

  private static let subject = "signed note"
  private static let dash = Array("— ".utf8)

  /// A text that nobody has signed yet.
  public init(text: String) throws(FormatError) {
    try Self.check(text)
    self.text = text
    signatures = []
  }

  /// Reads a note; nothing is verified.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= Self.byteLimit else {
      throw FormatError(.limit, Self.subject, "\(bytes.count) bytes; the limit is \(Self.byteLimit)")
    }
    guard bytes.last == 0x0a else { throw FormatError(.syntax, Self.subject, "it does not end with a line") }
    var start = bytes.count - 1
    while start > 0, !(bytes[start] == 0x0a && bytes[start - 1] == 0x0a) { start -= 1 }
    // `start` is the newline of the last empty line.
    guard start > 0, start + 1 < bytes.count, let text = ExactText.string(Array(bytes[..<start])) else {
      throw FormatError(.syntax, Self.subject, "it is not a text, an empty line and signatures, in UTF-8")
    }
    try self.init(text: text)
    for line in bytes[(start + 1)..<(bytes.count - 1)].split(separator: 0x0a, omittingEmptySubsequences: false) {
      guard signatures.count < Self.signatureLimit else {
        throw FormatError(.limit, Self.subject, "more than \(Self.signatureLimit) signatures")
      }
      signatures.append(try Self.signature(Array(line)))
    }
  }

  private static func check(_ text: String) throws(FormatError) {
    guard text.utf8.last == 0x0a, text.utf8.count > 1, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0a }) else {
      throw FormatError(.syntax, subject, "its text is empty, has no last newline, or holds control characters")
    }
  }

  private static func signature(_ line: [UInt8]) throws(FormatError) -> Signature {
    guard line.starts(with: dash) else { throw FormatError(.syntax, subject, "a line under its text is no signature") }
    let words = line.dropFirst(dash.count).split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
    guard words.count == 2, let name = ExactText.string(words[0]), NoteKey.isName(name),
      let bytes = Base64.bytes(String(decoding: words[1], as: UTF8.self)), bytes.count > 4
    else { throw FormatError(.syntax, subject, "a line under its text is no signature") }
    let id = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Signature(name: name, id: id, bytes: Array(bytes.dropFirst(4)))
  }

  /// The note as it is kept; a reader refuses one without signatures.
  public var bytes: [UInt8] {
    var result = Array(text.utf8) + [0x0a]
    for signature in signatures {
      let number = (0..<4).map { UInt8(truncatingIfNeeded: signature.id >> UInt32(24 - 8 * $0)) }
      result += Self.dash + Array("\(signature.name) \(Base64.text(number + signature.bytes))\n".utf8)
    }
    return result
  }

  // MARK: Signing

  /// Adds a signature; an earlier one of the same key under the same name gives way to it.
  ///
  /// - Parameter time: For a cosignature, when it is made, in seconds since 1970.
  public mutating func sign(name: String, kind: NoteKey.Kind, time: UInt64 = 0, _ signer: some Signer) throws {
    let key = try NoteKey(name: name, kind: kind, key: signer.key)
    let message = Self.message(text, kind, time)
    let plain = try signer.sign(message)
    guard key.key.verifies(plain, of: message) else {
      throw FormatError(.checksum, Self.subject, "what was signed does not verify under \(key.key.fingerprint)")
    }
    let stamp = kind == .cosignature ? (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) } : []
    signatures.removeAll { ExactText.equal($0.name, name) && $0.id == key.id }
    guard signatures.count < Self.signatureLimit else {
      throw FormatError(.limit, Self.subject, "more than \(Self.signatureLimit) signatures")
    }
    signatures.append(Signature(name: name, id: key.id, bytes: stamp + plain))
  }

  // MARK: Verifying

  /// A signature of a known key that verifies.
  public struct Verified: Sendable, Hashable {
    /// Whose it is.
    public let key: NoteKey
    /// When a cosignature was made, in seconds since 1970: the witness's claim.
    public let time: UInt64?
  }

  /// The signatures of these keys, under whatever name they signed.
  ///
  /// A line whose number is that of a known key must verify; lines of others are passed over.
  public func verified(by keys: some Collection<PublicKey>) throws(FormatError) -> [Verified] {
    var result = [Verified]()
    for signature in signatures {
      for key in keys {
        for kind in NoteKey.Kind.allCases {
          let named = try NoteKey(name: signature.name, kind: kind, key: key)
          guard named.id == signature.id else { continue }
          guard let verified = check(signature, named) else {
            throw FormatError(.checksum, Self.subject, "the signature of \(printable(signature.name)) does not verify")
          }
          result.append(verified)
        }
      }
    }
    return result
  }

  private func check(_ signature: Signature, _ key: NoteKey) -> Verified? {
    switch key.kind {
    case .log:
      guard key.key.verifies(signature.bytes, of: Array(text.utf8)) else { return nil }
      return Verified(key: key, time: nil)
    case .cosignature:
      guard signature.bytes.count == 72 else { return nil }
      let time = signature.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard time < 1 << 63,
        key.key.verifies(Array(signature.bytes.dropFirst(8)), of: Self.message(text, key.kind, time))
      else { return nil }
      return Verified(key: key, time: time)
    }
  }

  private static func message(_ text: String, _ kind: NoteKey.Kind, _ time: UInt64) -> [UInt8] {
    switch kind {
    case .log: Array(text.utf8)
    case .cosignature: Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }
  }
}
