import ArtifactCore
import ArtifactIO
import Synchronization

/// Reads an archive into a session: its content becomes a folder.
struct ArchiveIngest {
  private let session: WriteSession
  private let path: Path
  private let limit: UInt64?
  private let allowsExternalLinks: Bool

  init(_ session: WriteSession, _ path: Path, limit: UInt64?, allowsExternalLinks: Bool) {
    self.session = session
    self.path = path
    self.limit = limit
    self.allowsExternalLinks = allowsExternalLinks
  }

  /// Stores everything and returns the root's tree.
  func run() throws(StoreError) -> TreeBuilder.Summary {
    var limits = ArchiveReader.Limits()
    if let limit { limits.inflatedBytes = Int64(clamping: limit) }
    let bounds = limits
    var reader: ArchiveReader
    do {
      reader = try ArchiveReader(path: path.bytes, limits: bounds, allowExternalLinks: allowsExternalLinks)
    } catch { throw Self.rejected(error) }
    let writer = BlobWriter(session, try session.packer(0))
    let tree = ArchiveTree(archive: path.printable)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while let entry = try Self.next(&reader) {
      try session.progress.checkCancelled()
      try take(entry, &reader, &buffer, tree, writer)
    }
    session.progress.isCounted.store(true, ordering: .relaxed)
    return try tree.store(writer)
  }

  private func take(
    _ entry: ArchiveReader.Entry, _ reader: inout ArchiveReader, _ buffer: inout [UInt8], _ tree: ArchiveTree,
    _ writer: BlobWriter
  ) throws(StoreError) {
    let progress = session.progress
    switch entry.kind {
    case .directory: try tree.addFolder(entry.path)
    case .symlink(let target):
      try tree.add(entry.path, .link, size: UInt64(target.count), try writer.store(target.span))
    case .hardlink(let target):
      guard let file = tree.file(target) else {
        throw tree.refuse(entry.path, "a hard link to a file that did not come before")
      }
      try tree.add(entry.path, file.kind, size: file.size, file.digest)
    case .other(let type): throw tree.refuse(entry.path, "it is a \(type); a store keeps files, folders and links")
    case .file(let size):
      progress.add(progress.filesSeen, 1)
      progress.add(progress.bytesSeen, Int(size))
      var stream = StreamWriter(writer, fileName: entry.path, size: UInt64(size))
      while true {
        let count = try Self.read(&reader, &buffer)
        if count == 0 { break }
        try stream.append(buffer.span.extracting(0..<count))
      }
      let digest = try stream.finish()
      try tree.add(entry.path, entry.isExecutable ? .executable : .file, size: stream.byteCount, digest)
      progress.add(progress.filesDone, 1)
    }
  }

  private static func next(_ reader: inout ArchiveReader) throws(StoreError) -> ArchiveReader.Entry? {
    do { return try reader.next() } catch { throw rejected(error) }
  }

  private static func read(_ reader: inout ArchiveReader, _ buffer: inout [UInt8]) throws(StoreError) -> Int {
    do { return try reader.read(into: &buffer) } catch { throw rejected(error) }
  }

  /// A damaged archive, or one that is encrypted or in parts, is bad input: neither store nor disk is to blame.
  private static func rejected(_ failure: IOFailure) -> StoreError {
    guard failure.code == .malformed || failure.code == .other && failure.number == 0 else {
      return StoreError(failure)
    }
    return StoreError(.rejected, failure.subject, failure.detail, cause: failure)
  }
}
