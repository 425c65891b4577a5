/// What was made from what: the records of a store as nodes, and what they name as edges from effect to cause.
///
/// Built from records as they become known, whatever their order; a record that was named but not yet read stands in
/// `pending`. Kept in arrays of numbers, so that 100,000 records are loaded and walked in a fraction of a second.
public struct LineageGraph: Sendable {
  /// What a node is.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case dataset, environment, code, model, other, plan, result, report
    /// A folder that some record names.
    case tree
    /// A file that some record names.
    case blob
    /// A record that was named but is not here, or cannot be read.
    case lost
  }

  /// A node: its place in the arrays.
  public typealias Node = Int32

  /// One edge: `from` names `to`.
  struct Edge: Sendable {
    let from: Node
    let to: Node
    let link: Link
  }

  var digests: [Digest] = []
  var kinds: [Kind] = []
  /// What is worth showing of the nodes, as JSON, one after the other.
  var factBytes: [UInt8] = []
  /// Where in `factBytes` each node's facts are; empty for none.
  var factPlaces: [Range<Int>] = []
  var edges: [Edge] = []
  /// The first nodes sorted by digest, as a cache has them: they need no hash table.
  var order: [Node] = []
  /// All other nodes.
  private var places: [Digest: Node] = [:]
  /// Records that were named and are to be read next.
  public private(set) var pending: [Digest] = []

  /// An empty graph.
  public init() {}

  /// Number of nodes.
  public var count: Int { digests.count }

  /// Number of records that are not here, or were not read yet.
  public var lostCount: Int { kinds.count { $0 == .lost } }

  /// The node of an id.
  public func node(_ digest: Digest) -> Node? {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      let found = digests[Int(order[middle])]
      if found == digest { return order[middle] }
      if found < digest { low = middle + 1 } else { high = middle }
    }
    return places.isEmpty ? nil : places[digest]
  }

  /// The id of a node.
  public func digest(_ node: Node) -> Digest { digests[Int(node)] }

  /// What a node is.
  public func kind(_ node: Node) -> Kind { kinds[Int(node)] }

  /// What is worth showing of a node: `size`, `metrics`, `command` and so on, as far as they apply.
  public func facts(_ node: Node) -> JSONObject {
    // Written by this program; a cache that was changed does not pass its checksum.
    let place = factPlaces[Int(node)]
    if place.isEmpty { return JSONObject() }
    return (try? JSON.parse(Array(factBytes[place])))?.object ?? JSONObject()
  }

  /// Takes note of a record that is known by its id only; it becomes pending.
  public mutating func expect(_ digest: Digest) { _ = record(digest) }

  /// The pending records, which become the caller's to read and fill in.
  public mutating func takePending() -> [Digest] {
    defer { pending.removeAll() }
    return pending
  }

  /// Asks again for records that could not be read before.
  public mutating func retryLost() {
    // What is pending is lost so far.
    pending = kinds.indices.filter { kinds[$0] == .lost }.map { digests[$0] }
  }

  /// Says what a pending record is; nil if it cannot be read.
  public mutating func fill(_ digest: Digest, with record: Record?) {
    guard let node = node(digest), kinds[Int(node)] == .lost, let record else { return }
    kinds[Int(node)] = Self.kind(of: record)
    let start = factBytes.count
    factBytes += NodeFacts.bytes(of: record)
    factPlaces[Int(node)] = start..<factBytes.count
    // Two folders with nothing in them have nothing in common.
    for reference in record.references where reference.digest != Self.emptyTree {
      switch reference.link {
      case .log, .history, .body, .lock, .notebook: continue
      case .output:
        // What was written comes from the run.
        edges.append(Edge(from: content(reference), to: node, link: .output))
      default:
        let target = reference.role == .record ? self.record(reference.digest) : content(reference)
        edges.append(Edge(from: node, to: target, link: reference.link))
      }
    }
  }

  private static let emptyTree = Digest.of(Tree.header)

  private static func kind(of record: Record) -> Kind {
    switch record {
    case .package(let package):
      switch package.kind {
      case .dataset: .dataset
      case .environment: .environment
      case .code: .code
      case .model: .model
      case .other: .other
      }
    case .plan: .plan
    case .result: .result
    case .report: .report
    }
  }

  private mutating func record(_ digest: Digest) -> Node {
    if let node = node(digest) {
      // The same bytes may have been named as a blob before.
      if kinds[Int(node)] == .blob || kinds[Int(node)] == .tree {
        kinds[Int(node)] = .lost
        pending.append(digest)
      }
      return node
    }
    pending.append(digest)
    return add(digest, .lost)
  }

  private mutating func content(_ reference: RecordReference) -> Node {
    if let node = node(reference.digest) { return node }
    return add(reference.digest, reference.role == .tree || reference.role == .outline ? .tree : .blob)
  }

  private mutating func add(_ digest: Digest, _ kind: Kind) -> Node {
    let node = Node(digests.count)
    digests.append(digest)
    kinds.append(kind)
    factPlaces.append(0..<0)
    places[digest] = node
    return node
  }
}

/// What a node shows without its record being read again.
enum NodeFacts {
  static func bytes(of record: Record) -> [UInt8] {
    var object = JSONObject()
    switch record {
    case .package(let package):
      object["size"] = JSON(package.size)
      object["files"] = JSON(package.fileCount)
      object["rows"] = package.dataset.rows.flatMap { JSON($0) }
      object.put("method", package.dataset.derivedFrom?.method)
      object.put("role", package.dataset.role)
      object.put("commit", package.code.commit)
      object.put("dirty", package.code.isDirty)
      if let interpreter = package.environment.interpreter {
        object.put("interpreter", "\(interpreter.implementation) \(interpreter.version)")
        object["packages"] = JSON(package.environment.packages.count)
      }
      object.put("origin", package.model.origin)
    case .plan(let plan):
      object["command"] = .array(plan.command.prefix(8).map { .string(printable($0)) })
    case .result(let result):
      object.put("metrics", result.lastMetrics.map { .array([.string($0.name), .string($0.value)]) })
      object.put("tags", result.tags)
      switch result.ending {
      case .exit(let code): object["exit"] = JSON(code)
      case .signal(let number): object["signal"] = JSON(number)
      }
      object.put("start", result.start.text)
      object["milliseconds"] = .integer(max(0, result.end.milliseconds - result.start.milliseconds))
      object.put("flags", result.flags)
      object.put("parent", result.parent)
    case .report(let report):
      object.put("kind", report.kind)
      object.put("verdict", report.verdict)
      object.put("time", report.time.text)
    }
    return object.isEmpty ? [] : JSON.object(object).plainBytes()
  }
}
