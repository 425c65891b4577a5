public import ArtifactCore
public import ArtifactIO
import Synchronization

/// Folders, files and records that are on their way into the store.
///
/// Nothing counts until an event names it: give the intake to `startRun`, `finishRun` or `report`, which append to the log.
/// What no event names is collected one day. `Store.recording` makes one.
public final class Intake: Sendable {
  /// A folder that was stored.
  public struct Folder: Sendable, Equatable {
    /// Its tree.
    public let tree: Digest
    /// Bytes of all files and links.
    public let size: UInt64
    /// Files and links.
    public let fileCount: Int

    /// Creates a folder.
    public init(tree: Digest, size: UInt64, fileCount: Int) {
      self.tree = tree
      self.size = size
      self.fileCount = fileCount
    }
  }

  let session: WriteSession
  /// Folders whose files may be remembered once an event is in the log.
  private let looks = Mutex<[(path: Path, folders: [ScanFolder])]>([])

  init(_ session: WriteSession) { self.session = session }

  /// Stores a folder, or a file as a folder with one entry.
  public func store(
    _ path: Path, rules: ScanRules = ScanRules(), workers: Int? = nil
  ) throws(StoreError) -> Folder {
    let job = IngestJob(
      session, path: path, workers: max(1, workers ?? min(Threads.processorCount, 8)), rules: rules)
    let summary = try job.run(cache: nil)
    return Folder(tree: summary.digest, size: summary.size, fileCount: summary.fileCount)
  }

  /// Looks at a folder that the store should know, and stores what it does not.
  ///
  /// Files that were pushed or looked at before and have not changed since are not read, as in a push.
  public func look(at path: Path, rules: ScanRules = ScanRules()) throws(StoreError) -> Folder {
    let job = IngestJob(session, path: path, workers: min(Threads.processorCount, 8), rules: rules)
    let cache = session.store.statCache(for: path)
    if let cache { session.trust(allSince: cache.logSize) }
    let summary = try job.run(cache: cache)
    looks.withLock { $0.append((path, job.folders)) }
    return Folder(tree: summary.digest, size: summary.size, fileCount: summary.fileCount)
  }

  /// Remembers what was looked at: all of it was in the store after this append.
  func remember(after history: MerkleFrontier) {
    for (path, folders) in looks.withLock({ $0 }) { session.store.rememberStats(folders, path, after: history) }
  }

  /// Stores bytes as a blob.
  public func store(_ bytes: [UInt8]) throws(StoreError) -> Digest {
    try BlobWriter(session, session.packer(0)).store(bytes.span)
  }

  /// Stores a file as a blob, in bounded memory.
  public func store(file path: Path) throws(StoreError) -> (digest: Digest, size: UInt64) {
    let name = path.lastComponent
    let directory = try wrapping { () throws(IOFailure) in try Directory(path.parent) }
    let file = try wrapping { () throws(IOFailure) in try directory.open(name) }
    let size = try Self.size(of: file)
    var writer = StreamWriter(BlobWriter(session, try session.packer(0)), fileName: name, size: size)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset: UInt64 = 0
    while true {
      let count: Int
      do { count = try file.read(into: &buffer, at: 0, count: buffer.count) } catch { throw StoreError(error) }
      if count == 0 { break }
      try writer.append(buffer.span.extracting(0..<count))
      offset += UInt64(count)
      try session.progress.checkCancelled()
    }
    return (try writer.finish(), offset)
  }

  private static func size(of file: borrowing File) throws(StoreError) -> UInt64 {
    do { return try file.status().size } catch { throw StoreError(error) }
  }

  /// Stores a tree whose entries are stored, or lie elsewhere; entries may come in any order.
  public func store(_ entries: [TreeEntry]) throws(StoreError) -> Folder {
    let sorted = entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    var text = Tree.header
    for entry in sorted {
      Tree.appendLine(
        to: &text, kind: entry.kind, size: entry.size, digest: entry.digest, name: entry.name.span)
    }
    do { _ = try Tree.entries(of: text.span) } catch {
      throw StoreError(.usage, "the folder", error.detail, cause: error)
    }
    let size = entries.reduce(UInt64(0)) { $0 + $1.size }
    return Folder(tree: try store(text), size: size, fileCount: entries.count)
  }

  /// Stores a record.
  public func store(_ record: Record) throws(StoreError) -> Digest {
    let bytes: [UInt8]
    do { bytes = try record.bytes() } catch { throw StoreError(.usage, "the record", error.detail, cause: error) }
    return try store(bytes)
  }

  /// Makes everything so far visible to other writers and to events.
  func finish() throws(StoreError) { try session.finishPacks() }
}

extension Store {
  /// Stores things and appends the events that name them; all of it again when a collection overtook the work.
  ///
  /// `body` may run more than once, each time with an intake that knows what the store has: it must not mind what it did
  /// before.
  public func recording<R>(_ progress: Progress, _ body: (Intake) throws -> R) throws -> R {
    var failure: (any Error)?
    let result = try write(progress) { (session) throws(StoreError) -> R? in
      do { return try body(Intake(session)) } catch {
        if let error = error as? StoreError { throw error }
        failure = error
        return nil
      }
    }
    guard let result else { throw failure ?? StoreError(.usage, "the work", "it gave neither a result nor an error") }
    return result
  }
}
