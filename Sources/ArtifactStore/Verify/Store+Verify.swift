import ArtifactCore
import ArtifactIO

extension Store {
  /// Reads the store, or what one version needs, and says what is not as it should be.
  ///
  /// Writes nothing into the store.
  ///
  /// Log: every entry, the chain of hashes, and the cached state. Packs: the file against its name, every frame decoded,
  /// every object hashed, the indexes compared. Versions: every object of their closure looked up, every large file put
  /// together once.
  public func verify(_ request: VerifyRequest, _ progress: Progress) throws(StoreError) -> VerifyReport {
    var well = [Digest: PackCheck.Result]()
    for _ in 0..<Self.verifyAttempts {
      var job = VerifyJob(self, request, progress)
      job.well = well
      let report = try job.run()
      if report.isSound { return report }
      // What a collection moves meanwhile looks lost; only a look without one tells. A log that cannot be read is told of.
      guard let last = (try? log.refresh())?.lastCollect, last > job.fold.lastCollect ?? -1 else { return report }
      well = job.well
    }
    throw StoreError(
      .overtaken, "the check", "collections went on all the while, and none ends well where something is lost")
  }

  private static let verifyAttempts = 100

  /// Reads the whole store.
  public func verify(_ progress: Progress) throws(StoreError) -> VerifyReport {
    try verify(VerifyRequest(), progress)
  }
}

/// One verification.
struct VerifyJob {
  let store: Store
  let request: VerifyRequest
  let progress: Progress
  let workers: Int
  var report = VerifyReport()
  /// The log, folded anew.
  var fold = Fold()
  /// Why the log cannot be read to its end.
  var logDamage: StoreError?
  var damage = Closure.Damage()
  /// What the packs that were found well came to; an attempt that is made again need not read them again.
  var well: [Digest: PackCheck.Result] = [:]
  /// Packs that are not as they should be, whatever is wrong.
  var hurtPacks: Set<Digest> = []
  /// Whether packs that were found well are remembered.
  var remembers = true
  /// Merged segments that are not as they should be, or name packs that are gone.
  var hurtSegments: Set<[UInt8]> = []
  /// Files of the OCI layout that are not as they should be.
  var hurtLayout: [[UInt8]] = []
  private var doubtful: [Digest: String] = [:]
  private var badFrames: Set<FrameKey> = []
  private var segmentCheck = SegmentCheck([])

  init(_ store: Store, _ request: VerifyRequest, _ progress: Progress) {
    self.store = store
    self.request = request
    self.progress = progress
    workers = max(1, request.workers ?? min(Threads.processorCount, 8))
  }

  mutating func run() throws(StoreError) -> VerifyReport {
    try checkLog()
    if let reference = request.reference {
      try check(reference)
    } else {
      try checkFiles()
      try checkVersions()
    }
    try store.verifyReferences(fold, &report, progress)
    return report
  }

  /// Checks all files of the store but those of the log.
  mutating func checkFiles() throws(StoreError) {
    checkLayout()
    try store.reloadIndex()
    segmentCheck = SegmentCheck(store.currentIndex().segments)
    let present = try checkPacks()
    try checkSegments(present)
    settleDoubts()
  }

  // MARK: Packs

  private mutating func checkPacks() throws(StoreError) -> Set<Digest> {
    let names = try wrapping { () throws(IOFailure) in try store.packs.names() }
    var present = Set<Digest>()
    // A pack that goes away meanwhile only makes the total too large.
    let sizes = names.compactMap { try? store.packs.status($0).size }.reduce(0, +)
    if !request.isQuick { progress.add(progress.bytesSeen, Int(clamping: sizes)) }
    let memory = request.isQuick || !remembers ? nil : CheckMemory(store.local, store: store.config.id)
    var since = request.since
    if since == nil {
      since = memory?.unfinished
      report.continued = since
      if since == nil { memory?.begin() }
    }
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try progress.checkCancelled()
      guard let digest = Digest(hex: name.span) else {
        report.strays.append(VerifyReport.Problem(subject: Path.printable(name), detail: "it is not a pack"))
        continue
      }
      // A condemned pack is no part of the store any more.
      if fold.condemned.contains(digest) { continue }
      present.insert(digest)
      try check(pack: digest, name, memory, since)
    }
    try progress.checkCancelled()
    memory?.end(present: present)
    return present
  }

  private mutating func check(
    pack digest: Digest, _ name: [UInt8], _ memory: CheckMemory?, _ since: Timestamp?
  ) throws(StoreError) {
    let status: FileStatus
    let pack: PackFile
    do {
      status = try wrapping { () throws(IOFailure) in try store.packs.status(name) }
      pack = try PackFile(digest, in: store.packs)
    } catch {
      if isCollected(digest) { return }
      report.add(unopened: error)
      if error.code == .damaged, !error.isAbsence { hurtPacks.insert(digest) }
      return
    }
    let check: PackCheck
    var isOwn = true
    do {
      check = try PackCheck(pack, progress)
      segmentCheck.add(digest, check)
    } catch {
      if try isForeign(pack) {
        report.foreignCount += 1
        return
      }
      report.add(error)
      hurtPacks.insert(digest)
      check = try otherListing(of: pack)
      isOwn = false
    }
    report.packCount += 1
    if request.isQuick { return }
    if isOwn, let memory, let since, memory.isWell(digest, status, since: since) {
      report.skippedPackCount += 1
      progress.add(progress.bytesDone, Int(clamping: pack.size))
      return
    }
    report.storedByteCount += Int(clamping: pack.size)
    if isOwn, let result = well[digest] {
      take(result, digest)
      return
    }
    let result = check.run(workers: workers)
    take(result, digest)
    if isOwn, result.problems.isEmpty, !progress.isCancelled {
      well[digest] = result
      memory?.note(digest, status)
    }
  }

  /// Whether a pack was condemned since the log was folded.
  private func isCollected(_ pack: Digest) -> Bool {
    // A log that cannot be read is told of.
    (try? store.log.refresh())?.condemned.contains(pack) ?? false
  }

  private mutating func take(_ result: PackCheck.Result, _ pack: Digest) {
    report.problems += result.problems
    report.objectCount += result.objectCount
    report.byteCount += result.byteCount
    doubtful.merge(result.doubtful) { first, _ in first }
    badFrames.formUnion(result.badFrames)
    if !result.problems.isEmpty { hurtPacks.insert(pack) }
  }

  /// Whether it is a whole blob of somebody else, such as an OCI manifest: intact, but no pack and never one.
  private func isForeign(_ pack: PackFile) throws(StoreError) -> Bool {
    guard !pack.endsLikePack, !store.currentIndex().packs.contains(pack.digest) else { return false }
    // What cannot be read is not whole.
    return (try? pack.hash(progress)) == pack.digest
  }

  /// What the merged segments say of a pack whose own index is damaged.
  private func otherListing(of pack: PackFile) throws(StoreError) -> PackCheck {
    for segment in store.currentIndex().segments where segment.packs.contains(where: { $0.digest == pack.digest }) {
      // A segment that does not read well either is reported by the check of its bytes.
      if let listed = try? segment.listing(of: pack.digest) { return PackCheck(pack, listed: listed, progress) }
    }
    return PackCheck(pack, listed: ([], []), progress)
  }

  /// Reads frames of packs, as far as some version needs them.
  mutating func check(frames wanted: [Digest: Set<UInt64>]) throws(StoreError) {
    for (digest, offsets) in wanted.sorted(by: { $0.key < $1.key }) {
      try progress.checkCancelled()
      let pack: PackFile
      do { pack = try PackFile(digest, in: store.packs) } catch {
        report.add(unopened: error)
        continue
      }
      let check: PackCheck
      do { check = try PackCheck(pack, progress) } catch {
        report.add(error)
        check = try otherListing(of: pack)
      }
      take(check.run(workers: workers, only: offsets), digest)
      report.packCount += 1
    }
    try progress.checkCancelled()
    settleDoubts()
  }

  /// An object is lost only if no copy of it reads well.
  private mutating func settleDoubts() {
    let index = store.currentIndex()
    var order = [(pack: Digest, offset: UInt64, digest: Digest)]()
    for (digest, why) in doubtful {
      let copy = (try? index.locations(digest, .object))?.first {
        !badFrames.contains(FrameKey(pack: $0.pack, offset: $0.frame.offset))
      }
      if let copy { order.append((copy.pack, copy.frame.offset, digest)) } else { damage.objects[digest] = why }
    }
    // In the order of the packs each frame is decoded once.
    order.sort { ($0.pack, $0.offset) < ($1.pack, $1.offset) }
    for (_, _, digest) in order where (try? store.objects.object(digest)) == nil {
      damage.objects[digest] = doubtful[digest]
    }
    doubtful = [:]
  }

  // MARK: Segments

  private mutating func checkSegments(_ present: Set<Digest>) throws(StoreError) {
    segmentCheck.finish()
    report.problems += segmentCheck.problems
    let wrong = Set(segmentCheck.problems.map(\.subject))
    try store.reloadIndex()
    for segment in store.currentIndex().segments {
      var isHurt = wrong.contains(segment.subject)
      do {
        let digest = try segment.withBytes { (bytes) throws(FormatError) in
          try SegmentIndex.verify(bytes)
          return segment.isInPack ? nil : Digest.of(bytes)
        }
        if let digest, digest.hex != segment.name {
          isHurt = true
          report.add(segment.subject, "its bytes do not hash to its name")
        }
      } catch {
        isHurt = true
        if !segment.isInPack { report.add(segment.subject, "\(error.subject): \(error.detail)") }
      }
      for pack in segment.packs where !present.contains(pack.digest) && !fold.condemned.contains(pack.digest) {
        // One that came after the files were listed is no loss.
        if (try? PackFile(pack.digest, in: store.packs)) != nil || isCollected(pack.digest) { continue }
        isHurt = true
        report.add("pack \(pack.digest.short)", "it is missing, and \(segment.subject) names it")
        damage.missingPacks.insert(pack.digest)
      }
      if isHurt, !segment.isInPack { hurtSegments.insert(Array(segment.name.utf8)) }
    }
    try checkUnusedSegments()
  }

  /// Files among the segments that are not in use, because they are none or cannot be read.
  private mutating func checkUnusedSegments() throws(StoreError) {
    let used = Set(store.currentIndex().segments.map(\.name))
    guard let folder = try store.segmentsIfPresent() else { return }
    for name in try wrapping({ () throws(IOFailure) in try folder.names() }) {
      guard let digest = Digest(hex: name.span) else {
        report.strays.append(VerifyReport.Problem(subject: Path.printable(name), detail: "it is not an index"))
        continue
      }
      if used.contains(digest.hex) { continue }
      do throws(StoreError) {
        _ = try Segment(digest, in: folder)
      } catch  where error.code != .notFound {
        report.add("index \(digest.short)", error.detail)
        hurtSegments.insert(name)
      } catch {
        // Others have merged it since.
      }
    }
  }
}
