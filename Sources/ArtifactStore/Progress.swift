public import Synchronization

/// Counters that a long operation moves and anyone may read; also how it is told to stop.
public final class Progress: Sendable {
  /// Files found so far.
  public let filesSeen = Atomic<Int>(0)
  /// Bytes found so far.
  public let bytesSeen = Atomic<Int>(0)
  /// Whether everything has been found, so that the totals are final.
  public let isCounted = Atomic<Bool>(false)
  /// Files finished.
  public let filesDone = Atomic<Int>(0)
  /// Bytes finished.
  public let bytesDone = Atomic<Int>(0)
  /// Of the finished bytes those that the store had already.
  public let bytesShared = Atomic<Int>(0)
  /// Bytes written.
  public let bytesWritten = Atomic<Int>(0)
  private let cancelled = Atomic<Bool>(false)

  /// Creates counters at zero.
  public init() {}

  /// Asks the operation to stop at the next opportunity.
  public func cancel() { cancelled.store(true, ordering: .relaxed) }

  /// Whether the operation was asked to stop.
  public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  func add(_ counter: borrowing Atomic<Int>, _ amount: Int) {
    counter.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Sets everything back but what was written: the same work is done again.
  func startAgain() {
    filesSeen.store(0, ordering: .relaxed)
    bytesSeen.store(0, ordering: .relaxed)
    filesDone.store(0, ordering: .relaxed)
    bytesDone.store(0, ordering: .relaxed)
    bytesShared.store(0, ordering: .relaxed)
    isCounted.store(false, ordering: .relaxed)
  }

  func checkCancelled() throws(StoreError) {
    if isCancelled { throw StoreError(.interrupted, "the command", "stopped on request") }
  }
}
