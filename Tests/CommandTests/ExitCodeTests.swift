import ArtifactIO
import ArtifactStore
import Testing

@testable import artifact

/// What a command ends with, and what it says then.
@Suite struct ExitCodeTests {
  static let byCode: [(StoreError.Code, Int32)] = [
    (.notFound, 10), (.ambiguous, 2), (.damaged, 4), (.notAStore, 10), (.newerFormat, 1), (.changed, 3), (.exists, 1),
    (.rejected, 7),
    (.changing, 1), (.io, 8), (.forked, 9), (.clock, 6), (.signature, 5), (.refused, 6), (.unmet, 6), (.held, 6),
    (.erased, 10), (.overtaken, 1), (.usage, 2), (.interrupted, 130),
  ]

  @Test func `every class of store error has its exit code`() {
    #expect(Self.byCode.map(\.0) == StoreError.Code.allCases)
    for (code, exit) in Self.byCode {
      let report = ErrorReport(StoreError(code, "it", "because"))
      #expect(report.exitCode == exit)
      #expect(!report.message.isEmpty)
    }
  }

  @Test(arguments: IOFailure.Code.allCases)
  func `a failure of the system keeps its reason`(code: IOFailure.Code) {
    let report = ErrorReport(IOFailure(code, "writing", "file", "because"))
    #expect(report.why == "because")
    #expect([1, 4, 7, 8, 10, 130].contains(report.exitCode))
  }

  struct Case: Sendable {
    let words: [String]
    let code: Int32
    let word: String
    init(_ code: Int32, _ word: String, _ words: String...) {
      self.words = words
      self.code = code
      self.word = word
    }
  }

  static let cases = [
    Case(2, "usage", "psh"), Case(2, "usage", "push", "data"), Case(2, "usage", "ls", "--nope"),
    Case(2, "usage", "push", "data", "UPPER"), Case(2, "usage", "push", "data", "n", "--level", "13"),
    Case(2, "usage", "push", "data", "n", "--meta", "novalue"), Case(2, "usage", "tag", "customers", "12"),
    Case(2, "usage", "cat", "customers:sub"), Case(2, "usage", "pull", "customers", "x", "--force", "--update"),
    Case(2, "usage", "completion", "tcsh"), Case(2, "usage", "untag", "customers"),
    Case(6, "refused", "push", "data", "customers", "--kind", "model"),
    Case(7, "rejected", "push", "pipe", "n"), Case(8, "io", "init", "/sys/x"),
    Case(2, "usage", "export", "customers", "x.rar"), Case(2, "usage", "copy", "customers", "--to", ".artifact"),
    Case(7, "rejected", "push", "data/a.csv", "n", "--unpack"), Case(10, "not-found", "show", "custmers"),
    Case(10, "not-found", "show", "customers@9"),
    Case(10, "not-found", "show", "customers@nope"), Case(10, "not-found", "show", "customers:nope"),
    Case(10, "not-found", "push", "nope", "n"), Case(10, "not-a-store", "ls", "--store", "data"),
    Case(1, "exists", "pull", "customers@1", "other"), Case(1, "exists", "init", "data"),
  ]

  @Test func `errors have their exit code and their word in JSON`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.write("else\n", to: "other/a.csv")
    _ = try binary.shell("mkdir pipe && mkfifo pipe/f")
    for test in Self.cases {
      let output = try binary.run(test.words + ["--json"])
      #expect(output.code == test.code, "\(test.words)")
      #expect(output.out == "", "\(test.words)")
      #expect(output.error.contains(#""code":"\#(test.word)""#), "\(test.words): \(output.error)")
      #expect(output.error.hasPrefix(#"{"error":{"#) && output.error.hasSuffix("\"schema\":1}\n"), "\(test.words)")
    }
  }

  @Test func `an error says what, why and what to try`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let output = try binary.run("show", "custmers")
    #expect(
      output.error == """
        error: cannot find custmers
          why: there is no such name in this store
          try: did you mean customers?  /  artifact ls

        """)
    #expect(
      try binary.run("psh").error == """
        error: there is no command `psh`
          try: did you mean push?  /  artifact --help lists all commands

        """)
  }

  @Test func `without a store every command says how to make one`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    for words in [["ls"], ["show", "x"], ["stats"], ["log"], ["push", ".", "x"]] {
      let output = try binary.run(words)
      #expect(output.code == 10)
      #expect(output.error.contains("try: artifact init"))
    }
  }

  @Test func `a closed pipe is no error`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let output = try binary.shell(
      "seq 1 300000 > big; $A push big big -q; $A cat big | head -1; echo ${PIPESTATUS[0]}")
    #expect(output.out == "big@1\n1\n141\n")
    #expect(output.error == "")
  }

  @Test func `a full disk at the output is an error`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.shell("$A cat customers:a.csv > /dev/full").code == 8)
  }
}
