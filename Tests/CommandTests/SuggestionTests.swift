import ArtifactIO
import Testing

@testable import artifact

/// What remarks and errors suggest can be typed as it stands.
@Suite struct SuggestionTests {
  /// The command behind `next: `, up to two spaces.
  private static func next(_ output: Binary.Output) throws -> String {
    let text = try #require(output.error.firstRange(of: "next: artifact ").map { output.error[$0.upperBound...] })
    let line = text.prefix { $0 != "\n" }
    return String(line.firstRange(of: "  ").map { line[..<$0.lowerBound] } ?? line)
  }

  @Test func `a suggested command has the store that --store told, and does as it stands`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    let store = ["--store", "it's a store"]
    try binary.write("one\n", to: "data/a")
    let made = try binary.run("init", store[1])
    #expect(made.error.hasSuffix("next: artifact --store 'it'\\''s a store' push FOLDER NAME\n"))
    let first = try binary.run(store + ["push", "data", "c"])
    #expect(first.error.hasSuffix("next: artifact --store 'it'\\''s a store' pull c@1 FOLDER\n"))
    try binary.write("two\n", to: "data/b")
    for words in [
      ["push", "data", "c"], ["push", "data", "c"], ["tag", "c@2", "x"], ["untag", "c@x"],
      ["promote", "c@1", "--to", "dev"], ["promote", "c@2", "--to", "dev"],
      ["rollback", "c", "--channel", "dev", "--to", "1", "--reason", "x"], ["show", "c@2"],
      ["erase", "c@2", "--reason", "x"],
      ["gc", "--grace", "0"], ["push", "data", "c"], ["deploy", "c@3", "--target", "k8s"],
    ] {
      let output = try binary.run(words + store)
      #expect(output.code == 0, "\(words): \(output.error)")
      let next = try Self.next(output)
      #expect(next.hasPrefix("--store 'it'\\''s a store' "), "\(words): \(next)")
      // Folders to choose, and moves that are not due yet, are not tried.
      if next.contains("FOLDER") || next.contains(" promote ") { continue }
      let done = try binary.shell("$A \(next)")
      #expect([0, 3].contains(done.code), "\(next): \(done.error)")
    }
  }

  @Test func `without --store, or for what needs no store, nothing is added`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let found = try binary.run("tag", "customers@2", "x", environment: ["ARTIFACT_STORE": ".artifact"])
    #expect(found.error.hasSuffix("next: artifact pull customers@x FOLDER\n"))
    #expect(try binary.run("show", "nobody").error.contains("try: artifact ls\n"))
    #expect(
      try binary.run("show", "nobody", "--store=.artifact").error.contains("try: artifact --store .artifact ls\n"))
    let json = try binary.run("show", "nobody", "--store", ".artifact", "--json").error
    #expect(json.contains(#""try":["artifact --store .artifact ls"]"#))
    #expect(try binary.run("ls", "--store", "data").error.contains("try: artifact init data\n"))
    let copied = try binary.shell("$A init there; $A --store .artifact copy customers --to there")
    #expect(copied.error.hasSuffix("next: artifact --store there show customers@1\n"))
  }

  @Test func `behind an erased version a push does not suggest to compare`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("erase", "customers@2", "--reason", "x")
    try binary.write("four\n", to: "data/d.csv")
    #expect(try binary.run("push", "data", "customers").error.hasSuffix("next: artifact show customers@3\n"))
    try binary.write("five\n", to: "data/e.csv")
    let later = try binary.run("push", "data", "customers").error
    #expect(later.hasSuffix("next: artifact diff customers@3 customers@4\n"))
  }

  @Test func `a source that is no store is not to be made one`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let missing = try binary.run("repair", "--from", "nowhere")
    #expect(missing.code == 10)
    #expect(missing.error.hasSuffix("try: name a store that is there\n"))
    #expect(try binary.run("copy", "customers", "--to", "nowhere").error.contains("try: artifact init nowhere\n"))
  }

  @Test func `of a full disk nothing is said that may not be so`() throws {
    let report = ErrorReport(IOFailure(number: 28, "writing", "a file"))
    #expect(report.exitCode == 8)
    #expect(report.advice == ["make room and run the command again; a full disk harms nothing that is stored"])
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let erased = try binary.shell("$A erase customers@2 --reason x > /dev/full")
    #expect(erased.code == 8)
    #expect(erased.error.hasSuffix("try: send the output elsewhere; a change that it tells of is made already\n"))
    #expect(try binary.run("show", "customers@2").out.contains("erased"))
  }
}
