import ArtifactCore
import ArtifactIO

/// One writer's folder below `artifact/tmp/`, locked while it is open so that nobody sweeps it.
struct TemporaryFolder: Sendable {
  /// The open folder.
  let directory: Directory
  private let parent: Directory
  /// Its random name.
  let name: [UInt8]

  /// Makes a folder with a random name of hexadecimal digits.
  init(in parent: Directory, nameLength: Int = 16) throws(IOFailure) {
    self.parent = parent
    while true {
      let name = Array(Hex.text(Platform.randomBytes(nameLength / 2)).utf8)
      try parent.makeDirectory(name)
      // A sweeper may come before the lock: then the name is gone, or the lock is the sweeper's.
      guard let directory = try Self.open(name, in: parent), directory.tryLock(),
        let now = try parent.statusIfPresent(name), try directory.status().inode == now.inode
      else { continue }
      self.directory = directory
      self.name = name
      return
    }
  }

  private static func open(_ name: [UInt8], in parent: Directory) throws(IOFailure) -> Directory? {
    do { return try parent.directory(name) } catch  where error.code == .notFound { return nil }
  }

  /// Removes the folder and what is in it.
  func remove() throws(IOFailure) { try parent.removeTree(name) }

  /// Removes what dead writers left below `parent`; a folder that its owner still locks stays.
  static func sweep(_ parent: Directory) throws(IOFailure) {
    for name in try parent.names() {
      guard let status = try parent.statusIfPresent(name) else { continue }
      guard status.kind == .directory else {
        try parent.removeTree(name)
        continue
      }
      do {
        let folder = try parent.directory(name)
        if folder.tryLock() { try parent.removeTree(name) }
      } catch  where error.code == .notFound {
        // Its owner finished in the meantime.
      }
    }
  }
}
