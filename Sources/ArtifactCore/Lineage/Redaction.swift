/// Takes credentials out of what is recorded.
public enum Redaction {
  /// What stands where a secret was.
  public static let mark = "redacted"

  private static let words = [
    "accesskey", "apikey", "auth", "cookie", "credential", "passw", "pwd", "secret", "session", "signature", "token",
  ]

  /// Whether a value under such a name is a secret, as far as the name tells.
  public static func isSecret(name: some StringProtocol) -> Bool {
    let plain = String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    return plain == "sig" || plain == "key" || words.contains { plain.contains($0) }
  }

  /// An address without its user, password and secret query values.
  ///
  /// The user of an `ssh` address without a password stays: it is part of the place. Anything that is no address stays as
  /// it is. What comes out goes through unchanged.
  public static func uri(_ text: String) -> String {
    guard let mark = text.firstRange(of: "://") else { return text }
    let scheme = text[..<mark.lowerBound]
    let rest = text[mark.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    var place = rest[..<end]
    if let at = place.lastIndex(of: "@"), scheme != "ssh" || place[..<at].contains(":") {
      place = place[place.index(after: at)...]
    }
    return "\(scheme)://\(place)\(query(rest[end...]))"
  }

  /// The path and query with secret values replaced.
  private static func query(_ text: Substring) -> String {
    guard let mark = text.firstIndex(of: "?") else { return String(text) }
    let end = text[mark...].firstIndex(of: "#") ?? text.endIndex
    let pairs = text[text.index(after: mark)..<end].split(separator: "&", omittingEmptySubsequences: false).map {
      (pair) -> String in
      guard let equals = pair.firstIndex(of: "="), isSecret(name: pair[..<equals]) else { return String(pair) }
      return "\(pair[...equals])\(Self.mark)"
    }
    return "\(text[..<mark])?\(pairs.joined(separator: "&"))\(text[end...])"
  }
}
