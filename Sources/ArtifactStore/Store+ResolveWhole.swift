public import ArtifactCore

extension Store {
  /// What a whole digest names that no name leads to: the record of a package that only other records name, or a tree.
  func resolveWhole(_ digest: Digest) -> Resolved? {
    // What is neither is not found; damage shows where it is read.
    if case .package(let content)? = try? fact(digest) {
      let root = TreeEntry(kind: .directory, size: content.size, digest: content.tree, name: [])
      return Resolved(name: nil, version: nil, record: digest, content: content, entry: root, path: [])
    }
    guard let entries = try? tree(digest) else { return nil }
    let size = entries.reduce(UInt64(0)) { $0 &+ $1.size }
    let root = TreeEntry(kind: .directory, size: size, digest: digest, name: [])
    return Resolved(name: nil, version: nil, record: nil, content: nil, entry: root, path: [])
  }

  /// A tree as an entry, with its size.
  public func folder(_ tree: Digest) throws(StoreError) -> TreeEntry {
    let size = try self.tree(tree).reduce(UInt64(0)) { $0 &+ $1.size }
    return TreeEntry(kind: .directory, size: size, digest: tree, name: [])
  }
}
