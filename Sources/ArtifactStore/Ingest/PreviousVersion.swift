import ArtifactCore
import ArtifactIO

/// The latest version of the name that is being pushed: large files keep the chunk size that they had.
///
/// A file that grows past 1 GiB would otherwise be cut anew from its first byte, and nothing of it would be found again.
struct PreviousVersion: Sendable {
  private let tree: Digest
  private unowned let store: Store

  /// The latest version of a name; nil if there is none that reads well.
  init?(of name: PackageName, in store: Store) {
    guard let version = store.log.fold.packages[name.text]?.versions.last,
      let content = try? store.record(version.record)
    else { return nil }
    tree = content.tree
    self.store = store
  }

  /// The chunks of the file at a path; empty if it had none or they cannot be read.
  func chunks(path: [UInt8]) -> [Recipe.Part] {
    guard let before = entry(at: path), let reader = try? store.objects,
      let recipe = try? reader.recipes(before.digest).first, recipe.size == before.size,
      let chunks = try? reader.chunks(of: recipe)
    else { return [] }
    return chunks
  }

  /// The profile for a file of `size` bytes that had these chunks before: theirs, as long as the file grows.
  static func profile(size: UInt64, before chunks: [Recipe.Part]) -> ChunkerProfile {
    let usual = ChunkerProfile.forBlob(size: size)
    let sizeBefore = chunks.reduce(UInt64(0)) { $0 &+ $1.size }
    guard usual != .small, !chunks.isEmpty, sizeBefore <= size else { return usual }
    let mean = sizeBefore / UInt64(chunks.count)
    // Between two profiles lies a factor of four, so twice the target tells them apart.
    return [ChunkerProfile.small, .medium].first { mean < UInt64(2 * $0.target) } ?? usual
  }

  private func entry(at path: [UInt8]) -> TreeEntry? {
    var entry = TreeEntry(kind: .directory, size: 0, digest: tree, name: [])
    for component in path.split(separator: 0x2f) {
      // What cannot be read was not there before: the file is then cut as a new one.
      guard entry.kind == .directory,
        let next = try? store.tree(entry.digest).first(where: { $0.name.elementsEqual(component) })
      else { return nil }
      entry = next
    }
    return entry.kind.isFile ? entry : nil
  }
}
