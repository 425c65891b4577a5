import ArtifactIO
import Synchronization

/// A command that ran to its end.
struct Outcome: Sendable {
  /// How it ended.
  var end = ChildProcess.End.exit(0)
  /// What it used.
  var usage = ChildProcess.Usage()
  /// What it printed.
  var output = StreamLog()
  /// What it printed as errors.
  var error = StreamLog()
  /// The files that it opened; nil if that is not known.
  var trace: Trace?
  /// Why that is not known, as an error number.
  var traceError: Int32 = 0
}

/// Runs a command with its output kept and its files watched.
enum Supervision {
  /// What the threads find out.
  private final class Findings: Sendable {
    let outcome = Mutex(Outcome())
    let failure = Mutex<StartFailure?>(nil)
  }

  /// Runs a command to its end.
  ///
  /// - Parameters:
  ///   - input: What it reads from; this program's own input if nil.
  ///   - isQuiet: Whether nothing is passed on to this program's output.
  static func run(_ request: ProcessRequest, input: Descriptor? = nil, isQuiet: Bool = false) throws -> Outcome {
    let output = try Descriptor.pipe()
    let error = try Descriptor.pipe()
    let ended = try Descriptor.pipe()
    let report = try Descriptor.memory()
    let child = try ChildProcess(
      request, input: input?.number ?? 0, output: output.writer.number, error: error.writer.number)
    output.writer.close()
    error.writer.close()
    let findings = Findings()
    findings.outcome.withLock { $0.traceError = child.traceError }
    Threads.run(child.listener == nil ? 2 : 3) { number in
      switch number {
      case 0:
        do throws(StartFailure) { try child.checkStart(request) } catch { findings.failure.withLock { $0 = error } }
        ChildProcess.forwardSignals(to: child)
        let (end, usage) = child.wait()
        ChildProcess.forwardSignals(to: nil)
        findings.outcome.withLock {
          $0.end = end
          $0.usage = usage
        }
        ended.writer.close()
      case 1:
        var tee = OutputTee(output: output.reader, error: error.reader, ended: ended.reader, isQuiet: isQuiet)
        let logs = tee.run()
        findings.outcome.withLock { ($0.output, $0.error) = logs }
      default:
        guard let listener = child.listener else { return }
        let failure = ChildProcess.serve(listener, until: ended.reader, to: report)
        listener.close()
        if failure != 0 { findings.outcome.withLock { $0.traceError = failure } }
      }
    }
    if let failure = findings.failure.withLock({ $0 }) { throw failure }
    var outcome = findings.outcome.withLock { $0 }
    if child.listener != nil { outcome.trace = Trace(try report.contents()) }
    return outcome
  }
}

/// Other programs that this one asks: git, a Python.
struct Tool: Sendable {
  /// Environment variables as `NAME=value`.
  let variables: [[UInt8]]
  /// Folders in which programs are looked for.
  let searchPath: [Path]

  /// Takes over the environment; programs are looked for in its `PATH`.
  init(variables: [[UInt8]]) {
    self.variables = variables
    let path = Self.value(of: "PATH", in: variables) ?? Array("/usr/local/bin:/usr/bin:/bin".utf8)
    searchPath = path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      $0.isEmpty ? Path(".") : Path(Array($0))
    }
  }

  /// The value of a variable in a list of `NAME=value`.
  static func value(of name: String, in variables: [[UInt8]]) -> [UInt8]? {
    let prefix = Array("\(name)=".utf8)
    return variables.last { $0.starts(with: prefix) }.map { Array($0.dropFirst(prefix.count)) }
  }

  /// The file that a word names: a path as it stands, below `folder` if relative, or a program in the search path.
  func find(_ word: [UInt8], in folder: Path) -> Path? {
    if word.contains(0x2f) { return folder.appending(word) }
    if word.isEmpty { return nil }
    return searchPath.lazy.map { folder.appending($0.bytes).appending(word) }.first { path in
      // What cannot be looked at cannot be run.
      path.isExecutable && (try? File.status(path))??.kind == .file
    }
  }

  /// What a program gave.
  struct Answer: Sendable {
    let end: ChildProcess.End
    let output: [UInt8]
    let error: [UInt8]
  }

  /// Runs a program to its end, without input; everything that it prints is kept in memory.
  func ask(_ words: [[UInt8]], in folder: Path, adding extra: [String] = [], isOffline: Bool = false) throws -> Answer {
    guard let word = words.first, let program = find(word, in: folder) else {
      throw StartFailure(step: .program, subject: Path(words.first ?? []), number: 0)
    }
    var request = ProcessRequest(
      program: program, words: words, variables: variables + extra.map { Array($0.utf8) }, folder: folder)
    request.isOffline = isOffline
    let output = try Descriptor.memory()
    let error = try Descriptor.memory()
    let null = try Descriptor.null()
    let child = try ChildProcess(request, input: null.number, output: output.number, error: error.number)
    do { try child.checkStart(request) } catch {
      _ = child.wait()
      throw error
    }
    let (end, _) = child.wait()
    return Answer(end: end, output: try output.contents(), error: try error.contents())
  }

  /// Runs a program with words as text.
  func ask(_ words: String..., in folder: Path) throws -> Answer {
    try ask(words.map { Array($0.utf8) }, in: folder)
  }
}
