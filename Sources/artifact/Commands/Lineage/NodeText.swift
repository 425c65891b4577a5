import ArtifactCore
import ArtifactStore

/// How the nodes of the graph are shown to people and programs.
struct NodeText {
  let lineage: Lineage

  /// What can be typed again: a version, or a digest.
  func reference(_ node: Lineage.Node) -> String {
    if let label = lineage.labels(of: node).last { return "\(label.name)@\(label.version)" }
    return "sha256:\(lineage.graph.digest(node).short)"
  }

  /// The node's name: `customers@4`, `run sha256:ab12cd34ef56`.
  func name(_ node: Lineage.Node) -> String {
    let labels = lineage.labels(of: node)
    if labels.count > 1 { return "\(reference(node)) (and \(Units.count(labels.count - 1, "other name")))" }
    if labels.count == 1 { return reference(node) }
    return "\(Self.word(lineage.graph.kind(node))) \(reference(node))"
  }

  /// Why a neighbour is one, and its name; not `code code sha256:…`.
  func named(_ link: Link, _ direction: Lineage.Direction, _ node: Lineage.Node) -> (link: String, name: String) {
    let word = Self.word(link, direction)
    let kind = Self.word(lineage.graph.kind(node))
    if word == kind, lineage.labels(of: node).isEmpty { return (word, reference(node)) }
    return (word, name(node))
  }

  /// The word for what a node is.
  static func word(_ kind: LineageGraph.Kind) -> String {
    switch kind {
    case .dataset: "dataset"
    case .environment: "environment"
    case .code: "code"
    case .model: "model"
    case .other: "other"
    case .plan, .result: "run"
    case .report: "report"
    case .tree: "folder"
    case .blob: "file"
    case .lost: "record"
    }
  }

  /// What is worth knowing about a node, in a few words.
  func detail(_ node: Lineage.Node) -> String {
    let facts = lineage.graph.facts(node)
    var parts = [String]()
    switch lineage.graph.kind(node) {
    case .result:
      parts += Self.metrics(facts)
      if let code = facts["exit"]?.integer, code != 0 { parts.append("exit \(code)") }
      if let number = facts["signal"]?.integer { parts.append("signal \(number)") }
      if let plan = lineage.planFacts(of: node) { parts.append(Self.command(plan)) }
    case .plan: parts += ["no result", Self.command(facts)]
    case .report:
      parts += [facts["kind"], facts["verdict"]].compactMap { $0?.string }.map { printable($0) }
    case .lost: parts.append("not in this store, or not readable")
    case .tree, .blob: parts.append("known by its content only")
    default:
      if !lineage.labels(of: node).isEmpty { parts.append(Self.word(lineage.graph.kind(node))) }
      parts += Self.package(facts)
    }
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func package(_ facts: JSONObject) -> [String] {
    var parts = [String]()
    if let size = facts["size"]?.integer { parts.append(Units.bytes(size)) }
    if let rows = facts["rows"]?.integer { parts.append(Units.count(rows, "row")) }
    if let commit = facts["commit"]?.string {
      parts.append(
        "\(printable(commit.prefix(8).description))\(facts["dirty"]?.boolean == true ? " with changes" : "")")
    }
    if let interpreter = facts["interpreter"]?.string { parts.append(printable(interpreter)) }
    if let packages = facts["packages"]?.integer { parts.append(Units.count(packages, "package")) }
    if let method = facts["method"]?.string { parts.append(printable(method)) }
    if let origin = facts["origin"]?.string { parts.append("from \(printable(origin))") }
    return parts
  }

  /// The first few metrics: `auc=0.91`.
  static func metrics(_ facts: JSONObject, most: Int = 3) -> [String] {
    (facts["metrics"]?.array ?? []).prefix(most).compactMap { pair in
      guard let fields = pair.array, fields.count == 2, let name = fields[0].string, let value = fields[1].string
      else { return nil }
      return "\(printable(name))=\(printable(value))"
    }
  }

  /// The words of a command, with one space between.
  static func command(_ facts: JSONObject) -> String {
    (facts["command"]?.array ?? []).compactMap(\.string).joined(separator: " ")
  }

  /// Why one node leads to the next.
  static func word(_ link: Link, _ direction: Lineage.Direction) -> String {
    switch (link, direction) {
    case (.from, .up): "from"
    case (.from, .down): "made"
    case (.derivedFrom, .up): "derived from"
    case (.derivedFrom, .down): "derived"
    case (.base, .up): "started with"
    case (.base, .down): "base of"
    case (.content, _): "same content as"
    case (.output, .up): "written by"
    case (.output, .down): "wrote"
    case (.child, .up): "ran"
    case (.child, .down): "part of"
    case (.subject, .up): "about"
    case (.subject, .down): "judged by"
    case (.evidence, .up): "resting on"
    case (.evidence, .down): "evidence of"
    case (_, .up): link.name
    case (_, .down): "\(link.name) of"
    }
  }

  /// The node for a program.
  func json(_ node: Lineage.Node) -> JSONObject {
    let graph = lineage.graph
    var object: JSONObject = [
      "digest": .string(graph.digest(node).text), "kind": .string("\(graph.kind(node))"),
    ]
    let labels = lineage.labels(of: node)
    if !labels.isEmpty { object["versions"] = .array(labels.map { .string("\($0.name)@\($0.version)") }) }
    let facts = graph.facts(node)
    if !facts.isEmpty { object["facts"] = .object(facts) }
    if let plan = lineage.planFacts(of: node)?["command"] { object["command"] = plan }
    return object
  }
}
