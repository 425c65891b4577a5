import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore

/// An error as a person is told: what happened, why, and what to try.
///
/// The only place that writes advice.
struct ErrorReport: Sendable {
  /// A stable word for programs.
  let code: String
  /// What the process ends with.
  let exitCode: Int32
  /// What happened.
  let message: String
  /// Why, if more is known.
  var why: String?
  /// What to do next, one suggestion a line.
  var advice: [String] = []

  init(_ code: String, _ exitCode: Int32, _ message: String, why: String? = nil, _ advice: String...) {
    self.code = code
    self.exitCode = exitCode
    self.message = message
    self.why = why
    self.advice = advice
  }

  /// Any error that a command throws.
  init(_ error: any Error) {
    switch error {
    case let error as StoreError: self.init(error)
    case let error as CommandFailure: self.init(error)
    case let error as FormatError: self.init(error)
    case let error as IOFailure: self.init(error)
    case let error as RunError: self.init(error)
    case let error as StartFailure: self.init(error)
    default: self.init("error", ExitCodes.error, "something went wrong", why: printable(String(describing: error)))
    }
  }

  /// What a store found.
  init(_ error: StoreError) {
    if [.io, .notFound, .exists].contains(error.code), let failure = error.cause as? IOFailure {
      self.init(failure)
      if error.code != .io { why = error.detail }
      return
    }
    let subject = error.subject
    switch error.code {
    case .notFound: self.init("not-found", ExitCodes.notFound, "cannot find \(subject)", Self.list(for: subject))
    case .ambiguous: self.init("ambiguous", ExitCodes.usage, "\(subject) may mean several things", "give more digits")
    case .damaged:
      // A log entry cannot be made again: every later one commits to its bytes.
      self.init("damaged", ExitCodes.damaged, "\(subject) is damaged")
      advice =
        subject.hasPrefix("log entry")
        ? ["put \(Self.file(ofEntry: subject)) back from a backup or from another copy of the store"]
        : subject.hasPrefix("the store ")
          ? ["put the folder back from a backup or from another copy of the store"]
          : ["artifact verify shows what it reaches", "artifact repair mends what can be mended"]
    case .notAStore:
      self.init("not-a-store", ExitCodes.notFound, "\(subject) is not a store", "artifact init \(subject)")
    case .newerFormat:
      self.init("newer-format", ExitCodes.error, "\(subject) was written by a newer program", "install that version")
    case .changed:
      self.init(
        "changed", ExitCodes.differs, "\(subject) is not what the dataset refers to",
        "put the file back as it was", "artifact push --ref makes a new version of what is there now")
    case .exists:
      self.init(
        "exists", ExitCodes.error, "\(subject) is in the way", "choose another place",
        "artifact pull --force replaces what differs")
    case .rejected: self.init("rejected", ExitCodes.rejected, "\(subject) is not accepted")
    case .changing:
      self.init(
        "changing", ExitCodes.error, "\(subject) keeps changing", "run the command again when nothing writes to it")
    case .io: self.init("io", ExitCodes.io, "cannot use \(subject)")
    case .forked:
      self.init(
        "forked", ExitCodes.forked, "the history of this store is not the one seen before",
        "find out who changed it, or whether a backup was put back, before anything else is written")
      if subject == "the store" {
        advice.append("artifact log accept --reason TEXT goes on with what is there, once it is known to be right")
      }
    case .clock:
      self.init(
        "clock", ExitCodes.refused, "\(subject) is refused", "set the clock right",
        "if it is right, and was wrong before: the same command with --reset-clock")
    case .signature:
      self.init(
        "signature", ExitCodes.signature, "no signature that counts: \(subject)",
        "ssh-add -l lists the keys of the agent; ssh-keygen -Y verify checks a signature by hand")
    case .refused: self.init("refused", ExitCodes.refused, "\(subject) is refused")
    case .unmet:
      self.init(
        "refused", ExitCodes.refused, "\(subject) is refused",
        "artifact policy test \(subject) --to CHANNEL shows every rule, and what is missing")
    case .held:
      self.init(
        "held", ExitCodes.refused, "\(subject) cannot be erased",
        "artifact untag takes a tag away, promote or rollback moves a channel, retire ends a deployment",
        "name all versions with the same content in one command")
    case .erased:
      self.init("erased", ExitCodes.notFound, "\(subject) was erased", "artifact show \(subject) says what it was")
    case .overtaken: self.init("overtaken", ExitCodes.error, "\(subject) was overtaken", "run the command again")
    case .usage: self.init("usage", ExitCodes.usage, "\(subject) cannot be used")
    case .interrupted:
      self.init(
        "interrupted", ExitCodes.interrupted, "stopped on request", "run the same command again; it goes on from here")
      return
    }
    why = error.detail
    if !error.candidates.isEmpty { advice.insert("did you mean \(Self.choice(error.candidates))?", at: 0) }
  }

  /// What the system said.
  init(_ failure: IOFailure) {
    let message = "\(failure.verb) \(failure.subject) failed"
    switch failure.code {
    case .notFound: self.init("not-found", ExitCodes.notFound, "cannot find \(failure.subject)")
    case .exists: self.init("exists", ExitCodes.error, "\(failure.subject) is in the way", "choose another place")
    case .notFolder:
      self.init(
        "exists", ExitCodes.error, "\(failure.subject) is in the way", "move it away and run the command again")
    case .permission: self.init("io", ExitCodes.io, message, "ls -ld shows who may; ask the owner")
    case .full:
      self.init(
        "io", ExitCodes.io, message, "make room and run the command again; a full disk harms nothing that is stored")
    case .readOnly: self.init("io", ExitCodes.io, message, "choose another place, or mount it writable")
    case .device: self.init("io", ExitCodes.io, message, "check the disk; the kernel's log says more")
    case .escapes: self.init("rejected", ExitCodes.rejected, "\(failure.subject) is not accepted")
    case .malformed: self.init("damaged", ExitCodes.damaged, "\(failure.subject) is damaged")
    case .limit: self.init("rejected", ExitCodes.rejected, "\(failure.subject) is not accepted")
    case .interrupted: self.init("interrupted", ExitCodes.interrupted, "stopped on request")
    case .other: self.init("io", ExitCodes.io, message)
    }
    why = failure.detail
  }

  /// Words that break a rule of the format: a name, a tag, a reference.
  init(_ error: FormatError) {
    let example =
      switch error.subject {
      case "name": "names are like fraud/train-data: a-z, 0-9, dot, underscore, hyphen, and / between parts"
      case "tag": "tags are like prod or 2026-q1: a-z, 0-9, dot, underscore, hyphen, and not digits alone"
      default: "references are like data, data@4, data@prod, data@4:train/a.csv or sha256:ab12cd34"
      }
    switch error.code {
    case .syntax, .limit, .length, .field, .notCanonical, .checksum:
      self.init("usage", ExitCodes.usage, "this \(error.subject) cannot be used", why: error.detail, example)
    case .newer:
      self.init("newer-format", ExitCodes.error, "this \(error.subject) is from a newer program", why: error.detail)
    }
  }

  /// What the command line itself found.
  init(_ failure: CommandFailure) {
    switch failure {
    case .noStore(let start):
      self.init(
        "no-store", ExitCodes.notFound, "there is no store here",
        why: "no --store, no ARTIFACT_STORE, and no .artifact in \(start) or above", "artifact init makes one here")
    case .unknownCommand(let word, let candidates):
      self.init("usage", ExitCodes.usage, "there is no command `\(word)`", "artifact --help lists all commands")
      if !candidates.isEmpty { advice.insert("did you mean \(Self.choice(candidates))?", at: 0) }
    case .words(let message, let why, let command):
      self.init("usage", ExitCodes.usage, message, why: why, "artifact \(command.map { "\($0) " } ?? "")--help")
    case .usage(let message, let why): self.init("usage", ExitCodes.usage, message, why: why)
    case .noSource(let path, let why):
      self.init("not-a-store", ExitCodes.notFound, "\(path) is not a store", why: why, "name a store that is there")
    case .noRoom(let packs):
      self.init(
        "io", ExitCodes.io, "\(Units.count(packs, "pack")) could not be packed anew",
        why: "the disk has no room for what is needed of \(packs == 1 ? "it" : "them")",
        "artifact gc again, with more room; what it freed so far is free")
    case .isFolder(let reference):
      self.init(
        "usage", ExitCodes.usage, "\(reference) is a folder", why: "only files have bytes to print",
        "artifact files \(reference)")
    case .isLink(let reference, let target):
      self.init("usage", ExitCodes.usage, "\(reference) is a symbolic link", why: "it leads to \(target)")
    }
  }

  /// The file of `log entry 7`.
  private static func file(ofEntry subject: String) -> String {
    subject.split(separator: " ").last.flatMap { Int($0) }.map(LogEntry.path) ?? "the file"
  }

  /// The command that lists what could have been meant.
  private static func list(for subject: String) -> String {
    let lists = [
      "the proposal": "proposals", "the channel": "channel list", "the key": "key list", "a policy": "policy set FILE",
    ]
    for (what, command) in lists where subject.hasPrefix(what) { return "artifact \(command)" }
    if let colon = subject.lastIndex(of: ":"), !subject.hasPrefix("sha256:") {
      return "artifact files \(subject[..<colon])"
    }
    if let at = subject.firstIndex(of: "@") { return "artifact ls \(subject[..<at])" }
    return "artifact ls"
  }

  /// `a`, `a or b`, `a, b or c`.
  private static func choice(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
