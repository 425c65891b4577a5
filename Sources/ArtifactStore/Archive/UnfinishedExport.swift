import ArtifactCore
import ArtifactIO

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

extension [UInt8] {
  fileprivate func hasSuffix(_ ending: [UInt8]) -> Bool { suffix(ending.count).elementsEqual(ending) }
}
