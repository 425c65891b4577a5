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
  private static let help = ["--help", "-h"]

  /// Commands whose next word is a command too.
  private static let groups = ["audit", "channel", "env", "key", "log", "policy", "report"]

  /// Every command's name.
  static let names = Artifact.configuration.subcommands.map { $0._commandName }

  /// Moves options that stand before the command behind it: `artifact --store S ls` is `artifact ls --store S`.
  ///
  /// Turns `help ls` into `ls --help`.
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
    if rest.first == "help" { rest = rest.dropFirst().prefix(1) + ["--help"] }
    if let first = rest.first, !first.hasPrefix("-") {
      let second = rest.dropFirst().first
      let count = Self.groups.contains(first) && second?.hasPrefix("-") == false ? 2 : 1
      self.words = rest.prefix(count) + leading + rest.dropFirst(count)
      command = Self.names.contains(first) ? first : nil
    } else {
      self.words = leading + rest
      command = nil
    }
  }

  /// Whether to parse the words at all: not when the general help is wanted, and not when no command is named.
  func isForCommand() throws(CommandFailure) -> Bool {
    guard let first = words.first else { return false }
    if command != nil { return true }
    if Self.help.contains(words[words.count - 1]), first.hasPrefix("-") { return false }
    if first.hasPrefix("-") {
      let isGlobal = (Self.withValue + Self.alone).contains { first == $0 || first.hasPrefix("\($0)=") }
      if isGlobal { throw .words("a command is missing", why: nil, command: nil) }
      return true
    }
    let word = printable(RawArgument.decode(first))
    throw .unknownCommand(word, candidates: DidYouMean.candidates(for: word, among: Self.names))
  }

  /// Whether errors are for a program too.
  var wantsJSON: Bool { words.prefix { $0 != "--" }.contains("--json") }

  /// The parser's message in our manner: what is wrong and, if it says so, why.
  func failure(_ message: String) -> CommandFailure {
    let text = message.split(separator: "\n").map { printable(RawArgument.decode(String($0))) }.joined(separator: " ")
    let sentences = Self.sentences(text)
    let rest = sentences.dropFirst().joined(separator: "; ")
    return .words(sentences.first ?? "these words make no sense", why: rest.isEmpty ? nil : rest, command: command)
  }

  /// Sentences without their periods, each with a small letter at the front.
  private static func sentences(_ text: String) -> [String] {
    var result = [String]()
    var current = ""
    func finish() {
      while let last = current.last, last == "." || last == " " { current.removeLast() }
      if !current.isEmpty { result.append(current.prefix(1).lowercased() + current.dropFirst()) }
      current = ""
    }
    for character in text {
      if character == " ", current.last == "." { finish() } else { current.append(character) }
    }
    finish()
    return result
  }
}
