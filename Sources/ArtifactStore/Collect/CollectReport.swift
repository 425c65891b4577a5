import ArtifactCore

/// How to collect.
public struct CollectRequest: Sendable {
  /// Who collects.
  public var actor: String
  /// Whether nothing is changed, only counted.
  public var isDryRun = false
  /// Packs that were written at or after this moment (nanoseconds since 1970) are left alone, unless they hold something
  /// that was erased.
  ///
  /// It only saves the work of writers that are not done yet; nothing is safe because of it.
  public var sparesSince = Int64.max

  /// Creates a request that spares no pack for its age.
  public init(actor: String) { self.actor = actor }
}

/// What a collection did, or what one would do.
public struct CollectReport: Sendable, Equatable {
  /// Packs of which nothing is needed.
  public internal(set) var deadPacks = 0
  /// Packs of which little is needed, small ones, and ones with erased objects: what is needed was copied out of them.
  public internal(set) var rewrittenPacks = 0
  /// Of these the ones that held something erased.
  public internal(set) var erasedPacks = 0
  /// Packs that would have gone if they were older.
  public internal(set) var youngPacks = 0
  /// Bytes of the packs that are gone; of a dry run those that would go.
  public internal(set) var bytesFreed: UInt64 = 0
  /// Bytes of new packs; of a dry run about so many.
  public internal(set) var bytesWritten: UInt64 = 0
  /// Frames that were copied as they stand.
  public internal(set) var framesCopied = 0
  /// Objects that were put into new frames.
  public internal(set) var objectsRepacked = 0
  /// Packs that an earlier collection had condemned and that were still there, or there again.
  public internal(set) var leftoverPacks = 0
  /// Index segments that were replaced.
  public internal(set) var segmentsReplaced = 0
  /// Packs that there was no room to rewrite.
  public internal(set) var packsWithoutRoom = 0
  /// Files that repairs have set aside and that no collection touches, where some version is erased: they may hold its bytes.
  public internal(set) var asideFiles = 0
  /// Bytes of these files.
  public internal(set) var asideBytes: UInt64 = 0
  /// Number of log entries afterwards.
  public internal(set) var logSize = 0

  /// What went in, in all: packs that went away.
  public var packsGone: Int { deadPacks + rewrittenPacks + leftoverPacks }
  /// Whether packs were condemned, which is written into the log; of a dry run whether they would be.
  public var hasCondemned: Bool { deadPacks + rewrittenPacks > 0 }
}

/// Which packs go, and why.
struct CollectPlan {
  /// Packs of which nothing is needed, by name.
  var dead: Set<Digest> = []
  /// Packs that are rewritten, those with the least to copy first.
  var rewritten: [Rewrite] = []
  var youngPacks = 0

  struct Rewrite: Sendable {
    let pack: SegmentIndex.Pack
    /// Stored bytes to copy.
    let live: UInt64
    let reason: CollectReason
    /// About how many bytes of new packs that makes: frames bring headers and index entries with them.
    let rewrittenSize: UInt64

    init(_ pack: SegmentIndex.Pack, _ use: LiveMap.Use) {
      self.pack = pack
      live = use.live
      reason = use.hasErased ? .erased : .dead
      rewrittenSize = UInt64(Double(pack.size) * Double(use.live) / Double(max(1, use.content)))
    }
  }

  /// A pack is small below this size, a sixteenth of what a pack is to be.
  static let smallSize: UInt64 = 4 << 20
  /// Fewer small packs than this are no trouble.
  static let smallCount = 16

  /// Chooses among the packs of a map; `isYoung` says what to spare.
  init(
    _ map: LiveMap, erased: LiveMap?, condemned: Set<Digest>, isYoung: (Digest) -> Bool
  ) throws(StoreError) {
    var small = [Rewrite]()
    for (pack, use) in zip(map.packs, try map.use(erased: erased)) where !condemned.contains(pack.digest) {
      let rewrite = Rewrite(pack, use)
      let isSparse = use.live * 2 < use.content
      let isSmall = pack.size < Self.smallSize
      guard use.hasErased || isSparse || isSmall || !use.isNeeded else { continue }
      if !use.hasErased, isYoung(pack.digest) {
        if isSparse || !use.isNeeded { youngPacks += 1 }
      } else if !use.isNeeded, !use.hasErased {
        dead.insert(pack.digest)
      } else if use.hasErased || isSparse {
        rewritten.append(rewrite)
      } else {
        small.append(rewrite)
      }
    }
    if small.count >= Self.smallCount { rewritten += small }
    rewritten.sort { ($0.live, $0.pack.digest) < ($1.live, $1.pack.digest) }
  }

  /// The first packs of one reason with at most `limit` bytes to copy, at least one pack.
  func batch(limit: UInt64) -> [Rewrite] {
    guard let first = rewritten.first else { return [] }
    var total: UInt64 = 0
    var batch = [Rewrite]()
    for rewrite in rewritten where rewrite.reason == first.reason {
      total += rewrite.live
      if !batch.isEmpty, total > limit { break }
      batch.append(rewrite)
    }
    return batch
  }

  /// Takes packs off the list.
  mutating func drop(_ packs: Set<Digest>) { rewritten.removeAll { packs.contains($0.pack.digest) } }
}
