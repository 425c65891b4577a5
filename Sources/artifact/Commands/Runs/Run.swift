import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore

/// The command `artifact run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a command and record what it was made from and what it made.",
    discussion: """
      The exit code is the command's; 125 if it could not be started, 8 if it succeeded but could not be recorded. In the \
      command {name} stands for a parameter. Lines appended to $ARTIFACT_METRICS, as auc=0.91, become metrics.

        artifact run --in customers@4=data --out model.pkl=fraud/model -- python train.py
        artifact run -p depth=8 --seed 1 --deterministic --out out=fraud/model -- python train.py --depth {depth}
      """)

  @Option(
    name: [.customShort("p"), .customLong("param")],
    help: ArgumentHelp("A parameter. Repeatable.", valueName: "name=value"))
  var parameters: [RawArgument] = []

  @Option(
    name: .customLong("in"),
    help: ArgumentHelp("What it reads: checked where it lies, or pulled there. Repeatable.", valueName: "ref[=folder]"),
    completion: .reference)
  var inputs: [RawArgument] = []

  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "What it writes, and the name to publish it under. Repeatable.", valueName: "path[=name[,kind=model]]"),
    completion: .file())
  var outputs: [RawArgument] = []

  @Option(help: ArgumentHelp("The experiment that the run belongs to.", valueName: "name"))
  var experiment: RawArgument?

  @Option(help: ArgumentHelp("A seed, which the command finds in $ARTIFACT_SEED. Repeatable.", valueName: "[name=]n"))
  var seed: [RawArgument] = []

  @Option(help: ArgumentHelp("A word to find the run by. Repeatable.", valueName: "word"))
  var tag: [RawArgument] = []

  @Flag(help: "Print what would be stored, and start nothing.")
  var preview = false

  @Flag(help: "Run in a folder that holds nothing but the code and the inputs.")
  var cleanRoom = false

  @Flag(help: "Give back the outputs of an equal run, if there was one.")
  var reuse = false

  @Flag(help: "Set hash seed, thread counts and BLAS kernel.")
  var deterministic = false

  @Option(help: ArgumentHelp("Whether to see which files it opens: auto, on, off.", valueName: "when"))
  var trace = RunRequest.Tracing.auto

  @Option(
    help: ArgumentHelp("The machine's name in the record. (default: $ARTIFACT_HOST, else its own)", valueName: "name"))
  var host: RawArgument?

  @Flag(name: .shortAndLong, help: "No remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command, after --.", valueName: "command"))
  var command: [RawArgument] = []

  func validate() throws {
    if command.isEmpty { throw ValidationError("no command is given; it stands after --") }
  }

  func run() throws {
    let request = try request()
    let store = try store.open()
    let surroundings = Settings.runSurroundings(actor: actor.name, host: host)
    let report: RunReport?
    do {
      report = try Runner.run(request, in: store, surroundings, isPreview: preview) { error, code in
        let shown = ErrorReport(error).show(asJSON: output.json)
        Platform.exit(code == 0 ? (shown == ExitCodes.interrupted ? shown : ExitCodes.io) : code)
      }
    } catch {
      _ = ErrorReport(error).show(asJSON: output.json)
      throw Finish(code: ExitCodes.notStarted)
    }
    switch report {
    case .preview(let object): try Console.result(object)
    case .reused(let result, let plan, let outputs): try tell(result, plan, outputs)
    case .ran(let run): try tell(run)
    case nil: break
    }
  }

  // MARK: The request

  private func request() throws -> RunRequest {
    var request = RunRequest(command: command.map(\.bytes))
    request.parameters = try MetaOption.pairs(parameters)
    request.inputs = try inputs.map(Self.input)
    request.outputs = try outputs.map(Self.output)
    request.experiment = try experiment?.text("the experiment")
    for word in seed {
      let text = try word.text("the seed")
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let (name, value) = parts.count == 2 ? (parts[0], parts[1]) : ("run", text)
      guard Int(value) != nil else {
        throw CommandFailure.usage("the seed \"\(printable(text))\" cannot be used", "seeds are whole numbers")
      }
      request.seeds[name] = value
    }
    request.tags = try tag.map { try $0.text("the tag") }
    request.isCleanRoom = cleanRoom
    request.reuses = reuse
    request.isDeterministic = deterministic
    request.tracing = trace
    return request
  }

  private static func input(_ word: RawArgument) throws -> RunRequest.Input {
    guard let equals = word.bytes.lastIndex(of: UInt8(ascii: "=")) else {
      return RunRequest.Input(reference: try word.reference())
    }
    let path = Array(word.bytes[(equals + 1)...])
    guard !path.isEmpty else {
      throw CommandFailure.usage("the input \(printable(word.bytes)) cannot be used", "no folder stands after the =")
    }
    return RunRequest.Input(reference: try Reference(bytes: Array(word.bytes[..<equals])), path: path)
  }

  /// `PATH`, `PATH=NAME` or `PATH=NAME,kind=KIND`.
  static func output(_ word: RawArgument) throws -> RunRequest.Output {
    func refuse(_ why: String) -> CommandFailure {
      .usage("the output \(printable(word.bytes)) cannot be used", why)
    }
    let equals = word.bytes.firstIndex(of: UInt8(ascii: "=")) ?? word.bytes.endIndex
    var path = Array(word.bytes[..<equals])
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    if path.starts(with: Array("./".utf8)) { path.removeFirst(2) }
    guard !path.isEmpty, path != [UInt8(ascii: ".")] else { throw refuse("a file or folder must be named") }
    var result = RunRequest.Output(path: path)
    if equals == word.bytes.endIndex { return result }
    let parts = word.bytes[(equals + 1)...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    result.name = try PackageName(bytes: Array(parts[0]))
    for part in parts.dropFirst() {
      let text = String(decoding: part, as: UTF8.self)
      guard text.hasPrefix("kind="), let kind = PackageKind(rawValue: String(text.dropFirst(5))) else {
        throw refuse("after the name only kind=dataset, environment, code, model or other may stand")
      }
      result.kind = kind
    }
    return result
  }

  // MARK: What is said

  private func tell(_ result: Digest, _ plan: Digest, _ outputs: [String]) throws {
    if output.json {
      let object: JSONObject = [
        "outputs": .array(outputs.map { .string($0) }), "plan": .string(plan.text), "result": .string(result.text),
        "reused": true,
      ]
      return try Console.result(object)
    }
    if !quiet { Console.note("an equal run had been done; its outputs are in place (result \(result.short))") }
  }

  private func tell(_ run: CompletedRun) throws {
    if output.json { try Console.result(Self.json(run)) }
    if !quiet, !output.json { remark(run) }
    if run.exitCode == 0, !run.missing.isEmpty {
      let paths = run.missing.map { printable($0) }.joined(separator: ", ")
      _ = ErrorReport(RunError(.missing, paths, "the command ended with 0 but did not write it")).show(
        asJSON: output.json)
      throw Finish(code: ExitCodes.io)
    }
    if run.exitCode != 0 { throw Finish(code: run.exitCode) }
  }

  private func remark(_ run: CompletedRun) {
    let record = run.record
    for flag in record.flags { Console.note("note: \(printable(flag))") }
    if !record.undeclared.isEmpty {
      let paths = record.undeclared.prefix(3).map { printable($0.path) }.joined(separator: ", ")
      let more = record.undeclared.count > 3 ? " and \(record.undeclared.count - 3) more" : ""
      Console.note("note: read without being declared: \(paths)\(more)")
    }
    let time = Units.duration(milliseconds: record.end.milliseconds - record.start.milliseconds)
    let metrics = record.lastMetrics.prefix(4).map { "  \(printable($0.name)) \($0.value)" }.joined()
    let ending =
      switch record.ending {
      case .exit(0): "finished"
      case .exit(let code): "failed with \(code)"
      case .signal(let number): "ended by signal \(number)"
      }
    Console.note("run \(run.id.prefix(12)) \(ending) in \(time)\(metrics)")
    let versions = run.versions.map { "\($0.name)@\($0.version)" }.joined(separator: ", ")
    let next = run.versions.first.map { "reproduce \($0.name)@\($0.version)" } ?? "reproduce sha256:\(run.result.short)"
    Console.note("\(versions.isEmpty ? "" : "\(versions)  ")log entry \(run.logSize - 1)  next: artifact \(next)")
  }

  private static func json(_ run: CompletedRun) -> JSONObject {
    let versions = run.versions.map { version -> JSON in
      [
        "name": .string(version.name.text), "record": .string(version.record.text),
        "version": .integer(Int64(version.version)),
      ]
    }
    return [
      "exit": .integer(Int64(run.exitCode)), "flags": .array(run.record.flags.map { .string($0) }),
      "logSize": .integer(Int64(run.logSize)), "missing": .array(run.missing.map { .bytes($0) }),
      "plan": .string(run.plan.text), "result": .string(run.result.text), "run": .string(run.id),
      "tracing": .string(run.record.tracing ?? "declared"),
      "undeclared": .array(run.record.undeclared.map { .bytes($0.path) }), "versions": .array(versions),
    ]
  }
}
