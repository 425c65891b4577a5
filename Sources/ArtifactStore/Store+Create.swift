import ArtifactCore
public import ArtifactIO

extension Store {
  /// Makes a new store in a folder that is empty or does not exist.
  ///
  /// The log's entry 0 is written last: a store without it is not a store.
  public static func create(
    at path: Path, level: Int = 1, actor: String, local: LocalFolders?
  ) throws(StoreError) -> Store {
    let config = StoreConfig(id: Hex.text(Platform.randomBytes(16)), level: level)
    let bytes: [UInt8]
    do { bytes = try config.bytes() } catch { throw .damaged("store.json", error) }
    do {
      try layOut(at: path, config: bytes)
    } catch { throw StoreError(error) }
    let root = try wrapping { () throws(IOFailure) in try Directory(path) }
    let log = try Log(root, store: config.id, configDigest: Digest.of(bytes), local: local, isNew: true)
    _ = try log.append(actor: actor, syncing: []) { _ throws(StoreError) in
      .start(store: config.id, config: Digest.of(bytes))
    }
    return try Store(opening: path, local: local)
  }

  private static func layOut(at path: Path, config: [UInt8]) throws(IOFailure) {
    let parent = try Directory(path.parent)
    let name = path.lastComponent
    if name != Array(".".utf8), try parent.statusIfPresent(name) == nil {
      try parent.makeDirectory(name)
    }
    let root = try Directory(path)
    guard try root.names().isEmpty else {
      throw IOFailure(.exists, "making a store in", path.printable, "the folder is not empty")
    }
    for folder in [
      "blobs", "blobs/sha256", "artifact", "artifact/index", "artifact/log", "artifact/log/entry", "artifact/tmp",
    ] {
      try root.makeDirectory(Array(folder.utf8))
    }
    try Durability.writeSynced(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), as: Array("oci-layout".utf8), in: root)
    let emptyIndex = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
    try Durability.writeSynced(Array(emptyIndex.utf8), as: Array("index.json".utf8), in: root)
    let artifact = try root.directory(Array("artifact".utf8))
    try Durability.writeSynced(config, as: Array("store.json".utf8), in: artifact)
    try Durability.writeSynced([UInt8](repeating: 0, count: 1 << 20), as: Array("reserve".utf8), in: artifact)
    for folder in ["artifact/log/entry", "artifact/log", "artifact", "blobs"] {
      try root.directory(Array(folder.utf8)).sync()
    }
    try root.sync()
    try parent.sync()
  }
}
