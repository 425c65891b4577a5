public import ArtifactCore

/// How much a store holds.
public struct StoreStats: Sendable {
  /// What was published.
  public struct Published: Sendable, Equatable {
    /// Names.
    public var names = 0
    /// Versions of them.
    public var versions = 0
    /// Plain bytes of all versions, each counted in full.
    public var size: UInt64 = 0
  }

  /// What was published, by kind; kinds that are not there are left out.
  public var kinds: [PackageKind: Published] = [:]
  /// Bytes of all packs that an index covers.
  public var storedSize: UInt64 = 0
  /// Packs.
  public var packs = 0
  /// Objects and recipes in them.
  public var objects = 0
  /// Compressed frames in them.
  public var frames = 0
  /// Index segments.
  public var segments = 0
  /// Log entries.
  public var logEntries = 0
  /// Log entries that broke a rule and changed nothing.
  public var voidEntries = 0
  /// Versions that were erased; their size is not in the sums.
  public var erasedVersions = 0
  /// Versions whose record cannot be read; their size is missing from the sums.
  public var unreadableVersions = 0

  /// What was published, all kinds together.
  public var published: Published {
    kinds.values.reduce(into: Published()) {
      $0.names += $1.names
      $0.versions += $1.versions
      $0.size += $1.size
    }
  }
}

extension Store {
  /// Counts what the store holds.
  ///
  /// - Complexity: Reads the record of every version and no other object.
  public func stats() throws(StoreError) -> StoreStats {
    var stats = StoreStats()
    let fold = log.fold
    stats.logEntries = fold.size
    stats.voidEntries = fold.voids.count
    for name in names() {
      guard let package = fold.packages[name] else { continue }
      // A name in the fold was checked when its entry was read.
      guard let checked = try? PackageName(name) else { continue }
      var published = stats.kinds[package.kind] ?? StoreStats.Published()
      published.names += 1
      for version in try versions(of: checked) {
        published.versions += 1
        if version.published.erasure != nil {
          stats.erasedVersions += 1
          continue
        }
        if let content = version.content { published.size &+= content.size } else { stats.unreadableVersions += 1 }
      }
      stats.kinds[package.kind] = published
    }
    count(currentIndex(), &stats)
    return stats
  }

  /// A pack that several segments cover counts once: the largest segments first, and no segment with nothing new.
  private func count(_ index: Index, _ stats: inout StoreStats) {
    var seen = Set<Digest>()
    stats.segments = index.segments.count
    for segment in index.segments.sorted(by: { $0.packs.count > $1.packs.count }) {
      var isNew = false
      for pack in segment.packs where !index.condemned.contains(pack.digest) && seen.insert(pack.digest).inserted {
        isNew = true
        stats.packs += 1
        stats.storedSize &+= pack.size
      }
      if isNew {
        stats.objects += segment.header.entryCount
        stats.frames += segment.header.frameCount
      }
    }
  }
}
