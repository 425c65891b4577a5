import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport
import Testing

@testable import ArtifactRun

/// Starting commands and watching what they open.
@Suite struct ProcessTests {
  let folder: TestFolder
  let scratch: Path

  init() throws {
    folder = try TestFolder()
    scratch = try #require(folder.path.real)
  }

  static let variables = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"].map { Array($0.utf8) }

  func run(_ script: String, isTraced: Bool = true, isOffline: Bool = false) throws -> Outcome {
    var request = ProcessRequest(
      program: Path("/bin/bash"), words: ["bash", "-c", script].map { Array($0.utf8) }, variables: Self.variables,
      folder: scratch)
    request.isTraced = isTraced
    request.isOffline = isOffline
    return try Supervision.run(request, input: Descriptor.null(), isQuiet: true)
  }

  func access(_ name: String, _ outcome: Outcome) -> Trace.Access? {
    outcome.trace?.accesses.first { $0.path == scratch.appending(name).bytes }
  }

  func text(_ log: StreamLog) -> String { String(decoding: log.parts.joined(), as: UTF8.self) }

  @Test(arguments: [0, 1, 7, 125, 255]) func `the exit code is the command's`(code: Int) throws {
    #expect(try run("exit \(code)").end == .exit(code))
    #expect(try run("exit \(code)", isTraced: false).end == .exit(code))
  }

  @Test func `the signal that ends a command is told`() throws { #expect(try run("kill -9 $$").end == .signal(9)) }

  @Test func `both streams are kept, and what was used is measured`() throws {
    let outcome = try run("echo out; echo err >&2; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done")
    #expect(text(outcome.output) == "out\n")
    #expect(text(outcome.error) == "err\n")
    #expect(outcome.usage.userMicroseconds > 1_000)
    #expect(outcome.usage.peakBytes > 1 << 20)
  }

  @Test func `files read and written are seen, those of children and threads too`() throws {
    try folder.write("in/a.txt", "a")
    let outcome = try run(
      """
      cat in/a.txt > out.txt
      cd in && (cat < ../out.txt) && echo x > ../b.tmp && mv ../b.tmp ../b.txt && cat missing 2>/dev/null; true
      """)
    let trace = try #require(outcome.trace)
    #expect(trace.lostCount == 0 && !trace.hasLeftovers)
    let input = try #require(access("in/a.txt", outcome))
    #expect(input.isRead && !input.isWritten && input.pin?.size == 1)
    #expect(access("out.txt", outcome)?.isOwn == true)
    #expect(access("in/../b.txt", outcome)?.isWritten == true)
    #expect(access("in/../b.tmp", outcome)?.isMoved == true)
    #expect(access("in/missing", outcome) == nil)
    #expect(
      trace.accesses.contains {
        $0.isExecuted && $0.path == Array("/bin/cat".utf8) || $0.path == Array("/usr/bin/cat".utf8)
      })
  }

  @Test func `without tracing nothing is known, and a tracer inside a tracer says so`() throws {
    #expect(try run("true", isTraced: false).trace == nil)
    try folder.write("a.txt", "a")
    #expect(try run("(cat a.txt; true) > /dev/null").traceError == 0)
  }

  @Test func `a process that is left behind does not hold the command up`() throws {
    let start = ContinuousClock.now
    let outcome = try run("sleep 5 & echo done")
    #expect(text(outcome.output) == "done\n")
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(outcome.trace?.hasLeftovers == true)
  }

  @Test func `long output keeps its ends`() throws {
    let outcome = try run("echo first; head -c 5000000 /dev/zero; echo last", isTraced: false)
    #expect(outcome.output.byteCount == 5_000_011)
    #expect(outcome.output.omittedCount == 5_000_011 - UInt64(2 * StreamLog.keptBytes))
    #expect(outcome.output.parts[0].starts(with: Array("first\n".utf8)))
    #expect(outcome.output.parts[1].suffix(5) == Array("last\n".utf8)[...])
  }

  @Test func `offline there is no network but the loopback`() throws {
    let outcome = try run("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '", isTraced: false, isOffline: true)
    #expect(text(outcome.output) == "lo\n")
    #expect(try run("cat in.txt", isOffline: true).end == .exit(1))
  }

  @Test func `a program that is not there, or cannot be executed, is a failure to start`() throws {
    var request = ProcessRequest(
      program: Path("/nonexistent/x"), words: [Array("x".utf8)], variables: [], folder: scratch)
    #expect(throws: StartFailure.self) { try Supervision.run(request, isQuiet: true) }
    request.isTraced = true
    #expect(throws: StartFailure.self) { try Supervision.run(request, isQuiet: true) }
    request.program = Path("/bin/true")
    request.folder = Path("/nonexistent")
    #expect(throws: StartFailure.self) { try Supervision.run(request, isQuiet: true) }
  }

  @Test func `a script without a first line is run by the shell`() throws {
    try folder.write("s", Array("echo from a script $1\n".utf8), isExecutable: true)
    let tool = Tool(variables: Self.variables)
    let answer = try tool.ask("./s", "word", in: scratch)
    #expect(String(decoding: answer.output, as: UTF8.self) == "from a script word\n")
  }

  @Test func `programs are found in the search path`() throws {
    let tool = Tool(variables: [Array("PATH=/nonexistent:/bin".utf8)])
    #expect(tool.find(Array("sh".utf8), in: scratch) == Path("/bin/sh"))
    #expect(tool.find(Array("no-such-program".utf8), in: scratch) == nil)
  }

  @Test func `a trace that is cut off is no trace`() {
    #expect(Trace([UInt8](repeating: 0, count: 24)) != nil)
    #expect(Trace([1] + [UInt8](repeating: 0, count: 23)) == nil)
    #expect(Trace([]) == nil)
  }
}
