import ArtifactCore
import ArtifactIO

/// A file that a command writes for its user.
enum OutputFile {
  /// Writes a file that must not exist yet; it appears only when it is complete.
  static func write(_ bytes: [UInt8], to path: Path) throws(IOFailure) {
    let folder = try Directory(path.parent)
    if try folder.statusIfPresent(path.lastComponent) != nil {
      throw IOFailure(.exists, "writing", path.printable, "it is there already")
    }
    let temporary = path.lastComponent.prefix(200) + Array(".\(Hex.text(Platform.randomBytes(6)))".utf8)
    try Durability.writeSynced(bytes, as: Array(temporary), in: folder)
    do { try Durability.publish(Array(temporary), in: folder, as: path.lastComponent, in: folder) } catch {
      // What stopped the writing is the one to tell.
      try? folder.remove(Array(temporary))
      throw error
    }
  }
}
