public import ArtifactCore

/// Which names to list.
public struct ListFilter: Sendable {
  /// Only names of this kind.
  public var kind: PackageKind?
  /// Only names that have this tag, with the version that it is on instead of the latest.
  public var tag: TagName?
  /// Only versions whose record has these metadata.
  public var meta: [String: String] = [:]
  /// Only names that fit.
  public var pattern: NamePattern?

  /// Lists everything.
  public init() {}
}

/// One version of a name, with what is known about it.
public struct ListedVersion: Sendable {
  /// The name.
  public let name: PackageName
  /// What the name stands for.
  public let kind: PackageKind
  /// The version.
  public let version: Int
  /// Where and when it was published, and by whom.
  public let published: Fold.Version
  /// The tags on this version, in order.
  public let tags: [String]
  /// The channels that this version is in, in order of their names.
  public let channels: [String]
  /// The record, unless `damage` says why not.
  public internal(set) var content: PackageRecord?
  /// Why the record cannot be read.
  public internal(set) var damage: StoreError?
}

extension Store {
  /// One version of each name that the filter lets through, by name: the tagged one if the filter asks for a tag, the
  /// latest otherwise.
  ///
  /// A record that cannot be read does not stop the listing.
  public func list(_ filter: ListFilter = ListFilter()) throws(StoreError) -> [ListedVersion] {
    var found = [ListedVersion]()
    for (text, package) in log.fold.packages {
      guard filter.kind == nil || filter.kind == package.kind else { continue }
      // A name in the fold was checked when its entry was read.
      guard let name = try? PackageName(text) else { continue }
      if let pattern = filter.pattern, !pattern.matches(name) { continue }
      var version = package.versions.count
      if let tag = filter.tag {
        guard let tagged = log.fold.version(of: text, at: tag.text) else { continue }
        version = tagged
      }
      found.append(Self.listed(name, package, version))
    }
    try readRecords(of: &found)
    found.removeAll { version in
      filter.meta.contains { key, value in
        guard let text = version.content?.meta[key] else { return true }
        return !ExactText.equal(text, value)
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  /// All versions of a name, the newest first.
  public func versions(of name: PackageName) throws(StoreError) -> [ListedVersion] {
    guard let package = log.fold.packages[name.text] else { throw noSuchName(name.text) }
    var found = package.versions.indices.reversed().map { Self.listed(name, package, $0 + 1) }
    try readRecords(of: &found)
    return found
  }

  /// All names, in order, without a look at any record.
  public func names() -> [String] { log.fold.packages.keys.sorted(by: ExactText.precedesBytewise) }

  /// An entry of the log, or nil if there are not so many.
  public func entry(_ sequence: Int) throws(StoreError) -> LogEntry? { try log.entry(sequence) }

  private func noSuchName(_ name: String) -> StoreError {
    StoreError(
      .notFound, name, "there is no such name in this store",
      candidates: DidYouMean.candidates(for: name, among: log.fold.packages.keys))
  }

  private static func listed(_ name: PackageName, _ package: Fold.Package, _ version: Int) -> ListedVersion {
    ListedVersion(
      name: name, kind: package.kind, version: version, published: package.versions[version - 1],
      tags: package.tags.filter { $0.value == version }.map(\.key).sorted(by: ExactText.precedesBytewise),
      channels: package.channels.filter { $0.value.last?.version == version }.map(\.key)
        .sorted(by: ExactText.precedesBytewise), content: nil, damage: nil)
  }

  /// Reads records in the order in which they lie in the packs, so that each frame is decoded once.
  private func readRecords(of versions: inout [ListedVersion]) throws(StoreError) {
    let index = currentIndex()
    var order = [(pack: Digest, offset: UInt64, position: Int)]()
    order.reserveCapacity(versions.count)
    for (position, version) in versions.enumerated() {
      let copy = try index.locations(version.published.record, .object).first
      order.append((copy?.pack ?? version.published.record, copy?.frame.offset ?? 0, position))
    }
    order.sort { $0.pack != $1.pack ? $0.pack < $1.pack : $0.offset < $1.offset }
    for (_, _, position) in order {
      do {
        versions[position].content = try record(versions[position].published.record)
      } catch {
        guard [.damaged, .newerFormat, .io].contains(error.code) else { throw error }
        versions[position].damage = error
      }
    }
  }
}
