import ArtifactCore
import ArtifactIO
import Synchronization

/// One run of a collection (store-layout.md §8).
///
/// Marks what the log needs; condemns packs of which nothing is needed; copies what is needed out of packs that are
/// mostly dead, erased in part, or small, and condemns those; removes what is condemned. No step waits for anybody: what
/// happens meanwhile is found in the log when an event is decided on.
struct Collector: ~Copyable {
  private let store: Store
  private let request: CollectRequest
  private let progress: Progress
  private let reserve: Reserve
  private var marker: Marker
  private(set) var report: CollectReport
  /// Packs that were condemned here.
  private var condemned: Set<Digest> = []
  /// Entries of the log by which the last look at what is needed went.
  var triedSize: Int { marker.triedSize }
  /// Bytes to copy before the packs that they come from go: little room is needed at a time.
  private static let batchSize: UInt64 = 64 << 20

  /// Reads the log and the index; `report` has what this collection did before it was overtaken.
  init(
    _ store: Store, _ request: CollectRequest, _ progress: Progress, after report: CollectReport
  ) throws(StoreError) {
    self.report = report
    self.store = store
    self.request = request
    self.progress = progress
    reserve = Reserve(store)
    try store.reload()
    store.steps.reach(.opened)
    marker = try Marker(store, progress)
  }

  /// Collects, or with a dry run counts what would be collected.
  mutating func run() throws(StoreError) -> CollectReport {
    try marker.markAll(store.log.fold)
    store.steps.reach(.marked)
    var plan = try plan()
    marker.forgetTouched()
    report.youngPacks = plan.youngPacks
    store.steps.reach(.planned)
    try countAside()
    if request.isDryRun {
      try count(plan)
      return report
    }
    try removeCondemned(asLeftovers: true)
    let gone = try condemn(plan.dead, .dead)
    report.deadPacks += gone.count
    try removeCondemned()
    try rewrite(&plan)
    try replaceSegments()
    // What dead writers left is in nobody's way.
    try? TemporaryFolder.sweep(store.temporary)
    // The next collection tries again to make the reserve.
    try? reserve.restore()
    report.logSize = store.log.fold.size
    return report
  }

  private borrowing func plan() throws(StoreError) -> CollectPlan {
    try CollectPlan(
      marker.map, erased: remains(), condemned: store.log.fold.condemned,
      isYoung: { [request, store] pack in Self.isYoung(pack, request, store) })
  }

  /// What erased versions needed, as far as it is there; nil if nothing was erased.
  private borrowing func remains() throws(StoreError) -> LiveMap? {
    let erased = store.log.fold.packages.values.flatMap(\.versions).filter { $0.erasure != nil }
    if erased.isEmpty { return nil }
    var remains = try Marker(besides: marker)
    for version in erased { try remains.mark(remainsOf: version.record) }
    return remains.map
  }

  private static func isYoung(_ pack: Digest, _ request: CollectRequest, _ store: Store) -> Bool {
    // One that is gone needs no sparing.
    guard let status = try? store.packs.status(Array(pack.hex.utf8)) else { return false }
    return status.modified >= request.sparesSince
  }

  private mutating func count(_ plan: CollectPlan) throws(StoreError) {
    let sizes = Dictionary(marker.map.packs.map { ($0.digest, $0.size) }, uniquingKeysWith: max)
    report.deadPacks = plan.dead.count
    report.rewrittenPacks = plan.rewritten.count
    report.erasedPacks = plan.rewritten.count { $0.reason == .erased }
    report.bytesFreed = plan.dead.reduce(0) { $0 + (sizes[$1] ?? 0) } + plan.rewritten.reduce(0) { $0 + $1.pack.size }
    report.bytesWritten = plan.rewritten.reduce(0) { $0 + $1.rewrittenSize }
    for leftover in try leftovers(store.log.fold) where !leftover.isDamaged {
      report.bytesFreed += leftover.size
      report.leftoverPacks += 1
    }
    report.logSize = store.log.fold.size
  }

  /// Counts what may hold erased bytes and is no part of the store.
  private mutating func countAside() throws(StoreError) {
    let isErased = store.log.fold.packages.values.contains { $0.versions.contains { $0.erasure != nil } }
    let sizes = isErased ? try Quarantine.sizes(in: store) : []
    report.asideFiles = sizes.count
    report.asideBytes = sizes.reduce(0, +)
  }

  // MARK: Condemning

  /// Condemns those packs in which nothing was found to be needed since they were chosen.
  private mutating func condemn(_ packs: Set<Digest>, _ reason: CollectReason) throws(StoreError) -> Set<Digest> {
    if packs.isEmpty { return [] }
    return try reserve.use { () throws(StoreError) in
      let gone = try store.condemn(packs, reason: reason, actor: request.actor) { (pack, fold) throws(StoreError) in
        try marker.mark(fold)
        return !isTouched(pack)
      }
      condemned.formUnion(gone)
      return gone
    }
  }

  private borrowing func isTouched(_ pack: Digest) -> Bool {
    marker.map.number(of: pack).map { marker.map.touched.contains($0) } ?? true
  }

  /// The file of a condemned pack.
  private struct Leftover {
    let pack: Digest
    let name: [UInt8]
    let size: UInt64
    /// Whether a repair condemned it, which is to set it aside: it was stopped, or is only about to.
    var isDamaged = false
  }

  /// The files of condemned packs that are there, whoever condemned them.
  private borrowing func leftovers(_ fold: Fold) throws(StoreError) -> [Leftover] {
    var found = try wrapping { () throws(IOFailure) in
      var found = [Leftover]()
      for name in try store.packs.names() {
        guard let pack = Digest(hex: name.span), fold.condemned.contains(pack) else { continue }
        // Nil where another collector was first.
        if let status = try store.packs.statusIfPresent(name) {
          found.append(Leftover(pack: pack, name: name, size: status.size))
        }
      }
      return found
    }
    let damaged = try Quarantine.damaged(among: Set(found.map(\.pack)).subtracting(condemned), of: store)
    for position in found.indices { found[position].isDamaged = damaged.contains(found[position].pack) }
    return found
  }

  /// Removes the files of condemned packs, and sets the damaged ones aside.
  private mutating func removeCondemned(asLeftovers: Bool = false) throws(StoreError) {
    let fold = try store.log.refresh()
    // Nothing is removed because of an entry that could still be lost.
    try store.log.syncEntries(fold.size - 1)
    store.steps.reach(.condemned)
    for leftover in try leftovers(fold) {
      if leftover.isDamaged {
        _ = try Quarantine.move(leftover.name, from: store.packs, of: store)
        continue
      }
      do { try store.packs.remove(leftover.name) } catch  where error.code == .notFound {
        // Another collector was first.
        continue
      } catch { throw StoreError(error) }
      report.bytesFreed += leftover.size
      if asLeftovers { report.leftoverPacks += 1 }
    }
    try store.reload()
    marker.release(fold.condemned)
    store.steps.reach(.removed)
  }

  // MARK: Rewriting

  private mutating func rewrite(_ plan: inout CollectPlan) throws(StoreError) {
    var limit = Self.batchSize
    while true {
      try progress.checkCancelled()
      let goneAlready = store.log.fold.condemned
      plan.rewritten.removeAll { goneAlready.contains($0.pack.digest) || isTouched($0.pack.digest) }
      let batch = plan.batch(limit: limit)
      guard let reason = batch.first?.reason else { return }
      let packs = Set(batch.map(\.pack.digest))
      do {
        guard let gone = try rewrite(packs, reason) else { continue }
        report.rewrittenPacks += gone.count
        if reason == .erased { report.erasedPacks += gone.count }
        plan.drop(packs)
      } catch  where error.isAbsence {
        // Another collector may have been faster; if not, the pack is really lost.
        try store.reload()
        if store.log.fold.condemned.isDisjoint(with: packs) { throw error }
      } catch  where error.isFull {
        if batch.count > 1 {
          limit = batch.reduce(0) { $0 + $1.live } / 2
        } else if let least = batch.first?.live {
          // Where this one finds no room, larger ones do not either.
          report.packsWithoutRoom += plan.rewritten.count { $0.live >= least }
          plan.rewritten.removeAll { $0.live >= least }
        }
      }
      try removeCondemned()
    }
  }

  /// Copies what is needed out of packs and condemns them; nil if that was overtaken by another collector.
  private mutating func rewrite(_ packs: Set<Digest>, _ reason: CollectReason) throws(StoreError) -> Set<Digest>? {
    let (session, moved) = try reserve.use { () throws(StoreError) in try copy(out: packs) }
    var isSafe = true
    let gone: Set<Digest>
    do {
      gone = try reserve.use { () throws(StoreError) in
        try store.condemn(packs, reason: reason, actor: request.actor) { (pack, fold) throws(StoreError) in
          isSafe = session.isSafe(in: fold)
          if !isSafe { return false }
          try marker.mark(fold)
          return !isTouched(pack)
        }
      }
      condemned.formUnion(gone)
      try session.close()
    } catch {
      // The first error is the one to tell.
      try? session.close()
      throw error
    }
    report.framesCopied += moved.frames
    report.objectsRepacked += moved.repacked
    report.bytesWritten += session.packBytes
    if !isSafe { try store.reload() }
    return isSafe ? gone : nil
  }

  private borrowing func copy(out packs: Set<Digest>) throws(StoreError) -> (WriteSession, Moved) {
    let session = try WriteSession(store, progress: progress, level: store.config.level, without: packs)
    do {
      var repack = try Repack(store, to: session)
      for pack in packs.sorted() {
        try progress.checkCancelled()
        try repack.copy(pack, marker.map)
      }
      try session.finishPacks()
      store.steps.reach(.finished)
      return (session, repack.moved)
    } catch {
      // The first error is the one to tell.
      try? session.close()
      throw error
    }
  }

  // MARK: Index

  private mutating func replaceSegments() throws(StoreError) {
    try store.reload()
    do {
      report.segmentsReplaced = try reserve.use { () throws(StoreError) in try mergeSegments() }
    } catch  where error.isFull {
      // Segments that name condemned packs are a waste of room and nothing worse.
    }
    store.steps.reach(.indexed)
  }

  private borrowing func mergeSegments() throws(StoreError) -> Int {
    let session = try WriteSession(store, progress: progress, level: store.config.level)
    do {
      let count = try SegmentMerge.dropCondemned(store, session)
      try SegmentMerge.runIfNeeded(store, session)
      try session.close()
      return count
    } catch {
      // The first error is the one to tell.
      try? session.close()
      throw error
    }
  }
}
