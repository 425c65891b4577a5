import ArtifactCore

/// Commands that remarks and errors suggest, as they have to be typed.
enum Suggestion {
  /// Of the commands that are suggested the ones that take no `--store`.
  private static let storeless = ["init", "verify-proof"]

  /// A command on a store that is named.
  static func command(_ words: some StringProtocol, in store: RawArgument) -> String {
    "artifact --store \(shellWord(Array(printable(store.bytes).utf8))) \(words)"
  }

  /// Advice that may begin with a command: with `--store`, if that told the store of the command that gives it.
  static func advice(_ text: String) -> String {
    guard let store = Settings.namedStore, text.hasPrefix("artifact ") else { return text }
    let words = text.dropFirst("artifact ".count)
    let first = words.prefix { $0 != " " }
    return first.hasPrefix("-") || storeless.contains(String(first)) ? text : command(words, in: store)
  }

  /// A remark in which commands may follow a colon or a semicolon: each as `advice` has it.
  static func remark(_ text: String) -> String {
    if Settings.namedStore == nil { return text }
    var result = text
    for mark in [": ", "; "] {
      let parts = result.split(separator: mark, omittingEmptySubsequences: false)
      result = (parts.prefix(1).map(String.init) + parts.dropFirst().map { advice(String($0)) }).joined(separator: mark)
    }
    return result
  }
}
