import ArtifactCore

extension Store {
  /// Most bytes of tables that are read to count their rows.
  private static let countLimit: UInt64 = 64 << 20

  /// How many rows more the tables among some changed files have; nil where there is no table, where they are large, or
  /// where their bytes are not in this store.
  func rowChange(in files: [TreeChange]) throws(StoreError) -> Int64? {
    func tables(_ entries: [TreeEntry?]) -> [(TreeEntry, RowCutter.Format)] {
      entries.compactMap { entry in
        guard let entry, entry.kind.isFile, let format = RowCutter.Format(fileName: entry.name) else { return nil }
        return (entry, format)
      }
    }
    let changed = files.filter { $0.kind != .mode }
    let (before, after) = (tables(changed.map(\.before)), tables(changed.map(\.after)))
    let size = (before + after).reduce(UInt64(0)) { $0 + $1.0.size }
    guard !before.isEmpty || !after.isEmpty, size <= Self.countLimit else { return nil }
    do {
      var change: Int64 = 0
      for (entry, format) in after { change += try rowCount(of: entry, format) }
      for (entry, format) in before { change -= try rowCount(of: entry, format) }
      return change
    } catch  where [.notFound, .damaged].contains(error.code) {
      return nil
    }
  }

  /// The rows of a table, its header not counted.
  private func rowCount(of entry: TreeEntry, _ format: RowCutter.Format) throws(StoreError) -> Int64 {
    var cutter = RowCutter(format)
    var count: Int64 = 0
    try cat(entry) { (bytes) throws(StoreError) in
      try cutter.add(bytes) { (_) throws(StoreError) in count += 1 }
    }
    if cutter.finish() != nil { count += 1 }
    return format == .separated ? max(0, count - 1) : count
  }
}
