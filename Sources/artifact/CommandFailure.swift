/// What the command line itself finds wrong, as a fact; `ErrorReport` adds the advice.
enum CommandFailure: Error, Sendable {
  /// No store is named and none is in the folders above.
  case noStore(from: String)
  /// The first word is no command.
  case unknownCommand(String, candidates: [String])
  /// The parser refuses the words; `command` is the one they were for.
  case words(String, why: String?, command: String?)
  /// Words that parse but make no sense: what cannot be, and why.
  case usage(String, String)
  /// What things are to be fetched from is no store; printable, and why.
  case noSource(String, why: String)
  /// Packs that a collection had no room to pack anew.
  case noRoom(packs: Int)
  /// A folder where a file is needed.
  case isFolder(String)
  /// A link where a file is needed; both printable.
  case isLink(String, target: String)
}

/// The end of a command that did its work and says so with its exit code.
struct Finish: Error, Sendable {
  let code: Int32
}

/// Exit codes (README, "Exit codes").
enum ExitCodes {
  static let done: Int32 = 0
  static let error: Int32 = 1
  static let usage: Int32 = 2
  static let differs: Int32 = 3
  static let damaged: Int32 = 4
  static let signature: Int32 = 5
  static let refused: Int32 = 6
  static let rejected: Int32 = 7
  static let io: Int32 = 8
  static let forked: Int32 = 9
  static let notFound: Int32 = 10
  static let notStarted: Int32 = 125
  static let interrupted: Int32 = 130
  static let brokenPipe: Int32 = 141
}
