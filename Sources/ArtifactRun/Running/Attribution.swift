import ArtifactCore
import ArtifactIO

/// Whose the files are that a command read.
struct Attribution {
  /// Read, and neither input nor code nor of the environment or the system.
  private(set) var undeclared: [ResultRecord.Read] = []
  /// Files that somebody else changed while the command ran, by path.
  private(set) var changed: [[UInt8]] = []
  /// Undeclared files that there was no room to list.
  private(set) var unlistedCount = 0
  private static let listLimit = 200
  private static let hashLimit: UInt64 = 1 << 30
  private static let systemFolders = [
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc", "/opt/conda/lib", "/run",
  ]
  .map { Path($0) }

  /// What is known about places before the command starts.
  struct Places {
    /// The folder of the code, and the paths in it that are code.
    var codeRoot: Path
    var code: Set<[UInt8]>
    var inputs: [Path]
    var outputs: [Path]
    /// Interpreter, packages, and what the recorder itself needs.
    var environment: [Path]
  }

  init(_ trace: Trace, _ places: Places) {
    var realFolders = [[UInt8]: Path?]()
    var seen = Set<[UInt8]>()
    for access in trace.accesses where access.isRead && !access.isOwn {
      guard let path = Self.real(Path(access.path), &realFolders), seen.insert(path.bytes).inserted else { continue }
      if Self.systemFolders.contains(where: { path.isBelow($0) }) { continue }
      if places.environment.contains(where: { path.isBelow($0) || Path(access.path).isBelow($0) }) { continue }
      // A file that is gone was somebody's temporary one.
      guard let status = try? File.status(path), status.kind == .file else { continue }
      if !access.isWritten, let pin = access.pin, pin != Trace.Pin(status) { changed.append(path.bytes) }
      if places.inputs.contains(where: { path.isBelow($0) }) { continue }
      if let inside = path.below(places.codeRoot), places.code.contains(inside) { continue }
      if places.outputs.contains(where: { path.isBelow($0) }) && access.isWritten { continue }
      if path.bytes.suffix(4).elementsEqual(".pyc".utf8) { continue }
      guard undeclared.count < Self.listLimit else {
        unlistedCount += 1
        continue
      }
      // What cannot be read any more has no digest.
      let digest = status.size > Self.hashLimit ? nil : try? File.digest(path).digest
      undeclared.append(ResultRecord.Read(path: path.bytes, digest: digest, size: status.size))
    }
  }

  /// The path without links; nil if it is gone.
  private static func real(_ path: Path, _ folders: inout [[UInt8]: Path?]) -> Path? {
    let parent = path.parent.bytes
    let folder: Path?
    if let known = folders[parent] {
      folder = known
    } else {
      folder = Path(parent).real
      folders[parent] = .some(folder)
    }
    guard let folder else { return nil }
    let place = folder.appending(path.lastComponent)
    // A look that fails finds nothing.
    guard let status = try? File.status(place, followLinks: false) else { return nil }
    return status.kind == .link ? place.real : place
  }
}
