/// Colours and weights, by ANSI sequences (ECMA-48 §8.3.117).
///
/// They only repeat what the words say.
struct Style: Sendable {
  /// Whether anything is done at all.
  let isOn: Bool

  func bold(_ text: String) -> String { wrap("1", text) }
  func faint(_ text: String) -> String { wrap("2", text) }
  func red(_ text: String) -> String { wrap("31", text) }
  func green(_ text: String) -> String { wrap("32", text) }
  func yellow(_ text: String) -> String { wrap("33", text) }

  private func wrap(_ code: String, _ text: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
