public import ArtifactCore
public import ArtifactIO

extension Store {
  /// Makes a new store in a folder that is empty or does not exist.
  ///
  /// The log's entry 0 is written last: a store without it is not a store.
  ///
  /// - Parameter policy: The first policy, in force from entry 0 on.
  public static func create(
    at path: Path, level: Int = 1, policy: Policy? = nil, actor: String, local: LocalFolders?
  ) throws(StoreError) -> Store {
    if let policy, let complaint = Fold().unreachable(policy) { throw StoreError(.refused, "the policy", complaint) }
    let config = StoreConfig(id: Hex.text(Platform.randomBytes(16)), level: level)
    let bytes: [UInt8]
    do { bytes = try config.bytes() } catch { throw .damaged("store.json", error) }
    let root = try wrapping { () throws(IOFailure) in try layOut(at: path, config: bytes) }
    let log = try Log(root, store: config.id, configDigest: Digest.of(bytes), local: local, isNew: true)
    _ = try log.append(actor: actor, syncing: []) { _ throws(StoreError) in
      .start(store: config.id, config: Digest.of(bytes), policy: policy?.text)
    }
    return try Store(opening: path, local: local)
  }

  /// The folder, locked until the caller lets go of it: nobody takes a store in the making for one that was left behind.
  private static func layOut(at path: Path, config: [UInt8]) throws(IOFailure) -> Directory {
    let parent = try Directory(path.parent)
    let name = path.lastComponent
    if name != Array(".".utf8), try parent.statusIfPresent(name) == nil {
      do { try parent.makeDirectory(name) } catch  where error.code == .exists {}
    }
    let root = try Directory(path)
    guard root.tryLock() else {
      throw IOFailure(.exists, "making a store in", path.printable, "somebody else is making one there")
    }
    guard try isEmptyOrUnfinished(root, config) else {
      throw IOFailure(.exists, "making a store in", path.printable, "the folder is not empty")
    }
    for folder in folders {
      do { try root.makeDirectory(Array(folder.utf8)) } catch  where error.code == .exists {}
    }
    for (name, content) in files(config: config) {
      if try root.statusIfPresent(name) != nil { try root.remove(name) }
      try Durability.writeSynced(content, as: name, in: root)
    }
    for folder in ["artifact/log/entry", "artifact/log", "artifact", "blobs"] {
      try root.directory(Array(folder.utf8)).sync()
    }
    try root.sync()
    try parent.sync()
    return root
  }

  private static let folders = [
    "blobs", "blobs/sha256", "artifact", "artifact/index", "artifact/log", "artifact/log/entry", "artifact/tmp",
  ]

  private static func files(config: [UInt8]) -> [(name: [UInt8], content: [UInt8])] {
    [
      (layoutName, layoutBytes), (imageIndexName, imageIndexBytes), (configPath, config),
      (Array("artifact/reserve".utf8), [UInt8](repeating: 0, count: Reserve.byteCount)),
    ]
  }

  /// Whether a folder holds nothing, or only a store that was left behind in the making.
  ///
  /// That has no pack and no log entry, and its files are no larger than what is written here.
  private static func isEmptyOrUnfinished(_ root: Directory, _ config: [UInt8]) throws(IOFailure) -> Bool {
    var known: Set<[UInt8]> = Set(folders.map { Array($0.utf8) })
    known.insert(Array("artifact/log/entry/000000".utf8))
    var sizes = [[UInt8]: UInt64]()
    for (name, content) in files(config: config) { sizes[name] = UInt64(content.count) }
    var waiting: [[UInt8]] = [[]]
    while let path = waiting.popLast() {
      let folder = path.isEmpty ? root : try root.directory(path)
      for name in try folder.names() {
        let full = path.isEmpty ? name : path + [0x2f] + name
        let status = try folder.status(name)
        if known.contains(full), status.kind == .directory {
          // What is in tmp/ may be swept anyway.
          if full != temporaryPath { waiting.append(full) }
        } else {
          // The level may make `store.json` a byte longer.
          guard status.kind == .file, let size = sizes[full], status.size <= size + 1 else { return false }
        }
      }
    }
    return true
  }
}
