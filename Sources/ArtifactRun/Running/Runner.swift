public import ArtifactCore
import ArtifactIO
public import ArtifactStore

/// What came of a request to run.
public enum RunReport: Sendable {
  /// The command ran.
  case ran(CompletedRun)
  /// An equal plan had run before; its outputs are in place.
  case reused(result: Digest, plan: Digest, outputs: [String])
  /// Nothing was started; what would be stored.
  case preview(JSONObject)
}

/// A command that ran and was recorded.
public struct CompletedRun: Sendable {
  /// 32 hexadecimal digits.
  public let id: String
  /// The plan's record.
  public let plan: Digest
  /// The result's record.
  public let result: Digest
  /// What the result says.
  public let record: ResultRecord
  /// Outputs that were published.
  public let versions: [FinishedRun.Version]
  /// Declared outputs that the command did not write.
  public let missing: [[UInt8]]
  /// Number of log entries now.
  public let logSize: Int

  /// What a shell would call its exit code.
  public var exitCode: Int32 {
    switch record.ending {
    case .exit(let code): Int32(code)
    case .signal(let number): 128 + Int32(number)
    }
  }
}

/// Runs commands and records them.
public enum Runner {
  /// Runs a command; whatever is thrown was thrown before it started.
  ///
  /// - Parameter recordFailed: Told of an error after the command ran; it cannot be recorded then.
  public static func run(
    _ request: RunRequest, in store: Store, _ surroundings: RunSurroundings, isPreview: Bool = false,
    recordFailed: (any Error, Int32) -> Void
  ) throws -> RunReport? {
    if request.tracing == .on, !isPreview { try checkTracing(surroundings) }
    let beginning = try store.recording(Progress()) { intake -> Beginning in
      let prepared = try PreparedRun(request, store, surroundings, intake)
      if isPreview { return .end(.preview(try prepared.preview(surroundings))) }
      if request.reuses, let report = try Reuse.find(prepared, store, surroundings) { return .end(report) }
      ChildProcess.catchSignals()
      let run = try store.startRun(prepared.plan, experiment: request.experiment, actor: surroundings.actor, intake)
      return .started(prepared, run)
    }
    let prepared: PreparedRun
    let run: OpenRun
    switch beginning {
    case .end(let report): return report
    case .started(let plan, let started): (prepared, run) = (plan, started)
    }
    var execution: Execution
    do {
      execution = try Execution(prepared, run, store, surroundings)
      try execution.perform()
    } catch {
      try run.close()
      throw error
    }
    do {
      return .ran(try store.recording(Progress()) { intake in try execution.record(intake) })
    } catch {
      let code: Int32 =
        switch execution.outcome.end {
        case .exit(let code): Int32(code)
        case .signal(let number): 128 + Int32(number)
        }
      recordFailed(error, code)
      return nil
    }
  }

  /// What came of the work before the command.
  private enum Beginning {
    case started(PreparedRun, OpenRun)
    /// Nothing is to be run.
    case end(RunReport)
  }

  private static func checkTracing(_ surroundings: RunSurroundings) throws {
    var request = ProcessRequest(
      program: Path("/bin/true"), words: [Array("true".utf8)], variables: [], folder: surroundings.folder)
    request.isTraced = true
    let outcome = try Supervision.run(request, isQuiet: true)
    if outcome.trace == nil {
      throw RunError(
        .tool, "tracing", "the system does not grant it: \(IOFailure(number: outcome.traceError, "", "").detail)")
    }
  }
}

/// Giving back the outputs of an equal plan.
enum Reuse {
  /// The last finished run of an equal plan, with its outputs put in place; nil if there is none.
  static func find(
    _ prepared: PreparedRun, _ store: Store, _ surroundings: RunSurroundings
  ) throws -> RunReport? {
    let plan = Digest.of(try prepared.plan.bytes())
    for run in try store.refresh().runs.reversed() where run.plan == plan {
      guard let finish = run.finish, finish.outcome == .finished,
        case .result(let result) = try store.fact(finish.result)
      else { continue }
      let written = Set(result.outputs.map(\.path))
      guard prepared.plan.outputs.allSatisfy({ written.contains($0.path) }) else { continue }
      for output in result.outputs {
        let place = surroundings.folder.appending(output.path)
        let kind: EntryKind = if case .tree = output.content { .directory } else { .file }
        let entry = TreeEntry(
          kind: kind, size: output.size, digest: output.content.digest, name: place.lastComponent)
        _ = try store.pull(entry, to: place, mode: .force, Progress())
      }
      return .reused(result: finish.result, plan: plan, outputs: result.outputs.map { printable($0.path) })
    }
    return nil
  }
}
