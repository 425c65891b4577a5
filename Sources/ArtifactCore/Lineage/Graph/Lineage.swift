/// Questions about what was made from what.
///
/// Plans are not shown by themselves: a run stands for its plan, and what the plan names by content is shown as the
/// packages that hold this content.
public struct Lineage: Sendable {
  /// A node of the graph.
  public typealias Node = LineageGraph.Node

  /// A neighbour, and why it is one.
  public struct Step: Sendable, Hashable {
    /// Why.
    public let link: Link
    /// The neighbour.
    public let node: Node
  }

  /// A published version.
  public struct Label: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The version.
    public let version: Int
  }

  /// The graph.
  public let graph: LineageGraph
  let fold: Fold
  private let byCause: Groups
  private let byEffect: Groups
  private let labels: [Label]
  private let labelsByNode: Groups

  /// Prepares a graph for questions; the names are those of `fold`.
  public init(_ graph: LineageGraph, _ fold: Fold) {
    self.graph = graph
    self.fold = fold
    byCause = Groups(count: graph.count, keys: graph.edges.map(\.to))
    byEffect = Groups(count: graph.count, keys: graph.edges.map(\.from))
    var labels = [Label]()
    var nodes = [Int32]()
    for (name, package) in fold.packages {
      for (position, version) in package.versions.enumerated() {
        guard let node = graph.node(version.record) else { continue }
        labels.append(Label(name: name, version: position + 1))
        nodes.append(node)
      }
    }
    self.labels = labels
    labelsByNode = Groups(count: graph.count, keys: nodes)
  }

  /// The versions that a record was published as, the first first.
  public func labels(of node: Node) -> [Label] {
    let found = labelsByNode[node].map { labels[Int($0)] }
    return found.count < 2
      ? found : found.sorted { ExactText.equal($0.name, $1.name) ? $0.version < $1.version : $0.name < $1.name }
  }

  /// What is worth showing of a run's plan; nil for anything but a result.
  public func planFacts(of node: Node) -> JSONObject? {
    guard graph.kind(node) == .result else { return nil }
    return plan(of: node).map { graph.facts($0) }
  }

  /// Nodes whose id starts so.
  public func nodes(matching prefix: DigestPrefix) -> [Node] {
    if let digest = prefix.digest { return graph.node(digest).map { [$0] } ?? [] }
    return graph.digests.indices.filter { prefix.matches(graph.digests[$0]) }.map { Node($0) }
  }

  // MARK: Causes

  /// What a node was made from, one step.
  public func causes(of node: Node) -> [Step] {
    var steps = Steps()
    switch graph.kind(node) {
    case .result:
      var covered = Set<Node>()
      var plan: Node?
      for edge in named(by: node) {
        if edge.link == .plan {
          plan = edge.to
        } else {
          steps.add(edge.link, edge.to)
          if edge.link == .input || edge.link == .code { covered.formUnion(content(of: edge.to)) }
        }
      }
      if let plan { addCauses(ofPlan: plan, but: covered, to: &steps) }
    case .plan: addCauses(ofPlan: node, but: [], to: &steps)
    case .tree, .blob: addSources(of: node, .content, to: &steps, itself: false)
    default:
      var isMade = false
      for edge in named(by: node) where edge.link != .content {
        steps.add(edge.link, edge.to)
        isMade = isMade || edge.link == .from || edge.link == .derivedFrom
      }
      // Pushed by hand, but a run wrote the same.
      if !isMade {
        for inner in content(of: node) {
          for edge in named(by: inner) where edge.link == .output { steps.add(.output, edge.to) }
        }
      }
    }
    return steps.list
  }

  private func addCauses(ofPlan plan: Node, but covered: Set<Node>, to steps: inout Steps) {
    for edge in named(by: plan) {
      switch graph.kind(edge.to) {
      case .tree, .blob:
        if !covered.contains(edge.to) { addSources(of: edge.to, edge.link, to: &steps, itself: true) }
      default: steps.add(edge.link, edge.to)
      }
    }
  }

  /// The packages that hold some content, or else the runs that wrote it, or else the content itself.
  private func addSources(of content: Node, _ link: Link, to steps: inout Steps, itself: Bool) {
    var isKnown = false
    for edge in naming(content) where edge.link == .content {
      steps.add(link, edge.from)
      isKnown = true
    }
    if isKnown { return }
    for edge in named(by: content) where edge.link == .output {
      steps.add(link, edge.to)
      isKnown = true
    }
    if !isKnown, itself { steps.add(link, content) }
  }

  // MARK: Effects

  /// What a node went into, one step.
  public func effects(of node: Node) -> [Step] {
    var steps = Steps()
    for edge in naming(node) where edge.link != .output {
      if graph.kind(edge.from) == .plan {
        addRuns(of: edge.from, edge.link, to: &steps)
      } else {
        steps.add(edge.link, edge.from)
      }
    }
    switch graph.kind(node) {
    case .result:
      for edge in naming(node) where edge.link == .output {
        for use in naming(edge.from) {
          if graph.kind(use.from) == .plan {
            addRuns(of: use.from, use.link, to: &steps)
          } else if !named(by: use.from).contains(where: { $0.link == .from }) {
            steps.add(.output, use.from)
          }
        }
      }
    case .plan, .report, .lost, .tree, .blob: break
    default:
      for inner in content(of: node) {
        for use in naming(inner) where use.from != node {
          if graph.kind(use.from) == .plan {
            addRuns(of: use.from, use.link, to: &steps)
          } else {
            steps.add(use.link, use.from)
          }
        }
      }
    }
    return steps.list
  }

  /// A plan's results, or the plan itself when it has none.
  private func addRuns(of plan: Node, _ link: Link, to steps: inout Steps) {
    var isRun = false
    for edge in naming(plan) where edge.link == .plan {
      steps.add(link, edge.from)
      isRun = true
    }
    if !isRun { steps.add(link, plan) }
  }

  // MARK: Edges

  /// The content that a package holds.
  func content(of node: Node) -> [Node] { named(by: node).filter { $0.link == .content }.map(\.to) }

  /// Packages that hold the same content, the node itself included.
  func twins(of node: Node) -> Set<Node> {
    var result: Set<Node> = [node]
    for inner in content(of: node) {
      for edge in naming(inner) where edge.link == .content { result.insert(edge.from) }
    }
    return result
  }

  /// The plan of a result.
  func plan(of node: Node) -> Node? { named(by: node).first(where: { $0.link == .plan })?.to }

  func named(by node: Node) -> some Sequence<LineageGraph.Edge> { byEffect[node].lazy.map { graph.edges[Int($0)] } }

  func naming(_ node: Node) -> some Sequence<LineageGraph.Edge> { byCause[node].lazy.map { graph.edges[Int($0)] } }

  /// Steps, each neighbour once: the first reason counts.
  private struct Steps {
    var list: [Step] = []
    private var seen: Set<Node> = []

    mutating func add(_ link: Link, _ node: Node) {
      if list.count < 8 {
        if list.contains(where: { $0.node == node }) { return }
      } else {
        if seen.isEmpty { seen = Set(list.map(\.node)) }
        guard seen.insert(node).inserted else { return }
      }
      list.append(Step(link: link, node: node))
    }
  }
}
