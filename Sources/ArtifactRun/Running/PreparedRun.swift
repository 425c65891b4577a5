import ArtifactCore
import ArtifactIO
import ArtifactStore

/// A run with everything that is known before it starts.
struct PreparedRun: Sendable {
  let request: RunRequest
  let program: Path
  let inputs: [PlacedInput]
  let environment: RecordedEnvironment
  let code: CodeSnapshot
  let plan: PlanRecord
  /// Environment variables of the command, those of the recorder not yet among them.
  let variables: [[UInt8]]
  let redactor: Redactor
  /// What a person should know, and what the result will say.
  var flags: [String] = []

  init(_ request: RunRequest, _ store: Store, _ surroundings: RunSurroundings, _ intake: Intake) throws {
    self.request = request
    let tool = surroundings.tool
    let folder = surroundings.folder
    let command = request.filledCommand
    guard let word = command.first, let program = tool.find(word, in: folder), program.isExecutable,
      try File.status(program)?.kind == .file
    else { throw StartFailure(step: .program, subject: Path(command.first ?? []), number: 0) }
    self.program = program
    redactor = Redactor(variables: surroundings.variables)
    inputs = try request.inputs.map { try PlacedInput($0, in: folder, store, intake) }
    environment = try RecordedEnvironment.of(program, store, surroundings, intake)
    var excluded = inputs.map(\.place) + request.outputs.map { folder.appending($0.path) }
    excluded += [store.path.real ?? store.path]
    if let python = environment.python, python.isVirtual { excluded.append(python.prefix) }
    code = try CodeSnapshot.take(around: folder, excluding: excluded, tool, intake)
    variables = Variables.setting(
      request.isDeterministic ? Variables.deterministic : [:], in: surroundings.variables)
    plan = Self.plan(request, program, inputs, environment, code, variables, redactor, folder)
    flags = try flags(folder)
  }

  private static func plan(
    _ request: RunRequest, _ program: Path, _ inputs: [PlacedInput], _ environment: RecordedEnvironment,
    _ code: CodeSnapshot, _ variables: [[UInt8]], _ redactor: Redactor, _ folder: Path
  ) -> PlanRecord {
    var words = request.command
    // Where the environment lies is not part of the work: `python` is the one that is recorded.
    if let python = environment.python, words[0].contains(0x2f) {
      let parent = program.parent.real
      if parent == python.scripts || program == python.executable {
        words[0] = Python.isName(program.lastComponent) ? Array("python".utf8) : program.lastComponent
      }
    } else if environment.python != nil, Python.isName(words[0]) {
      words[0] = Array("python".utf8)
    }
    var plan = PlanRecord(command: redactor.words(words))
    plan.code = code.folder.tree
    plan.environment = environment.record
    plan.folder = folder.below(code.root) ?? []
    for (name, value) in request.parameters { plan.parameters[name] = redactor.value(value, named: name) }
    plan.seeds = request.seeds
    plan.variables = Variables.steering(in: variables)
    plan.inputs = inputs.map(\.planned)
    plan.outputs = request.outputs.map {
      PlanRecord.Output(path: $0.path, name: $0.name?.text, kind: $0.name == nil ? nil : $0.kind ?? .model)
    }
    return plan
  }

  private func flags(_ folder: Path) throws -> [String] {
    var flags = environment.notes.map { "environment: \($0)" }
    if plan.command != request.command && plan.command.dropFirst() != request.command.dropFirst()
      || plan.parameters != request.parameters
    {
      flags.append("redacted: the command or a parameter held a secret, so it cannot be run again as recorded")
    }
    for path in inputs.map(\.path) + request.outputs.map(\.path) where path.first == 0x2f {
      let what = inputs.contains { $0.path == path } ? "needs it there, unchanged" : "is refused"
      flags.append("fixed place: \(printable(path)) lies outside of the code's folder; reproduce \(what)")
    }
    if !code.facts.omitted.isEmpty {
      flags.append("code: left out because of their size: \(EnvironmentCapture.list(code.facts.omitted))")
    }
    return flags
  }

  /// What `--preview` shows.
  func preview(_ surroundings: RunSurroundings) throws -> JSONObject {
    var told = JSONObject()
    for (name, value) in Variables.told(in: variables, redactor) { told[name] = .string(value) }
    var hardware = JSONObject()
    for (name, value) in Hardware.facts() { hardware[name] = .string(value) }
    let code = PackageRecord(kind: .code, tree: code.folder.tree, size: 0, fileCount: code.folder.fileCount)
    return [
      "actor": .string(surroundings.actor), "codeFiles": .integer(Int64(code.fileCount)),
      "flags": .array(flags.map { .string($0) }), "hardware": .object(hardware), "host": .string(surroundings.host),
      "plan": try JSON.canonical(plan.bytes(), subject: "plan"), "variables": .object(told),
    ]
  }
}
