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

/// One store on one disk (store-layout.md §4). All calls block; any number of threads may share one.
public final class Store: Sendable {
  /// The store's folder.
  public let path: Path
  /// What `store.json` says.
  public let config: StoreConfig
  let root: Directory
  let packs: Directory
  let segments: Directory
  let temporary: Directory
  let log: Log
  let local: LocalFolders?
  private let index = Mutex(Index())
  private let reader = Mutex<ObjectReader?>(nil)
  private let openPacks = Mutex<[Digest: PackFile]>([:])

  static let packsPath = Array("blobs/sha256".utf8)
  static let segmentsPath = Array("artifact/index".utf8)
  static let temporaryPath = Array("artifact/tmp".utf8)
  static let configPath = Array("artifact/store.json".utf8)

  /// Opens an existing store.
  public init(opening path: Path, local: LocalFolders?) throws(StoreError) {
    self.path = path
    self.local = local
    do { root = try Directory(path) } catch where error.code == .notFound {
      throw StoreError(.notAStore, path.printable, "there is no such folder", cause: error)
    } catch { throw StoreError(error) }
    let bytes: [UInt8]
    do {
      bytes = try root.readFile(Self.configPath, limit: 64 << 10)
      packs = try root.directory(Self.packsPath)
      segments = try root.directory(Self.segmentsPath)
      temporary = try root.directory(Self.temporaryPath)
    } catch where error.code == .notFound {
      throw StoreError(.notAStore, path.printable, "it is not a store: \(error.subject) is missing", cause: error)
    } catch { throw StoreError(error) }
    do { config = try StoreConfig(bytes) } catch { throw .damaged(path.appending(Self.configPath).printable, error) }
    log = try Log(root, store: config.id, configDigest: Digest.of(bytes), local: local)
    try reloadIndex()
  }

  /// The index as last loaded.
  func currentIndex() -> Index { index.withLock { $0 } }

  /// Opens the segments that are new on disk and forgets those that are gone.
  func reloadIndex() throws(StoreError) {
    let names = try wrapping { () throws(IOFailure) in try segments.names() }
    let known = index.withLock { $0.segments }
    var byName = [String: Segment]()
    for segment in known { byName[segment.name] = segment }
    var result = Index()
    for bytes in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let digest = Digest(hex: bytes.span) else { continue }
      if let segment = byName[digest.hex] {
        result.segments.append(segment)
      } else {
        let file = try wrapping { () throws(IOFailure) in try segments.open(bytes) }
        result.segments.append(try Segment(file, name: digest.hex))
      }
    }
    index.withLock { $0 = result }
  }

  /// Indexes packs that no segment covers: left by a writer that died between linking a pack and its index.
  func adoptUnindexedPacks() throws(StoreError) {
    let names = try wrapping { () throws(IOFailure) in try packs.names() }
    let covered = currentIndex().packs
    var adopted = [Segment]()
    for name in names {
      guard let digest = Digest(hex: name.span), !covered.contains(digest) else { continue }
      // A damaged pack is not adopted; `verify` names it.
      if let (_, segment) = try? pack(digest).readIndex() { adopted.append(segment) }
    }
    index.withLock { $0.segments += adopted }
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
