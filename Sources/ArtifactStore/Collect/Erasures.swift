import ArtifactCore

/// What erased versions held: whoever else names it (a run that read it, a dataset taken from it) keeps its record, and no
/// longer needs the bytes.
struct Erasures {
  private var records: Set<Digest> = []
  private var trees: Set<Digest> = []

  /// Nothing was erased.
  init() {}

  /// Reads the records of what a state of the store's log has erased.
  init(_ store: Store, _ fold: Fold) {
    var live = Set<Digest>()
    for package in fold.packages.values {
      for version in package.versions {
        if version.erasure == nil { live.insert(version.record) } else { records.insert(version.record) }
      }
    }
    if records.isEmpty { return }
    // What was pushed again is live again.
    records.subtract(live)
    // A record that cannot be read is met where it is needed.
    for record in records { if let content = try? store.record(record) { trees.insert(content.tree) } }
  }

  /// The records whose bytes are needed again: a later state has a version with them.
  func revived(by later: Erasures) -> Set<Digest> { records.subtracting(later.records) }

  /// The references of a record that must lead somewhere.
  ///
  /// A live version with the same content needs it by itself: nothing is given up here that it holds.
  func needed(_ references: [RecordReference], of record: Digest) -> [RecordReference] {
    if records.isEmpty { return references }
    return references.filter { reference in
      if reference.link == .content, !records.contains(record) { return true }
      return reference.role != .tree && reference.role != .outline || !trees.contains(reference.digest)
    }
  }
}
