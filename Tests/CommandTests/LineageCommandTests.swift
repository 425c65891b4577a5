import Foundation
import Testing

/// `lineage`, `impact`, `why`, `runs`, `compare` and the causes in `diff`, on a story.
@Suite struct LineageCommandTests {
  /// Digests, ages and times differ from one run of the tests to the next.
  static func plain(_ text: String) -> String {
    text.replacing(/sha256:[0-9a-f]{12,64}/, with: "sha256:HEX").replacing(/(?m) +$/, with: "")
  }

  @Test func `the lineage of a model names its run, code, environment and data, and where the data came from`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("lineage", "fraud/model@1")
    #expect(output.code == 0)
    #expect(try Snapshot.text("lineage/up.txt", accepting: Self.plain(output.out)) == Self.plain(output.out))
  }

  @Test func `the lineage downwards shows what was made, each thing once`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("lineage", "customers-raw", "--down")
    #expect(try Snapshot.text("lineage/down.txt", accepting: Self.plain(output.out)) == Self.plain(output.out))
    let short = try story.binary.run("lineage", "customers-raw", "--down", "--depth", "1")
    #expect(short.out.split(separator: "\n").count == 3)
    #expect(short.out.contains("..."))
  }

  @Test(arguments: ["dot", "mermaid"])
  func `the graph is written for other programs`(format: String) throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("lineage", "fraud/model@1", "--format", format)
    #expect(try Snapshot.text("lineage/up.\(format)", accepting: Self.plain(output.out)) == Self.plain(output.out))
  }

  @Test func `the graph as JSON has every node and edge`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("lineage", "fraud/model@1", "--json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(output.bytes)) as? [String: Any])
    let nodes = try #require(object["nodes"] as? [[String: Any]])
    let edges = try #require(object["edges"] as? [[String: Any]])
    #expect(
      nodes.compactMap { $0["kind"] as? String } == ["model", "result", "code", "dataset", "environment", "dataset"])
    #expect(edges.compactMap { $0["link"] as? String } == ["from", "code", "input", "environment", "derivedFrom"])
    #expect(nodes[0]["versions"] as? [String] == ["fraud/model@1"])
  }

  @Test func `impact tells the channels and the targets that something reached, now and ever`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    for version in ["fraud/model@1", "fraud/model@2"] {
      #expect(try story.binary.run("promote", version, "--to", "dev").code == 0)
      #expect(try story.binary.run("deploy", version, "--target", "eu/scoring").code == 0)
    }
    let lines = try story.binary.run("impact", "customers-raw").out.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(lines.contains("fraud/model@1 model 3 dev, prod, at eu/scoring"))
    #expect(lines.contains("fraud/model@2 model 3 dev, prod, at eu/scoring"))
    let json = try story.binary.run("impact", "customers-raw", "--json").out
    #expect(json.contains(#""channels":[{"before":["dev"],"now":[],"version":"fraud/model@1"}]"#), "\(json)")
    #expect(json.contains(#""targets":[{"before":[],"now":["eu/scoring"],"version":"fraud/model@2"}]"#))
  }

  @Test func `impact lists every version that something reached, with its tags now and ever`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("impact", "customers-raw")
    #expect(output.code == 0)
    #expect(try Snapshot.text("lineage/impact.txt", accepting: output.out) == output.out)
    #expect(output.error == "customers-raw@1 reached 2 datasets, 2 models, 1 report, 4 runs\n")
    let nothing = try story.binary.run("impact", "fraud/model@1")
    #expect(nothing.out == "" && nothing.error == "fraud/model@1 reached nothing\n")
  }

  @Test func `data under another name with the same content is reached too`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    try story.binary.run("push", "data", "stolen", "--kind", "dataset")
    let output = try story.binary.run("impact", "stolen")
    #expect(output.out.contains("fraud/model@2") && !output.out.contains("fraud/model@1"))
  }

  @Test func `why shows the way, whichever is named first`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let one = try story.binary.run("why", "fraud/model@2", "customers-raw")
    let other = try story.binary.run("why", "customers-raw", "fraud/model@2")
    #expect(one.code == 0 && one.out == other.out)
    #expect(try Snapshot.text("lineage/why.txt", accepting: Self.plain(one.out)) == Self.plain(one.out))
    let none = try story.binary.run("why", "fraud/model@1", "customers@2")
    #expect(none.code == 10 && none.out == "")
    #expect(none.error.contains("not connected"))
  }

  @Test func `runs are found by experiment, status, metric and tag`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    func count(_ words: String...) throws -> Int {
      let output = try story.binary.run(["runs", "--json"] + words)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(output.bytes)) as? [String: Any])
      return try #require(object["total"] as? Int)
    }
    #expect(try count() == 4)
    #expect(try count("--experiment", "tuning") == 2)
    #expect(try count("--status", "failed") == 1)
    #expect(try count("--status", "aborted") == 1)
    #expect(try count("--status", "running") == 0)
    #expect(try count("--metric", "auc>0.9") == 2)
    #expect(try count("--metric", "auc>0.9", "--metric", "auc<=0.92") == 1)
    #expect(try count("--metric", "f1>0") == 0)
    #expect(try count("--tag", "nightly") == 3)
    #expect(try count("--tag", "nightly", "--tag", "x") == 0)
    let table = try story.binary.run("runs")
    let text = Self.plain(table.out).replacing(#/ (now|[0-9]+ (s|min|h)) /#, with: " AGE ")
    #expect(try Snapshot.text("lineage/runs.txt", accepting: text) == text)
    #expect(try story.binary.run("runs", "--metric", "auc~1").code == 2)
  }

  @Test func `a difference of two models is told by its causes`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("diff", "fraud/model@1", "fraud/model@2", "--patch")
    #expect(output.code == 3)
    #expect(try Snapshot.text("lineage/diff.txt", accepting: output.out) == output.out)
    let json = try story.binary.run("diff", "fraud/model@1", "fraud/model@2", "--json")
    #expect(json.out.contains(#""metrics":[{"after":"0.93","before":"0.91","name":"auc"}]"#))
    #expect(try !story.binary.run("diff", "customers@1", "customers@2").out.contains("why"))
  }

  @Test func `rows that nobody recorded are counted in the tables that differ`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    try binary.run("init")
    for (text, lines) in [("a,b\n1,\"x\ny\"\n", "{}\n"), ("a,b\n1,2\n3,4\n5,6", "{}\n{}\n")] {
      try binary.write(text, to: "data/t.csv")
      try binary.write(lines, to: "data/sub/u.jsonl")
      try binary.write(text, to: "data/no-table.txt")
      try binary.run("push", "data", "d", "--kind", "dataset")
      try binary.run("run", "--in", "d=data", "--out", "m=model", "--", "cp", "data/t.csv", "m")
    }
    let diff = try binary.run("diff", "model@1", "model@2")
    #expect(diff.out.contains("data: d@1 -> d@2, +3 rows, "), "\(diff.out)")
    #expect(try binary.run("diff", "model@2", "model@1", "--json").out.contains(#""rowChange":-3"#))
  }

  @Test func `runs are compared by what differs`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let output = try story.binary.run("compare", "fraud/model@1", "fraud/model@2")
    let text = output.out.replacing(/\b[0-9a-f]{12}\b/, with: "HEXHEXHEXHEX").replacing(
      /\b[0-9a-f]{8}\b/, with: "HEXHEX8X")
    #expect(try Snapshot.text("lineage/compare.txt", accepting: text) == text)
    #expect(try story.binary.run("compare", "fraud/model@1").code == 2)
    #expect(try story.binary.run("compare", "fraud/model@1", "customers@1").code == 2)
    #expect(try story.binary.run("compare", "fraud/model@1", "fraud/model@1").error.contains("do not differ"))
  }

  @Test func `a run is named by its result's or its plan's digest`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let table = try story.binary.run("runs").out
    for match in table.matches(of: /sha256:[0-9a-f]{12}/) {
      #expect(try story.binary.run("lineage", String(match.output)).out.contains("environment py311@"))
    }
    #expect(try story.binary.run("lineage", "sha256:00000000").code == 10)
    #expect(try story.binary.run("lineage", "nobody").code == 10)
  }

  @Test func `the cache of the graph may be damaged or deleted at any time`() throws {
    let story = try LineageStory()
    defer { story.binary.remove() }
    let before = try story.binary.run("lineage", "fraud/model@2").out
    for damage in ["printf x > $(find .cache -name graph)", "rm -r .cache", "true"] {
      _ = try story.binary.shell(damage)
      #expect(try story.binary.run("lineage", "fraud/model@2").out == before)
    }
    #expect(try story.binary.shell("find .cache -name graph").out != "")
  }
}
