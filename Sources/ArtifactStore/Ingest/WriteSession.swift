import ArtifactCore
import ArtifactIO
import Synchronization

/// One writer's work between opening the store and its log entry.
///
/// Nothing here is visible to others until a pack is linked to its name, and nothing counts until the log names it.
///
/// A collector's session leaves `packs` out of sight: what is in them has to be stored again.
final class WriteSession: Sendable {
  let store: Store
  let progress: Progress
  private let level: Int?
  private let compressed = Atomic<Int>(0)
  /// A new version's first bytes are compressed harder: while little is new, reading and hashing take the time.
  private static let updateLevel = (level: 4, plainBytes: 16 << 20)
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

  private final class Shard: Sendable {
    /// Objects on their way into unfinished packs.
    let claimed = Mutex<Set<Digest>>([])
    /// Packs of others in which objects were found that need not be stored again.
    let relied = Mutex<Set<Digest>>([])
  }
  private let packers = Mutex<[PackWriter]>([])
  /// Recipes that this session has looked at: the blob and the digest of the text.
  private let recipes = Mutex<Set<[Digest]>>([])
  private let provenRecipes = Mutex<[Digest]>([])
  private let scannedFolders = Mutex<[ScanFolder]>([])
  private let finishedSegments = Mutex<[Segment]>([])
  /// See `trust(allSince:)`.
  private let trusted = Mutex<Trust>(Trust())

  private struct Trust: Sendable {
    /// What is trusted now: the blobs that were there when the log had so many entries.
    var size: Int?
    /// The least that blobs were taken on trust by.
    var used: Int?
  }

  private static let shardCount = 64

  init(
    _ store: Store, progress: Progress, level: Int? = nil, previous: PreviousVersion? = nil,
    without packs: Set<Digest> = []
  ) throws(StoreError) {
    self.store = store
    self.progress = progress
    self.level = level
    self.previous = previous
    // What dead writers left is in nobody's way: a sweep that fails costs only space.
    try? TemporaryFolder.sweep(store.temporary)
    folder = try wrapping { () throws(IOFailure) in try TemporaryFolder(in: store.temporary) }
    temporary = folder.directory
    var index = store.currentIndex()
    index.condemned.formUnion(packs)
    self.index = index
    shards = (0..<(Self.shardCount * 2)).map { _ in Shard() }
  }

  /// The zstd level for the next `count` plain bytes: what was asked for, or else the store's.
  func level(forNext count: Int) -> Int {
    let total = compressed.wrappingAdd(count, ordering: .relaxed).newValue
    if let level { return level }
    let isSmallUpdate = previous != nil && total <= Self.updateLevel.plainBytes
    return isSmallUpdate ? max(store.config.level, Self.updateLevel.level) : store.config.level
  }

  /// Whether the store, or this session, holds an object already.
  func contains(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if hasCopy(of: digest, kind) { return true }
    if finishedSegments.withLock({ $0 }).contains(where: { $0.contains(digest, kind) }) { return true }
    return shard(digest, kind).claimed.withLock { $0.contains(digest) }
  }

  /// Claims an object for storing.
  ///
  /// - Returns: True if the caller has to store it; false if it is there or another worker is storing it.
  func claim(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if hasCopy(of: digest, kind) { return false }
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
    if try hasCopy(of: recipe, blob) { return false }
    _ = shard(blob, .recipe).claimed.withLock { $0.insert(blob) }
    return true
  }

  /// Takes note of a recipe that was made from the blob's own bytes: a check need not find out whether it is right.
  func noteProven(_ recipe: Recipe, of blob: Digest) {
    if store.local == nil { return }
    let key = RecipeMemory.key(recipe, of: blob)
    provenRecipes.withLock { $0.append(key) }
  }

  /// Claims a member of a pack, given its content.
  func claim(_ member: SegmentIndex.Entry, _ content: Span<UInt8>) throws(StoreError) -> Bool {
    guard member.kind == .recipe else { return claim(member.digest, .object) }
    let recipe: Recipe
    do { recipe = try Recipe(content) } catch { throw .damaged("recipe of \(member.digest.short)", error) }
    return try claim(recipe, of: member.digest)
  }

  /// The first place in the store's own packs where an object is; nil if there is none, whatever this session stores.
  func sharedCopy(of digest: Digest) throws(StoreError) -> Location? { try index.locations(digest, .object).first }

  /// Whether a pack of the store has an object; from now on the session relies on that pack.
  private func hasCopy(of digest: Digest, _ kind: ObjectKind) -> Bool {
    guard let pack = index.holder(of: digest, kind) else { return false }
    rely(on: pack)
    return true
  }

  /// Whether a pack of the store has exactly this recipe of a blob; from now on the session relies on that pack.
  func hasCopy(of recipe: Recipe, _ blob: Digest) throws(StoreError) -> Bool {
    guard let pack = try store.objects.holder(of: recipe, blob, in: index) else { return false }
    rely(on: pack)
    return true
  }

  /// Takes note that what the session will publish needs a pack.
  private func rely(on pack: Digest) {
    _ = shards[Int(pack.words.1 & 63)].relied.withLock { $0.insert(pack) }
  }

  /// Says that every blob that was in the store when its log had `size` entries was there with all its chunks.
  ///
  /// It holds as long as no `collect` event came after, so that one look at a recipe then saves one for each chunk.
  func trust(allSince size: Int) {
    let isUnchanged = (store.log.fold.lastCollect ?? -1) < size && index.condemned.isEmpty
    trusted.withLock { $0.size = isUnchanged ? size : nil }
  }

  /// Whether the store has a blob with everything that it needs: a present recipe does not imply its chunks.
  func holds(blob: Digest) -> Bool {
    if contains(blob, .object) { return true }
    guard contains(blob, .recipe) else { return false }
    let isTrusted = trusted.withLock { trust in
      guard let size = trust.size else { return false }
      trust.used = min(trust.used ?? size, size)
      return true
    }
    if isTrusted { return true }
    // What cannot be read or followed does not count: the blob is then stored again.
    guard let reader = try? store.objects, let recipes = try? reader.recipes(blob) else { return false }
    return recipes.contains { recipe in
      guard let chunks = try? reader.chunks(of: recipe), (try? hasCopy(of: recipe, blob)) ?? false else { return false }
      let texts = recipe.isNested ? recipe.parts : []
      return (texts + chunks).allSatisfy { contains($0.digest, .object) }
    }
  }

  /// Whether nothing that the session relies on, its own packs included, is condemned in a state of the log.
  ///
  /// To be asked of the state on which each event is decided (store-layout.md §8).
  func isSafe(in fold: Fold) -> Bool {
    let trust = trusted.withLock { $0 }
    if let size = trust.used, let last = fold.lastCollect, last >= size { return false }
    if fold.condemned.isEmpty { return true }
    let own = finishedSegments.withLock { $0 }.allSatisfy { segment in
      segment.packs.allSatisfy { !fold.condemned.contains($0.digest) }
    }
    return own && shards.allSatisfy { $0.relied.withLock { $0.isDisjoint(with: fold.condemned) } }
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

  /// Bytes of the files of all finished packs.
  var packBytes: UInt64 {
    finishedSegments.withLock { $0 }.reduce(0) { $1.packs.reduce($0) { $0 + $1.size } }
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
    RecipeMemory.add(provenRecipes.withLock { $0 }, to: store.local)
    provenRecipes.withLock { $0 = [] }
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
