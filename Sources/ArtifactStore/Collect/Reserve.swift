import ArtifactCore
import ArtifactIO

extension StoreError {
  /// Whether the disk is full, and it may be tried again with more room.
  ///
  /// Not after a directory could not be synced: what was named in it is visible (a log entry, too, which the second attempt
  /// would take for somebody else's) and may yet be lost.
  var isFull: Bool {
    guard let failure = cause as? IOFailure else { return false }
    return failure.code == .full && !failure.isFailedSync
  }
}

/// `artifact/reserve`, a file that is given up when the disk is full, so that a collection can write its event.
struct Reserve {
  private let store: Store
  private static let path = Array("artifact/reserve".utf8)
  private static let folder = Array("artifact".utf8)
  private static let name = Array("reserve".utf8)
  /// Bytes of the file: room for an event of 32 KiB, its temporary copy and their folders, twice.
  static let byteCount = 128 << 10

  init(_ store: Store) { self.store = store }

  /// Runs `body`; once more without the reserve if the disk is full.
  func use<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    do { return try body() } catch  where error.isFull {
      // What the attempt left is in the way now.
      try? TemporaryFolder.sweep(store.temporary)
      // If it is given up already, there is no more room to be had.
      guard try remove() else { throw error }
      return try body()
    }
  }

  /// Gives it up; false if there is none.
  private func remove() throws(StoreError) -> Bool {
    do { try store.root.remove(Self.path) } catch {
      if error.code == .notFound { return false }
      throw StoreError(error)
    }
    return true
  }

  /// Makes the reserve again if it is not there.
  func restore() throws(StoreError) {
    try wrapping { () throws(IOFailure) in
      let folder = try store.root.directory(Self.folder)
      if try folder.statusIfPresent(Self.name) != nil { return }
      let temporary = try TemporaryFolder(in: store.temporary)
      do throws(IOFailure) {
        try Durability.writeSynced(
          [UInt8](repeating: 0, count: Self.byteCount), as: Self.name, in: temporary.directory)
        do throws(IOFailure) {
          try Durability.publish(Self.name, in: temporary.directory, as: Self.name, in: folder)
        } catch {
          // Another collector was first.
          if error.code != .exists { throw error }
        }
        try temporary.remove()
      } catch {
        // The first failure is the one to tell.
        try? temporary.remove()
        throw error
      }
      try folder.sync()
    }
  }
}
