public import ArtifactCore
public import ArtifactIO
import Synchronization

extension Store {
  /// Writes a tree, or a single file, as an archive whose format the file name tells: `.tar`, `.tar.gz`, `.tar.zst`, `.zip`.
  ///
  /// The same tree gives the same bytes on every run and every machine. The file appears only when it is complete.
  public func export(_ entry: TreeEntry, to destination: Path, _ progress: Progress) throws(StoreError) {
    guard let format = ArchiveWriter.Format(fileName: destination.lastComponent) else {
      throw StoreError(.usage, destination.printable, "the name must end in .tar, .tar.gz, .tar.zst or .zip")
    }
    try UnfinishedExport.make(destination) { (temporary) throws(StoreError) in
      try writeArchive(entry, to: temporary, format, progress)
    }
  }

  private func writeArchive(
    _ entry: TreeEntry, to temporary: borrowing UnfinishedExport, _ format: ArchiveWriter.Format, _ progress: Progress
  ) throws(StoreError) {
    progress.add(progress.bytesSeen, Int(clamping: entry.size))
    progress.isCounted.store(true, ordering: .relaxed)
    var writer = try wrapping { () throws(IOFailure) in try temporary.writer(format) }
    if entry.kind == .directory {
      try add(entry.digest, below: [], to: &writer, progress)
    } else {
      try add(entry, as: entry.name, to: &writer, progress)
    }
    try Self.finish(writer)
  }

  private static func finish(_ writer: consuming ArchiveWriter) throws(StoreError) {
    do { try writer.finish() } catch { throw StoreError(error) }
  }

  private func add(
    _ tree: Digest, below path: [UInt8], to writer: inout ArchiveWriter, _ progress: Progress
  ) throws(StoreError) {
    for entry in try self.tree(tree) {
      let full = path.isEmpty ? entry.name : path + [0x2f] + entry.name
      if entry.kind == .directory {
        do { try writer.addDirectory(full) } catch { throw StoreError(error) }
        try add(entry.digest, below: full, to: &writer, progress)
      } else {
        try add(entry, as: full, to: &writer, progress)
      }
    }
  }

  private func add(
    _ entry: TreeEntry, as path: [UInt8], to writer: inout ArchiveWriter, _ progress: Progress
  ) throws(StoreError) {
    try progress.checkCancelled()
    if entry.kind == .link {
      let target = try objects.blob(entry.digest, limit: 4_096)
      do { try writer.addSymlink(path, target: target) } catch { throw StoreError(error) }
      return
    }
    do {
      try writer.addFile(path, size: Int64(clamping: entry.size), isExecutable: entry.kind == .executable)
    } catch { throw StoreError(error) }
    try cat(entry) { (bytes) throws(StoreError) in
      try wrapping { () throws(IOFailure) in try writer.write(bytes) }
      progress.add(progress.bytesDone, bytes.count)
    }
    progress.add(progress.filesDone, 1)
  }
}
