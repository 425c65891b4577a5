import ArtifactCore
import ArtifactIO

/// What versions need: whether it is there, and whether large files come out right.
extension VerifyJob {
  /// Something whose closure is visited.
  private struct Target {
    let name: String
    let version: Int?
    let root: Root
    /// Where in the version the root lies; empty for the whole.
    var path: [UInt8] = []
    var isErased: Bool { if case .remains = root { true } else { false } }
  }

  private enum Root {
    case record(Digest)
    case run(plan: Digest, result: Digest?)
    /// Only the record itself: its version was erased.
    case remains(Digest)
    case entry(TreeEntry)
  }

  private static func root(of version: Fold.Version) -> Root {
    version.erasure == nil ? .record(version.record) : .remains(version.record)
  }

  /// Visits every version of every name, every run and every report.
  mutating func checkVersions() throws(StoreError) {
    let targets = allTargets()
    report.runCount = fold.runs.count + fold.reports.count
    report.versionCount = targets.count { $0.version != nil }
    report.erasedCount = targets.count(where: \.isErased)
    try visit(targets)
  }

  /// What every version needs and only `other` has; and if something is in neither, why `other` could not be read.
  func wanted(from other: Store) -> (objects: Set<ObjectKey>, failure: StoreError?) {
    var closure = Closure(store, damage, other: other, notesObjects: false)
    var isLost = false
    for target in allTargets() where !visit(target, &closure).isEmpty { isLost = true }
    return (closure.elsewhere, isLost ? closure.otherFailure ?? other.currentIndex().failure : nil)
  }

  private func allTargets() -> [Target] {
    var targets = [Target]()
    for (name, package) in fold.packages.sorted(by: { $0.key < $1.key }) {
      for (position, version) in package.versions.enumerated() {
        targets.append(Target(name: name, version: position + 1, root: Self.root(of: version)))
      }
    }
    for run in fold.runs {
      let root = Root.run(plan: run.plan, result: run.finish?.result)
      targets.append(Target(name: "run \(run.id.prefix(12))", version: nil, root: root))
    }
    for made in fold.reports {
      targets.append(Target(name: "report \(made.record.short)", version: nil, root: .record(made.record)))
    }
    return targets
  }

  /// Visits one version, or what a reference names in it.
  mutating func check(_ reference: Reference) throws(StoreError) {
    let target: Target
    do { target = try self.target(of: reference) } catch {
      // What an entry published that cannot be read is not known, nor what is behind it.
      if error.code == .notFound, let logDamage { throw logDamage }
      throw error
    }
    try store.reloadIndex()
    let index = store.currentIndex()
    damage.missingPacks = index.condemned.subtracting(fold.condemned)
    report.versionCount = 1
    report.erasedCount = target.isErased ? 1 : 0
    if !request.isQuick {
      var closure = Closure(store, damage)
      _ = visit(target, &closure)
      var frames = [Digest: Set<UInt64>]()
      var bytes = 0
      for key in closure.objects {
        for copy in try index.locations(key.digest, key.kind) {
          if frames[copy.pack, default: []].insert(copy.frame.offset).inserted { bytes += Int(copy.frame.storedSize) }
        }
      }
      if let since = request.since { try skipPacks(wellSince: since, &frames) }
      progress.add(progress.bytesSeen, bytes)
      try check(frames: frames)
    }
    try visit([target])
    // A pack that no index tells of; what is lost may be in it.
    if !report.hurt.isEmpty, let failure = store.currentIndex().failure { report.add(unopened: failure) }
  }

  private mutating func skipPacks(wellSince since: Timestamp, _ frames: inout [Digest: Set<UInt64>]) throws(StoreError)
  {
    guard let memory = CheckMemory(store.local, store: store.config.id) else { return }
    for pack in frames.keys {
      // A pack that went away is met again below.
      guard let status = try? store.packs.status(Array(pack.hex.utf8)) else { continue }
      guard memory.isWell(pack, status, since: since) else { continue }
      frames[pack] = nil
      report.packCount += 1
      report.skippedPackCount += 1
    }
  }

  private func target(of reference: Reference) throws(StoreError) -> Target {
    if case .name(let name, let selector) = reference.target, reference.path.isEmpty {
      let found = try store.published(name, selector)
      return Target(name: name.text, version: found.version, root: Self.root(of: found.published))
    }
    let found = try store.resolve(reference)
    let name = found.name?.text ?? reference.description
    if found.path.isEmpty, let record = found.record {
      return Target(name: name, version: found.version, root: .record(record))
    }
    return Target(name: name, version: found.version, root: .entry(found.entry), path: found.path)
  }

  private func visit(_ target: Target, _ closure: inout Closure) -> Losses {
    switch target.root {
    case .record(let record): return closure.visit(record: record)
    case .run(let plan, let result):
      let losses = closure.visit(record: plan)
      guard losses.isEmpty, let result else { return losses }
      return closure.visit(record: result)
    case .remains(let record): return closure.visit(blob: record, size: nil)
    case .entry(let entry):
      let inner =
        entry.kind == .directory
        ? closure.visit(tree: entry.digest, size: entry.size) : closure.visit(blob: entry.digest, size: entry.size)
      if target.path.isEmpty { return inner }
      var losses = Losses()
      losses.add(inner, below: target.path)
      return losses
    }
  }

  private mutating func visit(_ targets: [Target]) throws(StoreError) {
    let recipes = try visitAll(targets)
    if request.isQuick { return }
    let check = RecipeCheck(store, recipes, rebuildsAll: request.rebuildsAll, progress)
    let wrong = try check.run(workers: workers)
    report.rebuiltCount = check.rebuiltCount
    if wrong.isEmpty { return }
    // Once more, now that it is known: which paths of which versions that reaches.
    damage.blobs = wrong
    report.hurt.removeAll { hurt in targets.contains { $0.name == hurt.name && $0.version == hurt.version } }
    _ = try visitAll(targets)
  }

  /// Notes what is lost; returns the blobs that only recipes make.
  private mutating func visitAll(_ targets: [Target]) throws(StoreError) -> [Digest: Closure.RecipeBlob] {
    var closure = Closure(store, damage, notesObjects: false)
    for target in targets {
      try progress.checkCancelled()
      var losses = visit(target, &closure)
      if !losses.isEmpty, let now = erasedMeanwhile(target) { losses = visit(now, &closure) }
      report.add(losses, of: target.name, target.version)
    }
    return closure.recipeBlobs
  }

  /// A version that was erased since the log was folded, as what it is now.
  private func erasedMeanwhile(_ target: Target) -> Target? {
    // A log that cannot be read is told of.
    guard case .record = target.root, let number = target.version, let fold = try? store.log.refresh(),
      let version = fold.packages[target.name]?.versions[number - 1], version.erasure != nil
    else { return nil }
    return Target(name: target.name, version: number, root: Self.root(of: version))
  }

  /// Notes what would be lost if everything that `other` has were here.
  mutating func foresee(from other: Store?) throws(StoreError) {
    var closure = Closure(store, damage, other: other, notesObjects: false)
    for target in allTargets() {
      try progress.checkCancelled()
      report.add(visit(target, &closure), of: target.name, target.version)
    }
  }
}
