/// The name of a run while it has no result: 128 random bits as 32 hexadecimal digits.
public enum RunID {
  /// Digits in an id.
  public static let digitCount = 32

  /// Whether a text is one.
  public static func isValid(_ text: String) -> Bool { text.utf8.count == digitCount && Hex.bytes(text) != nil }

  /// Whether a text may name an experiment: 1 to 255 bytes.
  public static func isExperiment(_ text: String) -> Bool { (1...255).contains(text.utf8.count) }
}
