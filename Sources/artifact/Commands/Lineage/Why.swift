import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact why`.
struct Why: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "How two things are connected: the ways from one to the other.",
    discussion: """
      The order does not matter. Ends with 10 if neither was made from the other.

        artifact why fraud/model@6 customers@4
      """)

  @Argument(help: ArgumentHelp("One version, run or other record.", valueName: "a"), completion: .reference)
  var one: RawArgument

  @Argument(help: ArgumentHelp("The other.", valueName: "b"), completion: .reference)
  var other: RawArgument

  @Option(help: ArgumentHelp("At most so many ways, the shortest first.", valueName: "n"))
  var count = 10

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if count < 1 { throw ValidationError("at least one way must be wanted") }
  }

  func run() throws {
    let store = try store.open()
    let lineage = try store.lineage()
    let first = try store.node(one.reference(), in: lineage)
    let second = try store.node(other.reference(), in: lineage)
    var ways = lineage.ways(from: first, to: second, limit: count + 1)
    if ways.isEmpty { ways = lineage.ways(from: second, to: first, limit: count + 1) }
    let text = NodeText(lineage: lineage)
    let shown = ways.prefix(count)
    if output.json {
      let list = shown.map { way -> JSON in
        let steps = way.steps.map { step -> JSON in
          ["link": .string(step.link.name), "node": .object(text.json(step.node))]
        }
        return ["effect": .object(text.json(way.start)), "steps": .array(steps)]
      }
      try Console.result(["more": .boolean(ways.count > count), "ways": .array(list)])
    } else {
      show(Array(shown), text)
      if ways.isEmpty {
        Console.note("\(text.name(first)) and \(text.name(second)) are not connected: neither was made from the other")
      } else if ways.count > count {
        Console.note("there are more ways; --count \(count * 2) shows twice as many")
      }
    }
    if ways.isEmpty { throw Finish(code: ExitCodes.notFound) }
  }

  private func show(_ ways: [Lineage.Way], _ text: NodeText) {
    let style = Settings.output.style
    let width = Settings.output.columns
    for (position, way) in ways.enumerated() {
      if position > 0 { Console.result("") }
      Console.result(style.bold(text.name(way.start)))
      for step in way.steps {
        let (word, name) = text.named(step.link, .up, step.node)
        let head = "  \(word) \(name)"
        let room = width.map { max(0, $0 - displayWidth(head) - 2) } ?? Int.max
        let detail = text.detail(step.node)
        let tail = room == .max ? detail : room < 8 ? "" : Table.cut(detail, to: room)
        Console.result(head + (tail.isEmpty ? "" : "  " + style.faint(tail)))
      }
    }
  }
}
