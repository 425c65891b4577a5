import ArtifactCore
import ArtifactIO
import Synchronization

/// What a copy between stores did.
public struct CopyResult: Sendable {
  /// The version in the other store.
  public let version: Int
  /// Whether it was published by this copy.
  public let isNew: Bool
  /// Objects that the other store did not have.
  public let objectsCopied: Int
  /// Frames that went over as they stand.
  public let framesCopied: Int
  /// Objects that were taken out of their frame, because its other members do not belong to the version.
  public let objectsRepacked: Int
  /// Bytes that were added to the other store's packs.
  public let bytesWritten: Int
  /// Number of log entries in the other store.
  public let logSize: Int
}

extension Store {
  /// Copies a version with everything it needs to another store and publishes it there under the same name.
  ///
  /// A frame whose members all belong to the version and are all missing there is copied without recompression; every
  /// object is checked against its digest on the way.
  public func copy(
    _ version: Resolved, to other: Store, actor: String, _ progress: Progress
  ) throws(StoreError) -> CopyResult {
    guard let name = version.name, let record = version.record, let content = version.content else {
      throw StoreError(.usage, "the reference", "only a version of a name can be copied")
    }
    guard other.config.id != config.id else {
      throw StoreError(.usage, other.path.printable, "it is the same store")
    }
    var moved = Moved()
    return try other.write(progress, level: other.config.level) { (session) throws(StoreError) in
      progress.add(progress.bytesSeen, Int(clamping: content.size))
      progress.isCounted.store(true, ordering: .relaxed)
      try move(record, to: session, progress, &moved)
      other.steps.reach(.ingested)
      try session.finishPacks()
      other.steps.reach(.finished)
      let published = try other.publishCopy(name, content.kind, record, session, actor: actor)
      return CopyResult(
        version: published.version, isNew: published.isNew, objectsCopied: moved.objects, framesCopied: moved.frames,
        objectsRepacked: moved.repacked, bytesWritten: progress.bytesWritten.load(ordering: .relaxed),
        logSize: other.log.fold.size)
    }
  }

  /// Moves a record's closure, again when others move it to other packs of this store meanwhile.
  private func move(
    _ record: Digest, to session: WriteSession, _ progress: Progress, _ moved: inout Moved
  ) throws(StoreError) {
    while true {
      let index = currentIndex()
      do { return try CopyJob(from: self, to: session, progress).run(record, &moved) } catch  where error.isAbsence {
        guard try hasMoved(since: index) else { throw error }
      }
    }
  }

  private func publishCopy(
    _ name: PackageName, _ kind: PackageKind, _ record: Digest, _ session: WriteSession, actor: String
  ) throws(StoreError) -> (version: Int, isNew: Bool) {
    var version = 0
    let appended = try append(with: session, actor: actor) { (fold) throws(StoreError) in
      let package = fold.packages[name.text]
      guard package == nil || package?.kind == kind else {
        throw StoreError(.refused, name.text, "there it is another kind, and a name never changes its kind")
      }
      let next = next(of: name, record, fold)
      version = next.version
      return next.isNew ? .publish(name: name, version: version, kind: kind, record: record) : nil
    }
    return (version, appended.entry != nil)
  }
}

/// Moves objects into a session of another store, a record's closure for one.
struct CopyJob {
  private let source: Store
  private let session: WriteSession
  private let progress: Progress
  private let toleratesLoss: Bool

  /// - Parameter toleratesLoss: Whether what is damaged in every copy is left out rather than thrown.
  init(from source: Store, to session: WriteSession, toleratesLoss: Bool = false, _ progress: Progress) {
    self.source = source
    self.session = session
    self.toleratesLoss = toleratesLoss
    self.progress = progress
  }

  /// One frame and the members of it that are missing there.
  private struct Task {
    let frame: SegmentIndex.Frame
    var members: [FrameMove.Member] = []
  }

  /// Moves everything that a record needs; adds to `moved`, also when it fails.
  func run(_ record: Digest, _ moved: inout Moved) throws(StoreError) {
    var closure = Closure(source)
    if let loss = closure.visit(record: record).first {
      let place = loss.place.isEmpty ? "record \(record.short)" : printable(loss.place)
      throw StoreError(.damaged, place, "object \(loss.object.short): \(loss.why)", cause: StoreError.Absence())
    }
    try move(closure.objects, &moved)
  }

  /// Moves objects and recipes that the other store does not have, frame by frame.
  func move(_ keys: some Sequence<ObjectKey>, _ moved: inout Moved) throws(StoreError) {
    var mover = try FrameMove.make(from: source, to: session, toleratesLoss: toleratesLoss) {
      [session] (member, bytes) throws(StoreError) in try session.claim(member, bytes)
    }
    do {
      for (key, task) in try tasks(keys).sorted(by: { ($0.key.pack, $0.key.offset) < ($1.key.pack, $1.key.offset) }) {
        try progress.checkCancelled()
        try mover.move(task.members, of: task.frame, in: key.pack)
      }
      moved.add(mover.moved)
    } catch {
      moved.add(mover.moved)
      throw error
    }
  }

  private func tasks(_ keys: some Sequence<ObjectKey>) throws(StoreError) -> [FrameKey: Task] {
    var tasks = [FrameKey: Task]()
    for key in keys {
      if key.kind == .object ? session.contains(key.digest, .object) : try hasAllRecipes(of: key.digest) { continue }
      // Every recipe of a blob travels: which of them is right shows only when the blob is read.
      let copies = try source.currentIndex().locations(key.digest, key.kind)
      if copies.isEmpty { throw Self.absent("object \(key.digest.short)", key.digest) }
      for copy in key.kind == .recipe ? copies[...] : copies.prefix(1) {
        tasks[FrameKey(pack: copy.pack, offset: copy.frame.offset), default: Task(frame: copy.frame)].members.append(
          SegmentIndex.Entry(
            digest: key.digest, frame: 0, start: UInt32(copy.start), length: UInt32(copy.length), kind: key.kind))
      }
    }
    return tasks
  }

  private static func absent(_ subject: String, _ object: Digest) -> StoreError {
    StoreError(
      .damaged, subject, "its bytes (object \(object.short)) are in no pack of this store", cause: StoreError.Absence())
  }

  /// Whether the other store has every recipe that this one has for a blob.
  private func hasAllRecipes(of blob: Digest) throws(StoreError) -> Bool {
    for recipe in try source.objects.recipes(blob) where try !session.hasCopy(of: recipe, blob) { return false }
    return true
  }
}
