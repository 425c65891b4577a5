import ArtifactCore
public import ArtifactIO

/// A folder for work that is thrown away afterwards, readable by its owner only.
public final class ScratchFolder: Sendable {
  /// The folder, without symbolic links.
  public let path: Path
  private let parent: Directory
  private let name: [UInt8]

  /// Makes a folder with a random name in `parent`.
  public init(in parent: Path) throws(IOFailure) {
    self.parent = try Directory(parent)
    name = Array("artifact-\(Hex.text(Platform.randomBytes(8)))".utf8)
    try self.parent.makeDirectory(name, mode: 0o700)
    path = (parent.real ?? parent).appending(name)
  }

  deinit { remove() }

  /// Removes the folder and what is in it; again is no error.
  public func remove() {
    // What cannot be removed is left to whoever sweeps temporary folders.
    try? parent.removeTree(name)
  }

  /// Makes a folder below it.
  public func folder(_ name: String) throws(IOFailure) -> Path {
    try Directory(path).makeDirectory(Array(name.utf8))
    return path.appending(name)
  }
}

extension Directory {
  /// Opens a folder below this one, making it and those on the way.
  func making(_ path: [UInt8]) throws(IOFailure) -> Directory {
    var folder = self
    for part in path.split(separator: 0x2f) {
      do { try folder.makeDirectory(Array(part)) } catch  where error.code == .exists {}
      folder = try folder.directory(Array(part))
    }
    return folder
  }

  /// Writes a new file below this folder, making the folders on the way.
  func write(_ bytes: [UInt8], to path: [UInt8], isExecutable: Bool = false) throws(IOFailure) {
    let place = Path(path)
    let folder = place.parent.bytes == [0x2e] ? self : try making(place.parent.bytes)
    let file = try folder.create(place.lastComponent, mode: isExecutable ? 0o777 : 0o666)
    try file.write(bytes.span)
    try file.close()
  }
}
