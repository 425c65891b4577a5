public import ArtifactCore
public import ArtifactIO

/// Everything that a store keeps of a folder, for comparing.
public struct FolderTree: Equatable, Sendable, CustomStringConvertible {
  /// One file, link or folder.
  public enum Item: Equatable, Sendable {
    case folder
    case file(Digest, size: UInt64, isExecutable: Bool)
    case link([UInt8])
  }

  /// By raw path below the folder.
  public private(set) var items: [[UInt8]: Item] = [:]

  /// Reads a folder.
  public init(_ path: Path) throws { try add(Directory(path), []) }

  private mutating func add(_ folder: Directory, _ path: [UInt8]) throws {
    for name in try folder.names() {
      let full = path.isEmpty ? name : path + [0x2f] + name
      let status = try folder.status(name)
      switch status.kind {
      case .directory:
        items[full] = .folder
        try add(folder.directory(name), full)
      case .link: items[full] = .link(try folder.linkTarget(name))
      default:
        let file = try folder.open(name)
        var bytes = [UInt8](repeating: 0, count: Int(status.size))
        _ = try file.read(into: &bytes, at: 0, count: bytes.count)
        items[full] = .file(Digest.of(bytes), size: status.size, isExecutable: status.isExecutable)
      }
    }
  }

  /// Bytes of all files and link targets.
  public var size: UInt64 {
    items.values.reduce(0) { sum, item in
      switch item {
      case .folder: sum
      case .file(_, let size, _): sum + size
      case .link(let target): sum + UInt64(target.count)
      }
    }
  }

  /// Files and links.
  public var fileCount: Int { items.values.count { $0 != .folder } }

  /// One line an item.
  public var description: String {
    items.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { "\(Path.printable($0.key)): \($0.value)" }.joined(separator: "\n")
  }
}
