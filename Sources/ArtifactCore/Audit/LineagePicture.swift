/// The surroundings of one node of the graph, small enough to be drawn.
///
/// What is nearest comes first: causes and effects by their distance, until the limit is reached; how much was left out is
/// stated. The same graph always gives the same picture.
public struct LineagePicture: Sendable, Equatable {
  /// Something that is drawn.
  public struct Node: Sendable, Equatable {
    /// Its id.
    public let digest: Digest
    /// A version, or the start of the id.
    public let title: String
    /// What it is, in one word.
    public let kind: String
    /// What is worth knowing of it, in a few words.
    public let detail: String
    /// Whether the picture is about it.
    public let isFocus: Bool
  }

  /// Something that was made from something else; both are places in `nodes`.
  public struct Edge: Sendable, Equatable {
    /// What was made.
    public let effect: Int
    /// What it was made from.
    public let cause: Int
    /// How the effect uses the cause, in one or two words.
    public let word: String
  }

  /// The nodes; the focus first, then by distance.
  public let nodes: [Node]
  /// The edges between them.
  public let edges: [Edge]
  /// How many more nodes are connected with the focus and are not in the picture.
  public let omitted: Int
  /// How many edges between drawn nodes are left out.
  public let omittedEdges: Int

  /// Most nodes of a picture.
  public static let nodeLimit = 400
  /// Most edges of a picture.
  public static let edgeLimit = 1_600

  /// Creates a picture.
  ///
  /// - Parameters:
  ///   - focus: What it is about.
  ///   - limit: Most nodes.
  ///   - isShown: Whether something that was made from the focus, or judges it, is to be seen; causes always are.
  public init(
    _ lineage: Lineage, around focus: Lineage.Node, limit: Int = nodeLimit,
    isShown: (Lineage.Node) -> Bool = { _ in true }
  ) {
    let near = Neighbourhood(lineage, focus, isShown)
    let drawn = Array(near.order.prefix(max(1, limit)))
    omitted = near.order.count - drawn.count
    let places = Dictionary(uniqueKeysWithValues: drawn.enumerated().map { ($0.element, $0.offset) })
    let words = NodeWords(lineage)
    nodes = drawn.map { node in
      Node(
        digest: lineage.graph.digest(node), title: words.title(node), kind: words.kind(node),
        detail: words.detail(node),
        isFocus: node == focus)
    }
    var edges = [Edge]()
    var left = 0
    var pairs = Set<[Int]>()
    func add(_ effect: Int, _ cause: Int, _ word: String) {
      guard effect != cause, pairs.insert([min(effect, cause), max(effect, cause)]).inserted else { return }
      if edges.count < Self.edgeLimit {
        edges.append(Edge(effect: effect, cause: cause, word: word))
      } else {
        left += 1
      }
    }
    for (place, node) in drawn.enumerated() {
      for step in lineage.causes(of: node) {
        if let cause = places[step.node] { add(place, cause, NodeWords.word(step.link)) }
      }
    }
    // What is near for the sake of its content alone: neither was made from the other.
    for (place, node) in drawn.enumerated() {
      for step in lineage.effects(of: node) {
        if let effect = places[step.node] { add(effect, place, NodeWords.word(step.link)) }
      }
    }
    self.edges = edges
    omittedEdges = left
  }

  init(nodes: [Node], edges: [Edge], omitted: Int = 0) {
    self.nodes = nodes
    self.edges = edges
    self.omitted = omitted
    omittedEdges = 0
  }
}

/// Nodes by their distance from a focus: at each distance causes first, then effects.
private struct Neighbourhood {
  private(set) var order: [Lineage.Node]

  init(_ lineage: Lineage, _ focus: Lineage.Node, _ isShown: (Lineage.Node) -> Bool) {
    order = [focus]
    var seen: Set<Lineage.Node> = [focus]
    var causes = [focus]
    var effects = [focus]
    while !causes.isEmpty || !effects.isEmpty {
      var above = [Lineage.Node]()
      var below = [Lineage.Node]()
      for node in causes {
        for step in lineage.causes(of: node) where seen.insert(step.node).inserted { above.append(step.node) }
      }
      for node in effects {
        for step in lineage.effects(of: node) where !seen.contains(step.node) && isShown(step.node) {
          seen.insert(step.node)
          below.append(step.node)
        }
      }
      // What a report rests on belongs to what it says.
      var beside = [Lineage.Node]()
      for node in below where lineage.graph.kind(node) == .report {
        for step in lineage.causes(of: node) where seen.insert(step.node).inserted { beside.append(step.node) }
      }
      order += above + below + beside
      (causes, effects) = (above + beside, below)
    }
  }
}

/// Words for the nodes of the graph.
struct NodeWords {
  private let lineage: Lineage

  init(_ lineage: Lineage) { self.lineage = lineage }

  func title(_ node: Lineage.Node) -> String {
    if let label = lineage.labels(of: node).last { return "\(label.name)@\(label.version)" }
    return "sha256:\(lineage.graph.digest(node).short)"
  }

  func kind(_ node: Lineage.Node) -> String {
    let facts = lineage.graph.facts(node)
    return switch lineage.graph.kind(node) {
    case .dataset: facts["role"]?.string.map { "dataset, \($0)" } ?? "dataset"
    case .environment: "environment"
    case .code: "code"
    case .model: "model"
    case .other: "other"
    case .plan: "run without a result"
    case .result: "run"
    case .report: facts["kind"]?.string.map { "report, \($0)" } ?? "report"
    case .tree: "folder"
    case .blob: "file"
    case .lost: "missing record"
    }
  }

  func detail(_ node: Lineage.Node) -> String {
    let facts = lineage.graph.facts(node)
    var parts = [String]()
    if let verdict = facts["verdict"]?.string { parts.append(verdict) }
    for pair in (facts["metrics"]?.array ?? []).prefix(3) {
      if let fields = pair.array, fields.count == 2, let name = fields[0].string, let value = fields[1].string {
        parts.append("\(name)=\(value)")
      }
    }
    if let exit = facts["exit"]?.integer, exit != 0 { parts.append("exit \(exit)") }
    if let signal = facts["signal"]?.integer { parts.append("signal \(signal)") }
    let command = (lineage.planFacts(of: node) ?? facts)["command"]?.array?.compactMap(\.string) ?? []
    if !command.isEmpty { parts.append(command.joined(separator: " ")) }
    if let rows = facts["rows"]?.integer { parts.append("\(rows) rows") }
    if let commit = facts["commit"]?.string {
      parts.append("commit \(commit.prefix(8))" + (facts["dirty"]?.boolean == true ? " with changes" : ""))
    }
    if let interpreter = facts["interpreter"]?.string { parts.append(interpreter) }
    if let packages = facts["packages"]?.integer { parts.append("\(packages) packages") }
    if let method = facts["method"]?.string { parts.append(method) }
    if let origin = facts["origin"]?.string { parts.append("from \(origin)") }
    switch lineage.graph.kind(node) {
    case .lost: parts.append("not in this store, or not readable")
    case .tree, .blob: parts.append("known by its content only")
    default: break
    }
    return parts.joined(separator: ", ")
  }

  /// How an effect uses its cause.
  static func word(_ link: Link) -> String {
    switch link {
    case .from: "made by"
    case .derivedFrom: "derived from"
    case .base: "started with"
    case .content: "same content as"
    case .output: "written by"
    case .child: "ran"
    case .subject: "judges"
    case .evidence: "rests on"
    case .input: "reads"
    case .code: "runs"
    case .environment: "runs in"
    default: link.name
    }
  }
}
