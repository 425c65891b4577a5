import ArtifactCore
import ArtifactIO

/// Where words go: results to standard output, everything else to standard error.
enum Console {
  /// Writes one line of remarks to standard error; what it suggests names the store as the command line did.
  static func note(_ text: String) {
    // Remarks that nobody reads must not stop the command.
    try? write(Suggestion.remark(text) + "\n", to: .error)
  }

  /// Writes text to standard error as it stands.
  static func remark(_ text: String) {
    // As above.
    try? write(text, to: .error)
  }

  /// Writes one line to standard output.
  static func result(_ text: String) { put(Array((text + "\n").utf8).span) }

  /// Writes an object as one line of canonical JSON of any length, with `schema` set.
  static func result(_ object: JSONObject) throws(FormatError) {
    var object = object
    object["schema"] = 1
    let bytes = try JSON.object(object).canonicalBytes(subject: "result", limit: .max) + [UInt8(ascii: "\n")]
    put(bytes.span)
  }

  /// Writes bytes to standard output.
  ///
  /// Without a reader there is nothing left to do, so a failure ends the process: quietly with 141, as SIGPIPE would,
  /// when a pipe was closed, with an error message otherwise.
  static func put(_ bytes: Span<UInt8>) {
    do { try StandardStream.output.write(bytes) } catch {
      if error.isBrokenPipe { Platform.exit(ExitCodes.brokenPipe) }
      var report = ErrorReport(error)
      report.advice = ["send the output elsewhere; a change that it tells of is made already"]
      Platform.exit(report.show(asJSON: false))
    }
  }

  private static func write(_ text: String, to stream: StandardStream) throws(IOFailure) {
    let bytes = Array(text.utf8)
    try stream.write(bytes.span)
  }
}

/// Lines on their way to standard output, written in large pieces.
///
/// Call `flush` at the end.
final class Lines {
  private var buffer: [UInt8] = []

  init() {}

  /// Adds a line.
  func add(_ text: String) {
    buffer += text.utf8
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= 1 << 16 { flush() }
  }

  /// Adds bytes as they stand.
  func add(bytes: [UInt8]) {
    buffer += bytes
    if buffer.count >= 1 << 16 { flush() }
  }

  /// Writes what is there.
  func flush() {
    if buffer.isEmpty { return }
    Console.put(buffer.span)
    buffer.removeAll(keepingCapacity: true)
  }
}
