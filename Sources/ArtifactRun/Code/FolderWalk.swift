import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The files of a folder that is no git work tree, by the rules of `.artifactignore`.
struct FolderWalk {
  private var rules = IgnoreRules()
  private(set) var paths: [[UInt8]] = []
  /// More files than this are no code.
  static let fileLimit = 50_000

  /// Lists all files and links below `folder`, folders that are never code left out.
  init(_ folder: Path) throws { try walk(Directory(folder), []) }

  private mutating func walk(_ folder: Directory, _ path: [UInt8]) throws {
    let ignoreFile = Array(ScanRules.ignoreFile.utf8)
    if let status = try folder.statusIfPresent(ignoreFile), status.kind == .file {
      rules.add(fileContents: try File.contents(folder.path.appending(ignoreFile), limit: 1 << 20), base: path)
    }
    for name in try folder.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let status = try folder.statusIfPresent(name) else { continue }
      let full = path.isEmpty ? name : path + [0x2f] + name
      if rules.isIgnored(entry: full, isDirectory: status.kind == .directory) { continue }
      switch status.kind {
      case .directory:
        if !CodeSnapshot.isNeverCode(name) { try walk(folder.directory(name), full) }
      case .file, .link: paths.append(full)
      case .fifo, .socket, .device, .other: break
      }
      guard paths.count <= Self.fileLimit else {
        throw RunError(
          .usage, folder.path.printable,
          "it holds more than \(Self.fileLimit) files; a git repository or an .artifactignore file says which are code")
      }
    }
  }
}
