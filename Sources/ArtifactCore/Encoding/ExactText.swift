/// Text compared by its bytes.
///
/// Swift's `==` on `String` takes composed and decomposed spellings for the same text.
public enum ExactText {
  /// Whether both texts are the same bytes.
  public static func equal(_ left: String, _ right: String) -> Bool {
    let one = left.utf8.span
    let other = right.utf8.span
    guard one.count == other.count else { return false }
    for index in one.indices where one[index] != other[index] { return false }
    return true
  }

  /// Whether `left` comes before `right` by UTF-16 code units, the order of RFC 8785 §3.2.3.
  public static func precedes(_ left: String, _ right: String) -> Bool {
    let one = left.utf8.span
    let other = right.utf8.span
    for index in 0..<min(one.count, other.count) where one[index] != other[index] {
      return rank(one[index]) < rank(other[index])
    }
    return one.count < other.count
  }

  /// Whether `left` comes before `right` by plain bytes.
  public static func precedesBytewise(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// The text of valid UTF-8, or nil.
  ///
  /// Nothing is repaired or normalised.
  public static func string(_ bytes: Span<UInt8>) -> String? {
    // The position of the fault is of no use to callers that only ask whether these bytes are text.
    guard let text = try? UTF8Span(validating: bytes) else { return nil }
    return String(copying: text)
  }

  /// The text of valid UTF-8, or nil.
  public static func string(_ bytes: [UInt8]) -> String? { string(bytes.span) }

  /// Where the first differing byte of two UTF-8 texts puts them in UTF-16 order.
  ///
  /// The orders differ in one place only: characters beyond U+FFFF (lead bytes F0…F4) are surrogates D800…DFFF in
  /// UTF-16, which come before U+E000…U+FFFF (lead bytes EE and EF).
  private static func rank(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0xEE, 0xEF: byte &+ 0x10
    case 0xF0...0xFF: byte &- 0x02
    default: byte
    }
  }
}
