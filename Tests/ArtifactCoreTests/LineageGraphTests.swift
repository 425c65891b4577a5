import ArtifactCore
import TestSupport
import Testing

/// The graph and the questions to it, without a store.
@Suite struct LineageGraphTests {
  /// Records by a short name.
  struct Scene {
    var graph = LineageGraph()
    var fold = Fold()

    static func digest(_ name: String) -> Digest { Digest.of([UInt8](name)) }

    mutating func add(_ name: String, _ record: Record?) {
      graph.expect(Self.digest(name))
      _ = graph.takePending()
      graph.fill(Self.digest(name), with: record)
    }

    mutating func dataset(_ name: String, tree: String, from parent: String? = nil) {
      var record = PackageRecord(kind: .dataset, tree: Self.digest(tree), size: 1, fileCount: 1)
      if let parent { record.dataset.derivedFrom = .init(parent: Self.digest(parent), method: "sample/1") }
      add(name, .package(record))
    }

    mutating func run(_ name: String, reads tree: String, record: String? = nil, writes model: String) {
      var plan = PlanRecord(command: [[UInt8]("run"), [UInt8](name)])
      plan.inputs = [.init(path: [UInt8]("in"), content: .tree(Self.digest(tree)))]
      add("plan \(name)", .plan(plan))
      var result = ResultRecord(
        run: String(repeating: "0", count: 32), plan: Self.digest("plan \(name)"), start: .earliest, end: .earliest,
        ending: .exit(0), actor: "x")
      if let record { result.inputs = [.init(path: [UInt8]("in"), record: Self.digest(record))] }
      result.outputs = [.init(path: [UInt8]("out"), content: .tree(Self.digest("tree \(model)")), size: 1)]
      add("run \(name)", .result(result))
      var package = PackageRecord(kind: .model, tree: Self.digest("tree \(model)"), size: 1, fileCount: 1)
      package.from = Self.digest("run \(name)")
      add(model, .package(package))
    }

    func reached(_ name: String, _ direction: Lineage.Direction, depth: Int? = nil) throws -> Set<Digest> {
      let lineage = Lineage(graph, fold)
      let node = try #require(graph.node(Self.digest(name)))
      return Set(lineage.walk(from: node, direction, depth: depth).nodes.map { graph.digest($0) })
    }

    func ways(_ one: String, _ other: String, limit: Int = 100) throws -> [Int] {
      let lineage = Lineage(graph, fold)
      let start = try #require(graph.node(Self.digest(one)))
      let end = try #require(graph.node(Self.digest(other)))
      return lineage.ways(from: start, to: end, limit: limit).map(\.steps.count)
    }
  }

  static func set(_ names: String...) -> Set<Digest> { Set(names.map(Scene.digest)) }

  static func sample() -> Scene {
    var scene = Scene()
    scene.dataset("raw", tree: "t0")
    scene.dataset("small", tree: "t1", from: "raw")
    scene.run("one", reads: "t1", record: "small", writes: "model")
    return scene
  }

  @Test func `up and down are each other's way back, and plans are not shown`() throws {
    let scene = Self.sample()
    #expect(try scene.reached("model", .up) == Self.set("model", "run one", "small", "raw"))
    #expect(try scene.reached("raw", .down) == Self.set("model", "run one", "small", "raw"))
    #expect(try scene.reached("raw", .down, depth: 1) == Self.set("raw", "small"))
    #expect(try scene.reached("raw", .up) == Self.set("raw"))
    #expect(try scene.ways("model", "raw") == [3])
    #expect(try scene.ways("raw", "model") == [])
  }

  @Test func `the order in which records become known does not matter`() throws {
    var scene = Scene()
    scene.run("one", reads: "t1", record: "small", writes: "model")
    #expect(scene.graph.lostCount == 1)
    scene.dataset("small", tree: "t1", from: "raw")
    scene.dataset("raw", tree: "t0")
    #expect(scene.graph.lostCount == 0)
    #expect(try scene.reached("model", .up) == Self.set("model", "run one", "small", "raw"))
  }

  @Test func `an input that is known by its content is shown as what holds it, and reached from there`() throws {
    var scene = Scene()
    scene.dataset("small", tree: "t1")
    scene.run("one", reads: "t1", writes: "model")
    #expect(try scene.reached("model", .up) == Self.set("model", "run one", "small"))
    #expect(try scene.reached("small", .down) == Self.set("model", "run one", "small"))
    scene.run("two", reads: "nobody's", writes: "other")
    #expect(try scene.reached("other", .up) == Self.set("other", "run two", "nobody's"))
  }

  @Test func `the same content under another name is reached too`() throws {
    var scene = Self.sample()
    scene.dataset("stolen", tree: "t1")
    #expect(try scene.reached("stolen", .down) == Self.set("stolen", "small", "run one", "model"))
    #expect(try scene.ways("model", "stolen") == [2])
  }

  @Test func `what one run wrote and another read joins them, though it has no name`() throws {
    var scene = Self.sample()
    scene.run("two", reads: "tree model", writes: "next")
    #expect(try scene.reached("next", .up).isSuperset(of: Self.set("run two", "model", "run one", "raw")))
    #expect(try scene.reached("raw", .down).contains(Scene.digest("next")))
  }

  @Test func `folders with nothing in them have nothing in common`() throws {
    var scene = Scene()
    scene.dataset("a", tree: "tree 1\n")
    scene.dataset("b", tree: "tree 1\n")
    #expect(try scene.reached("a", .down) == Self.set("a"))
  }

  @Test func `a missing parent is shown as lost, and is asked for again`() throws {
    var scene = Scene()
    scene.dataset("small", tree: "t1", from: "raw")
    let node = try #require(scene.graph.node(Scene.digest("raw")))
    #expect(scene.graph.kind(node) == .lost)
    #expect(try scene.reached("small", .up) == Self.set("small", "raw"))
    scene.graph.retryLost()
    scene.graph.retryLost()
    #expect(scene.graph.takePending() == [Scene.digest("raw")])
  }

  @Test func `records that claim to name each other are walked once`() throws {
    var scene = Scene()
    scene.dataset("a", tree: "t1", from: "b")
    scene.dataset("b", tree: "t2", from: "a")
    #expect(try scene.reached("a", .up) == Self.set("a", "b"))
    #expect(try scene.reached("a", .down) == Self.set("a", "b"))
    #expect(try scene.ways("a", "b") == [1])
  }

  @Test func `ways are found shortest first, and no more than are wanted`() throws {
    var scene = Scene()
    scene.dataset("raw", tree: "t0")
    scene.dataset("one", tree: "t1", from: "raw")
    scene.dataset("two", tree: "t2", from: "one")
    var plan = PlanRecord(command: [[UInt8]("x")])
    plan.inputs = ["t0", "t1", "t2"].map { .init(path: [UInt8]($0), content: .tree(Scene.digest($0))) }
    scene.add("plan", .plan(plan))
    #expect(try scene.ways("plan", "raw") == [1, 2, 3])
    #expect(try scene.ways("plan", "raw", limit: 2) == [1, 2])
    // A ladder has 2^30 ways; the search ends all the same.
    var ladder = Scene()
    ladder.dataset("0a", tree: "t", from: nil)
    for step in 1..<30 {
      for side in ["a", "b"] {
        var model = PackageRecord(kind: .model, tree: Scene.digest("\(step)\(side)t"), size: 1, fileCount: 1)
        model.model.bases = step == 1 ? [Scene.digest("0a")] : ["a", "b"].map { Scene.digest("\(step - 1)\($0)") }
        ladder.add("\(step)\(side)", .package(model))
      }
    }
    #expect(try ladder.ways("29a", "0a", limit: 7).count == 7)
  }

  @Test func `a long chain is walked without a deep stack`() throws {
    var scene = Scene()
    scene.dataset("0", tree: "t0")
    for step in 1...5_000 { scene.dataset("\(step)", tree: "t\(step)", from: "\(step - 1)") }
    #expect(try scene.reached("5000", .up).count == 5_001)
    #expect(try scene.ways("5000", "0") == [5_000])
  }

  @Test func `a cached graph is read as it was written, or not at all`() throws {
    let scene = Self.sample()
    let position = LineageGraph.Position(store: "s", size: 7, leaf: Digest.of([1]))
    let bytes = scene.graph.cacheBytes(at: position)
    let cached = try #require(LineageGraph.cached(bytes))
    #expect(cached.position == position)
    #expect(cached.graph.cacheBytes(at: position) == bytes)
    for offset in bytes.indices {
      #expect(LineageGraph.cached(bytes.replacing([bytes[offset] ^ 1], at: offset)) == nil)
    }
    for end in bytes.indices { #expect(LineageGraph.cached(Array(bytes[..<end])) == nil) }
  }

  @Test(arguments: [
    ("auc>0.9", 0.91, true), ("auc>0.9", 0.9, false), ("auc>=0.9", 0.9, true), ("auc<1e-3", 0.0001, true),
    ("auc<=1", 1.1, false), ("auc=1", 1, true), ("auc != 1", 1, false), ("auc!=1", 2, true), ("auc>0", .nan, false),
  ])
  func `a bound holds or does not`(text: String, value: Double, holds: Bool) throws {
    let bound = try MetricBound(text)
    #expect(bound.name == "auc" && bound.holds(for: value) == holds)
  }

  @Test(arguments: ["", "auc", "auc>", ">1", "auc~1", "auc>one", "auc!1"])
  func `a bound that is none is refused`(text: String) {
    #expect(refusal { try MetricBound(text) } == .syntax)
  }
}

/// Differences of lines, addresses of files.
@Suite struct LineDiffTests {
  static func diff(_ one: String, _ other: String) -> LineDiff { LineDiff([UInt8](one), [UInt8](other)) }

  @Test(arguments: [
    ("", "", 0, 0), ("a\n", "a\n", 0, 0), ("a\nb\n", "a\nc\n", 1, 1), ("", "a\nb\n", 2, 0), ("a\nb\n", "", 0, 2),
    ("a\nb\nc\n", "b\n", 0, 2), ("x\na\ny\nb\n", "a\nb\nz\n", 1, 2), ("a\na\na\n", "a\na\n", 0, 1),
  ])
  func `the fewest lines are counted`(one: String, other: String, added: Int, removed: Int) {
    let diff = Self.diff(one, other)
    #expect(diff.added == added && diff.removed == removed)
  }

  @Test func `any two texts: the patch makes one of the other`() {
    var random = SeededRandom(5)
    for _ in 0..<300 {
      let texts = (0..<2).map { _ in
        (0..<random.below(12)).map { _ in "\(random.below(4))\n" }.joined()
      }
      let diff = Self.diff(texts[0], texts[1])
      let lines = diff.patch.map { String(decoding: $0, as: UTF8.self) }
      let count = lines.count { $0.hasPrefix("+") } - lines.count { $0.hasPrefix("-") }
      #expect(count == texts[1].split(separator: "\n").count - texts[0].split(separator: "\n").count)
      #expect(Self.diff(texts[1], texts[0]).added == diff.removed)
    }
  }

  @Test func `a patch is that of diff -u`() {
    let one = (1...20).map { "\($0)\n" }.joined()
    let other = one.replacing("3\n4\n", with: "3\nx\n4\n").replacing("\n18\n", with: "\n")
    let patch = Self.diff(one, other).patch.map { String(decoding: $0, as: UTF8.self) }
    #expect(
      patch == [
        "@@ -1,6 +1,7 @@", " 1", " 2", " 3", "+x", " 4", " 5", " 6", "@@ -15,6 +16,5 @@", " 15", " 16", " 17", "-18",
        " 19",
        " 20",
      ])
  }

  @Test(arguments: ["/a/b", "/with space/%/ü", "/\u{1}x"])
  func `a path becomes an address and a path again`(path: String) {
    let text = FileURI.text([UInt8](path))
    #expect(text.hasPrefix("file:///") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    #expect(FileURI.path(text) == [UInt8](path))
  }

  @Test(arguments: ["file://host/x", "https://x/y", "file:///a%0", "file:///a%00b", "/a"])
  func `anything else is no path here`(text: String) {
    #expect(FileURI.path(text) == nil)
  }

  @Test(arguments: [
    ("https://h/a/b.csv?x=/y#z", "b.csv"), ("https://h/a%20b", "a b"), ("https://h/", ""), ("https://h", ""),
    ("s3://bucket/k", "k"),
  ])
  func `the last name of an address names the file`(text: String, name: String) {
    #expect(FileURI.lastName(text) == [UInt8](name))
  }
}
