import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact report`.
struct ReportGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Judgements on versions: tests, scans, reviews.",
    discussion: """
        artifact report add fraud/model@3 --kind test --verdict passed result.json
        artifact report list fraud/model@3
      """,
    subcommands: [ReportAdd.self, ReportList.self])
}

/// The command `artifact report add`.
struct ReportAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Put a report on a version into the log.",
    discussion: """
      A policy counts passed, pass and ok as passing, and any other verdict as not. With --on a metric counts as measured \
      on that dataset.

        artifact report add fraud/model@3 --kind test --verdict passed result.json
        artifact report add fraud/model@3 --kind test --verdict passed --metric auc=0.93 --on customers/holdout@2
      """)

  @Argument(help: ArgumentHelp("The version that is judged.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The report itself.", completion: .file())
  var file: RawArgument?

  @Option(help: ArgumentHelp("test, drift, responsible-ai, scan, or another word.", valueName: "kind"))
  var kind: RawArgument

  @Option(help: ArgumentHelp("passed, failed, or another word.", valueName: "word"))
  var verdict: RawArgument

  @Option(help: ArgumentHelp("A measurement. Repeatable.", valueName: "name=value"))
  var metric: [RawArgument] = []

  @Option(
    help: ArgumentHelp("What it was measured on, or rests on. Repeatable.", valueName: "ref"), completion: .reference)
  var on: [RawArgument] = []

  @Option(help: ArgumentHelp("One line about it.", valueName: "text"))
  var note: RawArgument?

  @Option(help: ArgumentHelp("The media type of the file.", valueName: "type"))
  var media: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    try clock.apply(to: store, actor)
    var report = ReportRecord(
      kind: try kind.text("the kind"), verdict: try verdict.text("the verdict"),
      subjects: [try Self.record(reference, store)], time: Settings.now, actor: actor.name)
    report.inputs = try on.map { try Self.record($0, store) }
    report.note = try note?.text("the note")
    report.media = try media?.text("the media type")
    for (name, value) in try MetaOption.pairs(metric).sorted(by: { $0.key < $1.key }) {
      guard let metric = Metric(name: name, value: value) else {
        throw CommandFailure.usage(
          "the metric \(printable(name)) cannot be used", "\"\(printable(value))\" is no decimal number")
      }
      report.metrics.append(metric)
    }
    // Words are checked before anything is stored.
    _ = try report.bytes()
    let record = try store.recording(Progress()) { intake in
      var report = report
      if let file { report.body = try intake.store(file: file.path).digest }
      return try store.report(report, actor: actor.name, intake)
    }
    let sequence = try store.refresh().evidencePosition(record) ?? 0
    if output.json {
      return try Console.result(["log": .integer(Int64(sequence)), "report": .string(record.text)])
    }
    Console.result(record.text)
    Console.note(
      "log entry \(sequence)  next: artifact report list \(printable(reference.bytes))")
  }

  private static func record(_ word: RawArgument, _ store: Store) throws -> Digest {
    let found = try store.resolve(word.reference())
    guard let record = found.record, found.path.isEmpty else {
      throw CommandFailure.usage("\(printable(word.bytes)) cannot be judged", "only a whole version can")
    }
    return record
  }
}

/// The command `artifact report list`.
struct ReportList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The reports on a version, or all, newest first.")

  @Argument(help: ArgumentHelp("The version; all without it.", valueName: "ref"), completion: .reference)
  var reference: RawArgument?

  @Option(help: ArgumentHelp("Only of this kind.", valueName: "kind"))
  var kind: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let wanted = try reference.map { try store.resolve($0.reference(), includingErased: true).record }
    let kind = try kind?.text("the kind")
    let fold = try store.refresh()
    let lineage = try store.lineage()
    var rows = [(made: Fold.Report, report: ReportRecord)]()
    for made in fold.reports.reversed() {
      guard case .report(let report) = try store.fact(made.record) else { continue }
      if let wanted, !report.subjects.contains(where: { $0 == wanted }) { continue }
      if let kind, !ExactText.equal(report.kind, kind) { continue }
      rows.append((made, report))
    }
    func names(_ records: [Digest]) -> [String] {
      records.map { record in
        let label = lineage.graph.node(record).flatMap { lineage.labels(of: $0).last }
        return label.map { "\($0.name)@\($0.version)" } ?? record.short
      }
    }
    if output.json {
      let list = rows.map { row -> JSON in
        var object: JSONObject = [
          "actor": .string(row.report.actor), "kind": .string(row.report.kind),
          "log": .integer(Int64(row.made.sequence)), "record": .string(row.made.record.text),
          "subjects": .array(row.report.subjects.map { .string($0.text) }), "time": .string(row.report.time.text),
          "verdict": .string(row.report.verdict),
        ]
        if let body = row.report.body { object["body"] = .string(body.text) }
        if let note = row.report.note { object["note"] = .string(note) }
        if !row.report.metrics.isEmpty {
          object["metrics"] = .array(row.report.metrics.map { ["name": .string($0.name), "value": .string($0.value)] })
        }
        return .object(object)
      }
      return try Console.result(["reports": .array(list)])
    }
    var table = Table([
      .init(title: "REPORT"), .init(title: "KIND"), .init(title: "VERDICT"), .init(title: "TIME"),
      .init(title: "ON", mayShrink: true), .init(title: "WHO", mayShrink: true),
    ])
    for (made, report) in rows {
      table.add([
        made.record.short, report.kind, report.verdict, "\(report.time.text.prefix(16))",
        names(report.subjects).joined(separator: ", "), printable(report.actor),
      ])
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if rows.isEmpty { Console.note("there is none  next: artifact report add REF --kind test --verdict passed FILE") }
  }
}
