public import ArtifactCore

extension Store {
  /// Records that the clock was wrong: the next entries may be older than the last one.
  ///
  /// Without it an append more than ten minutes behind the last entry is refused (store-layout.md §5.4).
  ///
  /// - Returns: Number of log entries now.
  @discardableResult
  public func resetClock(actor: String) throws(StoreError) -> Int {
    _ = try log.append(actor: actor, syncing: []) { _ throws(StoreError) in .clock }
    return log.fold.size
  }

  /// Puts a tag on a version; nothing happens if it is there already.
  ///
  /// - Returns: Number of log entries, if one was written.
  @discardableResult
  public func tag(
    _ name: PackageName, version: Int, as tag: TagName, actor: String
  ) throws(StoreError) -> Int? {
    let entry = try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
      guard let package = fold.packages[name.text], (1...max(1, package.versions.count)).contains(version) else {
        throw StoreError(.notFound, name.text, "it has no version \(version)")
      }
      if let erasure = package.versions[version - 1].erasure { throw .erased("\(name)@\(version)", erasure) }
      if fold.isChannel(tag.text, of: name.text) {
        throw StoreError(.refused, "\(name)@\(tag)", "\(tag) is a channel: versions enter it by promotion")
      }
      return package.tags[tag.text] == version ? nil : .tag(name: name, tag: tag, version: version)
    }
    return entry.map { $0.sequence + 1 }
  }

  /// Takes a tag away.
  ///
  /// - Returns: Number of log entries now.
  @discardableResult
  public func untag(_ name: PackageName, _ tag: TagName, actor: String) throws(StoreError) -> Int? {
    let entry = try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
      guard let package = fold.packages[name.text] else {
        throw StoreError(.notFound, name.text, "there is no such name")
      }
      guard package.tags[tag.text] != nil else {
        throw StoreError(
          .notFound, "\(name.text)@\(tag.text)", "\(name.text) has no such tag", candidates: package.tags.keys.sorted())
      }
      return .untag(name: name, tag: tag)
    }
    return entry.map { $0.sequence + 1 }
  }
}
