public import ArtifactCore

/// One path at which two trees differ.
public struct TreeChange: Sendable, Equatable {
  /// In what way.
  public enum Kind: String, Sendable, CaseIterable {
    /// Only the second has it.
    case added
    /// Only the first has it.
    case removed
    /// Other bytes.
    case changed
    /// The same bytes, but executable in one only.
    case mode
    /// A file in one, a link or a folder in the other.
    case type
  }

  /// In what way.
  public let kind: Kind
  /// The path below both roots; empty when the roots themselves are files.
  public let path: [UInt8]
  /// What the first has there.
  public let before: TreeEntry?
  /// What the second has there.
  public let after: TreeEntry?
}

extension Store {
  /// Calls `body` for every path at which two entries differ, in the order of the trees.
  ///
  /// Subtrees with equal digests are not read. A folder that only one side has is one change; with `expanding` it is one
  /// for each file and link below it, and for each folder that is empty.
  public func diff(
    _ before: TreeEntry, _ after: TreeEntry, expanding: Bool = false,
    _ body: (TreeChange) throws(StoreError) -> Void
  ) throws(StoreError) {
    try compare(before, after, path: [], expanding, body)
  }

  private func compare(
    _ before: TreeEntry, _ after: TreeEntry, path: [UInt8], _ expanding: Bool,
    _ body: (TreeChange) throws(StoreError) -> Void
  ) throws(StoreError) {
    let change: TreeChange.Kind
    switch (before.kind, after.kind) {
    case (.directory, .directory):
      if before.digest != after.digest { try compareFolders(before.digest, after.digest, path, expanding, body) }
      return
    case (let one, let other) where one == other || one.isFile && other.isFile:
      if before.digest != after.digest {
        change = .changed
      } else if one != other {
        change = .mode
      } else {
        return
      }
    default: change = .type
    }
    try body(TreeChange(kind: change, path: path, before: before, after: after))
  }

  private func compareFolders(
    _ before: Digest, _ after: Digest, _ path: [UInt8], _ expanding: Bool,
    _ body: (TreeChange) throws(StoreError) -> Void
  ) throws(StoreError) {
    try checkDepth(path)
    let left = try tree(before)
    let right = try tree(after)
    var (one, other) = (0, 0)
    while one < left.count || other < right.count {
      if other == right.count || one < left.count && left[one].name.lexicographicallyPrecedes(right[other].name) {
        try report(.removed, left[one], path, expanding, body)
        one += 1
      } else if one == left.count || left[one].name != right[other].name {
        try report(.added, right[other], path, expanding, body)
        other += 1
      } else {
        try compare(left[one], right[other], path: Self.join(path, left[one].name), expanding, body)
        one += 1
        other += 1
      }
    }
  }

  private func report(
    _ kind: TreeChange.Kind, _ entry: TreeEntry, _ parent: [UInt8], _ expanding: Bool,
    _ body: (TreeChange) throws(StoreError) -> Void
  ) throws(StoreError) {
    let path = Self.join(parent, entry.name)
    if expanding, entry.kind == .directory {
      try checkDepth(path)
      let inner = try tree(entry.digest)
      for child in inner { try report(kind, child, path, expanding, body) }
      if !inner.isEmpty { return }
    }
    try body(
      TreeChange(
        kind: kind, path: path, before: kind == .removed ? entry : nil, after: kind == .removed ? nil : entry))
  }

  /// Calls `body` for everything below a tree, a folder before what it holds.
  public func walk(
    _ tree: Digest, recursively: Bool, _ body: (_ path: [UInt8], TreeEntry) throws(StoreError) -> Void
  ) throws(StoreError) {
    try walk(tree, recursively, path: [], body)
  }

  private func walk(
    _ tree: Digest, _ recursively: Bool, path: [UInt8],
    _ body: (_ path: [UInt8], TreeEntry) throws(StoreError) -> Void
  ) throws(StoreError) {
    try checkDepth(path)
    for entry in try self.tree(tree) {
      let inner = Self.join(path, entry.name)
      try body(inner, entry)
      if recursively, entry.kind == .directory { try walk(entry.digest, true, path: inner, body) }
    }
  }

  private static func join(_ path: [UInt8], _ name: [UInt8]) -> [UInt8] {
    path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
  }

  /// Trees come from others: what is nested deeper than a push allows is refused before the stack ends.
  private func checkDepth(_ path: [UInt8]) throws(StoreError) {
    guard path.count(where: { $0 == UInt8(ascii: "/") }) < Reference.pathLimits.depth else {
      throw StoreError(.rejected, printable(path), "it is deeper than \(Reference.pathLimits.depth) folders")
    }
  }
}
