import ArtifactCore

/// What is lost below a record, a tree or a blob: how much, and the first few.
struct Losses: Sendable {
  /// One path that cannot be given back.
  struct Loss: Sendable {
    /// Through which records it is reached, from the outermost.
    var links: [Link] = []
    var path: [UInt8]
    let object: Digest
    let why: String

    /// The path, or `from/plan/input:path` where other records lie between.
    var place: [UInt8] {
      if links.isEmpty { return path }
      let way = Array(links.map(\.name).joined(separator: "/").utf8)
      return path.isEmpty ? way : way + [UInt8(ascii: ":")] + path
    }
  }

  /// Most that are remembered.
  static let limit = 20

  /// Number of paths, each as often as it occurs.
  private(set) var count = 0
  /// The first ones, in the order of the trees.
  private(set) var all: [Loss] = []

  var isEmpty: Bool { count == 0 }
  var first: Loss? { all.first }

  /// Nothing is lost.
  init() {}

  /// One object is lost.
  init(_ object: Digest, _ why: String) {
    count = 1
    all = [Loss(path: [], object: object, why: why)]
  }

  /// The same as the loss of one path.
  var asOne: Losses {
    var result = self
    result.count = min(1, count)
    result.all = Array(all.prefix(1))
    return result
  }

  /// Adds what is lost beside.
  mutating func add(_ other: Losses) {
    count += other.count
    all += other.all.prefix(Self.limit - all.count)
  }

  /// Adds what is lost behind a record's reference.
  mutating func add(_ inner: Losses, behind link: Link) {
    count += inner.count
    for var loss in inner.all.prefix(Self.limit - all.count) {
      if link != .content { loss.links.insert(link, at: 0) }
      all.append(loss)
    }
  }

  /// Adds what is lost below a name.
  mutating func add(_ inner: Losses, below name: [UInt8]) {
    if inner.isEmpty { return }
    count += inner.count
    for loss in inner.all.prefix(Self.limit - all.count) {
      all.append(
        Loss(path: loss.path.isEmpty ? name : name + [0x2f] + loss.path, object: loss.object, why: loss.why))
    }
  }
}
