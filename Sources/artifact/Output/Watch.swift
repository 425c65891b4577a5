import ArtifactIO
import ArtifactStore
import Synchronization

/// Runs a long operation, shows how far it is, and lets Ctrl-C stop it.
enum Watch {
  /// Nothing is drawn before, so that quick commands do not flicker.
  private static let quietTime: Int64 = 300
  private static let redrawTime: Int32 = 100
  /// Time between lines where nothing can be redrawn.
  private static let lineTime: Int64 = 10_000

  private final class Outcome<R: Sendable>: Sendable {
    let result = Mutex<Result<R, StoreError>?>(nil)
  }

  /// Runs `body` while another thread watches its progress.
  static func run<R: Sendable>(
    _ title: String, quietly isQuiet: Bool, _ body: @escaping @Sendable (Progress) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    Signals.catchInterrupts()
    let progress = Progress()
    let bell = Bell()
    let outcome = Outcome<R>()
    Threads.run(2) { number in
      if number == 0 {
        let result: Result<R, StoreError>
        do throws(StoreError) { result = .success(try body(progress)) } catch { result = .failure(error) }
        outcome.result.withLock { $0 = result }
        bell.ring()
      } else {
        watch(ProgressLine(title), progress, until: bell, isQuiet)
      }
    }
    guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("a thread without an outcome") }
    return try result.get()
  }

  private static func watch(_ line: ProgressLine, _ progress: Progress, until bell: Bell, _ isQuiet: Bool) {
    var line = line
    var isStopping = false
    var isDrawn = false
    var nextLine = lineTime
    let screen = Settings.error
    while !bell.wait(milliseconds: redrawTime) {
      if Signals.isStopRequested, !isStopping {
        isStopping = true
        progress.cancel()
        if isDrawn { Console.remark("\r\u{1B}[K") }
        isDrawn = false
        Console.note("stopping; Ctrl-C again leaves at once")
      }
      if isQuiet || isStopping { continue }
      if screen.canRedraw {
        guard line.elapsed >= quietTime else { continue }
        Console.remark("\r\(line.text(progress, width: screen.columns ?? 80))\u{1B}[K")
        isDrawn = true
      } else if line.elapsed >= nextLine {
        nextLine += lineTime
        Console.note(line.text(progress, width: 100))
      }
    }
    if isDrawn { Console.remark("\r\u{1B}[K") }
  }
}
