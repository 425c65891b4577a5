public import ArtifactCore
public import ArtifactIO

/// Data whose bytes stay where they are.
public enum DataSource: Sendable {
  /// A file, or all files of a folder, on this machine: read and hashed. The path is absolute.
  case local(Path)
  /// A file elsewhere, with what is known of it.
  case known(uri: String, size: UInt64, digest: Digest)
}

/// Finds the files of data sources and what they are.
struct SourceScan {
  private let progress: Progress
  private(set) var files: [DatasetFacts.DataReference] = []

  init(_ sources: [DataSource], _ progress: Progress) throws(StoreError) {
    self.progress = progress
    for source in sources {
      switch source {
      case .known(let uri, let size, let digest):
        let name = FileURI.lastName(uri)
        guard !name.isEmpty else {
          throw StoreError(.usage, printable(uri), "it names no file: it ends with a slash")
        }
        files.append(.init(path: name, uri: uri, size: size, digest: digest))
      case .local(let path): try add(path, isAlone: sources.count == 1)
      }
    }
    files.sort { $0.path.lexicographicallyPrecedes($1.path) }
    for (one, other) in zip(files, files.dropFirst()) where one.path == other.path {
      throw StoreError(
        .usage, printable(one.path), "two files would have this path: \(printable(one.uri)) and \(printable(other.uri))"
      )
    }
  }

  private mutating func add(_ path: Path, isAlone: Bool) throws(StoreError) {
    // A link that the user names is followed; links within a folder are not.
    if let folder = try? Directory(path) {
      try add(folder, at: path, prefix: isAlone ? [] : path.lastComponent + [0x2F], depth: 0)
    } else {
      try addFile(path.lastComponent, at: path, as: path.lastComponent)
    }
  }

  private mutating func add(
    _ folder: Directory, at path: Path, prefix: [UInt8], depth: Int
  ) throws(StoreError) {
    guard depth < Reference.pathLimits.depth else {
      throw StoreError(.rejected, path.printable, "it is deeper than \(Reference.pathLimits.depth) folders")
    }
    let names = try wrapping { () throws(IOFailure) in try folder.names() }
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let status = try wrapping { () throws(IOFailure) in try folder.status(name) }
      let inner = path.appending(name)
      switch status.kind {
      case .directory:
        let next = try wrapping { () throws(IOFailure) in try folder.directory(name) }
        try add(next, at: inner, prefix: prefix + name + [0x2F], depth: depth + 1)
      case .file: try addFile(name, at: inner, as: prefix + name)
      default: throw StoreError(.rejected, inner.printable, "only files can be referred to")
      }
    }
  }

  private mutating func addFile(_ name: [UInt8], at path: Path, as place: [UInt8]) throws(StoreError) {
    try progress.checkCancelled()
    let (size, digest) = try LocalSource.read(path) { _ throws(StoreError) in }
    progress.add(progress.filesDone, 1)
    progress.add(progress.bytesDone, Int(clamping: size))
    files.append(.init(path: place, uri: FileURI.text(path.bytes), size: size, digest: digest))
  }
}

/// Files that references lead to.
enum LocalSource {
  /// Hands a file's bytes on and tells its size and digest.
  static func read(
    _ path: Path, to sink: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) -> (size: UInt64, digest: Digest) {
    let file = try wrapping { () throws(IOFailure) in try File.open(path) }
    var hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var size: UInt64 = 0
    while true {
      let count = try fill(&buffer, from: file)
      hasher.update(buffer.span.extracting(0..<count))
      try sink(buffer.span.extracting(0..<count))
      size += UInt64(count)
      if count < buffer.count { return (size, hasher.finish()) }
    }
  }

  private static func fill(_ buffer: inout [UInt8], from file: borrowing File) throws(StoreError) -> Int {
    do { return try file.read(into: &buffer, at: 0, count: buffer.count) } catch { throw StoreError(error) }
  }

  /// What is wrong with a reference: nil if its bytes are as they were, or if it leads elsewhere than to this machine.
  static func complaint(_ reference: DatasetFacts.DataReference) -> String? {
    guard let bytes = FileURI.path(reference.uri) else { return nil }
    do throws(StoreError) {
      let (size, digest) = try read(Path(bytes)) { _ throws(StoreError) in }
      return complaint(reference, size, digest)
    } catch {
      return error.code == .notFound ? "it is gone" : error.detail
    }
  }

  static func complaint(_ reference: DatasetFacts.DataReference, _ size: UInt64, _ digest: Digest) -> String? {
    if size != reference.size { return "it has \(size) bytes now and had \(reference.size)" }
    return digest == reference.digest
      ? nil : "its bytes hash to \(digest.short) now and did to \(reference.digest.short)"
  }
}
