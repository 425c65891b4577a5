/// Text for a page: what it is given can neither end an element nor begin one.
struct MarkupText {
  private(set) var text = ""

  /// Adds what is markup already.
  mutating func raw(_ markup: String) { text += markup }

  /// Adds a line of markup.
  mutating func line(_ markup: String) {
    text += markup
    text += "\n"
  }

  /// What may stand between tags and in quoted attributes: controls and invisible characters made visible, and the five
  /// signs that mean something replaced.
  static func escaped(_ text: String) -> String {
    let text = printable(text)
    guard text.utf8.contains(where: { [0x26, 0x3C, 0x3E, 0x22, 0x27].contains($0) }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Text of several lines, each for itself.
  static func escapedLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }.joined(separator: "\n")
  }
}
