import ArtifactCore
import ArtifactIO
import Synchronization

/// Turns a finished scan into trees, the deepest first.
struct TreeBuilder {
  /// What a folder came to.
  struct Summary: Sendable {
    var digest: Digest
    var size: UInt64
    var fileCount: Int
  }

  private let writer: BlobWriter
  private var text: [UInt8] = []

  init(_ writer: BlobWriter) { self.writer = writer }

  /// Stores the trees of all folders; the result is that of folder 0, the root.
  ///
  /// A folder always stands behind its parent in `folders`, so going backwards meets children first.
  mutating func build(_ folders: [ScanFolder]) throws(StoreError) -> Summary {
    var summaries = [Summary?](repeating: nil, count: folders.count)
    for position in folders.indices.reversed() {
      let folder = folders[position]
      let entries = folder.entries.withLock { $0 }
      text.removeAll(keepingCapacity: true)
      text.reserveCapacity(Tree.header.count + entries.count * 88 + folder.names.count)
      text += Tree.header
      var total = Summary(digest: Digest(words: (0, 0, 0, 0)), size: 0, fileCount: 0)
      for entry in entries {
        var size = entry.size
        var digest = entry.digest
        if entry.kind == .directory {
          guard let inner = summaries[Int(entry.folder)] else { preconditionFailure("a folder before its parent") }
          size = inner.size
          digest = inner.digest
          total.fileCount += inner.fileCount
          summaries[Int(entry.folder)] = nil
        } else {
          total.fileCount += 1
        }
        total.size += size
        appendLine(entry.kind, size, digest, folder.names, entry.nameOffset)
      }
      total.digest = try writer.store(tree: text.span)
      summaries[position] = total
    }
    guard let root = summaries.first, let root else { preconditionFailure("a scan without a root") }
    return root
  }

  private mutating func appendLine(
    _ kind: EntryKind, _ size: UInt64, _ digest: Digest, _ names: [UInt8], _ offset: Int
  ) {
    var end = offset
    while names[end] != 0 { end += 1 }
    Tree.appendLine(to: &text, kind: kind, size: size, digest: digest, name: names.span.extracting(offset..<end))
  }
}
