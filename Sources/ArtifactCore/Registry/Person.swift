/// Somebody with a key: `ann`, `ann@example.org`; letters, digits and `.`, `_`, `@`, `+`, `-`.
public struct Person: Sendable, Hashable, Comparable {
  /// The name.
  public let text: String

  /// Bytes in a name.
  public static let byteLimit = 128

  /// Checks a name; `.syntax` or `.limit` says what is wrong with it.
  public init(_ text: String) throws(FormatError) {
    guard (1...Self.byteLimit).contains(text.utf8.count) else {
      throw FormatError(.limit, "person", "\(text.utf8.count) bytes; 1 to \(Self.byteLimit) are allowed")
    }
    guard text.utf8.allSatisfy(Self.isAllowed) else {
      throw FormatError(
        .syntax, "person", "\"\(printable(text))\" may hold letters a to z, digits and the signs . _ @ + - only")
    }
    self.text = text
  }

  /// Whether an actor of the log may be this person: the same part before the first `@`, in capitals or not.
  ///
  /// Actors are claims, so whoever might be meant is: a person who is excluded by mistake can be replaced.
  public func mayBe(_ actor: String) -> Bool {
    let (mine, other) = (text.lowercased(), actor.lowercased())
    return mine.prefix { $0 != "@" }.utf8.elementsEqual(other.prefix { $0 != "@" }.utf8)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
    default: NamePart.isDigit(byte)
    }
  }

  /// Order by bytes.
  public static func < (left: Person, right: Person) -> Bool { ExactText.precedesBytewise(left.text, right.text) }
}

extension Person: CustomStringConvertible {
  /// The name.
  public var description: String { text }
}
