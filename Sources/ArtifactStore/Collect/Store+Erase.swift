public import ArtifactCore

/// A version that was erased.
public struct ErasedVersion: Sendable {
  /// The name.
  public let name: PackageName
  /// The version, which keeps its number.
  public let version: Int
  /// The position of the log entry.
  public let sequence: Int
  /// Why.
  public let reason: String
}

extension Store {
  /// Gives up the bytes of versions; they go at the next collection, where nothing else needs them.
  ///
  /// Records stay, and so do the numbers. Refused while something holds one of them: a tag, or a version that has the same
  /// tree and is not among them.
  ///
  /// - Throws: `.held` with the names of the holders.
  public func erase(
    _ versions: [(name: PackageName, version: Int)], reason: String, actor: String
  ) throws(StoreError) -> [ErasedVersion] {
    guard (1...Event.reasonLimit).contains(reason.utf8.count) else {
      throw StoreError(.usage, "the reason", "it has \(reason.utf8.count) bytes; 1 to \(Event.reasonLimit) are kept")
    }
    // All are checked before the first is erased.
    try reload()
    var trees = TreesOfRecords()
    for (name, version) in versions { try checkErasable(name, version, among: versions, log.fold, &trees) }
    var erased = [ErasedVersion]()
    for (name, version) in versions {
      // Erasing makes room, so it may use the room that is kept for that.
      let entry = try Reserve(self).use { () throws(StoreError) in
        try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
          try checkErasable(name, version, among: versions, fold, &trees)
          return .erase(name: name, version: version, reason: reason)
        }
      }
      if let entry {
        erased.append(ErasedVersion(name: name, version: version, sequence: entry.sequence, reason: reason))
      }
    }
    return erased
  }

  /// Versions with this record that were erased, the last one first: a new version with it brings their content back.
  public func erased(_ record: Digest) -> [ErasedVersion] {
    var found = [ErasedVersion]()
    for (text, package) in log.fold.packages {
      for (position, version) in package.versions.enumerated() where version.record == record {
        // A name in the fold was checked when its entry was read.
        guard let erasure = version.erasure, let name = try? PackageName(text) else { continue }
        found.append(
          ErasedVersion(name: name, version: position + 1, sequence: erasure.sequence, reason: erasure.reason))
      }
    }
    return found.sorted { $0.sequence > $1.sequence }
  }

  /// Whether a version was erased, by what was read of the log so far.
  public func isErased(_ name: PackageName, _ version: Int) -> Bool {
    guard let versions = log.fold.packages[name.text]?.versions, versions.indices.contains(version - 1) else {
      return false
    }
    return versions[version - 1].erasure != nil
  }

  private func checkErasable(
    _ name: PackageName, _ version: Int, among versions: [(name: PackageName, version: Int)], _ fold: Fold,
    _ trees: inout TreesOfRecords
  ) throws(StoreError) {
    let subject = "\(name)@\(version)"
    guard let package = fold.packages[name.text], (1...max(1, package.versions.count)).contains(version) else {
      throw StoreError(.notFound, subject, "there is no such version")
    }
    if let erasure = package.versions[version - 1].erasure { throw .erased(subject, erasure) }
    var holders = fold.holders(of: name, version: version).map(\.description)
    holders += try twins(of: package.versions[version - 1].record, among: versions, fold, &trees).map {
      "\($0), which has the same content"
    }
    if holders.isEmpty { return }
    throw StoreError(.held, subject, "it is held by \(holders.joined(separator: "; "))")
  }

  /// Other live versions with the same tree that are not to be erased too.
  private func twins(
    of record: Digest, among versions: [(name: PackageName, version: Int)], _ fold: Fold, _ trees: inout TreesOfRecords
  ) throws(StoreError) -> [String] {
    let tree = try self.record(record).tree
    var twins = [String]()
    for (name, package) in fold.packages.sorted(by: { ExactText.precedesBytewise($0.key, $1.key) }) {
      for (position, version) in package.versions.enumerated() where version.erasure == nil {
        if versions.contains(where: { $0.name.text == name && $0.version == position + 1 }) { continue }
        if version.record == record || trees.tree(of: version.record, in: self) == tree {
          twins.append("\(name)@\(position + 1)")
        }
      }
    }
    return twins
  }
}

/// What was read of records, each once: a command may erase many versions of a store that has many more.
private struct TreesOfRecords {
  private var known: [Digest: Digest?] = [:]

  /// The tree that a record names; nil if it names none or cannot be read: that is not known to be the same as any.
  mutating func tree(of record: Digest, in store: Store) -> Digest? {
    if let tree = known[record] { return tree }
    let tree = (try? store.record(record))?.tree
    known[record] = .some(tree)
    return tree
  }
}

extension StoreError {
  /// A version whose bytes are not to be had any more.
  static func erased(_ subject: String, _ erasure: Fold.Erasure) -> StoreError {
    StoreError(
      .erased, subject,
      "\(printable(erasure.actor)) erased it on \(erasure.time.text.prefix(10)): \(printable(erasure.reason))")
  }
}
