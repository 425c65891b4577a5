import ArtifactCore
public import ArtifactIO
import Synchronization

/// Folders outside the store for what may be rebuilt (`cache`) and for what was seen before (`state`).
public struct LocalFolders: Sendable {
  /// May be deleted at any time.
  public let cache: Path
  /// The last size and root of each store; deleting it gives up the memory of earlier histories.
  public let state: Path

  /// Creates the pair.
  public init(cache: Path, state: Path) {
    self.cache = cache
    self.state = state
  }
}

/// One store on one disk (store-layout.md §4).
///
/// All calls block; any number of threads may share one.
public final class Store: Sendable {
  /// The store's folder.
  public let path: Path
  /// What `store.json` says.
  public let config: StoreConfig
  let root: Directory
  let packs: Directory
  let log: Log
  let local: LocalFolders?
  let steps: Steps
  private let index = Mutex(Index())
  private let reader = Mutex<ObjectReader?>(nil)
  private let adjustment = Mutex(Adjustment())
  private let openPacks = Mutex<[Digest: PackFile]>([:])

  static let packsPath = Array("blobs/sha256".utf8)
  static let segmentsPath = Array("artifact/index".utf8)
  static let temporaryPath = Array("artifact/tmp".utf8)
  static let configPath = Array("artifact/store.json".utf8)

  /// Opens an existing store.
  ///
  /// - Parameter toleratesLogDamage: For checking: a damaged log entry hides itself and what follows, and no more.
  public convenience init(
    opening path: Path, local: LocalFolders?, toleratesLogDamage: Bool = false
  ) throws(StoreError) {
    try self.init(opening: path, local: local, toleratesLogDamage: toleratesLogDamage, steps: Steps())
  }

  /// Opens an existing store; `steps` are told how far each writer is.
  init(
    opening path: Path, local: LocalFolders?, toleratesLogDamage: Bool = false, steps: Steps
  ) throws(StoreError) {
    self.path = path
    self.local = local
    self.steps = steps
    do { root = try Directory(path) } catch  where error.code == .notFound {
      throw StoreError(.notAStore, path.printable, "there is no such folder", cause: error)
    } catch { throw StoreError(error) }
    let bytes: [UInt8]
    do { bytes = try root.readFile(Self.configPath, limit: 64 << 10) } catch  where error.code == .notFound {
      throw StoreError(.notAStore, path.printable, "it is not a store: \(error.subject) is missing", cause: error)
    } catch { throw StoreError(error) }
    packs = try root.part(Self.packsPath)
    do { config = try StoreConfig(bytes) } catch { throw .damaged(path.appending(Self.configPath).printable, error) }
    log = try Log(
      root, store: config.id, configDigest: Digest.of(bytes), local: local, toleratesDamage: toleratesLogDamage)
    try reloadIndex()
  }

  /// The folder of merged segments; like that of unfinished work it is made again if it is missing.
  var segments: Directory {
    get throws(StoreError) { try wrapping { () throws(IOFailure) in try root.folder(Self.segmentsPath) } }
  }

  /// The folder of unfinished work.
  var temporary: Directory { get throws(IOFailure) { try root.folder(Self.temporaryPath) } }

  /// The folder of merged segments, for a reader: nil if there is none.
  func segmentsIfPresent() throws(StoreError) -> Directory? {
    do { return try root.directory(Self.segmentsPath) } catch  where error.code == .notFound { return nil } catch {
      throw StoreError(error)
    }
  }

  /// What a repair knows better than the files.
  struct Adjustment: Sendable {
    /// Packs that count as absent.
    var without: Set<Digest> = []
    /// Segments that are not used, by name.
    var withoutSegments: Set<[UInt8]> = []
    /// What was found in packs whose own index is of no use.
    var with: [Segment] = []
  }

  /// Looks things up otherwise from now on.
  func adjust(_ change: Adjustment) throws(StoreError) {
    adjustment.withLock { $0 = change }
    try reloadIndex()
  }

  /// The index as last loaded.
  func currentIndex() -> Index { index.withLock { $0 } }

  /// Reads what is new in the log and in the index: others may have condemned packs and written new ones.
  func reload() throws(StoreError) {
    let condemned = try log.refresh().condemned
    try reloadIndex()
    openPacks.withLock { open in open = open.filter { !condemned.contains($0.key) } }
  }

  /// Reads the log and the index again; false if that shows what `index` showed.
  ///
  /// - Throws: Why a pack could not be read, if nothing moved: what is looked for may be in that one.
  func hasMoved(since index: Index) throws(StoreError) -> Bool {
    try reload()
    let now = currentIndex()
    if now != index { return true }
    if let failure = now.failure { throw failure }
    return false
  }

  /// Opens the segments that are new on disk, and the packs that no segment covers, and forgets what is gone.
  ///
  /// A pack carries its own index, so it counts from the moment that it has its name; segments only keep the number of
  /// indexes that a look-up asks small. A condemned pack counts as absent whether its file is there or not.
  func reloadIndex() throws(StoreError) {
    var known = [String: Segment]()
    for segment in currentIndex().segments { known[segment.name] = segment }
    var result: Index?
    let adjustment = self.adjustment.withLock { $0 }
    let condemned = log.fold.condemned.union(adjustment.without)
    while result == nil { result = try loadIndex(known, condemned, without: adjustment.withoutSegments) }
    result?.segments += adjustment.with
    if let result { index.withLock { $0 = result } }
  }

  /// Nil if a segment vanished between listing and opening: others have merged it.
  private func loadIndex(
    _ known: [String: Segment], _ condemned: Set<Digest>, without hurt: Set<[UInt8]>
  ) throws(StoreError) -> Index? {
    var result = Index()
    if let folder = try segmentsIfPresent() {
      for bytes in try sortedNames(in: folder) where !hurt.contains(bytes) {
        guard let digest = Digest(hex: bytes.span) else { continue }
        if let segment = known[digest.hex] {
          result.segments.append(segment)
        } else {
          // A segment that cannot be read is not used: its packs carry their own indexes, and `verify` names it.
          do { result.segments.append(try Segment(digest, in: folder)) } catch  where error.code == .notFound {
            return nil
          } catch  where error.code == .damaged {}
        }
      }
    }
    let covered = result.packs
    let names = try sortedNames(in: packs).filter { Digest(hex: $0.span).map { !condemned.contains($0) } ?? false }
    // A copy in a pack that is not there is no copy: what it held is stored again when it comes again.
    result.condemned = covered.subtracting(names.compactMap { Digest(hex: $0.span) })
    for name in names {
      guard let digest = Digest(hex: name.span), !covered.contains(digest) else { continue }
      if let segment = known[PackFile.segmentName(digest)] {
        result.segments.append(segment)
      } else {
        // A pack that cannot be read is not used; `verify` names it.
        do { result.segments.append(try PackFile(digest, in: packs).readIndex().segment) } catch {
          if error.code == .io, result.failure == nil { result.failure = error }
        }
      }
    }
    return result
  }

  private func sortedNames(in directory: Directory) throws(StoreError) -> [[UInt8]] {
    try wrapping { () throws(IOFailure) in try directory.names() }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Reads single objects.
  var objects: ObjectReader {
    get throws(StoreError) {
      if let reader = reader.withLock({ $0 }) { return reader }
      let made = try ObjectReader(self)
      reader.withLock { $0 = made }
      return made
    }
  }

  /// Gives a finished pack its name; that of a condemned one is never given again.
  func publishPack(_ name: [UInt8], in temporary: Directory, as digest: Digest) throws(IOFailure) {
    guard !log.fold.condemned.contains(digest) else {
      throw IOFailure(.exists, "linking", "pack \(digest.short)", "it was condemned, and its name is never used again")
    }
    try Durability.publish(name, in: temporary, as: Array(digest.hex.utf8), in: packs)
  }

  /// An open pack.
  func pack(_ digest: Digest) throws(StoreError) -> PackFile {
    if let open = openPacks.withLock({ $0[digest] }) { return open }
    let pack = try PackFile(digest, in: packs)
    openPacks.withLock { open in
      if open.count >= 64 { open.removeAll() }
      open[digest] = pack
    }
    return pack
  }
}

extension Directory {
  /// A folder below this one without which a store is none.
  func part(_ name: [UInt8]) throws(StoreError) -> Directory {
    do { return try directory(name) } catch  where error.code == .notFound {
      throw StoreError(
        .damaged, "the store \(path.printable)", "its folder \(Path.printable(name)) is missing", cause: error)
    } catch { throw StoreError(error) }
  }

  /// A folder below this one, made if it is not there: what it holds is no loss.
  func folder(_ name: [UInt8]) throws(IOFailure) -> Directory {
    do { return try directory(name) } catch  where error.code == .notFound {}
    do { try makeDirectory(name) } catch  where error.code == .exists {
      // Somebody else has just made it, or it is none.
      guard try status(name).kind == .directory else {
        throw IOFailure(.notFolder, "opening", path.appending(name).printable, "the store needs a folder of this name")
      }
    }
    return try directory(name)
  }

  /// Opens a file that the store wrote; a link or something else in its place is damage.
  func stored(_ name: [UInt8]) throws(IOFailure) -> File {
    do {
      let file = try open(name)
      if try file.status().kind == .file { return file }
    } catch {
      guard let kind = try? status(name).kind, kind != .file else { throw error }
    }
    throw IOFailure(.malformed, "opening", path.appending(name).printable, "it is not a file")
  }

  /// The bytes of a small file below this directory.
  func readFile(_ name: [UInt8], limit: Int) throws(IOFailure) -> [UInt8] {
    let file = try open(name)
    let size = try file.status().size
    guard size <= UInt64(limit) else {
      throw IOFailure(.limit, "reading", path.appending(name).printable, "\(size) bytes; the limit is \(limit)")
    }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    let count = try file.read(into: &bytes, at: 0, count: bytes.count)
    return count == bytes.count ? bytes : Array(bytes[..<count])
  }
}
