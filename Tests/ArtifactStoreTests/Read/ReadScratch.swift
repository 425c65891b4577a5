import ArtifactCore
import ArtifactIO
import ArtifactStore

/// A folder with an empty store in it, for tests of reading.
final class ReadScratch: Sendable {
  /// The folder.
  let folder: Directory
  /// The store.
  let store: Store
  private let parent: Directory
  private let name: [UInt8]

  init() throws {
    parent = try Directory(Path("/tmp"))
    name = Array("artifact-read-\(Hex.text(Platform.randomBytes(8)))".utf8)
    try parent.makeDirectory(name)
    folder = try parent.directory(name)
    store = try Store.create(at: folder.path.appending("store"), actor: "fox", local: nil)
  }

  /// Removes the folder.
  func remove() {
    // What is left in the system's temporary folder does no harm.
    try? parent.removeTree(name)
  }

  /// Writes a file below `files`, with the folders that it needs.
  func write(_ bytes: [UInt8], _ path: String, executable: Bool = false) throws {
    var folder = folder
    var parts = "files/\(path)".split(separator: "/").map { Array($0.utf8) }
    let last = parts.removeLast()
    for part in parts {
      if try folder.statusIfPresent(part) == nil { try folder.makeDirectory(part) }
      folder = try folder.directory(part)
    }
    try folder.removeTree(last)
    let file = try folder.create(last, mode: executable ? 0o755 : 0o644)
    try file.write(bytes.span)
    try file.close()
  }

  /// Writes a text.
  func write(_ text: String, _ path: String, executable: Bool = false) throws {
    try write(Array(text.utf8), path, executable: executable)
  }

  /// Makes a link below `files`.
  func link(_ path: String, to target: String) throws {
    try folder.directory(Array("files".utf8)).makeLink(Array(path.utf8), to: Array(target.utf8))
  }

  /// Removes something below `files`.
  func remove(_ path: String) throws {
    try folder.directory(Array("files".utf8)).removeTree(Array(path.utf8))
  }

  /// Pushes `files`.
  @discardableResult
  func push(_ name: String, _ change: (inout PushRequest) throws -> Void = { _ in }) throws -> PushResult {
    var request = PushRequest(name: try PackageName(name), actor: "fox")
    try change(&request)
    return try store.push(folder.path.appending("files"), request, Progress())
  }

  /// What a reference leads to.
  func entry(_ reference: String) throws -> TreeEntry { try store.resolve(Reference(reference)).entry }

  /// The names of the packs.
  func packs() throws -> [[UInt8]] { try folder.directory(Array("store/blobs/sha256".utf8)).names() }

  /// Overwrites bytes in the middle of every pack.
  func damagePacks() throws {
    for pack in try packs() {
      let path = folder.path.appending("store/blobs/sha256").appending(pack)
      var bytes = [UInt8](repeating: 0, count: Int(try File.open(path).status().size))
      try File.open(path).read(into: &bytes, count: bytes.count, offset: 0)
      let packs = try folder.directory(Array("store/blobs/sha256".utf8))
      try packs.remove(pack)
      // Frame 0 is the pack's own and the tar header behind it nobody needs who has the index; that and the seek table, at
      // the end, stay as they are.
      let start = bytes.count > 10_000 ? 5_000 : 500
      for index in start..<min(bytes.count, start + 100) { bytes[index] ^= 0xFF }
      let file = try packs.create(pack)
      try file.write(bytes.span)
      try file.close()
    }
  }
}

/// Bytes that do not compress, the same for the same seed.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed &* 2 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}
