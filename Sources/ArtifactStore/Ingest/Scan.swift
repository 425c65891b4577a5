import ArtifactCore
import ArtifactIO
import Synchronization

/// One entry of a scanned folder, and later what it turned out to be.
struct ScanEntry: Sendable {
  var kind: EntryKind
  /// Where the NUL-terminated name starts in the folder's names.
  var nameOffset: Int
  var size: UInt64
  var device: UInt64
  var inode: UInt64
  var modified: Int64
  var changed: Int64
  /// When the bytes were hashed, nanoseconds since 1970; 0 for folders and links.
  var hashedAt: Int64 = 0
  /// The blob's or tree's id, once known.
  var digest = Digest(words: (0, 0, 0, 0))
  /// For a folder its position in the scan.
  var folder: Int32 = -1

  init(_ status: FileStatus, kind: EntryKind, nameOffset: Int) {
    self.kind = kind
    self.nameOffset = nameOffset
    size = status.size
    device = status.device
    inode = status.inode
    modified = status.modified
    changed = status.changed
  }
}

/// A scanned folder.
///
/// Its names never change; workers fill in its entries.
final class ScanFolder: Sendable {
  /// Path below the root, for messages.
  let path: [UInt8]
  /// Names, each followed by a NUL.
  let names: [UInt8]
  let entries: Mutex<[ScanEntry]>

  init(path: [UInt8], names: [UInt8], entries: [ScanEntry]) {
    self.path = path
    self.names = names
    self.entries = Mutex(entries)
  }

  func name(_ entry: ScanEntry) -> [UInt8] { NameList.name(in: names, at: entry.nameOffset) }

  func path(_ nameOffset: Int) -> [UInt8] {
    let name = NameList.name(in: names, at: nameOffset)
    return path.isEmpty ? name : path + [0x2f] + name
  }
}

/// What is to be stored and what is left out.
public struct ScanRules: Sendable {
  /// Patterns in gitignore syntax, as by `--exclude`, below the root.
  public var exclude: [String]
  /// Whether `.artifactignore` files are read.
  public var readsIgnoreFiles: Bool

  /// Creates rules.
  public init(exclude: [String] = [], readsIgnoreFiles: Bool = true) {
    self.exclude = exclude
    self.readsIgnoreFiles = readsIgnoreFiles
  }

  /// The name of the files with patterns.
  public static let ignoreFile = ".artifactignore"
}

/// Files for one worker: neighbours from one folder.
struct IngestUnit: Sendable {
  struct Item: Sendable {
    /// Position in the folder's entries.
    let position: Int
    let nameOffset: Int
    let size: UInt64
    let modified: Int64
    let changed: Int64
  }

  let folder: ScanFolder
  let directory: Directory
  var items: [Item] = []
  var byteCount: UInt64 = 0
}

/// Walks a folder, asks the stat cache, and hands what has to be read to the workers.
struct Scanner: ~Copyable {
  private let session: WriteSession
  private let cache: StatCache?
  private let queue: IngestQueue
  private let progress: Progress
  private var rules = IgnoreRules()
  private let readsIgnoreFiles: Bool
  /// The store's own folder: it is never part of what it keeps.
  private let storeFolder: FileStatus?
  private(set) var folders: [ScanFolder] = []
  /// Blobs of symbolic links; the caller stores them.
  private(set) var links: [(digest: Digest, target: [UInt8])] = []
  private(set) var sharedSize: UInt64 = 0
  private static let unitFiles = 256
  private static let unitBytes: UInt64 = 1 << 20
  /// Most folders inside each other, the root included; a pull refuses more.
  static let depthLimit = 64

  init(_ session: WriteSession, cache: StatCache?, queue: IngestQueue, rules: ScanRules) {
    self.session = session
    self.cache = cache
    self.queue = queue
    progress = session.progress
    readsIgnoreFiles = rules.readsIgnoreFiles
    // Without a status nothing is left out.
    storeFolder = try? session.store.root.status()
    if !rules.exclude.isEmpty {
      self.rules.add(fileContents: Array(rules.exclude.joined(separator: "\n").utf8), base: [])
    }
  }

  /// Walks everything below `root`; folder 0 is the root.
  mutating func scan(_ root: Directory) throws(StoreError) {
    do { try walk(root, path: [], depth: 0) } catch let error { throw error }
  }

  /// Takes a single file as a folder with one entry.
  mutating func scanFile(_ name: [UInt8], in directory: Directory) throws(StoreError) {
    let names = name + [0]
    let status = try wrapping { () throws(IOFailure) in try directory.status(name) }
    var pending = [IngestUnit.Item]()
    let entry = try take(status, names, 0, directory, path: [], position: 0, &pending)
    let folder = ScanFolder(path: [], names: names, entries: [entry])
    folders = [folder]
    try emit(pending, folder, directory)
  }

  private mutating func walk(_ directory: Directory, path: [UInt8], depth: Int) throws(StoreError) {
    guard depth < Self.depthLimit else {
      throw StoreError(.rejected, Path.printable(path), "more than \(Self.depthLimit) folders inside each other")
    }
    guard path.count <= 4_096 else { throw StoreError(.rejected, Path.printable(path), "a path of over 4,096 bytes") }
    try progress.checkCancelled()
    var list = NameList()
    try wrapping { () throws(IOFailure) in try list.readSorted(directory) }
    if readsIgnoreFiles { try readIgnoreFile(directory, path) }
    var entries = [ScanEntry]()
    entries.reserveCapacity(list.offsets.count)
    var pending = [IngestUnit.Item]()
    var below = [(entry: Int, nameOffset: Int)]()
    for offset in list.offsets {
      let status = try wrapping { () throws(IOFailure) in try directory.status(names: list.bytes, at: offset) }
      // Gone between listing and looking: as if it had gone a moment earlier.
      guard let status else { continue }
      if status.kind == .directory, status.inode == storeFolder?.inode, status.device == storeFolder?.device {
        continue
      }
      if !rules.isEmpty {
        let name = NameList.name(in: list.bytes, at: offset)
        let full = path.isEmpty ? name : path + [0x2f] + name
        if rules.isIgnored(entry: full, isDirectory: status.kind == .directory) { continue }
      }
      let entry = try take(status, list.bytes, offset, directory, path: path, position: entries.count, &pending)
      if entry.kind == .directory { below.append((entries.count, offset)) }
      entries.append(entry)
    }
    let folder = ScanFolder(path: path, names: list.bytes, entries: entries)
    let position = folders.count
    folders.append(folder)
    try emit(pending, folder, directory)
    for child in below {
      let name = NameList.name(in: folder.names, at: child.nameOffset)
      let number = Int32(folders.count)
      folders[position].entries.withLock { $0[child.entry].folder = number }
      let inner = try wrapping { () throws(IOFailure) in try directory.directory(name) }
      try walk(inner, path: path.isEmpty ? name : path + [0x2f] + name, depth: depth + 1)
    }
  }

  private mutating func readIgnoreFile(_ directory: Directory, _ path: [UInt8]) throws(StoreError) {
    let name = Array(ScanRules.ignoreFile.utf8)
    let bytes: [UInt8]
    do {
      guard let status = try directory.statusIfPresent(name), status.kind == .file else { return }
      bytes = try directory.readFile(name, limit: 1 << 20)
    } catch { throw StoreError(error) }
    rules.add(fileContents: bytes, base: path)
  }

  /// Makes an entry of a status; a file that the cache does not know goes to `pending`.
  private mutating func take(
    _ status: FileStatus, _ names: [UInt8], _ offset: Int, _ directory: Directory, path: [UInt8], position: Int,
    _ pending: inout [IngestUnit.Item]
  ) throws(StoreError) -> ScanEntry {
    func printable() -> String {
      let name = NameList.name(in: names, at: offset)
      return Path.printable(path.isEmpty ? name : path + [0x2f] + name)
    }
    guard path.count + NameList.length(in: names, at: offset) < 4_096 else {
      throw StoreError(.rejected, printable(), "a path of more than 4,096 bytes")
    }
    let kind: EntryKind
    switch status.kind {
    case .file: kind = status.isExecutable ? .executable : .file
    case .directory: kind = .directory
    case .link: kind = .link
    case .fifo: throw StoreError(.rejected, printable(), "it is a FIFO; a store keeps files, folders and links")
    case .socket: throw StoreError(.rejected, printable(), "it is a socket; a store keeps files, folders and links")
    case .device, .other:
      throw StoreError(.rejected, printable(), "it is a device; a store keeps files, folders and links")
    }
    var entry = ScanEntry(status, kind: kind, nameOffset: offset)
    switch kind {
    case .directory: entry.size = 0
    case .link:
      let name = NameList.name(in: names, at: offset)
      let target = try wrapping { () throws(IOFailure) in try directory.linkTarget(name) }
      entry.size = UInt64(target.count)
      entry.digest = Digest.of(target)
      links.append((entry.digest, target))
    case .file, .executable:
      progress.add(progress.filesSeen, 1)
      progress.add(progress.bytesSeen, Int(status.size))
      if let hit = cache?.find(status), session.holds(blob: hit.digest) {
        entry.digest = hit.digest
        entry.hashedAt = hit.hashedAt
        sharedSize += status.size
        progress.add(progress.filesDone, 1)
        progress.add(progress.bytesDone, Int(status.size))
        progress.add(progress.bytesShared, Int(status.size))
      } else {
        pending.append(
          IngestUnit.Item(
            position: position, nameOffset: offset, size: status.size, modified: status.modified,
            changed: status.changed))
      }
    }
    return entry
  }

  private func emit(
    _ pending: [IngestUnit.Item], _ folder: ScanFolder, _ directory: Directory
  ) throws(StoreError) {
    var unit = IngestUnit(folder: folder, directory: directory)
    for item in pending {
      if item.size > IngestWorker.wholeLimit {
        try queue.add(IngestUnit(folder: folder, directory: directory, items: [item], byteCount: item.size))
        continue
      }
      unit.items.append(item)
      unit.byteCount += item.size
      if unit.items.count >= Self.unitFiles || unit.byteCount >= Self.unitBytes {
        try queue.add(unit)
        unit = IngestUnit(folder: folder, directory: directory)
      }
    }
    if !unit.items.isEmpty { try queue.add(unit) }
  }
}
