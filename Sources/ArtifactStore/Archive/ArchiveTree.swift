import ArtifactCore
import ArtifactIO

/// A folder put together from the entries of an archive, in whatever order they come.
///
/// An archive is input that nobody trusts: two entries for one path, a path through a file or a link, a hard link to
/// nothing, and a link out of the folder are refused rather than interpreted.
struct ArchiveTree {
  private final class Folder {
    var folders: [[UInt8]: Folder] = [:]
    var leaves: [[UInt8]: TreeEntry] = [:]
  }

  private let root = Folder()
  private let archive: String

  init(archive: String) { self.archive = archive }

  /// Adds a folder; one that is there already is fine.
  func addFolder(_ path: [UInt8]) throws(StoreError) {
    _ = try folder(path.split(separator: 0x2f), of: path)
  }

  /// Adds a file or link.
  func add(_ path: [UInt8], _ kind: EntryKind, size: UInt64, _ digest: Digest) throws(StoreError) {
    let parts = path.split(separator: 0x2f)
    guard let last = parts.last else { throw refuse(path, "it has no name") }
    let name = Array(last)
    let parent = try folder(parts.dropLast(), of: path)
    guard parent.leaves[name] == nil, parent.folders[name] == nil else {
      throw refuse(path, "the archive has it twice")
    }
    parent.leaves[name] = TreeEntry(kind: kind, size: size, digest: digest, name: name)
  }

  /// The file that a hard link names.
  func file(_ path: [UInt8]) -> TreeEntry? {
    var folder = root
    let parts = path.split(separator: 0x2f)
    for part in parts.dropLast() {
      guard let next = folder.folders[Array(part)] else { return nil }
      folder = next
    }
    guard let last = parts.last, let entry = folder.leaves[Array(last)], entry.kind.isFile else { return nil }
    return entry
  }

  private func folder(_ parts: some Sequence<ArraySlice<UInt8>>, of path: [UInt8]) throws(StoreError) -> Folder {
    var folder = root
    var depth = 0
    for part in parts {
      depth += 1
      guard depth < Scanner.depthLimit else {
        throw refuse(path, "more than \(Scanner.depthLimit) folders inside each other")
      }
      let name = Array(part)
      if let leaf = folder.leaves[name] {
        throw refuse(path, leaf.kind == .link ? "its path leads through a link" : "its path leads through a file")
      }
      if let next = folder.folders[name] {
        folder = next
      } else {
        let made = Folder()
        folder.folders[name] = made
        folder = made
      }
    }
    return folder
  }

  func refuse(_ path: [UInt8], _ detail: String) -> StoreError {
    StoreError(.rejected, "\(archive): \(Path.printable(path))", detail)
  }

  /// Stores all trees and returns the root's.
  func store(_ writer: BlobWriter) throws(StoreError) -> TreeBuilder.Summary { try Self.store(root, writer) }

  private static func store(_ folder: Folder, _ writer: BlobWriter) throws(StoreError) -> TreeBuilder.Summary {
    var entries = Array(folder.leaves.values)
    var total = TreeBuilder.Summary(digest: Digest(words: (0, 0, 0, 0)), size: 0, fileCount: folder.leaves.count)
    for (name, inner) in folder.folders {
      let summary = try store(inner, writer)
      entries.append(TreeEntry(kind: .directory, size: summary.size, digest: summary.digest, name: name))
      total.fileCount += summary.fileCount
    }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    var text = Tree.header
    for entry in entries {
      Tree.appendLine(to: &text, kind: entry.kind, size: entry.size, digest: entry.digest, name: entry.name.span)
      total.size += entry.size
    }
    total.digest = try writer.store(tree: text.span)
    return total
  }
}
