import ArtifactCore
public import ArtifactIO

/// The file beside its destination that an export writes, locked while it does so that nobody sweeps it.
struct UnfinishedExport: ~Copyable {
  /// The open file.
  let file: File
  /// `.<16 digits>.artifact-export`.
  let name: [UInt8]
  private static let ending = Array(".artifact-export".utf8)
  private static let digitCount = 16

  private init(_ file: consuming File, _ name: [UInt8]) {
    self.file = file
    self.name = name
  }

  /// Makes a file that appears only when it is complete, and that must not be there yet.
  static func make(
    _ destination: Path, _ body: (borrowing UnfinishedExport) throws(StoreError) -> Void
  ) throws(StoreError) {
    let parent: Directory
    do { parent = try Directory(destination.parent) } catch { throw StoreError(error) }
    let name = destination.lastComponent
    // What is left then is in nobody's way.
    try? sweep(parent)
    if try wrapping({ () throws(IOFailure) in try parent.statusIfPresent(name) }) != nil {
      throw StoreError(.exists, destination.printable, "it is there already")
    }
    let temporary = try wrapping { () throws(IOFailure) in try create(in: parent) }
    do {
      try body(temporary)
      try wrapping { () throws(IOFailure) in
        try temporary.file.sync()
        try parent.renameNoReplace(temporary.name, to: parent, as: name)
        try parent.sync()
      }
    } catch {
      // The error that stopped the export is the one to tell.
      try? parent.removeTree(temporary.name)
      throw error
    }
  }

  /// Creates a file with a random name.
  static func create(in parent: Directory) throws(IOFailure) -> UnfinishedExport {
    while true {
      let name = Array(".\(Hex.text(Platform.randomBytes(Self.digitCount / 2)))".utf8) + Self.ending
      let file = try parent.create(name)
      // A sweeper may come before the lock: then the name is gone, or the lock is the sweeper's.
      let isOurs = file.tryLock()
      if isOurs, let now = try parent.statusIfPresent(name), try file.status().inode == now.inode {
        return UnfinishedExport(file, name)
      }
    }
  }

  /// A writer of an archive into the file.
  func writer(_ format: ArchiveWriter.Format) throws(IOFailure) -> ArchiveWriter {
    try ArchiveWriter(file: file, format: format)
  }

  /// Removes what killed exports left in a folder; a file that its owner still locks stays.
  static func sweep(_ parent: Directory) throws(IOFailure) {
    for name in try parent.names() where isOurs(name) {
      guard try parent.statusIfPresent(name)?.kind == .file else { continue }
      do throws(IOFailure) {
        let file = try parent.open(name)
        if file.tryLock() { try parent.remove(name) }
      } catch  where error.code == .notFound {
        // Its owner finished in the meantime.
      }
    }
  }

  private static func isOurs(_ name: [UInt8]) -> Bool {
    guard name.count == 1 + digitCount + ending.count, name.first == UInt8(ascii: "."), name.hasSuffix(ending) else {
      return false
    }
    return name[1...digitCount].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

/// A result that a command puts into a file of the user's.
public enum ResultFile {
  /// Writes a file that appears only when it is complete, and that must not be there yet.
  public static func put(_ bytes: [UInt8], to destination: Path) throws(StoreError) {
    try UnfinishedExport.make(destination) { (export) throws(StoreError) in
      do throws(IOFailure) { try export.file.write(bytes.span) } catch { throw StoreError(error) }
    }
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ ending: [UInt8]) -> Bool { suffix(ending.count).elementsEqual(ending) }
}
