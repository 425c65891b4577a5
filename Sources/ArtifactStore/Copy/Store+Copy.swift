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
    try other.reloadIndex()
    progress.add(progress.bytesSeen, Int(clamping: content.size))
    progress.isCounted.store(true, ordering: .relaxed)
    let session = try WriteSession(other, progress: progress, level: other.config.level)
    do {
      let moved = try CopyJob(from: self, to: session, progress).run(record)
      try session.finishPacks()
      let published = try other.publishCopy(name, content.kind, record, actor: actor)
      try session.close()
      return CopyResult(
        version: published.version, isNew: published.isNew, objectsCopied: moved.objects, framesCopied: moved.frames,
        objectsRepacked: moved.repacked, bytesWritten: progress.bytesWritten.load(ordering: .relaxed),
        logSize: other.log.fold.size)
    } catch {
      // The error that stopped the copy is the one to tell.
      try? session.close()
      throw error
    }
  }

  private func publishCopy(
    _ name: PackageName, _ kind: PackageKind, _ record: Digest, actor: String
  ) throws(StoreError) -> (version: Int, isNew: Bool) {
    var version = 0
    let entry = try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
      let package = fold.packages[name.text]
      guard package == nil || package?.kind == kind else {
        throw StoreError(.refused, name.text, "there it is another kind, and a name never changes its kind")
      }
      version = package?.versions.count ?? 0
      if package?.versions.last?.record == record { return nil }
      version += 1
      return .publish(name: name, version: version, kind: kind, record: record)
    }
    return (version, entry != nil)
  }
}

/// Moves a record's closure into a session of another store.
struct CopyJob {
  private let source: Store
  private let session: WriteSession
  private let progress: Progress

  struct Moved {
    var objects = 0
    var frames = 0
    var repacked = 0
  }

  init(from source: Store, to session: WriteSession, _ progress: Progress) {
    self.source = source
    self.session = session
    self.progress = progress
  }

  private struct Member {
    let key: ObjectKey
    let location: Location
  }

  func run(_ record: Digest) throws(StoreError) -> Moved {
    var closure = Closure(source)
    if let loss = closure.visit(record: record) {
      throw StoreError(
        .damaged, printable(loss.path), "its bytes (object \(loss.object.short)) are in no pack of this store")
    }
    var frames = [FrameKey: [Member]]()
    var moved = Moved()
    for key in closure.objects {
      if key.kind == .object ? session.contains(key.digest, .object) : try hasAllRecipes(of: key.digest) { continue }
      // Every recipe of a blob travels: which of them is right shows only when the blob is read.
      let copies = try source.currentIndex().locations(key.digest, key.kind)
      for copy in key.kind == .recipe ? copies[...] : copies.prefix(1) {
        frames[FrameKey(pack: copy.pack, offset: copy.frame.offset), default: []].append(
          Member(key: key, location: copy))
      }
      moved.objects += 1
    }
    let writer = try session.packer(0)
    var reader = try FrameReader()
    for (key, members) in frames.sorted(by: { ($0.key.pack, $0.key.offset) < ($1.key.pack, $1.key.offset) }) {
      try progress.checkCancelled()
      try copy(members, of: key, &reader, writer, &moved)
    }
    return moved
  }

  /// Whether the other store has every recipe that this one has for a blob.
  private func hasAllRecipes(of blob: Digest) throws(StoreError) -> Bool {
    guard session.contains(blob, .recipe) else { return false }
    let there = try session.store.objects.recipes(blob)
    return try source.objects.recipes(blob).allSatisfy { there.contains($0) }
  }

  private func copy(
    _ members: [Member], of key: FrameKey, _ reader: inout FrameReader, _ writer: PackWriter, _ moved: inout Moved
  ) throws(StoreError) {
    let frame = members[0].location.frame
    try reader.read(frame, of: source.pack(key.pack))
    let plain = reader.plain
    var entries = [SegmentIndex.Entry]()
    var memberBytes = 0
    var isPlain = true
    for member in members.sorted(by: { $0.location.start < $1.location.start }) {
      let range = member.location.start..<(member.location.start + member.location.length)
      let bytes = plain.span.extracting(range)
      let isGood = member.key.kind == .recipe || Digest.of(bytes) == member.key.digest
      let header = TarHeader.block(
        name: MemberName.content(member.key.kind, member.key.digest).bytes, size: range.count)
      isPlain =
        isPlain && TarHeader.isPadded(plain.span, after: range) && range.lowerBound >= header.count
        && plain[(range.lowerBound - header.count)..<range.lowerBound].elementsEqual(header)
      guard isGood else {
        let other = try source.objects.object(member.key.digest)
        if session.claim(member.key.digest, .object) { try writer.add(.object, member.key.digest, other.span) }
        continue
      }
      entries.append(
        SegmentIndex.Entry(
          digest: member.key.digest, frame: 0, start: UInt32(range.lowerBound), length: UInt32(range.count),
          kind: member.key.kind))
      memberBytes += TarHeader.blockSize + range.count + TarHeader.padding(after: range.count)
      progress.add(progress.bytesDone, range.count)
    }
    // Members fill the frame to the last byte exactly when nothing else stands in it.
    if isPlain, memberBytes == Int(frame.plainSize) {
      let stored = reader.storedBytes
      try writer.addFrame(
        stored.span.extracting(0..<Int(frame.storedSize)), plainSize: frame.plainSize, entries: entries)
      moved.frames += 1
      return
    }
    for entry in entries {
      let bytes = plain.span.extracting(Int(entry.start)..<(Int(entry.start) + Int(entry.length)))
      if try claim(entry, bytes) { try writer.add(entry.kind, entry.digest, bytes) }
      moved.repacked += 1
    }
  }

  private func claim(_ entry: SegmentIndex.Entry, _ bytes: Span<UInt8>) throws(StoreError) -> Bool {
    guard entry.kind == .recipe else { return session.claim(entry.digest, .object) }
    let recipe: Recipe
    do { recipe = try Recipe(bytes) } catch { throw .damaged("recipe of \(entry.digest.short)", error) }
    return try session.claim(recipe, of: entry.digest)
  }
}
