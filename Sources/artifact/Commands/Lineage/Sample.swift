import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact sample`.
struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Make a smaller dataset that knows what it was made from.",
    discussion: """
      Rows of .csv, .tsv, .jsonl and .ndjson files are chosen, over all of them together; headers are kept, other files are \
      left out. The same version, number and seed give the same rows everywhere.

        artifact sample customers@4 customers-small --rows 1000 --seed 7
        artifact sample customers@4:train/part-0.csv part-small --rows 50 --seed 7
      """)

  @Argument(help: ArgumentHelp("The dataset, or a table in it.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The name of the new dataset.", completion: .packageName)
  var name: RawArgument

  @Option(help: ArgumentHelp("How many rows.", valueName: "n"))
  var rows: Int

  @Option(help: ArgumentHelp("What decides which rows: any text.", valueName: "text"))
  var seed: RawArgument

  @Option(help: ArgumentHelp("A tag for the version. Repeatable.", valueName: "tag"))
  var tag: [RawArgument] = []

  @Option(help: ArgumentHelp("A remark that becomes part of the version.", valueName: "text"))
  var note: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if rows < 1 { throw ValidationError("at least one row must be wanted") }
  }

  func run() throws {
    var request = SampleRequest(
      name: try PackageName(bytes: name.bytes), rows: rows, seed: try seed.text("the seed"), actor: actor.name)
    request.tags = try tag.map { (tag) throws(FormatError) in try TagName(bytes: tag.bytes) }
    request.note = try note?.text("the note")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let found = try store.resolve(reference.reference())
    let wanted = request
    let result = try Watch.run("sample \(request.name)", quietly: output.json) { (progress) throws(StoreError) in
      try store.sample(found, wanted, progress)
    }
    if output.json {
      var object: JSONObject = [
        "name": .string(request.name.text), "new": .boolean(result.isNew),
        "parent": .string(Describe.fixed(found)), "record": .string(result.record.text),
      ]
      object["version"] = JSON(result.version)
      object["rows"] = result.content.dataset.rows.flatMap { JSON($0) }
      object["logSize"] = JSON(result.logSize)
      return try Console.result(object)
    }
    Console.result("\(request.name)@\(result.version)")
    let count = result.content.dataset.rows ?? 0
    let few = count < UInt64(rows) ? ", all that there are" : ""
    Console.note("\(Units.count(count, "row")) of \(Describe.fixed(found))\(few)")
    let next = "lineage \(request.name)@\(result.version)"
    Console.note(
      result.isNew
        ? "log entry \(result.logSize - 1)  next: artifact \(next)" : "no new version  next: artifact \(next)")
  }
}
