import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact impact`.
struct Impact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Every version, run and report that something reached, ever.",
    discussion: """
      Versions with the same content count too, under whatever name. The column NOW has the tags that a version has, EVER \
      those that it had before.

        artifact impact customers@4
        artifact impact sha256:ab12cd34 --json
      """)

  @Argument(help: ArgumentHelp("A version, a run or any other record.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let lineage = try store.lineage()
    let start = try store.node(reference.reference(), in: lineage)
    let walk = lineage.walk(from: start, .down)
    let text = NodeText(lineage: lineage)
    if output.json { return try Console.result(json(walk, text)) }
    var table = Table([
      .init(title: "VERSION", mayShrink: true), .init(title: "KIND"), .init(title: "STEPS", isNumber: true),
      .init(title: "NOW", mayShrink: true), .init(title: "EVER", mayShrink: true),
    ])
    var counts = [String: Int]()
    for node in walk.nodes.dropFirst() {
      let kind = NodeText.word(lineage.graph.kind(node))
      counts[kind, default: 0] += 1
      for label in lineage.labels(of: node) {
        let tags = lineage.tags(of: label)
        table.add([
          "\(label.name)@\(label.version)", kind, "\(walk.depth(of: node) ?? 0)", tags.now.joined(separator: ", "),
          tags.before.joined(separator: ", "),
        ])
      }
    }
    if !table.isEmpty {
      let lines = Lines()
      for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { lines.add(line) }
      lines.flush()
    }
    let parts = counts.sorted { $0.key < $1.key }.map { Units.count($0.value, $0.key) }
    Console.note("\(text.name(start)) reached \(parts.isEmpty ? "nothing" : parts.joined(separator: ", "))")
  }

  private func json(_ walk: Lineage.Walk, _ text: NodeText) -> JSONObject {
    let reached = walk.nodes.dropFirst().map { node -> JSON in
      var object = text.json(node)
      object["steps"] = walk.depth(of: node).flatMap { JSON($0) }
      let tags = text.lineage.labels(of: node).map { label -> JSON in
        let tags = text.lineage.tags(of: label)
        return [
          "before": .array(tags.before.map { .string($0) }), "now": .array(tags.now.map { .string($0) }),
          "version": .string("\(label.name)@\(label.version)"),
        ]
      }
      if !tags.isEmpty { object["tags"] = .array(tags) }
      return .object(object)
    }
    return ["reached": .array(reached), "start": .object(text.json(walk.nodes[0]))]
  }
}
