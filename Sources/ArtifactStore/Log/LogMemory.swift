import ArtifactCore
import ArtifactIO

/// What this user remembers of a store outside of it: a cache of the fold, and the last size and root.
///
/// The cache only saves time. The pin is what makes a fork or a rollback of the log visible (exit 9).
struct LogMemory: Sendable {
  private let cacheFolder: Path
  private let stateFolder: Path
  private static let foldName = Array("fold".utf8)
  private static let pinName = Array("pin.json".utf8)

  init(_ local: LocalFolders, store: String) {
    cacheFolder = local.cache.appending(store)
    stateFolder = local.state.appending(store)
  }

  /// The cached state, if there is one that reads well.
  func cachedFold() -> Fold? {
    // A cache that cannot be read is a cache that is not there.
    guard let bytes = try? Directory(cacheFolder).readFile(Self.foldName, limit: 1 << 30),
      let fold = Fold(cacheBytes: bytes), fold.size > 0
    else { return nil }
    return fold
  }

  /// Keeps a state in the cache and its size and root as the pin.
  func keep(_ fold: Fold) {
    // Failing to write either costs time or memory of the past, never the command.
    if let bytes = try? fold.cacheBytes() { try? LocalFile.replace(cacheFolder, Self.foldName, bytes) }
    // Another process may have seen more in the meantime.
    if let known = self.pin(), known.size > Int64(fold.size) { return }
    let pin: JSON = ["root": .string(fold.history.root.text), "size": .integer(Int64(fold.size))]
    try? LocalFile.replace(stateFolder, Self.pinName, pin.plainBytes())
  }

  /// The size and root that were seen last.
  struct Pin {
    let size: Int64
    let root: Digest
  }

  /// The pin; nil if the store was not seen before, or the pin does not read well.
  func pin() -> Pin? {
    guard let bytes = try? Directory(stateFolder).readFile(Self.pinName, limit: 1 << 16),
      let object = try? JSON.parse(bytes), let size = object["size"]?.integer,
      let root = Digest(text: object["root"]?.string ?? "")
    else { return nil }
    return Pin(size: size, root: root)
  }

  /// Compares a state with a pin that is no younger.
  func check(_ fold: Fold, against pin: Pin, entry: (Int) throws(StoreError) -> LogEntry?) throws(StoreError) {
    let (size, root) = (pin.size, pin.root)
    let present: Digest?
    if fold.size < Int(size) {
      present = nil
    } else if fold.size == Int(size) {
      present = fold.history.root
    } else {
      present = try entry(Int(size))?.root
    }
    if present == root { return }
    let evidence = Array("evidence-\(size)-\(fold.size).json".utf8)
    let found: JSON = [
      "found": ["root": .string(fold.history.root.text), "size": .integer(Int64(fold.size))],
      "remembered": ["root": .string(root.text), "size": .integer(size)],
    ]
    // The refusal matters more than the note about it.
    try? LocalFile.replace(stateFolder, evidence, found.plainBytes())
    let what =
      present == nil
      ? "its log has \(fold.size) entries, but \(size) were seen before"
      : "its first \(size) log entries are not those that were seen before"
    throw StoreError(.forked, "the store", "\(what); kept as \(stateFolder.appending(evidence).printable)")
  }
}

/// Small files in the user's own folders.
enum LocalFile {
  /// Writes a file so that readers see the old or the new one; not synced.
  static func replace(_ folder: Path, _ name: [UInt8], _ bytes: [UInt8]) throws(IOFailure) {
    let directory = try makeFolder(folder)
    let temporary = name + Array(".\(Hex.text(Platform.randomBytes(6)))".utf8)
    let file = try directory.create(temporary, mode: 0o600)
    try file.write(bytes.span)
    try file.close()
    try directory.rename(temporary, to: directory, as: name)
  }

  /// Opens a folder, making it and its parents.
  static func makeFolder(_ path: Path, mode: UInt32 = 0o700) throws(IOFailure) -> Directory {
    do { return try Directory(path) } catch  where error.code == .notFound {
      let parent = try makeFolder(path.parent, mode: mode)
      do { try parent.makeDirectory(path.lastComponent, mode: mode) } catch  where error.code == .exists {}
      return try Directory(path)
    }
  }
}
