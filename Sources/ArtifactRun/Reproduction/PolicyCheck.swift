public import ArtifactCore
import ArtifactIO
public import ArtifactStore

/// A command that a policy demands, run on a version in a clean room; what it printed is kept as a report.
public enum PolicyCheck {
  /// What came of it.
  public struct Result: Sendable {
    /// Whether it ended with 0.
    public let passed: Bool
    /// The report's record.
    public let report: Digest
    /// The last lines that it printed.
    public let lastWords: [String]
  }

  /// Runs the command of a policy's line.
  ///
  /// The folder that it works in holds the code of the run that made the version, if there is one; the version itself
  /// as `package`; and what the line names with `using` as `checks`. The environment is that of the run. There is no network.
  public static func run(
    _ line: Policy.Line, on package: Digest, in store: Store, _ surroundings: RunSurroundings
  ) throws -> Result {
    guard case .check(let words, let using) = line.rule else {
      throw RunError(.usage, "line \(line.number)", "it is no check")
    }
    let scratch = try ScratchFolder(in: surroundings.scratch)
    defer { scratch.remove() }
    let content = try store.record(package)
    var room = CleanRoom(scratch: scratch, surroundings: surroundings, folder: scratch.path.appending("room"))
    var variables = ["LC_ALL": "C.UTF-8"]
    try furnish(&room, content, &variables, store)
    _ = try store.pull(try store.folder(content.tree), to: room.folder.appending("package"), Progress())
    if let using {
      _ = try store.pull(try store.resolve(using).entry, to: room.folder.appending("checks"), Progress())
    }
    let outcome = try room.run(words.map { Array($0.utf8) }, variables: variables)
    return try keep(outcome, line, package, store, surroundings)
  }

  /// Code and environment of the run behind the version.
  private static func furnish(
    _ room: inout CleanRoom, _ content: PackageRecord, _ variables: inout [String: String], _ store: Store
  ) throws {
    guard let from = content.from, let recipe = try? RunRecipe(Reference(from.text), in: store),
      let code = recipe.plan.code
    else {
      _ = try Directory(room.scratch.path).making(Array("room".utf8))
      return
    }
    _ = try store.pull(try store.folder(code), to: room.folder, Progress())
    variables = recipe.variables
    guard let record = recipe.environment, record.environment.interpreter != nil else { return }
    var restore = EnvironmentRestore(
      store, to: room.scratch.path.appending("environment"), room.surroundings.tool, room.scratch)
    room.environment = try restore.run(record, interpreter: nil)
  }

  private static func keep(
    _ outcome: Outcome, _ line: Policy.Line, _ package: Digest, _ store: Store, _ surroundings: RunSurroundings
  ) throws -> Result {
    let passed = outcome.end == .exit(0)
    let printed = outcome.output.parts + outcome.error.parts
    let last = outcome.error.parts.last.flatMap { $0.isEmpty ? nil : $0 } ?? outcome.output.parts.last ?? []
    let report = try store.recording(Progress()) { intake in
      var report = ReportRecord(
        kind: Gate.checkKind, verdict: passed ? "passed" : "failed", subjects: [package], time: Stopwatch.now,
        actor: surroundings.actor)
      report.note = line.text
      report.body = try intake.store(Array(printed.joined(separator: [0x0a])))
      report.media = "text/plain"
      return try store.report(report, actor: surroundings.actor, intake)
    }
    let lines = last.split(separator: 0x0a).suffix(3).map { printable(Array($0)) }
    return Result(passed: passed, report: report, lastWords: lines)
  }
}
