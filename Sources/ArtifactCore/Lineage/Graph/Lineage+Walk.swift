extension Lineage {
  /// Which way to go.
  public enum Direction: String, Sendable, CaseIterable {
    /// To what something was made from.
    case up
    /// To what it went into.
    case down
  }

  /// Everything that is reached from a start.
  public struct Walk: Sendable {
    /// The nodes by distance, the start first.
    public private(set) var nodes: [Node]
    /// Nodes that lead on, beyond the depth that was asked for.
    public fileprivate(set) var cut: Set<Node> = []
    /// The place in `nodes` of every node of the graph; -1 for those that were not reached.
    private var places: [Int32]
    /// By place in `nodes`.
    private var depths: [Int32] = [0]
    /// The steps of all nodes, one after the other; by place, where those of a node begin and end.
    private var steps: [Step] = []
    private var stepPlaces: [Range<Int>] = [0..<0]

    fileprivate init(from start: Node, in graph: LineageGraph) {
      nodes = [start]
      places = [Int32](repeating: -1, count: graph.count)
      places[Int(start)] = 0
    }

    /// The place of a node in `nodes`; nil if it was not reached.
    public func place(of node: Node) -> Int? { places[Int(node)] < 0 ? nil : Int(places[Int(node)]) }

    /// How far a node is from the start; nil if it was not reached.
    public func depth(of node: Node) -> Int? { place(of: node).map { Int(depths[$0]) } }

    /// Where a node leads; empty beyond the depth that was asked for.
    public func steps(of node: Node) -> ArraySlice<Step> { place(of: node).map { steps[stepPlaces[$0]] } ?? [] }

    fileprivate mutating func add(_ found: [Step], at place: Int) {
      stepPlaces[place] = steps.count..<(steps.count + found.count)
      steps += found
      for step in found where places[Int(step.node)] < 0 {
        places[Int(step.node)] = Int32(nodes.count)
        nodes.append(step.node)
        depths.append(depths[place] + 1)
        stepPlaces.append(0..<0)
      }
    }
  }

  /// One step from a node.
  public func steps(from node: Node, _ direction: Direction) -> [Step] {
    direction == .up ? causes(of: node) : effects(of: node)
  }

  /// Everything that is reached from `start` in at most `depth` steps.
  ///
  /// Each node is visited once, so records that named each other would do no harm.
  public func walk(from start: Node, _ direction: Direction, depth: Int? = nil) -> Walk {
    var walk = Walk(from: start, in: graph)
    var place = 0
    while place < walk.nodes.count {
      let node = walk.nodes[place]
      let steps = steps(from: node, direction)
      if let depth, !steps.isEmpty, (walk.depth(of: node) ?? 0) >= depth {
        walk.cut.insert(node)
      } else {
        walk.add(steps, at: place)
      }
      place += 1
    }
    return walk
  }

  /// A way from an effect up to a cause: each step leads to the node that the one before it was made from.
  public struct Way: Sendable {
    /// The effect.
    public let start: Node
    /// The steps; the last one leads to the cause.
    public let steps: [Step]
  }

  /// The ways from `effect` up to `cause`, the shortest first; more than `limit` are left out.
  ///
  /// A package with the same content as the cause counts as the cause.
  public func ways(from effect: Node, to cause: Node, limit: Int) -> [Way] {
    let walk = walk(from: effect, .up)
    let goals = twins(of: cause)
    // Only nodes that lead to the goal are entered, so no time is lost in blind alleys.
    var back = [Node: [Node]]()
    for node in walk.nodes { for step in walk.steps(of: node) { back[step.node, default: []].append(node) } }
    var distance = [Node: Int]()
    var queue = goals.filter { walk.place(of: $0) != nil }.sorted()
    for goal in queue { distance[goal] = 0 }
    var position = 0
    while position < queue.count {
      let node = queue[position]
      position += 1
      for other in back[node] ?? [] where distance[other] == nil {
        distance[other] = (distance[node] ?? 0) + 1
        queue.append(other)
      }
    }
    guard distance[effect] != nil, !goals.contains(effect) else { return [] }
    var search = WaySearch(walk: walk, distance: distance, goals: goals, limit: limit)
    search.run(from: effect)
    return search.found.map { Way(start: effect, steps: $0) }
  }

  /// Looks for ways, the most promising first.
  ///
  /// Partial ways share their beginnings: each is its last step and the place of the way that it goes on from.
  private struct WaySearch {
    private struct Part {
      let step: Step
      let before: Int
      let length: Int
    }

    private let walk: Walk
    private let distance: [Node: Int]
    private let goals: Set<Node>
    private let limit: Int
    private(set) var found: [[Step]] = []
    private var parts: [Part] = []
    /// Steps that may be looked at in all: with very many or very long ways the search ends, though not all were tried.
    private var budget = 5_000_000

    init(walk: Walk, distance: [Node: Int], goals: Set<Node>, limit: Int) {
      self.walk = walk
      self.distance = distance
      self.goals = goals
      self.limit = limit
    }

    mutating func run(from start: Node) {
      let shortest = shortest(from: start)
      found.append(shortest)
      var open: [Int: [Int]] = [distance[start] ?? 0: [-1]]
      while let length = open.keys.min(), found.count < limit, budget > 0 {
        guard let place = open[length]?.popLast() else {
          open[length] = nil
          continue
        }
        let node = place < 0 ? start : parts[place].step.node
        if place >= 0, goals.contains(node) {
          let way = way(to: place)
          if way != shortest { found.append(way) }
          continue
        }
        let next = place < 0 ? 1 : parts[place].length + 1
        for step in walk.steps(of: node).reversed() {
          guard let rest = distance[step.node], step.node != start, !passes(step.node, before: place) else { continue }
          parts.append(Part(step: step, before: place, length: next))
          open[next + rest, default: []].append(parts.count - 1)
        }
      }
      // The shortest was put first; the others came in order.
      found = Array(found.prefix(limit))
    }

    /// Goes down the distances: found whatever the budget.
    private func shortest(from start: Node) -> [Step] {
      var way = [Step]()
      var node = start
      while way.isEmpty || !goals.contains(node) {
        let left = distance[node] ?? 0
        guard let step = walk.steps(of: node).first(where: { (distance[$0.node] ?? .max) < left }) else { return way }
        way.append(step)
        node = step.node
      }
      return way
    }

    private func way(to place: Int) -> [Step] {
      var way = [Step]()
      var place = place
      while place >= 0 {
        way.append(parts[place].step)
        place = parts[place].before
      }
      return way.reversed()
    }

    /// Whether a way was at a node before.
    private mutating func passes(_ node: Node, before place: Int) -> Bool {
      var place = place
      while place >= 0 {
        budget -= 1
        if parts[place].step.node == node { return true }
        place = parts[place].before
      }
      budget -= 1
      return false
    }
  }
}
