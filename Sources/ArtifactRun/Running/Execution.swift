import ArtifactCore
import ArtifactIO
import ArtifactStore

/// One command between its plan and its result.
struct Execution {
  private let prepared: PreparedRun
  private let run: OpenRun
  private let store: Store
  private let surroundings: RunSurroundings
  private let scratch: ScratchFolder
  /// Where the command works.
  private var folder: Path
  private let notes: Path
  /// The state of each declared output before the command starts.
  private var before: [[UInt8]: Digest] = [:]
  private let start: Timestamp
  private var end: Timestamp
  /// How the command ended.
  private(set) var outcome = Outcome()

  init(_ prepared: PreparedRun, _ run: OpenRun, _ store: Store, _ surroundings: RunSurroundings) throws {
    self.prepared = prepared
    self.run = run
    self.store = store
    self.surroundings = surroundings
    scratch = try ScratchFolder(in: surroundings.scratch)
    folder = surroundings.folder
    notes = scratch.path.appending("metrics")
    try Directory(scratch.path).write([], to: Array("metrics".utf8))
    start = Stopwatch.now
    end = start
    if prepared.request.isCleanRoom { folder = try makeRoom() }
    for output in prepared.request.outputs {
      before[output.path] = try PlacedInput.state(of: folder.appending(output.path))
    }
  }

  /// A folder with the code and the inputs, and nothing else.
  private func makeRoom() throws -> Path {
    let room = scratch.path.appending("room")
    let code = prepared.code.folder
    _ = try store.pull(
      TreeEntry(kind: .directory, size: code.size, digest: code.tree, name: []), to: room, Progress())
    let folder = room.appending(prepared.plan.folder)
    if !prepared.plan.folder.isEmpty { _ = try Directory(room).making(prepared.plan.folder) }
    for input in prepared.inputs where input.path.first != 0x2f {
      let parent = Path(input.path).parent.bytes
      if parent != [0x2e] { _ = try Directory(folder).making(parent) }
      _ = try store.pull(
        input.resolved.entry, to: folder.appending(input.path), references: input.resolved.references, Progress())
    }
    for output in prepared.request.outputs where output.path.first != 0x2f {
      let parent = Path(output.path).parent.bytes
      if parent != [0x2e] { _ = try Directory(folder).making(parent) }
    }
    return folder
  }

  /// Runs the command to its end.
  mutating func perform() throws {
    var own = [
      "ARTIFACT_RUN": run.id, "ARTIFACT_METRICS": String(decoding: notes.bytes, as: UTF8.self),
      "ARTIFACT_STORE": String(decoding: (store.path.real ?? store.path).bytes, as: UTF8.self),
    ]
    var parameters = JSONObject()
    for (name, value) in prepared.request.parameters { parameters[name] = .string(value) }
    own["ARTIFACT_PARAMS"] = String(decoding: JSON.object(parameters).plainBytes(), as: UTF8.self)
    // Its output goes through pipes, into which Python would write only now and then.
    if surroundings.isWatched, Tool.value(of: "PYTHONUNBUFFERED", in: prepared.variables) == nil {
      own["PYTHONUNBUFFERED"] = "1"
    }
    own["ARTIFACT_SEED"] = prepared.request.seeds["run"]
    var program = prepared.program
    let word = prepared.request.filledCommand[0]
    if prepared.request.isCleanRoom, word.contains(0x2f), word.first != 0x2f, folder.appending(word).isExecutable {
      program = folder.appending(word)
    }
    var request = ProcessRequest(
      program: program, words: prepared.request.filledCommand,
      variables: Variables.setting(own, in: prepared.variables), folder: folder)
    request.isTraced = prepared.request.tracing != .off
    outcome = try Supervision.run(request)
    end = Stopwatch.now
  }

  // MARK: After the end

  /// Stores what came out and puts the result in the log.
  func record(_ intake: Intake) throws -> CompletedRun {
    let told = RunNotes(try File.contents(notes, limit: 1 << 30))
    var result = ResultRecord(
      run: run.id, plan: run.plan, start: start, end: end, ending: outcome.end.recorded, actor: surroundings.actor)
    result.host = surroundings.host.isEmpty ? nil : surroundings.host
    result.code = prepared.code.record
    result.inputs = prepared.inputs.compactMap(\.origin)
    result.tags = Array(Set(prepared.request.tags + told.tags))
    for (name, value) in told.parameters { result.parameters[name] = prepared.redactor.value(value, named: name) }
    try put(told.metrics, into: &result, intake)
    result.logs = try logs(intake)
    result.resources = resources
    result.hardware = hardware
    result.variables = Variables.told(in: prepared.variables, prepared.redactor)
    result.parent = Tool.value(of: "ARTIFACT_RUN", in: surroundings.variables)
      .map { String(decoding: $0, as: UTF8.self) }.flatMap { RunID.isValid($0) ? $0 : nil }
    result.children = try store.children(of: run)
    var flags = prepared.flags + told.strange.map { "not understood in ARTIFACT_METRICS: \($0)" }
    var (publications, missing) = try putOutputs(into: &result, &flags, told.files, intake)
    attribute(&result, &flags)
    result.flags = flags.map { String(decoding: prepared.redactor.text(Array($0.utf8)), as: UTF8.self) }
    let isFine = outcome.end == .exit(0) && missing.isEmpty
    if outcome.end != .exit(0) { publications = [] }
    let finished = try store.finishRun(
      run, result, outcome: isFine ? .finished : .failed, publishing: publications, actor: surroundings.actor, intake)
    if prepared.request.isCleanRoom { try bringBack(result) }
    return CompletedRun(
      id: run.id, plan: run.plan, result: finished.result, record: result, versions: finished.versions,
      missing: missing, logSize: finished.logSize)
  }

  /// The most metrics in a record; the rest is in a file beside it.
  private static let metricLimit = 1_000

  private func put(_ metrics: [Metric], into result: inout ResultRecord, _ intake: Intake) throws {
    result.metrics = metrics
    guard metrics.count > Self.metricLimit else { return }
    var lines = [UInt8]()
    for metric in metrics {
      var object: JSONObject = ["name": .string(metric.name), "value": .string(metric.value)]
      if let step = metric.step { object["step"] = .integer(Int64(step)) }
      lines += JSON.object(object).plainBytes() + [0x0a]
    }
    result.history = try intake.store(lines)
    result.metrics = Array(result.lastMetrics.prefix(Self.metricLimit))
  }

  private func logs(_ intake: Intake) throws -> [ResultRecord.Log] {
    var result = [ResultRecord.Log]()
    for (name, log) in [("stdout", outcome.output), ("stderr", outcome.error)] where log.byteCount > 0 {
      let gap = Array("\n[\(log.omittedCount) bytes left out]\n".utf8)
      let bytes = Array(log.parts.map { prepared.redactor.text($0) }.joined(separator: gap))
      result.append(
        ResultRecord.Log(
          stream: name, blob: try intake.store(bytes), omitted: log.omittedCount == 0 ? nil : log.omittedCount))
    }
    return result
  }

  private var resources: [String: UInt64] {
    [
      "peakBytes": outcome.usage.peakBytes,
      "systemMilliseconds": UInt64(max(0, outcome.usage.systemMicroseconds)) / 1_000,
      "userMilliseconds": UInt64(max(0, outcome.usage.userMicroseconds)) / 1_000,
      "wallMilliseconds": UInt64(max(0, end.milliseconds - start.milliseconds)),
    ]
  }

  private var hardware: [String: String] {
    var facts = Hardware.facts()
    facts["algebra"] = prepared.environment.algebra
    facts["python"] = prepared.environment.python?.build
    return facts
  }

  private func putOutputs(
    into result: inout ResultRecord, _ flags: inout [String], _ told: [RunRequest.Output], _ intake: Intake
  ) throws -> ([Publication], missing: [[UInt8]]) {
    var publications = [Publication]()
    var missing = [[UInt8]]()
    var seen = Set<[UInt8]>()
    for output in prepared.request.outputs + told where seen.insert(output.path).inserted {
      let place = folder.appending(output.path)
      guard let status = try File.status(place), [.file, .directory].contains(status.kind) else {
        missing.append(output.path)
        flags.append("output: \(printable(output.path)) was not written")
        continue
      }
      if let state = before[output.path], try PlacedInput.state(of: place) == state {
        missing.append(output.path)
        flags.append("output: \(printable(output.path)) was there before and was not written by this run")
        continue
      }
      let stored: Intake.Folder
      var content: Content
      if status.kind == .directory {
        stored = try intake.store(place, rules: ScanRules(exclude: [".artifact/"], readsIgnoreFiles: false))
        content = .tree(stored.tree)
      } else {
        let file = try intake.store(file: place.real ?? place)
        content = .blob(file.digest)
        let entry = TreeEntry(
          kind: status.isExecutable ? .executable : .file, size: file.size, digest: file.digest,
          name: place.lastComponent)
        stored = try intake.store([entry])
      }
      result.outputs.append(
        ResultRecord.Output(path: output.path, content: content, size: stored.size, name: output.name?.text))
      guard let name = output.name else { continue }
      publications.append(Publication(name: name, kind: output.kind, folder: stored))
    }
    return (publications, missing)
  }

  private func attribute(_ result: inout ResultRecord, _ flags: inout [String]) {
    for input in prepared.inputs {
      // An input that cannot be looked at any more has changed.
      let now = try? PlacedInput.state(of: folder == surroundings.folder ? input.place : folder.appending(input.path))
      if folder == surroundings.folder, now != input.state {
        flags.append("changed: the input \(printable(input.path)) changed during the run")
      }
    }
    guard let trace = outcome.trace else {
      result.tracing = "declared"
      let reason = outcome.traceError == 0 ? "not asked for" : IOFailure(number: outcome.traceError, "", "").detail
      flags.append("tracing: none (\(reason)); only declared inputs are known")
      return
    }
    result.tracing = "seccomp"
    if trace.lostCount > 0 { flags.append("tracing: \(trace.lostCount) paths could not be read") }
    if trace.hasLeftovers { flags.append("processes: some were left running when the command ended") }
    let attribution = Attribution(trace, places)
    result.undeclared = attribution.undeclared
    if attribution.unlistedCount > 0 {
      flags.append("tracing: \(attribution.unlistedCount) more undeclared files were read")
    }
    for path in attribution.changed { flags.append("changed: \(printable(path)) changed after it was first read") }
  }

  private var places: Attribution.Places {
    var environment = [scratch.path.appending("metrics"), store.path.real ?? store.path]
    if let python = prepared.environment.python {
      // Where the interpreter's file lies as well: a manager of interpreters reads its own files on the way.
      let home = python.executable.parent.parent
      environment += [python.prefix, python.base, python.standardLibrary, python.packages]
      if home.bytes.count > 1, home.bytes != [0x2e] { environment.append(home.real ?? home) }
    }
    var root = prepared.code.root
    if prepared.request.isCleanRoom { root = scratch.path.appending("room") }
    return Attribution.Places(
      codeRoot: root, code: prepared.code.paths,
      inputs: prepared.inputs.map { folder.appending($0.path) }.map { $0.real ?? $0 },
      outputs: prepared.request.outputs.map { folder.appending($0.path) }, environment: environment)
  }

  /// Puts outputs of a clean room where they would be without one.
  private func bringBack(_ result: ResultRecord) throws {
    for output in result.outputs where output.path.first != 0x2f {
      let place = surroundings.folder.appending(output.path)
      let kind: EntryKind = if case .tree = output.content { .directory } else { .file }
      let entry = TreeEntry(kind: kind, size: output.size, digest: output.content.digest, name: place.lastComponent)
      _ = try store.pull(entry, to: place, mode: .force, Progress())
    }
  }
}

extension ChildProcess.End {
  /// As the record says it.
  var recorded: ResultRecord.End {
    switch self {
    case .exit(let code): .exit(code)
    case .signal(let number): .signal(number)
    }
  }
}
