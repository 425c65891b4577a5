import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore

/// The command `artifact reproduce`.
struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Repeat the run that made a version, without a network, and say whether it is the same.",
    discussion: """
      Code, inputs and environment come from the store. The verdict is identical, same-content, close, metrics or \
      different (exit code 3), and goes into the log as a report. Nothing that was written is ever executed or unpickled.

        artifact reproduce fraud/model@3
        artifact reproduce fraud/model@3 --tolerance auc=0.002
      """)

  @Argument(
    help: ArgumentHelp("A version that a run made, or the digest of a run's result or plan.", valueName: "ref"),
    completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("By how much a metric may differ. Repeatable.", valueName: "metric=number"))
  var tolerance: [RawArgument] = []

  @Flag(help: "Print the shell script that does the same by hand.")
  var script = false

  @Option(help: ArgumentHelp("The interpreter to build on.", valueName: "path"), completion: .file())
  var python: RawArgument?

  @Flag(help: "Let the command use the network.")
  var allowNetwork = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func run() throws {
    var request = ReproductionRequest(reference: try reference.reference())
    for (name, text) in try MetaOption.pairs(tolerance) {
      guard let number = Double(text), number >= 0 else {
        throw CommandFailure.usage("the tolerance \"\(printable(text))\" cannot be used", "it is a number from 0 on")
      }
      request.tolerances[name] = number
    }
    request.interpreter = python?.path
    request.allowsNetwork = allowNetwork
    let store = try store.open()
    if script { return Console.result(try Reproducer.script(request, in: store)) }
    let found = try Reproducer.run(request, in: store, Settings.runSurroundings(actor: actor.name))
    if output.json { try Console.result(Self.json(found)) } else { tell(found) }
    if !found.isReproduced { throw Finish(code: ExitCodes.differs) }
  }

  private func tell(_ found: Reproduction) {
    let style = Settings.output.style
    Console.result(found.isReproduced ? style.green(found.verdict) : style.red(found.verdict))
    for item in found.outputs { Console.result("  \(item.verdict.padded(to: 12))  \(item.name): \(item.detail)") }
    for item in found.metrics {
      Console.result("  \(item.verdict.padded(to: 12))  \(printable(item.name)): \(item.detail)")
    }
    for note in found.notes { Console.note("note: \(note)") }
    for (place, suspect) in found.suspects.enumerated() {
      Console.result("  suspect \(place + 1): \(printable(suspect))")
    }
    Console.note("report \(found.report.short)  run \(found.result.short)")
  }

  private static func json(_ found: Reproduction) -> JSONObject {
    func list(_ items: [Reproduction.Item]) -> JSON {
      .array(
        items.map { item in
          ["detail": .string(item.detail), "name": .string(item.name), "verdict": .string(item.verdict)]
        })
    }
    return [
      "metrics": list(found.metrics), "notes": .array(found.notes.map { .string($0) }), "outputs": list(found.outputs),
      "report": .string(found.report.text), "reproduced": .boolean(found.isReproduced),
      "result": .string(found.result.text), "suspects": .array(found.suspects.map { .string($0) }),
      "verdict": .string(found.verdict),
    ]
  }
}
