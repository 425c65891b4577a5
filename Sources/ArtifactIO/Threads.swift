import CLinux
import Glibc

/// State behind a lock that threads can also wait on.
@safe public final class Monitor<State: Sendable>: Sendable {
  nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>
  nonisolated(unsafe) private var state: State

  /// Creates a monitor around `state`.
  public init(_ state: State) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe self.state = state
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Runs `body` alone with the state, then wakes whoever waits.
  public func withLock<R>(_ body: (inout State) -> R) -> R {
    unsafe pthread_mutex_lock(mutex)
    let result = unsafe body(&state)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
    return result
  }

  /// Runs `body` alone with the state, again after every change, until it gives a value.
  public func wait<R>(_ body: (inout State) -> R?) -> R {
    unsafe pthread_mutex_lock(mutex)
    while true {
      if let result = unsafe body(&state) {
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
        return result
      }
      unsafe pthread_cond_wait(condition, mutex)
    }
  }
}

/// Plain threads for work that blocks.
public enum Threads {
  private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Processors this process may use.
  public static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Runs `body` with 0, 1, … `count - 1`, each in a thread (0 in the calling one), and returns when all are done.
  ///
  /// Where the system grants no further thread the calling one does the work of the missing ones in turn.
  public static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads = [pthread_t]()
    var missing = [Int]()
    for index in 1..<max(count, 1) {
      var thread = pthread_t()
      let start = unsafe Unmanaged.passRetained(Start { body(index) })
      let result = unsafe pthread_create(
        &thread, nil,
        { argument in
          let start = unsafe Unmanaged<Start>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue()
          start.body()
          return nil
        }, start.toOpaque())
      if result == 0 {
        threads.append(thread)
      } else {
        unsafe start.release()
        missing.append(index)
      }
    }
    body(0)
    for index in missing { body(index) }
    for thread in threads { pthread_join(thread, nil) }
  }
}
