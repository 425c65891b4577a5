extension LineageGraph {
  private static let cacheFormat = Array("artifact graph 2\n".utf8)

  /// Up to which log entry a cached graph goes.
  public struct Position: Sendable, Equatable {
    /// The store's id.
    public let store: String
    /// Number of entries.
    public let size: Int
    /// The leaf hash of the last one, which commits to all before it.
    public let leaf: Digest

    /// Creates a position.
    public init(store: String, size: Int, leaf: Digest) {
      self.store = store
      self.size = size
      self.leaf = leaf
    }
  }

  /// The graph as bytes, for a local cache that anyone may delete; ends with their SHA-256.
  public func cacheBytes(at position: Position) -> [UInt8] {
    var writer = CacheWriter()
    writer.put(Self.cacheFormat)
    writer.put(position.store)
    writer.put(position.size)
    writer.put(position.leaf)
    writer.put(digests.count)
    for digest in digests { writer.put(digest) }
    // Sorted here, once, so that a reader needs no hash table.
    for node in digests.indices.sorted(by: { digests[$0] < digests[$1] }) { writer.put(node) }
    for place in digests.indices {
      writer.put(UInt64(kinds[place].rawValue))
      writer.put(factPlaces[place].count)
    }
    writer.put(digests.indices.flatMap { factBytes[factPlaces[$0]] })
    writer.put(edges.count)
    for edge in edges {
      writer.put(UInt64(edge.from))
      writer.put(UInt64(edge.to))
      writer.put(UInt64(edge.link.rawValue))
    }
    return writer.sealed
  }

  /// Reads what `cacheBytes` wrote; anything else gives nil.
  public static func cached(_ bytes: [UInt8]) -> (graph: LineageGraph, position: Position)? {
    guard var reader = CacheReader(sealed: bytes) else { return nil }
    // A cache that does not read well is no cache.
    guard let result = try? read(&reader), reader.isAtEnd else { return nil }
    return result
  }

  private static func read(_ reader: inout CacheReader) throws(FormatError) -> (LineageGraph, Position) {
    guard try reader.data() == cacheFormat else { throw FormatError(.newer, "cache", "another format") }
    let position = Position(store: try reader.text(), size: try reader.integer(), leaf: try reader.digest())
    var graph = LineageGraph()
    let count = try reader.count()
    graph.digests.reserveCapacity(count)
    graph.order.reserveCapacity(count)
    graph.kinds.reserveCapacity(count)
    graph.factPlaces.reserveCapacity(count)
    for _ in 0..<count { graph.digests.append(try reader.digest()) }
    for _ in 0..<count {
      let node = try reader.integer()
      guard node < count else { throw FormatError(.field, "cache", "a node that is not there") }
      graph.order.append(Node(node))
    }
    var start = 0
    for _ in 0..<count {
      guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: try reader.number())) else {
        throw FormatError(.field, "cache", "an unknown kind")
      }
      let length = try reader.integer()
      guard length <= 1 << 30 else { throw FormatError(.field, "cache", "facts beyond its end") }
      graph.kinds.append(kind)
      graph.factPlaces.append(start..<(start + length))
      start += length
    }
    graph.factBytes = try reader.data()
    guard graph.factBytes.count == start else { throw FormatError(.field, "cache", "facts beyond its end") }
    let edgeCount = try reader.count()
    graph.edges.reserveCapacity(edgeCount)
    for _ in 0..<edgeCount {
      let from = try reader.integer()
      let to = try reader.integer()
      guard from < count, to < count, let link = Link(rawValue: UInt8(truncatingIfNeeded: try reader.number())) else {
        throw FormatError(.field, "cache", "an edge to nowhere")
      }
      graph.edges.append(Edge(from: Node(from), to: Node(to), link: link))
    }
    return (graph, position)
  }
}
