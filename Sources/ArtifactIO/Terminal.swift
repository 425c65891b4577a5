import CLinux
import Glibc
import Synchronization

/// The streams that a process starts with.
public enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Whether a person is looking at it.
  public var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Columns of the terminal, if it is one and knows.
  public var columns: Int? {
    let columns = clinux_columns(rawValue)
    return columns > 0 ? Int(columns) : nil
  }

  /// Writes all bytes.
  ///
  /// A reader that went away shows as error number `EPIPE` once `Signals.ignoreBrokenPipes` was called.
  public func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let result = unsafe bytes.withUnsafeBytes { raw in
        retrying { unsafe Glibc.write(rawValue, raw.baseAddress.unsafelyUnwrapped + done, raw.count - done) }
      }
      if result < 0, errno == EAGAIN {
        var request = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&request, 1, -1)
        continue
      }
      guard result >= 0 else {
        throw IOFailure(number: errno, "writing", self == .output ? "standard output" : "standard error")
      }
      done += result
    }
  }
}

extension IOFailure {
  /// Whether the reader of a pipe went away.
  public var isBrokenPipe: Bool { number == EPIPE }
}

/// What a process is told by whoever starts it.
///
/// Read by the program only, never by a library.
public enum Surroundings {
  /// The command line as raw bytes, the program's name first.
  public static var arguments: [[UInt8]] {
    let count = Int(CommandLine.argc)
    return (0..<count).compactMap { index in
      guard let text = unsafe CommandLine.unsafeArgv[index] else { return nil }
      return unsafe bytes(UnsafePointer(text))
    }
  }

  /// The value of an environment variable; an empty one counts as not set.
  public static func variable(_ name: String) -> [UInt8]? {
    guard let text = unsafe getenv(name), unsafe text.pointee != 0 else { return nil }
    return unsafe bytes(UnsafePointer(text))
  }

  /// All environment variables as `NAME=value`.
  public static var variables: [[UInt8]] {
    guard var place = unsafe clinux_environment() else { return [] }
    var result = [[UInt8]]()
    while let text = unsafe place.pointee {
      result.append(unsafe bytes(UnsafePointer(text)))
      unsafe place += 1
    }
    return result
  }

  /// The working directory, unless it was removed or may not be known.
  public static var workingDirectory: Path? {
    guard let text = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(text) }
    return unsafe Path(bytes(UnsafePointer(text)))
  }

  /// The machine's name, empty if it has none.
  public static var hostName: [UInt8] {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return [] }
    return name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  }

  /// The number of the user.
  public static var userID: UInt32 { getuid() }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    unsafe UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
  }
}

/// How a person stops a process.
public enum Signals {
  /// When the first request came, by `Platform.uptime`; 0 before.
  private static let firstRequest = Atomic<Int64>(0)
  /// Whoever starts a command may pass on a signal that it has got already: requests so close together are one.
  private static let oneRequest: Int64 = 200_000_000

  /// Makes a write to a pipe without a reader an error instead of the end of the process.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

  /// Makes a page of a mapped file that cannot be read the end of the process with code 8 and an error, not with a signal.
  public static func endAtUnreadablePages() {
    _ = signal(SIGBUS) { _ in
      // Only what may be called in a handler: no memory is taken here.
      let text: StaticString = """
        error: reading an index of the store failed
          why: the disk did not give the bytes of a mapped file, or the file was cut while it was read
          try: look into the system's log; a copy of the folder leaves out what cannot be read, and is mended by repair

        """
      _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
      _exit(8)
    }
  }

  /// From now on the first Ctrl-C only sets `isStopRequested`; the second ends the process at once with code 130.
  public static func catchInterrupts() {
    // Both must exist before a handler may touch them.
    _ = firstRequest.load(ordering: .relaxed) + oneRequest
    // Whoever started the process with a signal ignored (nohup, a job in the background) wants it to stay so. A signal
    // that is blocked is so by accident: the mask is that of the thread that happened to start the process.
    clinux_unblock(SIGINT)
    clinux_unblock(SIGTERM)
    for number in [SIGINT, SIGTERM] where clinux_is_ignored(number) == 0 {
      _ = signal(number) { _ in
        let now = Platform.uptime()
        let first = Signals.firstRequest.compareExchange(expected: 0, desired: now, ordering: .relaxed)
        if !first.exchanged, now - first.original > Signals.oneRequest { _exit(130) }
      }
    }
  }

  /// Whether Ctrl-C was pressed since `catchInterrupts`.
  public static var isStopRequested: Bool { firstRequest.load(ordering: .relaxed) > 0 }
}

/// Something that one thread waits for, but not for longer than it wants.
public final class Bell: Sendable {
  private let descriptor: Int32
  private let hasRung = Atomic<Bool>(false)

  /// Creates a bell that has not rung.
  public init() { descriptor = eventfd(0, Int32(EFD_CLOEXEC)) }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  /// Ends all waiting, now and later.
  public func ring() {
    hasRung.store(true, ordering: .releasing)
    var one: UInt64 = 1
    unsafe _ = Glibc.write(descriptor, &one, 8)
  }

  /// Waits; true if the bell rang, false if the time is up.
  public func wait(milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    unsafe _ = poll(&request, 1, milliseconds)
    return hasRung.load(ordering: .acquiring)
  }
}

extension Platform {
  /// Ends the process.
  public static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
