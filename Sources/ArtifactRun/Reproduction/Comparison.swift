import ArtifactCore
import ArtifactIO
import ArtifactStore

/// What a repeated run wrote, against what was recorded.
struct Comparison {
  /// One file.
  struct Item: Sendable {
    let path: [UInt8]
    let likeness: Likeness
  }

  private(set) var items: [Item] = []
  private let store: Store
  private let scratch: ScratchFolder

  init(_ store: Store, _ scratch: ScratchFolder) {
    self.store = store
    self.scratch = scratch
  }

  /// Compares an output with what is at `place` now.
  mutating func add(_ output: ResultRecord.Output, at place: Path) throws {
    switch output.content {
    case .blob(let digest):
      let entry = TreeEntry(kind: .file, size: output.size, digest: digest, name: place.lastComponent)
      try compare(entry, place, output.path)
    case .tree(let digest): try compare(try store.folder(digest), place, output.path)
    }
  }

  private mutating func compare(_ entry: TreeEntry, _ place: Path, _ path: [UInt8]) throws {
    guard let status = try File.status(place, followLinks: entry.kind != .link) else {
      items.append(Item(path: path, likeness: .different("it was not written")))
      return
    }
    switch entry.kind {
    case .directory:
      guard status.kind == .directory else {
        items.append(Item(path: path, likeness: .different("a folder became a file")))
        return
      }
      let entries = try store.tree(entry.digest)
      for inner in entries { try compare(inner, place.appending(inner.name), path + [0x2f] + inner.name) }
      let known = Set(entries.map(\.name))
      for name in try Directory(place).names().sorted(by: { $0.lexicographicallyPrecedes($1) })
      where !known.contains(name) {
        items.append(Item(path: path + [0x2f] + name, likeness: .different("it was not there before")))
      }
    case .link:
      let target = status.kind == .link ? try Directory(place.parent).linkTarget(place.lastComponent) : []
      let isEqual = Digest.of(target) == entry.digest
      items.append(Item(path: path, likeness: isEqual ? .identical : .different("the link leads elsewhere")))
    case .file, .executable:
      guard status.kind == .file else {
        items.append(Item(path: path, likeness: .different("a file became something else")))
        return
      }
      if status.size == entry.size, try File.digest(place).digest == entry.digest {
        items.append(Item(path: path, likeness: .identical))
        return
      }
      let old = scratch.path.appending("old-\(items.count)")
      _ = try store.pull(entry, to: old, Progress())
      items.append(Item(path: path, likeness: try Likeness.of(old, place)))
    }
  }
}

/// The metrics of a repeated run against the recorded ones.
struct MetricComparison {
  /// One metric, by its last value.
  struct Item: Sendable {
    let name: String
    let before: String
    let after: String?
    let isEqual: Bool
    /// Whether a tolerance was given and holds.
    let isWithin: Bool
  }

  let items: [Item]

  init(_ before: [Metric], _ after: [Metric], tolerances: [String: Double]) {
    var last = [String: String]()
    for metric in after { last[metric.name] = metric.value }
    items = before.map { metric in
      let value = last[metric.name]
      let isEqual = value == metric.value
      let gap = value.flatMap { Double($0) }.map { abs($0 - metric.number) }
      let isWithin = isEqual || (tolerances[metric.name].map { limit in gap.map { $0 <= limit } ?? false } ?? false)
      return Item(name: metric.name, before: metric.value, after: value, isEqual: isEqual, isWithin: isWithin)
    }
  }
}
