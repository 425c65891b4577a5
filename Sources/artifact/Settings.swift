import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore
import Synchronization

/// Everything that comes from outside the command's own words: environment, home folder, terminal.
///
/// Nobody else asks.
enum Settings {
  /// The words after the program's name, as the parser takes them.
  static var arguments: [String] { Surroundings.arguments.dropFirst().map(RawArgument.encode) }

  // MARK: Folders

  /// The folder that `artifact init` makes where no other is named.
  static let storeFolder = Array(".artifact".utf8)

  /// The store as `--store` named it; nil where it is found without.
  static var namedStore: RawArgument? { named.withLock { $0 } }

  private static let named = Mutex<RawArgument?>(nil)

  /// The store to work on: `--store`, `ARTIFACT_STORE`, or the nearest `.artifact` from here upwards.
  static func store(_ option: RawArgument?) throws(CommandFailure) -> Path {
    if let option {
      named.withLock { $0 = option }
      return option.path
    }
    if let path = Surroundings.variable("ARTIFACT_STORE") { return Path(path) }
    guard let start = Surroundings.workingDirectory else { throw .noStore(from: "a folder that is gone") }
    var folder = start
    while true {
      // A folder that may not be looked into holds no store for this user.
      if let status = try? Directory(folder).statusIfPresent(storeFolder), status.kind != .file {
        return folder == start ? Path(storeFolder) : folder.appending(storeFolder)
      }
      if folder.bytes == [UInt8(ascii: "/")] { throw .noStore(from: start.printable) }
      folder = folder.parent
    }
  }

  /// Where caches and the memory of earlier histories are kept; nil if there is no home.
  static var local: LocalFolders? {
    guard let cache = folder("XDG_CACHE_HOME", below: ".cache"),
      let state = folder("XDG_STATE_HOME", below: ".local/state")
    else { return nil }
    return LocalFolders(cache: cache, state: state)
  }

  /// A relative path in such a variable counts as not set (XDG Base Directory Specification 0.8).
  private static func folder(_ variable: String, below home: String) -> Path? {
    if let bytes = Surroundings.variable(variable), bytes.first == UInt8(ascii: "/") {
      return Path(bytes).appending("artifact")
    }
    return Surroundings.variable("HOME").map { Path($0).appending(home).appending("artifact") }
  }

  // MARK: Person

  /// Who makes a change: `--actor`, `ARTIFACT_ACTOR`, or the user's name and the machine's.
  static func actor(_ option: RawArgument?) -> String {
    if let option { return printable(option.bytes) }
    if let bytes = Surroundings.variable("ARTIFACT_ACTOR") { return printable(bytes) }
    let user = Surroundings.variable("USER") ?? Surroundings.variable("LOGNAME")
    let name = user.map { printable($0) } ?? "uid:\(Surroundings.userID)"
    let host = Surroundings.hostName
    return host.isEmpty ? name : "\(name)@\(printable(host))"
  }

  /// The private key that `ARTIFACT_KEY` names.
  static var keyFile: Path? { Surroundings.variable("ARTIFACT_KEY").map { Path($0) } }

  /// The agent that holds the user's keys, if one runs.
  static var sshAgent: SSHAgent? { Surroundings.variable("SSH_AUTH_SOCK").map { SSHAgent(socket: Path($0)) } }

  // MARK: Commands that are run

  /// What a command is run in.
  static func runSurroundings(actor: String, host: RawArgument? = nil) -> RunSurroundings {
    let name = host?.bytes ?? Surroundings.variable("ARTIFACT_HOST") ?? Surroundings.hostName
    var surroundings = RunSurroundings(
      folder: Surroundings.workingDirectory ?? Path("."), variables: Surroundings.variables,
      scratch: Path(Surroundings.variable("TMPDIR") ?? Array("/tmp".utf8)), cache: local?.cache, actor: actor,
      host: printable(name))
    surroundings.isWatched = output.isTerminal
    return surroundings
  }

  /// The file in which a run's command tells about itself.
  static var metricsFile: Path? { Surroundings.variable("ARTIFACT_METRICS").map { Path($0) } }

  // MARK: Terminal

  /// What can be done on a stream.
  struct Screen: Sendable {
    /// Whether a person is looking.
    let isTerminal: Bool
    /// Whether the cursor can go back.
    let canRedraw: Bool
    /// Columns; nil where no limit is known.
    let columns: Int?
    /// Colours and weights.
    let style: Style
  }

  /// The stream of results.
  static let output = screen(.output)
  /// The stream of everything else.
  static let error = screen(.error)

  private static func screen(_ stream: StandardStream) -> Screen {
    let isTerminal = stream.isTerminal
    let terminal = Surroundings.variable("TERM")
    let canRedraw = isTerminal && terminal != nil && terminal != Array("dumb".utf8)
    return Screen(
      isTerminal: isTerminal, canRedraw: canRedraw, columns: isTerminal ? stream.columns ?? 80 : nil,
      style: Style(isOn: canRedraw && Surroundings.variable("NO_COLOR") == nil))
  }

  /// The time.
  static var now: Timestamp { Timestamp(milliseconds: Platform.now() / 1_000_000) }
}
