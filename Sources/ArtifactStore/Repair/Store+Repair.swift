import ArtifactCore
import ArtifactIO

extension Store {
  /// Makes a damaged store well again, as far as its own bytes and another store allow (store-layout.md §8.3).
  ///
  /// Everything is read first. What can be had from damaged packs is packed anew, what is lost is fetched, and the damaged
  /// packs are condemned and moved to `artifact/quarantine`. Log entries are never touched. A store that is well is not
  /// written to. Call it again after an interruption.
  public func repair(_ request: RepairRequest, _ progress: Progress) throws(StoreError) -> RepairReport {
    var job = try RepairJob(self, request, progress)
    return try job.run()
  }
}

/// One repair.
struct RepairJob {
  let store: Store
  let request: RepairRequest
  let progress: Progress
  let other: Store?
  var check: VerifyJob
  var report = RepairReport()

  init(_ store: Store, _ request: RepairRequest, _ progress: Progress) throws(StoreError) {
    self.store = store
    self.request = request
    self.progress = progress
    if let path = request.source {
      // Without memory: a copy of this store that is older is welcome here.
      let other = try Store(opening: path, local: nil, toleratesLogDamage: true)
      let (here, there) = try wrapping { () throws(IOFailure) in (try store.root.status(), try other.root.status()) }
      guard (here.device, here.inode) != (there.device, there.inode) else {
        throw StoreError(.usage, path.printable, "it is the same store")
      }
      self.other = other
    } else {
      other = nil
    }
    var wanted = VerifyRequest()
    wanted.workers = request.workers
    check = VerifyJob(store, wanted, progress)
    check.remembers = false
  }

  mutating func run() throws(StoreError) -> RepairReport {
    try check.checkLog()
    if let damage = check.logDamage { throw damage }
    try check.checkFiles()
    try check.checkVersions()
    try progress.checkCancelled()
    report.problems = check.report.problems
    report.hurt = check.report.hurt
    let unmoved = try Quarantine.unmoved(in: store)
    let isHurt = !check.hurtPacks.isEmpty || !check.hurtSegments.isEmpty || !check.hurtLayout.isEmpty
    if isHurt || !report.hurt.isEmpty || !unmoved.isEmpty {
      if request.isDryRun { try foresee() } else { try act(unmoved) }
    }
    report.remaining = remainingProblems()
    report.failure = report.failure ?? check.report.failure
    report.logSize = store.log.fold.size
    return report
  }

  /// What no repair mends: a pack that may not be opened, for one, or a cached state that differs.
  private func remainingProblems() -> [VerifyReport.Problem] {
    let mended =
      check.hurtPacks.map(\.short) + check.hurtSegments.map { String(decoding: $0.prefix(12), as: UTF8.self) }
    let missing = check.damage.missingPacks.map(\.short)
    let layout = check.hurtLayout.map { Path.printable($0) }
    return report.problems.filter { problem in
      !(mended + missing).contains { problem.subject.contains($0) } && !layout.contains(problem.subject)
    }
  }

  // MARK: Acting

  private mutating func act(_ unmoved: Set<Digest>) throws(StoreError) {
    let packs = check.hurtPacks
    let segments = check.hurtSegments.union(segmentsOf(packs))
    if !packs.isEmpty || !segments.isEmpty || !unmoved.isEmpty || !check.hurtLayout.isEmpty {
      // Before anything is done: something may be in its place.
      _ = try wrapping { () throws(IOFailure) in try store.root.folder(Quarantine.path) }
    }
    try store.adjust(Store.Adjustment(without: packs, withoutSegments: segments))
    try store.write(progress, level: store.config.level) { (session) throws(StoreError) in
      report.packs = []
      report.fetched = 0
      report.failure = nil
      for pack in packs.sorted() { try salvage(pack, into: session) }
      try session.finishPacks()
      try fetch(into: session)
      store.steps.reach(.finished)
      // What was copied, and what was not because it is elsewhere, must be there when the packs go.
      let condemned = try store.condemn(packs, reason: .quarantine, actor: request.actor) {
        (_, fold) throws(StoreError) in
        session.isSafe(in: fold)
      }
      guard packs.isSubset(of: store.log.fold.condemned.union(condemned)) else {
        throw StoreError(.overtaken, "the repair", "a collection condemned what it relied on")
      }
      try setAside(packs.union(unmoved), segments, session)
    }
    try store.adjust(Store.Adjustment())
    try look()
  }

  /// Copies what can be had from a damaged pack and is in no other.
  private mutating func salvage(_ pack: Digest, into session: WriteSession) throws(StoreError) {
    let isThere = try wrapping { () throws(IOFailure) in try store.packs.statusIfPresent(Array(pack.hex.utf8)) != nil }
    // A collection took it away, after it had copied what is needed.
    if !isThere { return }
    var salvage = try Salvage(session)
    let found = try walk(pack) { (frame, stored, plain) throws(StoreError) in try salvage.take(frame, stored, plain) }
    try salvage.finish()
    report.packs.append(RepairReport.Pack(name: pack, found: found, salvaged: salvage.count))
  }

  /// Walks a damaged pack; returns the number of different objects and recipes that were found.
  private func walk(
    _ pack: Digest, _ body: (PackWalk.Frame, Span<UInt8>, Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) -> Int {
    var found = Set<ObjectKey>()
    let name = Array(pack.hex.utf8)
    // A link or a folder in its place has nothing of it.
    guard try wrapping({ () throws(IOFailure) in try store.packs.status(name) }).kind == .file else { return 0 }
    var walk = try PackWalk.open(name, in: store.packs, hints: hints(of: pack))
    try walk.run(progress) { (frame, stored, plain) throws(StoreError) in
      for member in frame.members { found.insert(ObjectKey(digest: member.digest, kind: member.kind)) }
      try body(frame, stored, plain)
    }
    return found.count
  }

  /// What the pack's own index says of its frames, if that can be read.
  private func hints(of pack: Digest) -> [UInt64: [SegmentIndex.Entry]] {
    guard let file = try? PackFile(pack, in: store.packs), let check = try? PackCheck(file, progress) else {
      return [:]
    }
    return Dictionary(grouping: check.entries) { check.frames[Int($0.frame)].offset }
  }

  /// Copies what is lost and the other store has; each object is hashed on the way.
  private mutating func fetch(into session: WriteSession) throws(StoreError) {
    guard let other else { return }
    var known = Set<ObjectKey>()
    while true {
      try settle()
      let (found, failure) = check.wanted(from: other)
      report.failure = report.failure ?? failure
      let wanted = found.subtracting(known)
      if wanted.isEmpty { return }
      known.formUnion(wanted)
      var moved = Moved()
      try CopyJob(from: other, to: session, toleratesLoss: true, progress).move(wanted, &moved)
      report.fetched += wanted.count - moved.lost
      report.failure = report.failure ?? moved.failure
      // What came may name more that is lost.
      try session.finishPacks()
    }
  }

  /// Takes what is there by now out of what was known to be damaged.
  private mutating func settle() throws(StoreError) {
    let index = store.currentIndex()
    check.damage.objects = check.damage.objects.filter { !index.contains($0.key, .object) }
  }

  // MARK: Setting aside

  /// Merged segments that cover packs which go.
  private func segmentsOf(_ packs: Set<Digest>) -> Set<[UInt8]> {
    let stale = store.currentIndex().segments.filter { segment in
      !segment.isInPack && segment.packs.contains { packs.contains($0.digest) }
    }
    return Set(stale.map { Array($0.name.utf8) })
  }

  private mutating func setAside(
    _ packs: Set<Digest>, _ segments: Set<[UInt8]>, _ session: WriteSession
  ) throws(StoreError) {
    for name in packs.map({ Array($0.hex.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      _ = try Quarantine.move(name, from: store.packs, of: store)
    }
    report.segments = []
    for name in segments.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if try Quarantine.move(name, from: try store.segments, of: store) { report.segments.append(Path.printable(name)) }
    }
    for name in check.hurtLayout {
      _ = try Quarantine.move(name, from: store.root, of: store)
      let bytes = name == Store.layoutName ? Store.layoutBytes : Store.imageIndexBytes
      try wrapping { () throws(IOFailure) in
        try Durability.writeSynced(bytes, as: name, in: session.temporary)
        try Durability.publish(name, in: session.temporary, as: name, in: store.root)
        try store.root.sync()
      }
      report.files.append(Path.printable(name))
    }
    // Without the segments there may be many indexes again.
    try session.publishIndex()
  }

  /// Looks what is lost even now.
  private mutating func look() throws(StoreError) {
    try settle()
    check.fold = store.log.fold
    check.damage.blobs = []
    check.report.hurt = []
    try check.checkVersions()
    report.hurt = check.report.hurt
  }

  // MARK: Dry run

  /// Finds out what `act` would do, in memory.
  private mutating func foresee() throws(StoreError) {
    var adjustment = Store.Adjustment()
    for pack in check.hurtPacks.sorted() {
      var foresight = Foresight()
      let found = try walk(pack) { (frame, _, _) throws(StoreError) in foresight.take(frame) }
      if let segment = try foresight.segment(of: pack) { adjustment.with.append(segment) }
      report.packs.append(RepairReport.Pack(name: pack, found: found, salvaged: 0))
      for key in foresight.found where key.kind == .object { check.damage.objects[key.digest] = nil }
    }
    report.segments = check.hurtSegments.union(segmentsOf(check.hurtPacks)).map { Path.printable($0) }.sorted()
    report.files = check.hurtLayout.map { Path.printable($0) }
    try store.adjust(adjustment)
    if let other {
      let (wanted, failure) = check.wanted(from: other)
      report.fetched = wanted.count
      report.failure = failure
    }
    check.report.hurt = []
    try check.foresee(from: other)
    report.hurt = check.report.hurt
    try store.adjust(Store.Adjustment())
  }
}
