public import ArtifactCore
public import ArtifactIO
import Synchronization

/// What a pull did.
public struct PullResult: Sendable {
  /// Files and links written.
  public let filesWritten: Int
  /// Files that were there already, bit for bit.
  public let filesKept: Int
  /// Plain bytes written.
  public let bytesWritten: UInt64
}

/// What to do about files that are in the way.
public enum PullMode: Sendable {
  /// Refuse to overwrite a file that differs.
  case careful
  /// Replace files that differ.
  case force
  /// Replace files that differ, leave equal ones alone.
  case update
}

extension Resolved {
  /// The references below what was resolved, with paths as seen from there.
  public var references: [DatasetFacts.DataReference] {
    let all = content?.dataset.references ?? []
    if path.isEmpty { return all }
    if entry.kind != .directory { return all.filter { $0.path == path } }
    let prefix = path + [UInt8(ascii: "/")]
    return all.filter { $0.path.starts(with: prefix) }.map {
      .init(path: Array($0.path.dropFirst(prefix.count)), uri: $0.uri, size: $0.size, digest: $0.digest)
    }
  }
}

extension Store {
  /// Refuses data whose bytes lie elsewhere, where only bytes of the store will do.
  public func checkHeld(_ found: Resolved) throws(StoreError) {
    let index = currentIndex()
    for reference in found.references
    where !index.contains(reference.digest, .object) && !index.contains(reference.digest, .recipe) {
      throw StoreError(.notFound, printable(reference.path), "its bytes are not in the store, but at \(reference.uri)")
    }
  }

  /// Writes a tree, or one entry of one, to `destination`.
  ///
  /// Everything is written and checked in a staging folder beside the destination first, then moved into place. Of a
  /// dataset by reference, what is not in the store is read from where it lies on this machine and checked.
  ///
  /// - Parameter references: The dataset's references below `entry`, with paths as seen from there.
  public func pull(
    _ entry: TreeEntry, to destination: Path, mode: PullMode = .careful, workers: Int? = nil,
    references: [DatasetFacts.DataReference] = [], _ progress: Progress
  ) throws(StoreError) -> PullResult {
    let plan =
      entry.kind == .directory
      ? try PullPlan(tree: entry.digest, size: entry.size, of: self)
      : PullPlan(file: entry, name: destination.lastComponent)
    progress.add(progress.filesSeen, plan.files.count + plan.links.count)
    progress.add(progress.bytesSeen, Int(clamping: plan.byteCount))
    progress.isCounted.store(true, ordering: .relaxed)
    let count = max(1, workers ?? min(Threads.processorCount, 8))
    var checkout = Checkout(store: self, destination: destination, mode: mode, workers: count, progress: progress)
    for reference in references {
      // A single file gets the name of its destination.
      checkout.sources[entry.kind == .directory ? reference.path : destination.lastComponent] = reference
    }
    return try checkout.run(plan, isFolder: entry.kind == .directory, tree: entry.digest)
  }
}
