import ArtifactCore
import ArtifactIO
import Synchronization

extension Store {
  /// Reads everything in the store and says what is not as it should be.
  ///
  /// Writes nothing.
  ///
  /// Log: every entry, the chain of hashes, and the cached state. Packs: the file against its name, every frame decoded,
  /// every object hashed, the index compared. Versions: every object of their closure looked up.
  public func verify(workers: Int? = nil, _ progress: Progress) throws(StoreError) -> VerifyReport {
    var report = VerifyReport()
    let fold = try verifyLog(&report)
    let (bad, missing) = try verifyPacks(workers: workers ?? min(Threads.processorCount, 8), &report, progress)
    try progress.checkCancelled()
    var closure = Closure(self, bad: bad, missing: missing)
    for (name, package) in fold.packages.sorted(by: { $0.key < $1.key }) {
      for (position, version) in package.versions.enumerated() {
        try progress.checkCancelled()
        report.versionCount += 1
        guard let loss = closure.visit(record: version.record) else { continue }
        report.hurt.append(
          VerifyReport.Hurt(
            name: name, version: position + 1, path: printable(loss.path), object: loss.object))
      }
    }
    return report
  }

  /// Folds the log again from its first entry, without any cache.
  private func verifyLog(_ report: inout VerifyReport) throws(StoreError) -> Fold {
    var fold = Fold()
    do {
      try log.checkForGaps()
      while let entry = try log.entry(fold.size) { try apply(entry, to: &fold) }
    } catch {
      report.problems.append(VerifyReport.Problem(subject: error.subject, detail: error.detail))
    }
    report.entryCount = fold.size
    report.voids = fold.voids
    let known = log.fold
    if known.size <= fold.size, known.size > 0, fold.size == known.size, known != fold {
      report.problems.append(
        VerifyReport.Problem(subject: "the cached state", detail: "it is not what the log adds up to; delete the cache")
      )
    }
    return fold.size >= known.size ? fold : known
  }

  private func apply(_ entry: LogEntry, to fold: inout Fold) throws(StoreError) {
    do { try fold.apply(entry) } catch { throw .damaged("log entry \(fold.size)", error) }
  }

  /// Reads all packs; returns the objects that have no good copy, and the packs that are named but not there.
  private func verifyPacks(
    workers: Int, _ report: inout VerifyReport, _ progress: Progress
  ) throws(StoreError) -> (bad: Set<Digest>, missing: Set<Digest>) {
    let names = try wrapping { () throws(IOFailure) in try packs.names() }
    var bad = Set<Digest>()
    var present = Set<Digest>()
    // A pack that goes away meanwhile only makes the total too large.
    let sizes = names.compactMap { try? packs.status($0).size }.reduce(0, +)
    progress.add(progress.bytesSeen, Int(clamping: sizes))
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try progress.checkCancelled()
      guard let digest = Digest(hex: name.span) else {
        report.problems.append(VerifyReport.Problem(subject: Path.printable(name), detail: "a file that is not a pack"))
        continue
      }
      report.packCount += 1
      present.insert(digest)
      do {
        let result = try check(pack: digest, &report, progress).run(workers: workers)
        report.problems += result.problems
        report.objectCount += result.objectCount
        report.byteCount += result.byteCount
        bad.formUnion(result.bad)
      } catch {
        report.problems.append(VerifyReport.Problem(subject: error.subject, detail: error.detail))
      }
    }
    let missing = try verifySegments(present, &report)
    // An object is lost only if no copy of it reads well.
    return (bad.filter { (try? objects.object($0)) == nil }, missing)
  }

  /// Prepares the check of a pack: by its own index, or if that is damaged by what the merged segments say.
  private func check(
    pack digest: Digest, _ report: inout VerifyReport, _ progress: Progress
  ) throws(StoreError) -> PackCheck {
    let pack = try PackFile(digest, in: packs)
    report.storedByteCount += Int(clamping: pack.size)
    do { return try PackCheck(pack, progress) } catch {
      report.problems.append(VerifyReport.Problem(subject: error.subject, detail: error.detail))
    }
    for segment in currentIndex().segments where segment.packs.contains(where: { $0.digest == digest }) {
      return PackCheck(pack, listed: try segment.listing(of: digest), progress)
    }
    return PackCheck(pack, listed: ([], []), progress)
  }

  private func verifySegments(
    _ present: Set<Digest>, _ report: inout VerifyReport
  ) throws(StoreError) -> Set<Digest> {
    try reloadIndex()
    try verifyUnreadableSegments(&report)
    var missing = Set<Digest>()
    for segment in currentIndex().segments {
      let subject = "index \(segment.name.prefix(12))"
      do {
        let digest = try segment.withBytes { (bytes) throws(FormatError) in
          try SegmentIndex.verify(bytes)
          return Digest.of(bytes)
        }
        if !segment.isInPack, digest.hex != segment.name {
          report.problems.append(VerifyReport.Problem(subject: subject, detail: "its bytes do not hash to its name"))
        }
      } catch {
        report.problems.append(VerifyReport.Problem(subject: subject, detail: "\(error.subject): \(error.detail)"))
      }
      for pack in segment.packs where !present.contains(pack.digest) {
        report.problems.append(
          VerifyReport.Problem(subject: "pack \(pack.digest.short)", detail: "it is missing, and \(subject) names it"))
        missing.insert(pack.digest)
      }
    }
    return missing
  }
  /// Files among the segments that are not in use, because they are none or cannot be read.
  private func verifyUnreadableSegments(_ report: inout VerifyReport) throws(StoreError) {
    let used = Set(currentIndex().segments.map(\.name))
    for name in try wrapping({ () throws(IOFailure) in try segments.names() }) {
      guard let digest = Digest(hex: name.span) else {
        report.problems.append(
          VerifyReport.Problem(subject: Path.printable(name), detail: "a file that is not an index"))
        continue
      }
      if used.contains(digest.hex) { continue }
      do throws(StoreError) {
        _ = try Segment(try wrapping { () throws(IOFailure) in try segments.open(name) }, name: digest.hex)
      } catch  where error.code != .notFound {
        report.problems.append(VerifyReport.Problem(subject: "index \(digest.short)", detail: error.detail))
      } catch {
        // Others have merged it since.
      }
    }
  }
}
