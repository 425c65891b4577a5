public import ArtifactCore
public import ArtifactIO
public import ArtifactStore

/// The code as it is on disk when a command starts.
///
/// In a git work tree all files that git tracks and those that it does not ignore, changed or not; elsewhere the folder.
public struct CodeSnapshot: Sendable {
  /// The folder that it was taken of.
  public let root: Path
  /// What is stored: notebooks stripped.
  public let folder: Intake.Folder
  /// What the record says beside the tree.
  public let facts: CodeFacts
  /// The record.
  public let record: Digest
  /// The paths in it.
  let paths: Set<[UInt8]>

  /// A larger file that git does not track is left out and named.
  static let untrackedLimit: UInt64 = 10 << 20

  /// Stores the code around `folder`.
  ///
  /// - Parameters:
  ///   - folder: The working folder of the command.
  ///   - excluded: What is no code although it lies there: inputs, outputs, the environment.
  static func take(around folder: Path, excluding excluded: [Path], _ tool: Tool, _ intake: Intake) throws -> Self {
    let git = Git(around: folder, tool)
    let root = git?.root ?? folder
    var job = SnapshotJob(root: root, excluded: excluded.compactMap { $0.below(root) }, intake: intake)
    if let git {
      job.facts.commit = try git.commit()
      job.facts.branch = try git.branch()
      job.facts.isDirty = try git.isDirty()
      job.facts.remote = try git.remote()
      try job.add(git, below: [])
    } else {
      for path in try FolderWalk(root).paths { try job.add(path, isTracked: false) }
    }
    let stored = try job.storeTree()
    var record = PackageRecord(kind: .code, tree: stored.tree, size: stored.size, fileCount: stored.fileCount)
    record.code = job.facts
    return CodeSnapshot(
      root: root, folder: stored, facts: job.facts, record: try intake.store(.package(record)), paths: job.paths)
  }

  /// Folders that hold no code wherever they are.
  static func isNeverCode(_ name: [UInt8]) -> Bool {
    [".artifact", ".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".venv"].contains {
      name.elementsEqual($0.utf8)
    }
  }
}

/// A snapshot that is being taken.
private struct SnapshotJob {
  let root: Path
  let excluded: [[UInt8]]
  let intake: Intake
  var facts = CodeFacts()
  var paths = Set<[UInt8]>()
  private var leaves: [(path: [UInt8], entry: TreeEntry)] = []

  init(root: Path, excluded: [[UInt8]], intake: Intake) {
    self.root = root
    self.excluded = excluded
    self.intake = intake
  }

  mutating func add(_ git: Git, below base: [UInt8]) throws {
    for item in try git.items() {
      let path = base.isEmpty ? item.path : base + [0x2f] + item.path
      guard item.isSubmodule else {
        try add(path, isTracked: item.isTracked)
        continue
      }
      guard let inner = try git.submodule(item.path) else { continue }
      facts.submodules.append(CodeFacts.Submodule(path: path, commit: inner.commit))
      try add(inner.git, below: path)
    }
  }

  mutating func add(_ path: [UInt8], isTracked: Bool) throws {
    let parts = path.split(separator: 0x2f)
    guard let name = parts.last, !parts.dropLast().contains(where: { CodeSnapshot.isNeverCode(Array($0)) }),
      !excluded.contains(where: { Path(path).isBelow(Path($0)) })
    else { return }
    let place = root.appending(path)
    // Deleted, though git has it: then the command does not see it either.
    guard let status = try File.status(place, followLinks: false) else { return }
    var entry: TreeEntry
    switch status.kind {
    case .link:
      let target = try Directory(place.parent).linkTarget(Array(name))
      entry = TreeEntry(
        kind: .link, size: UInt64(target.count), digest: try intake.store(target), name: Array(name))
    case .file:
      if !isTracked, status.size > CodeSnapshot.untrackedLimit {
        facts.omitted.append(path)
        return
      }
      let (digest, size) = try store(place, path)
      entry = TreeEntry(
        kind: status.isExecutable ? .executable : .file, size: size, digest: digest, name: Array(name))
    case .directory, .fifo, .socket, .device, .other: return
    }
    leaves.append((path, entry))
    paths.insert(path)
  }

  private mutating func store(_ place: Path, _ path: [UInt8]) throws -> (Digest, UInt64) {
    guard Notebook.isName(path) else { return try intake.store(file: place) }
    let bytes = try File.contents(place, limit: JSON.byteLimit)
    guard let code = Notebook.stripped(bytes) else { return try intake.store(file: place) }
    if code != bytes { facts.notebooks.append(CodeFacts.Notebook(path: path, blob: try intake.store(bytes))) }
    return (try intake.store(code), UInt64(code.count))
  }

  func storeTree() throws -> Intake.Folder {
    try intake.store(leaves.map { (Array($0.path.split(separator: 0x2f).map { Array($0) }[...]), $0.entry) })
  }
}

extension Intake {
  /// Stores nested trees: each entry with the names of the folders above it and its own.
  func store(_ leaves: [(parts: [[UInt8]], entry: TreeEntry)], depth: Int = 0) throws(StoreError) -> Folder {
    var entries = [TreeEntry]()
    var inner = [[UInt8]: [(parts: [[UInt8]], entry: TreeEntry)]]()
    for leaf in leaves {
      if leaf.parts.count == depth + 1 {
        entries.append(leaf.entry)
      } else {
        inner[leaf.parts[depth], default: []].append(leaf)
      }
    }
    var fileCount = entries.count
    for (name, below) in inner {
      let folder = try store(below, depth: depth + 1)
      fileCount += folder.fileCount
      entries.append(TreeEntry(kind: .directory, size: folder.size, digest: folder.tree, name: name))
    }
    let folder = try store(entries)
    return Folder(tree: folder.tree, size: folder.size, fileCount: fileCount)
  }
}
