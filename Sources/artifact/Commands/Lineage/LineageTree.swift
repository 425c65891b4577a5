import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact lineage`.
struct LineageTree: ParsableCommand {
  /// How the graph is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, dot, mermaid
  }

  static let configuration = CommandConfiguration(
    commandName: "lineage", abstract: "What something was made from, or what it went into.",
    discussion: """
      A run stands with what it ran: code, environment and inputs. What comes again is shown once and referred to later.

        artifact lineage fraud/model@6
        artifact lineage customers@4 --down
        artifact lineage fraud/model --format dot | dot -Tsvg > lineage.svg
      """)

  @Argument(help: ArgumentHelp("A version, a run or any other record.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Flag(help: "To what it was made from. (default)")
  var up = false

  @Flag(help: "To what it went into.")
  var down = false

  @Option(help: ArgumentHelp("At most so many steps.", valueName: "n"))
  var depth: Int?

  @Option(help: ArgumentHelp("text, dot (Graphviz) or mermaid.", valueName: "format"))
  var format: Format = .text

  @Option(
    name: [.customShort("n"), .customLong("count")],
    help: ArgumentHelp("At most so many lines of text; 0 means all.", valueName: "n"))
  var count = 1_000

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if up, down { throw ValidationError("--up and --down exclude each other") }
    if count < 0 { throw ValidationError("the number of lines cannot be negative") }
    if let depth, depth < 0 { throw ValidationError("the depth cannot be negative") }
  }

  func run() throws {
    let store = try store.open()
    let lineage = try store.lineage()
    let start = try store.node(reference.reference(), in: lineage)
    let direction: Lineage.Direction = down ? .down : .up
    let walk = lineage.walk(from: start, direction, depth: depth)
    let drawing = GraphDrawing(text: NodeText(lineage: lineage), walk: walk, direction: direction)
    if output.json { return try Console.result(drawing.json) }
    let lines = Lines()
    var left = 0
    switch format {
    case .text:
      left = drawing.tree(lines, most: count, width: Settings.output.columns, style: Settings.output.style)
    case .dot: drawing.dot(lines)
    case .mermaid: drawing.mermaid(lines)
    }
    lines.flush()
    if left > 0 {
      Console.note("\(Units.count(left, "more line")); -n 0 shows all, --depth fewer steps, artifact impact a table")
    }
    if format == .text, walk.nodes.count == 1, walk.cut.isEmpty {
      Console.note(down ? "nothing was made from it" : "nothing is known of what it was made from")
    }
  }
}

/// What was reached, as a tree of lines, as a graph for other programs, or as JSON.
struct GraphDrawing {
  let text: NodeText
  let walk: Lineage.Walk
  let direction: Lineage.Direction

  // MARK: Tree

  /// Adds at most so many lines, all for 0.
  ///
  /// - Returns: How many there are more.
  func tree(_ lines: Lines, most: Int, width: Int?, style: Style) -> Int {
    var left = most == 0 ? Int.max : most
    var shown = Set<Lineage.Node>()
    // Chains are long: what is to be drawn is kept on a list and not on the stack.
    var open = [(node: walk.nodes[0], link: Link?.none, first: "", rest: "")]
    while left > 0, let next = open.popLast() {
      left -= 1
      let steps = walk.steps(of: next.node)
      let isNew = shown.insert(next.node).inserted
      lines.add(line(next.node, next.link, next.first, isNew: isNew || steps.isEmpty, width, style))
      if !isNew { continue }
      for (position, step) in Array(steps).enumerated().reversed() {
        let isLast = position == steps.count - 1
        open.append(
          (step.node, step.link, next.rest + (isLast ? "`-- " : "|-- "), next.rest + (isLast ? "    " : "|   ")))
      }
    }
    // One line for each way that leads from one node to another.
    return most == 0 ? 0 : 1 + walk.nodes.reduce(0) { $0 + walk.steps(of: $1).count } - (most - left)
  }

  private func line(
    _ node: Lineage.Node, _ link: Link?, _ prefix: String, isNew: Bool, _ width: Int?, _ style: Style
  ) -> String {
    let (reason, name) = link.map { text.named($0, direction, node) } ?? ("", text.name(node))
    let word = reason.isEmpty ? "" : reason + " "
    var detail = isNew ? text.detail(node) : "see above"
    if walk.cut.contains(node) { detail += detail.isEmpty ? "..." : ", ..." }
    let used = displayWidth(prefix) + displayWidth(word) + displayWidth(name) + 2
    // Where there is no room for the detail, the name matters more.
    let room = width.map { max(0, $0 - used) } ?? Int.max
    if room < 8 { detail = "" }
    let shown = detail.isEmpty ? "" : "  " + style.faint(room == .max ? detail : Table.cut(detail, to: room))
    return prefix + word + style.bold(name) + shown
  }

  // MARK: For other programs

  /// The language of Graphviz; edges point from causes to effects.
  func dot(_ lines: Lines) {
    lines.add("digraph lineage {")
    lines.add("  rankdir=LR;")
    lines.add("  node [shape=box];")
    for (position, node) in walk.nodes.enumerated() {
      let shape = text.lineage.graph.kind(node).isRun ? ", shape=ellipse" : ""
      lines.add("  n\(position) [label=\(Self.quoted(text.name(node), escape: "\\\""))\(shape)];")
    }
    for (cause, effect, link) in edges() { lines.add("  n\(cause) -> n\(effect) [label=\"\(link.name)\"];") }
    lines.add("}")
  }

  /// The language of Mermaid flow charts.
  func mermaid(_ lines: Lines) {
    lines.add("flowchart LR")
    for (position, node) in walk.nodes.enumerated() {
      let name = Self.quoted(text.name(node), escape: "#quot;")
      lines.add("  n\(position)\(text.lineage.graph.kind(node).isRun ? "([\(name)])" : "[\(name)]")")
    }
    for (cause, effect, link) in edges() { lines.add("  n\(cause) -->|\(link.name)| n\(effect)") }
  }

  private static func quoted(_ text: String, escape: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: escape))\""
  }

  var json: JSONObject {
    let graph = text.lineage.graph
    var list = [JSON]()
    for node in walk.nodes {
      var object = text.json(node)
      object["depth"] = walk.depth(of: node).flatMap { JSON($0) }
      if walk.cut.contains(node) { object["more"] = true }
      list.append(.object(object))
    }
    let edges = edges().map { cause, effect, link -> JSON in
      [
        "cause": .string(graph.digest(walk.nodes[cause]).text),
        "effect": .string(graph.digest(walk.nodes[effect]).text),
        "link": .string(link.name),
      ]
    }
    return [
      "direction": .string(direction.rawValue), "edges": .array(edges), "nodes": .array(list),
      "start": .string(graph.digest(walk.nodes[0]).text),
    ]
  }

  /// Positions in `walk.nodes`.
  private func edges() -> [(cause: Int, effect: Int, link: Link)] {
    var result = [(cause: Int, effect: Int, link: Link)]()
    for (position, node) in walk.nodes.enumerated() {
      for step in walk.steps(of: node) {
        guard let other = walk.place(of: step.node) else { continue }
        result.append(direction == .up ? (other, position, step.link) : (position, other, step.link))
      }
    }
    return result
  }
}

extension LineageGraph.Kind {
  /// Whether the node is a run.
  var isRun: Bool { self == .result || self == .plan }
}
