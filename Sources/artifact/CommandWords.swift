import ArgumentParser
import ArtifactCore

/// The command line before it is parsed: what the parser cannot do itself.
struct CommandWords: Sendable {
  /// The words as the parser gets them.
  let words: [String]
  /// The command that they name, if they do.
  let command: String?

  private static let withValue = ["--store", "--actor"]
  private static let alone = ["--json"]

  /// Moves options that stand before the command behind it: `artifact --store S ls` is `artifact ls --store S`.
  init(_ words: [String]) {
    var leading = [String]()
    var rest = words[...]
    while let word = rest.first {
      if Self.withValue.contains(word), rest.count > 1 {
        leading += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if Self.alone.contains(word) || Self.withValue.contains(where: { word.hasPrefix("\($0)=") }) {
        leading.append(word)
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    if let first = rest.first, !first.hasPrefix("-") {
      self.words = [first] + leading + rest.dropFirst()
      command = Self.names.contains(first) ? first : nil
    } else {
      self.words = words
      command = nil
    }
  }

  /// Every command's name.
  static let names = Artifact.configuration.subcommands.map { $0._commandName }

  /// Whether to parse the words at all: not when the general help is wanted, and not when the first names no command.
  func isForCommand() throws(CommandFailure) -> Bool {
    guard let first = words.first else { return false }
    if words.count == 1, ["help", "--help", "-h"].contains(first) { return false }
    if command != nil || first.hasPrefix("-") || first == "help" { return true }
    let word = printable(RawArgument.decode(first))
    throw .unknownCommand(word, candidates: DidYouMean.candidates(for: word, among: Self.names))
  }

  /// Whether errors are for a program too.
  var wantsJSON: Bool { words.prefix { $0 != "--" }.contains("--json") }

  /// The parser's message as one sentence in our manner: lower case at the front, no period at the end.
  static func sentence(_ message: String) -> String {
    let lines = message.split(separator: "\n").map { line in
      var line = line.drop { $0 == " " }
      while line.last == " " || line.last == "." { line.removeLast() }
      return printable(RawArgument.decode(String(line)))
    }
    let text = lines.joined(separator: "; ")
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
