import ArtifactCore
import ArtifactIO
import Synchronization

/// The large files that a pull is writing: a few of them are open, for a version may have more than a process may open.
final class LargeFiles: Sendable {
  /// An open file; the last reference closes it.
  final class Handle: Sendable {
    let file: File

    init(_ file: consuming File) { self.file = file }
  }

  private struct State: Sendable {
    var open: [Int32: Handle] = [:]
    var made: Set<Int32> = []
  }

  private let state = Mutex(State())
  private static let openAtOnce = 128

  /// The file of a number, open for reading and writing; it is made the first time.
  func handle(_ number: Int32, _ name: [UInt8], mode: UInt32, in folder: () throws(StoreError) -> Directory)
    throws(StoreError) -> Handle
  {
    try state.withLock { (state) throws(StoreError) in
      if let handle = state.open[number] { return handle }
      if state.open.count >= Self.openAtOnce { state.open.removeAll(keepingCapacity: true) }
      let folder = try folder()
      let isMade = state.made.contains(number)
      do throws(IOFailure) {
        let handle = Handle(isMade ? try folder.openForWriting(name) : try folder.create(name, mode: mode))
        state.open[number] = handle
        state.made.insert(number)
        return handle
      } catch { throw StoreError(error) }
    }
  }

  /// Nothing more is written to this file.
  func close(_ number: Int32) { state.withLock { _ = $0.open.removeValue(forKey: number) } }
}
