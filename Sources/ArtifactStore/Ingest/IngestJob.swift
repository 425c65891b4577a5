import ArtifactCore
import ArtifactIO
import Synchronization

/// Reads a folder into a session: one thread walks, the others read, hash and compress.
final class IngestJob: Sendable {
  private let session: WriteSession
  private let path: Path
  private let workers: Int
  private let rules: ScanRules
  private let scanned = Mutex<Scanned>(Scanned())

  private struct Scanned: Sendable {
    var folders: [ScanFolder] = []
    var links: [(digest: Digest, target: [UInt8])] = []
    var failure: StoreError?
  }

  init(_ session: WriteSession, path: Path, workers: Int, rules: ScanRules) {
    self.session = session
    self.path = path
    self.workers = workers
    self.rules = rules
  }

  /// The scanned folders, complete after `run`.
  var folders: [ScanFolder] { scanned.withLock { $0.folders } }

  /// Stores everything and returns the root's tree.
  func run(cache: StatCache?) throws(StoreError) -> TreeBuilder.Summary {
    let queue = IngestQueue(workers: workers)
    var packers = [PackWriter]()
    for number in 0..<workers { packers.append(try session.packer(number)) }
    let writers = packers
    Threads.run(workers + 1) { [self] number in
      if number == 0 {
        scan(queue, cache)
      } else {
        var worker = IngestWorker(
          session, queue: queue, packer: writers[number - 1], firstPacker: writers[0], root: path)
        worker.run()
      }
    }
    let result = scanned.withLock { $0 }
    if let failure = queue.failure ?? result.failure { throw failure }
    let writer = BlobWriter(session, writers[0])
    for link in result.links { _ = try writer.store(link.target.span) }
    var builder = TreeBuilder(writer)
    return try builder.build(result.folders)
  }

  private func scan(_ queue: IngestQueue, _ cache: StatCache?) {
    var scanner = Scanner(session, cache: cache, queue: queue, rules: rules)
    var failure: StoreError?
    do throws(StoreError) { try scan(&scanner) } catch { failure = error }
    if let failure { queue.fail(failure) }
    session.progress.isCounted.store(true, ordering: .relaxed)
    queue.finishScan()
    let folders = scanner.folders
    let links = scanner.links
    scanned.withLock { $0 = Scanned(folders: folders, links: links, failure: failure) }
  }

  private func scan(_ scanner: inout Scanner) throws(StoreError) {
    let parent = try wrapping { () throws(IOFailure) in try Directory(path.parent) }
    let name = path.lastComponent
    let isName = name != Array(".".utf8) && name != Array("..".utf8) && path.bytes.last != 0x2f
    if isName {
      let status: FileStatus
      do { status = try parent.status(name) } catch  where error.code == .notFound {
        throw StoreError(.notFound, path.printable, "there is no such file or folder", cause: error)
      } catch { throw StoreError(error) }
      let isFolder = status.kind == .directory || status.kind == .link && leadsToFolder()
      if !isFolder { return try scanner.scanFile(name, in: parent) }
    }
    let root = try wrapping { () throws(IOFailure) in try Directory(path) }
    try scanner.scan(root)
  }

  /// Whether the path, a link, leads to a folder.
  private func leadsToFolder() -> Bool { (try? Directory(path)) != nil }
}
