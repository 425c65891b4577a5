public import ArtifactCore
import ArtifactIO

extension Store {
  private static let graphName = Array("graph".utf8)

  /// What was made from what, up to the last log entry that was read.
  public func lineage() throws(StoreError) -> Lineage { Lineage(try lineageGraph(), log.fold) }

  /// The graph alone, not yet prepared for questions.
  ///
  /// Kept in the user's cache folder, where anyone may delete it: only records that came since are read.
  func lineageGraph() throws(StoreError) -> LineageGraph {
    let fold = log.fold
    var (graph, size) = try cachedGraph()
    let isKnown = size == fold.size
    if !isKnown {
      Self.expectRecords(of: fold, since: size, in: &graph)
      size = fold.size
    }
    graph.retryLost()
    let count = graph.count
    let lost = try readPending(&graph)
    // A cache that cannot be written only costs time at the next question.
    if !isKnown || graph.count != count || lost != graph.lostCount { try? keep(graph, fold) }
    return graph
  }

  /// The cached graph if the log still holds what it was made of, or an empty one.
  private func cachedGraph() throws(StoreError) -> (LineageGraph, Int) {
    guard let local,
      let bytes = try? Directory(local.cache.appending(config.id)).readFile(Self.graphName, limit: 1 << 30),
      let (graph, position) = LineageGraph.cached(bytes), position.store == config.id, position.size <= log.fold.size,
      position.size > 0, try log.entry(position.size - 1)?.leafHash == position.leaf
    else { return (LineageGraph(), 0) }
    return (graph, position.size)
  }

  private func keep(_ graph: LineageGraph, _ fold: Fold) throws(IOFailure) {
    guard let local, let leaf = fold.lastLeaf else { return }
    let position = LineageGraph.Position(store: config.id, size: fold.size, leaf: leaf)
    try LocalFile.replace(local.cache.appending(config.id), Self.graphName, graph.cacheBytes(at: position))
  }

  /// In the order of the log, so that the graph is the same wherever it is built.
  private static func expectRecords(of fold: Fold, since size: Int, in graph: inout LineageGraph) {
    var records = [(sequence: Int, record: Digest)]()
    for package in fold.packages.values {
      for version in package.versions where version.sequence >= size {
        records.append((version.sequence, version.record))
      }
    }
    for run in fold.runs {
      if run.sequence >= size { records.append((run.sequence, run.plan)) }
      if let finish = run.finish, finish.sequence >= size { records.append((finish.sequence, finish.result)) }
    }
    for report in fold.reports where report.sequence >= size { records.append((report.sequence, report.record)) }
    records.sort { $0.sequence < $1.sequence }
    for (_, record) in records { graph.expect(record) }
  }

  private static let batch = 2_000

  /// Reads pending records, and those that they name.
  ///
  /// - Returns: How many records were lost before.
  private func readPending(_ graph: inout LineageGraph) throws(StoreError) -> Int {
    let lost = graph.lostCount
    while true {
      let wave = graph.takePending()
      if wave.isEmpty { return lost }
      for start in stride(from: 0, to: wave.count, by: Self.batch) {
        let batch = wave[start..<min(wave.count, start + Self.batch)]
        for (record, fact) in zip(batch, facts(Array(batch))) { graph.fill(record, with: fact) }
      }
    }
  }

  /// Records, read in the order in which they lie in the packs; nil for what is lost, damaged or of a newer program.
  private func facts(_ records: [Digest]) -> [Record?] {
    let index = currentIndex()
    var order = [(pack: Digest, offset: UInt64, position: Int)]()
    order.reserveCapacity(records.count)
    for (position, record) in records.enumerated() {
      // What is in no pack, or behind a damaged index, is lost here; `verify` tells.
      guard let copy = try? index.locations(record, .object).first ?? index.locations(record, .recipe).first else {
        continue
      }
      order.append((copy.pack, copy.frame.offset, position))
    }
    order.sort { $0.pack != $1.pack ? $0.pack < $1.pack : $0.offset < $1.offset }
    var result = [Record?](repeating: nil, count: records.count)
    // As above.
    for (_, _, position) in order { result[position] = try? fact(records[position]) }
    return result
  }

  /// The node that a reference leads to.
  public func node(_ reference: Reference, in lineage: Lineage) throws(StoreError) -> Lineage.Node {
    let found: Resolved
    switch reference.target {
    case .digest(let prefix): return try node(prefix, in: lineage)
    case .name: found = try resolve(reference)
    }
    // A file or folder inside counts only if some record names it by itself.
    if !reference.path.isEmpty, let node = lineage.graph.node(found.entry.digest) { return node }
    guard let record = found.record, let node = lineage.graph.node(record) else {
      throw StoreError(.notFound, reference.description, "it is not in the graph")
    }
    return node
  }

  private func node(_ prefix: DigestPrefix, in lineage: Lineage) throws(StoreError) -> Lineage.Node {
    let nodes = lineage.nodes(matching: prefix)
    guard let node = nodes.first else {
      throw StoreError(.notFound, prefix.text, "no record of this store has that digest, and none names it")
    }
    guard nodes.count == 1 else {
      throw StoreError(
        .ambiguous, prefix.text, "several ids start so",
        candidates: nodes.prefix(8).map { "sha256:\(lineage.graph.digest($0).hex.prefix(prefix.digitCount + 4))" })
    }
    return node
  }
}
