/// A key under the name that it signs notes with (C2SP signed-note and tlog-cosignature).
///
/// Its text, as other programs take it, is `<name>+<id, 8 hexadecimal digits>+<base64 of the kind and the 32 bytes>`.
public struct NoteKey: Sendable, Hashable {
  /// How a key signs a note.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Plainly: for the log itself, or for whoever exports it.
    case log = 1
    /// With a time: for a witness that saw the history grow to this checkpoint.
    case cosignature = 4
  }

  /// The name: not empty, without spaces, control characters and `+`.
  public let name: String
  /// How it signs.
  public let kind: Kind
  /// The key.
  public let key: PublicKey

  /// Names a key.
  public init(name: String, kind: Kind, key: PublicKey) throws(FormatError) {
    guard Self.isName(name) else {
      throw FormatError(.syntax, "name of a key", "\"\(printable(name))\" is empty, too long, or holds a space or a +")
    }
    self.name = name
    self.kind = kind
    self.key = key
  }

  /// The first four bytes of the SHA-256 of name, newline, kind and key, as a number.
  public var id: UInt32 {
    let digest = Digest.of(Array(name.utf8) + [0x0a, kind.rawValue] + key.bytes)
    return UInt32(truncatingIfNeeded: digest.words.0 >> 32)
  }

  /// The text that other programs take.
  public var text: String {
    let digits = Hex.text((0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(24 - 8 * $0)) })
    return "\(name)+\(digits)+\(Base64.text([kind.rawValue] + key.bytes))"
  }

  /// Reads the text.
  public init(text: String) throws(FormatError) {
    let parts = text.utf8.split(separator: 0x2b, maxSplits: 2, omittingEmptySubsequences: false).map { Array($0) }
    guard parts.count == 3, let name = ExactText.string(parts[0]),
      let bytes = Base64.bytes(String(decoding: parts[2], as: UTF8.self)), bytes.count == 33,
      let kind = Kind(rawValue: bytes[0])
    else { throw FormatError(.syntax, "verifier key", "it is not like name+01234567+base64, or of an unknown kind") }
    try self.init(name: name, kind: kind, key: try PublicKey(Array(bytes.dropFirst())))
    guard ExactText.equal(self.text, text) else {
      throw FormatError(.checksum, "verifier key", "its number is not that of its name and key")
    }
  }

  static func isName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "+" && !$0.properties.isWhitespace }
  }
}
