import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact impact`.
struct Impact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "impact", abstract: "Every version, run and report that something reached, ever.",
    discussion: """
      Versions with the same content count too, under whatever name. The column NOW has the channels, tags and deployments \
      (at …) that a version is in, EVER those that it was in before.

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
    let standings = lineage.standings
    if output.json { return try Console.result(json(walk, text, standings)) }
    var table = Table([
      .init(title: "VERSION", mayShrink: true), .init(title: "KIND"), .init(title: "STEPS", isNumber: true),
      .init(title: "NOW", mayShrink: true), .init(title: "EVER", mayShrink: true),
    ])
    var counts = [String: Int]()
    for node in walk.nodes.dropFirst() {
      let kind = NodeText.word(lineage.graph.kind(node))
      counts[kind, default: 0] += 1
      for label in lineage.labels(of: node) {
        let standing = standings.standing(of: label)
        table.add([
          "\(label.name)@\(label.version)", kind, "\(walk.depth(of: node) ?? 0)", Self.list(standing, \.now),
          Self.list(standing, \.before),
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

  private static func list(_ standing: Standings.Standing, _ when: KeyPath<Standings.Places, [String]>) -> String {
    let words = standing.channels[keyPath: when] + standing.tags[keyPath: when]
    return (words + standing.targets[keyPath: when].map { "at \($0)" }).joined(separator: ", ")
  }

  private func json(_ walk: Lineage.Walk, _ text: NodeText, _ standings: Standings) -> JSONObject {
    let reached = walk.nodes.dropFirst().map { node -> JSON in
      var object = text.json(node)
      object["steps"] = walk.depth(of: node).flatMap { JSON($0) }
      let labels = text.lineage.labels(of: node)
      let kinds: [(String, KeyPath<Standings.Standing, Standings.Places>)] = [
        ("channels", \.channels), ("tags", \.tags), ("targets", \.targets),
      ]
      for (key, kind) in kinds where !labels.isEmpty {
        object[key] = .array(
          labels.map { label in
            let places = standings.standing(of: label)[keyPath: kind]
            return [
              "before": .array(places.before.map { .string($0) }), "now": .array(places.now.map { .string($0) }),
              "version": .string("\(label.name)@\(label.version)"),
            ]
          })
      }
      return .object(object)
    }
    return ["reached": .array(reached), "start": .object(text.json(walk.nodes[0]))]
  }
}
