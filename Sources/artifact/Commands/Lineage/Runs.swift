import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact runs`.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "What was run, and how it went: the newest first.",
    discussion: """
      The digest in the first column names the run everywhere: it is that of its result, or of its plan while there is none.

        artifact runs --experiment tuning --metric 'auc>0.9'
        artifact runs --status aborted -n 0
      """)

  @Option(help: ArgumentHelp("Only runs of this experiment.", valueName: "name"))
  var experiment: RawArgument?

  @Option(help: ArgumentHelp("Only runs that stand so.", valueName: "status"))
  var status: ListedRun.Status?

  @Option(help: ArgumentHelp("Only runs whose metric is so: 'auc>0.9'. Repeatable.", valueName: "bound"))
  var metric: [RawArgument] = []

  @Option(help: ArgumentHelp("Only runs with this tag. Repeatable.", valueName: "tag"))
  var tag: [RawArgument] = []

  @Option(
    name: [.customShort("n"), .customLong("count")],
    help: ArgumentHelp("How many; 0 means all.", valueName: "n"))
  var count = 20

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if count < 0 { throw ValidationError("the number of runs cannot be negative") }
  }

  func run() throws {
    var filter = RunFilter()
    filter.experiment = try experiment?.text("the experiment")
    filter.status = status
    for word in metric { filter.bounds.append(try MetricBound(try word.text("the metric bound"))) }
    for word in tag { filter.tags.append(try word.text("the tag")) }
    let found = try store.open().runs(filter)
    let shown = count == 0 ? found[...] : found.prefix(count)
    if output.json {
      return try Console.result([
        "runs": .array(shown.map { .object(Self.json($0)) }), "total": .integer(Int64(found.count)),
      ])
    }
    show(shown)
    if found.isEmpty {
      Console.note("no run fits")
    } else if shown.count < found.count {
      Console.note("\(Units.count(found.count - shown.count)) older; artifact runs -n 0 shows all")
    }
  }

  private func show(_ runs: ArraySlice<ListedRun>) {
    if runs.isEmpty { return }
    var table = Table([
      .init(title: "RUN"), .init(title: "STATUS"), .init(title: "AGE", isNumber: true),
      .init(title: "TIME", isNumber: true), .init(title: "EXPERIMENT", mayShrink: true),
      .init(title: "METRICS", mayShrink: true), .init(title: "COMMAND", mayShrink: true),
    ])
    let now = Settings.now
    for run in runs {
      table.add([
        "sha256:\(run.record.short)", run.status.rawValue, Units.age(of: run.run.time, at: now),
        run.milliseconds.map { Units.duration(milliseconds: $0) } ?? "", printable(run.run.experiment ?? ""),
        run.metrics.prefix(3).map { "\(printable($0.name))=\($0.value)" }.joined(separator: " "),
        run.command.joined(separator: " "),
      ])
    }
    let lines = Lines()
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { lines.add(line) }
    lines.flush()
  }

  static func json(_ run: ListedRun) -> JSONObject {
    var object: JSONObject = [
      "actor": .string(run.run.actor), "command": .array(run.command.map { .string($0) }),
      "metrics": .array(run.metrics.map { ["name": .string($0.name), "value": .string($0.value)] }),
      "plan": .string(run.run.plan.text), "run": .string(run.run.id), "started": .string(run.run.time.text),
      "status": .string(run.status.rawValue), "tags": .array(run.tags.map { .string($0) }),
    ]
    if let finish = run.run.finish { object["result"] = .string(finish.result.text) }
    if let experiment = run.run.experiment { object["experiment"] = .string(experiment) }
    if let parent = run.parent { object["parent"] = .string(parent) }
    object["milliseconds"] = run.milliseconds.flatMap { JSON($0) }
    return object
  }
}
