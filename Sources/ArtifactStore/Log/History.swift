public import ArtifactCore
public import ArtifactIO

/// A store's log as outsiders see it: its entries and the tree over them, without what they mean.
///
/// Opening reads what is new since this user's last look, checks that each entry follows those before it, and that the
/// history seen before is its beginning. A value does not change; what is appended later is in the next one.
public struct History: Sendable {
  /// The store's id.
  public let store: String
  /// Number of entries.
  public let size: Int
  /// The Merkle root over them.
  public let root: Digest

  private let path: Path
  private let local: LocalFolders?
  private let entries: EntryFolder
  private let cache: HashCache
  /// Leaf hashes from `base` on; those before are in the cache.
  private let tail: [Digest]
  private let base: Int
  /// Roots of all whole stretches of 256 leaves.
  private let tiles: [Digest]

  /// How a history is opened.
  public struct Options: Sendable {
    /// Whether every entry is read, and nothing that was remembered is used.
    public var readsAll = false
    /// Whether a history that is not the one seen before is opened all the same.
    public var acceptsFork = false

    /// Trusts what was remembered as far as it fits, and refuses forks.
    public init() {}
  }

  /// Opens the log of a store.
  public init(opening path: Path, local: LocalFolders?, _ options: Options = Options()) throws(StoreError) {
    let root: Directory
    do { root = try Directory(path) } catch  where error.code == .notFound {
      throw StoreError(.notAStore, path.printable, "there is no such folder", cause: error)
    } catch { throw StoreError(error) }
    let (id, configDigest) = try Self.identity(root)
    let memory = local.map { LogMemory($0, store: id) }
    // Read before the log: what others append and remember meanwhile is then no contradiction.
    let pin = memory?.pin()
    let entries = try EntryFolder(root)
    guard case .start(let store, let config, _) = try entries.entry(0)?.event, store == id, config == configDigest
    else {
      throw StoreError(.damaged, "store.json", "entry 0 of the log was written for another one")
    }
    var cache = options.readsAll ? HashCache() : memory?.hashes() ?? HashCache()
    if cache.count > 0, try !Self.fits(cache, entries) { cache = HashCache() }

    base = cache.count - cache.count % Tile.width
    var tiles = cache.tiles(0..<(cache.count / Tile.width))
    var tail = cache.leaves(base..<cache.count)
    var frontier = MerkleFrontier(tiles: tiles, leaves: tail)
    while let entry = try Self.next(frontier, entries) {
      frontier.append(entry.leafHash)
      tail.append(entry.leafHash)
      if frontier.size % Tile.width == 0 { tiles.append(MerkleFrontier(tail.suffix(Tile.width)).root) }
    }
    self.store = id
    self.path = path
    self.local = local
    self.entries = entries
    self.cache = cache
    self.tiles = tiles
    self.tail = tail
    size = frontier.size
    self.root = frontier.root
    if options.acceptsFork { return }
    if let pin {
      try memory?.check(frontier, against: pin) { (size) throws(StoreError) in try self.root(at: size) }
    }
    remember(pin)
  }

  /// The id and the digest of `store.json`.
  private static func identity(_ root: Directory) throws(StoreError) -> (String, Digest) {
    do {
      let bytes = try root.readFile(Store.configPath, limit: 64 << 10)
      return (try StoreConfig(bytes).id, Digest.of(bytes))
    } catch let error as IOFailure where error.code == .notFound {
      throw StoreError(.notAStore, root.path.printable, "it is not a store: \(error.subject) is missing", cause: error)
    } catch { throw .damaged(root.path.appending(Store.configPath).printable, error) }
  }

  /// Whether a cache leads to the root that the last entry it covers states, and has that entry's own hash.
  private static func fits(_ cache: HashCache, _ entries: EntryFolder) throws(StoreError) -> Bool {
    let last = cache.count - 1
    guard let entry = try entries.entry(last), cache.leaves(last..<cache.count) == [entry.leafHash] else {
      return false
    }
    let whole = last / Tile.width
    let before = MerkleFrontier(tiles: cache.tiles(0..<whole), leaves: cache.leaves((whole * Tile.width)..<last))
    return before.root == entry.root
  }

  /// The entry that follows; nil at the end.
  private static func next(_ history: MerkleFrontier, _ entries: EntryFolder) throws(StoreError) -> LogEntry? {
    let sequence = history.size
    var found = try entries.entry(sequence)
    if found == nil, try entries.entry(sequence + 1) != nil {
      // Others may have appended both since; then there is no gap.
      found = try entries.entry(sequence)
      if found == nil {
        throw StoreError(.damaged, "log entry \(sequence)", "it is missing, though a later one is there")
      }
    }
    guard let entry = found else { return nil }
    guard entry.sequence == sequence, entry.root == history.root else {
      throw StoreError(.damaged, "log entry \(sequence)", "its history is not that of the entries before it")
    }
    return entry
  }

  /// What this user remembers of the store.
  var memory: LogMemory? { local.map { LogMemory($0, store: store) } }

  /// The tree over all entries.
  var frontier: MerkleFrontier {
    MerkleFrontier(tiles: tiles, leaves: leaves((tiles.count * Tile.width)..<size))
  }

  /// Keeps the hashes, if many are new, and the pin, once a power cut can no longer take back the last entry.
  private func remember(_ pin: LogMemory.Pin?) {
    guard let memory, size > 0 else { return }
    if size - cache.count >= 64 || cache.count == 0 {
      // A cache that cannot be written costs time only.
      try? memory.keep(leaves: leaves(0..<size), tiles: tiles)
    }
    guard pin.map({ Int64(size) > $0.size }) ?? true, isDurable() else { return }
    memory.keepPin(size: size, root: root)
  }

  // MARK: Reading

  /// An entry.
  public func entry(_ sequence: Int) throws(StoreError) -> LogEntry {
    guard (0..<size).contains(sequence), let entry = try entries.entry(sequence) else {
      throw StoreError(.notFound, "log entry \(sequence)", "the log has \(size) entries, from 0 on")
    }
    return entry
  }

  /// The root over the first `size` entries.
  public func root(at size: Int) throws(StoreError) -> Digest {
    guard (0...self.size).contains(size) else {
      throw StoreError(.notFound, "the log's first \(size) entries", "it has \(self.size)")
    }
    return try hashes.frontier(0..<size).root
  }

  /// The size and root of the first `size` entries, of all if none is given.
  public func checkpoint(size: Int? = nil) throws(StoreError) -> Checkpoint {
    let size = size ?? self.size
    return Checkpoint(origin: Checkpoint.origin(store: store), size: size, root: try root(at: size))
  }

  /// Whether the last entry is on the disk for good: nothing derived from it leaves the store before.
  public func isDurable() -> Bool { size == 0 || entries.syncForReading(size - 1) }

  // MARK: Proofs

  /// Proves that an entry is among the first `size`.
  public func inclusionProof(of sequence: Int, size: Int? = nil) throws(StoreError) -> InclusionProof {
    let size = size ?? self.size
    let entry = try entry(sequence)
    let root = try root(at: size)
    guard let proof = try hashes.inclusionProof(index: sequence, size: size) else {
      throw StoreError(.notFound, "log entry \(sequence)", "it is not among the first \(size)")
    }
    if proof.verifies(leaf: entry.leafHash, root: root) { return proof }
    // Something that was remembered is wrong: the log itself decides.
    guard cache.count > 0 else { throw StoreError(.damaged, "log entry \(sequence)", "it changed while it was read") }
    return try afresh().inclusionProof(of: sequence, size: size)
  }

  /// Proves that the first `oldSize` entries are the beginning of the first `size`.
  public func consistencyProof(from oldSize: Int, to size: Int? = nil) throws(StoreError) -> ConsistencyProof {
    let size = size ?? self.size
    let (old, new) = (try root(at: oldSize), try root(at: size))
    guard let proof = try hashes.consistencyProof(oldSize: oldSize, newSize: size) else {
      throw StoreError(.usage, "the first \(oldSize) entries", "they cannot continue a history of \(size)")
    }
    if proof.verifies(oldRoot: old, newRoot: new) { return proof }
    guard cache.count > 0 else { throw StoreError(.damaged, "the log", "it changed while it was read") }
    return try afresh().consistencyProof(from: oldSize, to: size)
  }

  /// The bytes of a piece of the log as it is exported.
  func bytes(of tile: Tile) throws(StoreError) -> [UInt8] {
    guard let level = tile.level else {
      var bundle = [[UInt8]]()
      for sequence in tile.range {
        let entry = try entry(sequence)
        guard leaves(sequence..<(sequence + 1)) == [entry.leafHash] else {
          throw StoreError(.damaged, "log entry \(sequence)", "it is not the one that the later ones state")
        }
        bundle.append(entry.json)
      }
      return Tile.bundle(bundle)
    }
    if level == 0 { return Tile.bytes(leaves(tile.range)) }
    var span = 1
    for _ in 0..<level { span *= Tile.width }
    var roots = [Digest]()
    for index in tile.range { roots.append(try hashes.frontier((index * span)..<((index + 1) * span)).root) }
    return Tile.bytes(roots)
  }

  /// The same log, every entry read.
  func afresh() throws(StoreError) -> History {
    var options = Options()
    options.readsAll = true
    return try History(opening: path, local: local, options)
  }

  /// Whether the root commits to an entry at its place.
  ///
  /// - Complexity: The hash of one stretch of 256 leaves; their roots were checked against the root when it was opened.
  func commits(to entry: LogEntry) -> Bool {
    let sequence = entry.sequence
    guard (0..<size).contains(sequence), leaves(sequence..<(sequence + 1)) == [entry.leafHash] else { return false }
    let tile = sequence / Tile.width
    guard tile < tiles.count else { return true }
    return MerkleFrontier(leaves((tile * Tile.width)..<((tile + 1) * Tile.width))).root == tiles[tile]
  }

  // MARK: Hashes

  private var hashes: TreeHashes<StoreError> {
    TreeHashes(
      leaves: { (range) throws(StoreError) in leaves(range) },
      tiles: { (range) throws(StoreError) in Array(tiles[range]) })
  }

  private func leaves(_ range: Range<Int>) -> [Digest] {
    if range.lowerBound >= base { return Array(tail[(range.lowerBound - base)..<(range.upperBound - base)]) }
    if range.upperBound <= base { return cache.leaves(range) }
    return cache.leaves(range.lowerBound..<base) + tail[..<(range.upperBound - base)]
  }
}
