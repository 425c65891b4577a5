public import ArtifactIO
internal import CTrace

/// A command to be started.
public struct ProcessRequest: Sendable {
  /// The file to execute.
  public var program: Path
  /// The words of the command, the program's name first.
  public var words: [[UInt8]]
  /// Environment variables as `NAME=value`.
  public var variables: [[UInt8]]
  /// The working folder.
  public var folder: Path
  /// Whether to see which files it opens.
  public var isTraced = false
  /// Whether it runs without a network.
  public var isOffline = false

  /// Creates a request.
  public init(program: Path, words: [[UInt8]], variables: [[UInt8]], folder: Path) {
    self.program = program
    self.words = words
    self.variables = variables
    self.folder = folder
  }
}

/// A process that was started here.
///
/// The only place that starts any.
@safe struct ChildProcess: Sendable {
  /// How a process ended.
  enum End: Sendable, Equatable {
    case exit(Int)
    case signal(Int)
  }

  /// What it used, with those that it waited for.
  struct Usage: Sendable, Equatable {
    var userMicroseconds: Int64 = 0
    var systemMicroseconds: Int64 = 0
    var peakBytes: UInt64 = 0
  }

  /// Its id.
  let id: Int32
  /// Where notifications come from; nil without tracing.
  let listener: Descriptor?
  /// Why there is no tracing although it was asked for, as an error number.
  let traceError: Int32
  private let child: ctrace_child

  /// Makes a process; it is running once `checkStart` returns.
  init(_ request: ProcessRequest, input: Int32, output: Int32, error: Int32) throws(StartFailure) {
    func packed(_ texts: [[UInt8]]) -> [UInt8] { texts.flatMap { $0 + [0] } + [0] }
    guard !request.words.contains(where: { $0.contains(0) }), !request.program.bytes.contains(0) else {
      throw StartFailure(step: .program, subject: request.program, number: 0)
    }
    let words = packed(request.words)
    let variables = packed(request.variables.filter { !$0.contains(0) })
    let variableCount = request.variables.count { !$0.contains(0) }
    let program = request.program.bytes + [0]
    let folder = request.folder.bytes + [0]
    let flags =
      UInt32(CTRACE_BOUND) | (request.isTraced ? UInt32(CTRACE_TRACE) : 0)
      | (request.isOffline ? UInt32(CTRACE_OFFLINE) : 0)
    let child = unsafe Self.withText(program) { program in
      unsafe Self.withText(words) { words in
        unsafe Self.withText(variables) { variables in
          unsafe Self.withText(folder) { folder in
            unsafe ctrace_spawn(
              program, words, request.words.count, variables, variableCount, folder, input, output, error, flags)
          }
        }
      }
    }
    id = child.pid
    traceError = child.trace_error
    listener = child.listener >= 0 ? Descriptor(owning: child.listener) : nil
    self.child = child
    if child.step != 0 {
      _ = ctrace_started(child)
      if child.pid > 0 { _ = ctrace_wait(child.pid) }
      throw StartFailure(request, child.step, child.error)
    }
  }

  private static func withText<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    unsafe bytes.withUnsafeBytes { raw in
      unsafe body(raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self))
    }
  }

  /// Waits until the command itself runs; traced processes must be served meanwhile.
  func checkStart(_ request: ProcessRequest) throws(StartFailure) {
    let start = ctrace_started(child)
    if start.step != 0 { throw StartFailure(request, start.step, start.error) }
  }

  /// Waits for the end.
  func wait() -> (End, Usage) {
    let end = ctrace_wait(id)
    let status = end.status
    let usage = Usage(
      userMicroseconds: end.user_microseconds, systemMicroseconds: end.system_microseconds,
      peakBytes: UInt64(max(0, end.peak_kibibytes)) * 1_024)
    return (status & 0x7f == 0 ? .exit(Int(status >> 8 & 0xff)) : .signal(Int(status & 0x7f)), usage)
  }

  /// Answers notifications until no traced process is left; see `ctrace_serve`.
  static func serve(_ listener: Descriptor, until stop: Descriptor, to output: Descriptor) -> Int32 {
    ctrace_serve(listener.number, stop.number, output.number)
  }

  /// From now on signals to this process are kept for `forwardSignals`.
  static func catchSignals() { ctrace_catch_signals() }

  /// Passes signals on to a process; to none with nil.
  static func forwardSignals(to process: ChildProcess?) { ctrace_forward_to(process?.id ?? 0) }
}

/// A command that could not be started.
public struct StartFailure: Error, Sendable {
  /// What failed.
  public enum Step: Sendable {
    case process, folder, network, program
  }

  /// What failed.
  public let step: Step
  /// The program or folder.
  public let subject: Path
  /// The system's error number; 0 if there is none.
  public let number: Int32

  init(step: Step, subject: Path, number: Int32) {
    self.step = step
    self.subject = subject
    self.number = number
  }

  init(_ request: ProcessRequest, _ step: Int32, _ number: Int32) {
    switch step {
    case Int32(CTRACE_FOLDER): self.init(step: .folder, subject: request.folder, number: number)
    case Int32(CTRACE_NETWORK): self.init(step: .network, subject: request.program, number: number)
    case Int32(CTRACE_EXEC): self.init(step: .program, subject: request.program, number: number)
    default: self.init(step: .process, subject: request.program, number: number)
    }
  }

  /// Why, in the system's words.
  public var detail: String {
    number == 0 ? "it is not there, or may not be executed" : IOFailure(number: number, "", "").detail
  }
}
