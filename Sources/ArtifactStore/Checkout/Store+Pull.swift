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

extension Store {
  /// Writes a tree, or one entry of one, to `destination`.
  ///
  /// Everything is written and checked in a staging folder beside the destination first, then moved into place.
  public func pull(
    _ entry: TreeEntry, to destination: Path, mode: PullMode = .careful, workers: Int? = nil, _ progress: Progress
  ) throws(StoreError) -> PullResult {
    let plan =
      entry.kind == .directory
      ? try PullPlan(tree: entry.digest, size: entry.size, of: self)
      : PullPlan(file: entry, name: destination.lastComponent)
    progress.add(progress.filesSeen, plan.files.count + plan.links.count)
    progress.add(progress.bytesSeen, Int(clamping: plan.byteCount))
    progress.isCounted.store(true, ordering: .relaxed)
    let count = max(1, workers ?? min(Threads.processorCount, 8))
    let checkout = Checkout(store: self, destination: destination, mode: mode, workers: count, progress: progress)
    return try checkout.run(plan, isFolder: entry.kind == .directory, tree: entry.digest)
  }
}
