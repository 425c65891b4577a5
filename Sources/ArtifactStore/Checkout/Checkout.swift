import ArtifactCore
import ArtifactIO

/// Brings a plan's files to their destination: staged, checked, then moved.
struct Checkout {
  let store: Store
  let destination: Path
  let mode: PullMode
  let workers: Int
  let progress: Progress
  /// Files whose bytes lie elsewhere, by path.
  var sources: [[UInt8]: DatasetFacts.DataReference] = [:]

  /// Writes the plan's files.
  func run(_ plan: PullPlan, isFolder: Bool, tree: Digest) throws(StoreError) -> PullResult {
    let parent = try wrapping { () throws(IOFailure) in try LocalFile.makeFolder(destination.parent, mode: 0o777) }
    let name = destination.lastComponent
    let present = try wrapping { () throws(IOFailure) in try parent.statusIfPresent(name) }
    var plan = plan
    guard present != nil || !isFolder else {
      return try fresh(&plan, tree, parent, name)
    }
    let target: Directory
    if isFolder {
      do { target = try Directory(destination) } catch {
        throw StoreError(.exists, destination.printable, "it is in the way and is not a folder", cause: error)
      }
    } else {
      target = parent
    }
    return try merge(&plan, tree, parent, into: target)
  }

  /// The destination does not exist: the staging folder becomes it.
  private func fresh(
    _ plan: inout PullPlan, _ tree: Digest, _ parent: Directory, _ name: [UInt8]
  ) throws(StoreError) -> PullResult {
    let staging = try Staging(tree, beside: name, in: parent)
    let kept = try staging.keepGoodFiles(of: plan)
    try locate(&plan, kept, staging)
    try PullJob(store, plan, into: staging.directory, progress).run(workers: workers)
    try wrapping { () throws(IOFailure) in
      try staging.directory.syncFileSystem()
      do throws(IOFailure) { try parent.renameNoReplace(staging.name, to: parent, as: name) } catch {
        // Somebody else was first; what is staged would never be looked for again.
        if error.code == .exists { try parent.removeTree(staging.name) }
        throw error
      }
      try parent.sync()
    }
    return PullResult(
      filesWritten: plan.files.count + plan.links.count - kept.count, filesKept: kept.count,
      bytesWritten: plan.byteCount - kept.reduce(0) { $0 + plan.files[Int($1)].size })
  }

  /// Finds in the packs what is neither there already nor to be had elsewhere.
  private func locate(_ plan: inout PullPlan, _ kept: Set<Int32>, _ staging: Staging) throws(StoreError) {
    try plan.locate(in: store, skipping: kept.union(try fetch(plan, into: staging, except: kept)))
  }

  /// The destination exists: only what is missing or differs is staged, then moved in file by file.
  private func merge(
    _ plan: inout PullPlan, _ tree: Digest, _ parent: Directory, into target: Directory
  ) throws(StoreError) -> PullResult {
    let difference = try Difference(plan, against: target, progress)
    if mode == .careful, let first = difference.conflicts.first {
      let count = difference.conflicts.count
      throw StoreError(
        .exists, destination.appending(first).printable,
        count == 1 ? "it is there already and differs" : "it and \(count - 1) more are there already and differ")
    }
    let staging = try Staging(tree, beside: destination.lastComponent, in: parent)
    var kept = difference.equalFiles
    kept.formUnion(try staging.keepGoodFiles(of: plan, except: kept))
    try locate(&plan, kept, staging)
    try PullJob(store, plan.skippingLinks(difference.equalLinks), into: staging.directory, progress).run(
      workers: workers)
    try wrapping { () throws(IOFailure) in
      try staging.directory.syncFileSystem()
      try difference.moveIn(plan, from: staging.directory, to: target)
      try parent.removeTree(staging.name)
      try target.syncFileSystem()
    }
    let equal = difference.equalFiles.count + difference.equalLinks.count
    return PullResult(
      filesWritten: plan.files.count + plan.links.count - equal, filesKept: equal,
      bytesWritten: plan.byteCount - difference.equalFiles.reduce(0) { $0 + plan.files[Int($1)].size })
  }
}

/// The folder in which a pull is prepared, beside its destination; an interrupted pull's is found again.
struct Staging {
  let directory: Directory
  let name: [UInt8]
  private let isResumed: Bool

  init(_ tree: Digest, beside destination: [UInt8], in parent: Directory) throws(StoreError) {
    let stem = ".artifact-pull-\(tree.hex.prefix(16))-\(Digest.of(destination).hex.prefix(8))"
    var attempt = 0
    do {
      while true {
        let name = Array((attempt == 0 ? stem : "\(stem)-\(attempt)").utf8)
        var isNew = true
        do { try parent.makeDirectory(name) } catch  where error.code == .exists { isNew = false }
        let directory: Directory
        // Whoever had it may just have finished: the name is free.
        do { directory = try parent.directory(name) } catch  where error.code == .notFound { continue }
        // Another pull of the same tree to the same place is at work: use the next name. If it finished between the
        // calls above, this folder is its result by now and has another name.
        if directory.tryLock(), let now = try parent.statusIfPresent(name), try directory.status().inode == now.inode {
          self.directory = directory
          self.name = name
          isResumed = !isNew
          return
        }
        attempt += 1
      }
    } catch { throw StoreError(error) }
  }

  /// Files that an interrupted pull had finished; what is not right is removed.
  func keepGoodFiles(of plan: PullPlan, except: Set<Int32> = []) throws(StoreError) -> Set<Int32> {
    guard isResumed else { return [] }
    var kept = Set<Int32>()
    do {
      var expected = [[UInt8]: Int32]()
      for (position, item) in plan.files.enumerated() where !except.contains(Int32(position)) {
        expected[plan.path(of: item)] = Int32(position)
      }
      var folders = Set(plan.folders.map(\.path))
      folders.insert([])
      try clean(directory, path: [], expected, folders, plan, &kept)
    } catch { throw StoreError(error) }
    return kept
  }

  private func clean(
    _ folder: Directory, path: [UInt8], _ expected: [[UInt8]: Int32], _ folders: Set<[UInt8]>, _ plan: PullPlan,
    _ kept: inout Set<Int32>
  ) throws(IOFailure) {
    for name in try folder.names() {
      let full = path.isEmpty ? name : path + [0x2f] + name
      let status = try folder.status(name)
      if status.kind == .directory, folders.contains(full) {
        try clean(try folder.directory(name), path: full, expected, folders, plan, &kept)
      } else if status.kind == .file, let number = expected[full], status.size == plan.files[Int(number)].size,
        status.isExecutable == (plan.files[Int(number)].kind == .executable),
        try FileDigest.of(name, in: folder) == plan.files[Int(number)].digest
      {
        kept.insert(number)
      } else {
        try folder.removeTree(name)
      }
    }
  }
}

/// SHA-256 of a file on disk.
enum FileDigest {
  static func of(_ name: [UInt8], in folder: Directory) throws(IOFailure) -> Digest {
    let file = try folder.open(name)
    var hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try file.read(into: &buffer, at: 0, count: buffer.count)
      hasher.update(buffer.span.extracting(0..<count))
      if count < buffer.count { return hasher.finish() }
    }
  }
}
