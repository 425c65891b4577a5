import TestSupport
import Testing

@testable import ArtifactCore

/// Which part of a graph is drawn, and where.
@Suite struct LineagePictureTests {
  private typealias Arrow = LayeredLayout.Arrow

  private static func layout(_ count: Int, _ pairs: [(Int, Int)]) -> LayeredLayout {
    LayeredLayout(count: count, arrows: pairs.map { Arrow(tail: $0.0, head: $0.1) })
  }

  @Test func `a chain is a row`() {
    let layout = Self.layout(4, [(0, 1), (1, 2), (2, 3)])
    #expect(layout.spots.map(\.column) == [0, 1, 2, 3])
    #expect(Set(layout.spots.map(\.middle)).count == 1)
  }

  @Test func `a source stands right before what it leads to`() {
    let layout = Self.layout(4, [(0, 1), (1, 2), (3, 2)])
    #expect(layout.spots.map(\.column) == [0, 1, 2, 1])
  }

  @Test func `two crossed ladders are uncrossed`() {
    // As numbered, every rung crosses another.
    let layout = Self.layout(8, [(0, 7), (1, 6), (2, 5), (3, 4)])
    #expect(layout.crossings == 0)
    #expect(Self.layout(4, [(0, 2), (0, 3), (1, 2), (1, 3)]).crossings == 1)
  }

  @Test func `circles are no trap`() {
    let layout = Self.layout(3, [(0, 1), (1, 2), (2, 0), (1, 1)])
    #expect(layout.spots.map(\.column) == [0, 1, 2])
  }

  @Test func `whatever the graph, arrows lead on and boxes do not touch`() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var random = SeededRandom(seed)
      let count = 30
      var pairs = [(Int, Int)]()
      for _ in 0..<60 {
        let (one, other) = (random.below(30), random.below(30))
        if one != other { pairs.append((min(one, other), max(one, other))) }
      }
      let layout = Self.layout(count, pairs)
      for (tail, head) in pairs { #expect(layout.spots[tail].column < layout.spots[head].column, "seed \(seed)") }
      for one in 0..<count {
        #expect(layout.spots[one].middle > 22.999)
        for other in 0..<one where layout.spots[one].column == layout.spots[other].column {
          #expect(abs(layout.spots[one].middle - layout.spots[other].middle) > 45.999, "seed \(seed)")
        }
      }
      #expect(Self.layout(count, pairs).spots == layout.spots)
    }
  }

  // MARK: Neighbourhood

  /// A dataset, `runs` models made from it, a report on the first.
  private static func fan(_ runs: Int) -> (lineage: Lineage, focus: Lineage.Node) {
    var graph = LineageGraph()
    func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }
    func add(_ name: String, _ record: Record) {
      graph.expect(digest(name))
      _ = graph.takePending()
      graph.fill(digest(name), with: record)
    }
    var raw = PackageRecord(kind: .dataset, tree: digest("raw tree"), size: 1, fileCount: 1)
    raw.dataset.role = "training"
    add("raw", .package(raw))
    for run in 0..<runs {
      var model = PackageRecord(kind: .model, tree: digest("tree \(run)"), size: 1, fileCount: 1)
      model.model.bases = [digest("raw")]
      add("model \(run)", .package(model))
    }
    var report = ReportRecord(
      kind: "test", verdict: "passed", subjects: [digest("model 0")], time: .earliest, actor: "x")
    report.inputs = [digest("holdout")]
    add("report", .report(report))
    add("holdout", .package(PackageRecord(kind: .dataset, tree: digest("holdout tree"), size: 1, fileCount: 1)))
    return (Lineage(graph, Fold()), graph.node(digest("raw")) ?? 0)
  }

  @Test func `what is nearest is drawn, and the cut is stated`() throws {
    let (lineage, focus) = Self.fan(1_000)
    let picture = LineagePicture(lineage, around: focus)
    #expect(picture.nodes.count == 400)
    #expect(picture.nodes.first?.isFocus == true)
    // The focus, the models, the report, and what the report rests on.
    #expect(picture.omitted == 1 + 1_000 + 2 - 400)
    let drawing = LineageDrawing(picture, prefix: "g1")
    #expect(drawing.cut == " Cut: the nearest 400 are drawn, 603 more are not.")
    #expect(drawing.svg.contains("Cut: the nearest 400"))
    #expect(drawing.svg.split(separator: "<rect").count - 1 == 400)
    _ = try Markup("<!DOCTYPE html>\n" + drawing.svg)
  }

  @Test func `a report brings what it rests on`() {
    let (lineage, _) = Self.fan(3)
    let model = lineage.graph.node(Digest.of(Array("model 0".utf8))) ?? 0
    let picture = LineagePicture(lineage, around: model)
    #expect(picture.nodes.map(\.kind) == ["model", "dataset, training", "report, test", "dataset"])
    #expect(picture.edges.map(\.word).sorted() == ["judges", "rests on", "started with"])
    let alone = LineagePicture(lineage, around: model) { _ in false }
    #expect(alone.nodes.map(\.kind) == ["model", "dataset, training"])
    #expect(alone.omitted == 0)
  }

  @Test func `long names keep their ends`() {
    #expect(LineageDrawing.fitting("fraud/model@3") == "fraud/model@3")
    let cut = LineageDrawing.fitting("a-very-long-name-of-a-team/and-its-model@1234")
    #expect(cut.hasPrefix("a-very"))
    #expect(cut.hasSuffix("@1234"))
    #expect(displayWidth(cut) <= 26)
  }
}
