public import ArtifactCore

/// What a reference leads to.
public struct Resolved: Sendable {
  /// The name, unless the reference was a bare digest.
  public let name: PackageName?
  /// The version, with a name.
  public let version: Int?
  /// The record, unless the digest named a tree or blob itself.
  public let record: Digest?
  /// The record's content.
  public let content: PackageRecord?
  /// The tree, or the entry that `:path` reached.
  public let entry: TreeEntry
  /// The path inside, empty for the whole.
  public let path: [UInt8]
  /// When and why the version was erased; nil if its bytes are here.
  public var erasure: Fold.Erasure?
}

extension Store {
  /// The state of the log, read afresh.
  public func refresh() throws(StoreError) -> Fold { try log.refresh() }

  /// Follows a reference to what it names.
  ///
  /// - Parameter includingErased: Whether an erased version, of which only the record is left, is an answer and not an
  ///   error. What is inside of one never is.
  public func resolve(_ reference: Reference, includingErased: Bool = false) throws(StoreError) -> Resolved {
    let takesErased = includingErased && reference.path.isEmpty
    let found: Resolved
    switch reference.target {
    case .name(let name, let selector): found = try resolve(name, selector, takesErased)
    case .digest(let prefix): found = try resolve(prefix, takesErased)
    }
    return try inside(reference, found)
  }

  /// Reads what a reference led to; if that was erased and collected meanwhile, it is no damage that it is gone.
  public func reading<R>(_ found: Resolved, _ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    do { return try body() } catch  where error.isAbsence {
      // A log that cannot be read is told of where it is needed; here the first error is the one to tell.
      guard let name = found.name, let version = found.version,
        let published = (try? refresh())?.packages[name.text]?.versions[version - 1], let erasure = published.erasure
      else { throw error }
      throw .erased("\(name.text)@\(version)", erasure)
    }
  }

  private func resolve(
    _ name: PackageName, _ selector: Reference.Selector, _ takesErased: Bool
  ) throws(StoreError) -> Resolved {
    let (version, published) = try published(name, selector)
    return try resolved(name, version, published, takesErased)
  }

  /// The version of a name that a selector means, by the log alone.
  func published(
    _ name: PackageName, _ selector: Reference.Selector
  ) throws(StoreError) -> (version: Int, published: Fold.Version) {
    let fold = log.fold
    guard let package = fold.packages[name.text] else {
      throw StoreError(
        .notFound, name.text, "there is no such name in this store",
        candidates: DidYouMean.candidates(for: name.text, among: fold.packages.keys.sorted()))
    }
    let version: Int
    switch selector {
    case .latest: version = package.versions.count
    case .version(let number):
      guard number <= package.versions.count else {
        throw StoreError(
          .notFound, "\(name.text)@\(number)", "the latest version is \(package.versions.count)",
          candidates: ["\(name.text)@\(package.versions.count)"])
      }
      version = number
    case .tag(let tag):
      guard let number = fold.version(of: name.text, at: tag.text) else {
        let words = package.tags.keys.sorted() + package.channels.keys.sorted()
        let isChannel = fold.isChannel(tag.text, of: name.text)
        throw StoreError(
          .notFound, "\(name.text)@\(tag.text)",
          isChannel ? "nothing of \(name.text) is in this channel" : "\(name.text) has no such tag",
          candidates: isChannel
            ? []
            : DidYouMean.candidates(for: tag.text, among: words).map {
              "\(name.text)@\($0)"
            })
      }
      version = number
    case .digest(let prefix):
      version = try versionMatching(prefix, package, name)
    }
    return (version, package.versions[version - 1])
  }

  private func resolved(
    _ name: PackageName, _ version: Int, _ published: Fold.Version, _ takesErased: Bool
  ) throws(StoreError) -> Resolved {
    if let erasure = published.erasure, !takesErased { throw .erased("\(name)@\(version)", erasure) }
    let content = try record(published.record)
    return Resolved(
      name: name, version: version, record: published.record, content: content, entry: Self.root(content), path: [],
      erasure: published.erasure)
  }

  private func versionMatching(
    _ prefix: DigestPrefix, _ package: Fold.Package, _ name: PackageName
  ) throws(StoreError) -> Int {
    var found = [Int]()
    for (position, version) in package.versions.enumerated() {
      if prefix.matches(version.record) {
        found.append(position + 1)
      } else if let content = try? record(version.record), prefix.matches(content.tree) {
        found.append(position + 1)
      }
    }
    let subject = "\(name.text)@\(prefix.text)"
    // What is whole goes before what is erased.
    guard let first = found.last(where: { package.versions[$0 - 1].erasure == nil }) ?? found.last else {
      throw StoreError(.notFound, subject, "no version of \(name.text) has that digest")
    }
    let digests = Set(found.map { package.versions[$0 - 1].record })
    guard digests.count == 1 else {
      throw StoreError(.ambiguous, subject, "several versions fit", candidates: found.map { "\(name.text)@\($0)" })
    }
    return first
  }

  private func resolve(_ prefix: DigestPrefix, _ takesErased: Bool) throws(StoreError) -> Resolved {
    var records = [Digest: (name: PackageName, version: Int, published: Fold.Version)]()
    var erasedTree: (name: PackageName, version: Int, published: Fold.Version)?
    var trees = [Digest: PackageRecord]()
    for (text, package) in log.fold.packages {
      for (position, version) in package.versions.enumerated() {
        // A name in the fold was checked when its entry was read.
        guard let name = try? PackageName(text) else { continue }
        if prefix.matches(version.record), version.erasure == nil || records[version.record] == nil {
          records[version.record] = (name, position + 1, version)
        }
        guard let content = try? record(version.record), prefix.matches(content.tree) else { continue }
        if version.erasure == nil { trees[content.tree] = content } else { erasedTree = (name, position + 1, version) }
      }
    }
    let all = Set(records.keys).union(trees.keys)
    if all.count > 1 {
      throw StoreError(
        .ambiguous, prefix.text, "several records and trees fit",
        candidates: all.sorted().map { records[$0].map { "\($0.name.text)@\($0.version)" } ?? $0.text })
    }
    if let found = records.values.first {
      return try resolved(found.name, found.version, found.published, takesErased)
    }
    if let (_, content) = trees.first {
      return Resolved(name: nil, version: nil, record: nil, content: nil, entry: Self.root(content), path: [])
    }
    if let found = erasedTree { return try resolved(found.name, found.version, found.published, takesErased) }
    if let digest = prefix.digest, let found = resolveWhole(digest) { return found }
    throw StoreError(.notFound, prefix.text, "no record or tree of this store has that digest")
  }

  private static func root(_ content: PackageRecord) -> TreeEntry {
    TreeEntry(kind: .directory, size: content.size, digest: content.tree, name: [])
  }

  /// A package record.
  public func record(_ digest: Digest) throws(StoreError) -> PackageRecord {
    let bytes = try objects.blob(digest, limit: PackageRecord.byteLimit)
    do { return try PackageRecord(bytes) } catch { throw .damaged("record \(digest.short)", error) }
  }

  /// The entries of a tree.
  public func tree(_ digest: Digest) throws(StoreError) -> [TreeEntry] {
    let bytes = try objects.blob(digest, limit: Tree.sizeLimit)
    do { return try Tree.entries(of: bytes.span) } catch { throw .damaged("tree \(digest.short)", error) }
  }

  private func inside(_ reference: Reference, _ found: Resolved) throws(StoreError) -> Resolved {
    if reference.path.isEmpty { return found }
    var entry = found.entry
    for component in reference.pathComponents {
      guard entry.kind == .directory,
        let next = try tree(entry.digest).first(where: { $0.name.elementsEqual(component) })
      else {
        throw StoreError(.notFound, reference.description, "there is nothing at \(printable(Array(component)))")
      }
      entry = next
    }
    return Resolved(
      name: found.name, version: found.version, record: found.record, content: found.content, entry: entry,
      path: reference.path, erasure: found.erasure)
  }
}
