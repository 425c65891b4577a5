import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Runs side by side: what they were given, and what came out.",
    discussion: """
      A run is named by the digest that artifact runs shows, or by a version that it made. Rows that are equal everywhere \
      are left out unless --all is given.

        artifact compare sha256:ab12cd34 sha256:ef56ab78
        artifact compare fraud/model@5 fraud/model@6 fraud/model@7
      """)

  @Argument(help: ArgumentHelp("Runs, or versions that runs made.", valueName: "run"), completion: .reference)
  var runs: [RawArgument]

  @Flag(help: "Rows that are equal too.")
  var all = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if runs.count < 2 { throw ValidationError("at least two runs must be named") }
  }

  /// One row: what, and its text in each run.
  private struct Row {
    let group: String
    let name: String
    let values: [String?]

    var isEqual: Bool { Set(values).count == 1 }
  }

  func run() throws {
    let store = try store.open()
    let lineage = try store.lineage()
    let text = NodeText(lineage: lineage)
    var names = [String]()
    var works = [(result: ResultRecord, plan: PlanRecord)]()
    for word in runs {
      let node = try store.node(word.reference(), in: lineage)
      let run = try result(node, lineage, word)
      names.append(node == run ? "sha256:\(lineage.graph.digest(run).short)" : text.reference(node))
      works.append(try store.result(lineage.graph.digest(run)))
    }
    let rows = try Self.rows(works, store).filter { all || !$0.isEqual }
    if output.json { return try Console.result(Self.json(rows, names)) }
    var table = Table([.init(title: "")] + names.map { .init(title: $0, mayShrink: true) })
    var group = ""
    for row in rows {
      if row.group != group {
        group = row.group
        table.add([group] + names.map { _ in "" })
      }
      table.add(["  \(printable(row.name))"] + row.values.map { printable($0 ?? "-") })
    }
    let lines = Lines()
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { lines.add(line) }
    lines.flush()
    if rows.isEmpty { Console.note("these runs do not differ in anything that is recorded") }
  }

  private func result(
    _ node: Lineage.Node, _ lineage: Lineage, _ word: RawArgument
  ) throws(CommandFailure) -> Lineage.Node {
    if lineage.graph.kind(node) == .result { return node }
    if let step = lineage.causes(of: node).first(where: { $0.link == .from }) { return step.node }
    throw .usage("\(printable(word.bytes)) cannot be compared", "it is no run with a result, and none made it")
  }

  private static func rows(
    _ works: [(result: ResultRecord, plan: PlanRecord)], _ store: Store
  ) throws(StoreError) -> [Row] {
    var rows = [Row]()
    func add(_ group: String, _ texts: [[String: String]]) {
      let names = Set(texts.flatMap(\.keys)).sorted(by: ExactText.precedesBytewise)
      rows += names.map { name in Row(group: group, name: name, values: texts.map { $0[name] }) }
    }
    add("metrics", works.map { metrics($0.result) })
    add("parameters", works.map { $0.result.parameters.merging($0.plan.parameters) { $1 } })
    add("seeds", works.map(\.plan.seeds))
    add("inputs", works.map { inputs($0.result, $0.plan) })
    add(
      "work",
      works.map { result, plan in
        [
          "command": plan.command.map { printable($0) }.joined(separator: " "), "code": plan.code?.short ?? "none",
          "environment": plan.environment?.short ?? "none", "host": result.host ?? "unknown",
          "time": Units.duration(milliseconds: result.end.milliseconds - result.start.milliseconds),
          "ended": ending(result),
        ]
      })
    add("hardware", works.map(\.result.hardware))
    return rows
  }

  private static func metrics(_ result: ResultRecord) -> [String: String] {
    Dictionary(result.lastMetrics.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  private static func inputs(_ result: ResultRecord, _ plan: PlanRecord) -> [String: String] {
    var texts = [String: String]()
    for input in plan.inputs {
      let source = result.inputs.first { $0.path == input.path }
      let name = source?.name.map { name in source?.version.map { "\(name)@\($0)" } ?? name }
      texts[printable(input.path)] = "\(name.map { "\($0) " } ?? "")\(input.content.digest.hex.prefix(8))"
    }
    return texts
  }

  private static func ending(_ result: ResultRecord) -> String {
    switch result.ending {
    case .exit(let code): "exit \(code)"
    case .signal(let number): "signal \(number)"
    }
  }

  private static func json(_ rows: [Row], _ names: [String]) -> JSONObject {
    [
      "rows": .array(
        rows.map { row in
          [
            "group": .string(row.group), "name": .string(row.name),
            "values": .array(row.values.map { $0.map { ["value": .string($0)] } ?? .object(JSONObject()) }),
          ]
        }), "runs": .array(names.map { .string($0) }),
    ]
  }
}
