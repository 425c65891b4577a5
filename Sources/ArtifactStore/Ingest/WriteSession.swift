import ArtifactCore
import ArtifactIO
import Synchronization

/// One writer's work between opening the store and its log entry.
///
/// Nothing here is visible to others until a pack is linked to its name, and nothing counts until the log names it.
final class WriteSession: Sendable {
  let store: Store
  let progress: Progress
  let level: Int
  /// Bytes after which a pack is closed; it grows with what was found so far.
  var packTarget: UInt64 {
    let new = progress.bytesSeen.load(ordering: .relaxed) - progress.bytesShared.load(ordering: .relaxed)
    return PackLayout.packTarget(expected: UInt64(max(0, new)))
  }
  /// The version before, when a name is pushed again.
  let previous: PreviousVersion?
  /// This session's own folder below `tmp/`, locked while the session lives.
  let temporary: Directory
  private let folder: TemporaryFolder
  private let counter = Atomic<Int>(0)
  private let index: Index
  private let shards: [Shard]

  /// Objects on their way into unfinished packs, and the indexes of this session's finished ones.
  private final class Shard: Sendable {
    let claimed = Mutex<Set<Digest>>([])
  }
  private let packers = Mutex<[PackWriter]>([])
  /// Recipes that this session has looked at: the blob and the digest of the text.
  private let recipes = Mutex<Set<[Digest]>>([])
  private let scannedFolders = Mutex<[ScanFolder]>([])
  private let finishedSegments = Mutex<[Segment]>([])
  private static let shardCount = 64

  init(
    _ store: Store, progress: Progress, level: Int, previous: PreviousVersion? = nil
  ) throws(StoreError) {
    self.store = store
    self.progress = progress
    self.level = level
    self.previous = previous
    // What dead writers left is in nobody's way: a sweep that fails costs only space.
    try? TemporaryFolder.sweep(store.temporary)
    folder = try wrapping { () throws(IOFailure) in try TemporaryFolder(in: store.temporary) }
    temporary = folder.directory
    index = store.currentIndex()
    shards = (0..<(Self.shardCount * 2)).map { _ in Shard() }
  }

  /// Whether the store, or this session, holds an object already.
  func contains(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if index.contains(digest, kind) { return true }
    if finishedSegments.withLock({ $0 }).contains(where: { $0.contains(digest, kind) }) { return true }
    return shard(digest, kind).claimed.withLock { $0.contains(digest) }
  }

  /// Claims an object for storing.
  ///
  /// - Returns: True if the caller has to store it; false if it is there or another worker is storing it.
  func claim(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if index.contains(digest, kind) { return false }
    let isNew = shard(digest, kind).claimed.withLock { $0.insert(digest).inserted }
    guard isNew else { return false }
    return !finishedSegments.withLock({ $0 }).contains { $0.contains(digest, kind) }
  }

  /// Claims a recipe for storing, unless the store has an equal one: a different one is only somebody's claim.
  ///
  /// A blob may have several recipes: the same bytes are cut differently under another file name.
  func claim(_ recipe: Recipe, of blob: Digest) throws(StoreError) -> Bool {
    let text = Digest.of(recipe.text)
    let isNew = recipes.withLock { $0.insert([blob, text]).inserted }
    guard isNew else { return false }
    if index.contains(blob, .recipe), try store.objects.recipes(blob).contains(recipe) { return false }
    _ = claim(blob, .recipe)
    return true
  }

  private func shard(_ digest: Digest, _ kind: ObjectKind) -> Shard {
    shards[Int(digest.words.1 & 63) + (kind == .recipe ? Self.shardCount : 0)]
  }

  /// Takes note of a finished pack: its mapped index replaces the claims, so memory stays bounded.
  func finished(_ pack: FinishedPack) throws(IOFailure) {
    do {
      let (_, segment) = try PackFile(pack.digest, in: store.packs).readIndex()
      finishedSegments.withLock { $0.append(segment) }
    } catch { throw IOFailure(.device, "reading back", error.subject, error.detail) }
    for entry in pack.entries {
      _ = shard(entry.digest, entry.kind).claimed.withLock { $0.remove(entry.digest) }
    }
  }

  /// The folders that were scanned, for the stat cache once the push is in the log.
  var scanned: [ScanFolder] {
    get { scannedFolders.withLock { $0 } }
    set { scannedFolders.withLock { $0 = newValue } }
  }

  /// The pack writer of a worker, made at its first use.
  func packer(_ number: Int) throws(StoreError) -> PackWriter {
    if let packer = packers.withLock({ number < $0.count ? $0[number] : nil }) { return packer }
    let made = try PackWriter(session: self)
    packers.withLock { $0.append(made) }
    return made
  }

  /// Completes all packs and publishes their index.
  func finishPacks() throws(StoreError) {
    for packer in packers.withLock({ $0 }) { try packer.finish() }
    try publishIndex()
  }

  /// A file name that is not in use in `temporary`.
  func temporaryName() -> [UInt8] {
    Array(String(counter.wrappingAdd(1, ordering: .relaxed).newValue).utf8)
  }

  /// Makes the finished packs known to this process, and merges indexes if there are many.
  ///
  /// The order is that of store-layout.md §6: packs are synced and linked before any segment that covers them; the
  /// directories are synced by whoever appends to the log.
  func publishIndex() throws(StoreError) {
    try store.reloadIndex()
    try SegmentMerge.runIfNeeded(store, self)
  }

  /// Removes the session's temporary folder.
  func close() throws(StoreError) {
    try wrapping { () throws(IOFailure) in try folder.remove() }
  }
}
