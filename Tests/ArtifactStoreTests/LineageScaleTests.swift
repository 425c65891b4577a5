import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport
import Testing

@testable import ArtifactStore

/// A store with as many records as one likes: datasets that come from each other, plans, results, models.
///
/// The log's files are written as they are and not synced, or 100,000 appends would take an hour.
struct GeneratedLineage {
  let store: Store
  private let folder: Path
  private var fold: Fold
  private let intake: Intake

  init(at path: Path, steps: Int) throws {
    folder = path.appending("artifact/log/entry/000000")
    store = try Store.create(at: path, actor: "fox", local: nil)
    fold = try store.refresh()
    intake = try store.intake(Progress())
    let tree = try intake.store([UInt8]("tree 1\n"))
    var environment = PackageRecord(kind: .environment, tree: tree, size: 0, fileCount: 0)
    environment.environment.interpreter = .init(implementation: "cpython", version: "3.11.7")
    let environmentID = try publish(environment, "py", 1)
    var parents = [Digest?](repeating: nil, count: 100)
    let root = try publish(PackageRecord(kind: .dataset, tree: tree, size: 0, fileCount: 0, note: "root"), "root", 1)
    for step in 0..<steps {
      let family = step % parents.count
      let version = step / parents.count + 1
      var dataset = PackageRecord(
        kind: .dataset, tree: Digest.of([UInt8]("data \(step)")), size: UInt64(step), fileCount: 1)
      dataset.dataset.derivedFrom = .init(parent: parents[family] ?? root, method: "sample/1", rows: 10)
      let datasetID = try publish(dataset, "data-\(family)", version)
      parents[family] = datasetID
      var plan = PlanRecord(command: ["python3", "train.py", "\(step)"].map { [UInt8]($0) })
      plan.environment = environmentID
      plan.inputs = [.init(path: [UInt8]("data"), content: .tree(dataset.tree))]
      try run(plan, step, datasetID, "model-\(family)", version)
    }
    try intake.finish()
    try intake.close()
  }

  private mutating func run(
    _ plan: PlanRecord, _ step: Int, _ dataset: Digest, _ name: String, _ version: Int
  ) throws {
    let planID = try intake.store(.plan(plan))
    let id = Hex.text(Digest.of([UInt8]("run \(step)")).bytes.prefix(16))
    try append(.runStart(run: id, plan: planID, experiment: "experiment \(step % 7)"))
    var result = ResultRecord(
      run: id, plan: planID, start: .earliest, end: .earliest, ending: .exit(0), actor: "fox")
    result.inputs = [.init(path: [UInt8]("data"), record: dataset, name: "data", version: 1)]
    result.metrics = [
      Metric(name: "auc", value: "0.\(step % 1_000)"), Metric(name: "loss", value: "\(step)"),
    ].compactMap { $0 }
    result.tags = ["t\(step % 3)"]
    let resultID = try intake.store(.result(result))
    try append(.runFinish(run: id, result: resultID, outcome: step % 10 == 0 ? .failed : .finished))
    var model = PackageRecord(kind: .model, tree: Digest.of([UInt8]("model \(step)")), size: 1, fileCount: 1)
    model.from = resultID
    _ = try publish(model, name, version)
  }

  private mutating func publish(_ record: PackageRecord, _ name: String, _ version: Int) throws -> Digest {
    let digest = try intake.store(.package(record))
    try append(.publish(name: PackageName(name), version: version, kind: record.kind, record: digest))
    return digest
  }

  private mutating func append(_ event: Event) throws {
    let entry = try LogEntry(
      event: event, id: String(repeating: "0", count: 32), time: fold.lastTime ?? .earliest, actor: "fox",
      after: fold.history)
    try fold.apply(entry)
    let digits = String(entry.sequence)
    let name = String(repeating: "0", count: 6 - digits.count) + digits
    let file = try Directory(folder).create([UInt8](name))
    let bytes = entry.fileBytes
    try file.write(bytes.span)
    try file.close()
  }
}

/// The graph of many records.
///
/// `ARTIFACT_SCALE=/new/folder` makes a store of 100,000 records there and leaves it for measuring the program.
@Suite struct LineageScaleTests {
  @Test func `a generated store is sound but for its data, and its graph is what it was made of`() throws {
    let test = try TestFolder()
    let made = try GeneratedLineage(at: test("store"), steps: 200)
    let store = try Store(opening: test("store"), local: TestStore.local(test))
    #expect(try store.verify(Progress()).problems.isEmpty)
    for round in 0..<2 {
      let lineage = try (round == 0 ? store : Store(opening: test("store"), local: TestStore.local(test))).lineage()
      let root = try store.node(Reference("root"), in: lineage)
      let down = lineage.walk(from: root, .down)
      #expect(down.nodes.count == 1 + 3 * 200)
      let last = try store.node(Reference("model-0"), in: lineage)
      // Model, run, environment, two datasets, the root.
      #expect(lineage.walk(from: last, .up).nodes.count == 6)
      #expect(lineage.ways(from: last, to: root, limit: 9).map(\.steps.count) == [4])
    }
    #expect(try store.runs().count == 200)
    var filter = RunFilter()
    filter.bounds = [try MetricBound("loss<10")]
    filter.status = .finished
    #expect(try store.runs(filter).count == 9)
    _ = made
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ARTIFACT_SCALE"] != nil))
  func `a store of 100,000 records`() throws {
    let place = try #require(ProcessInfo.processInfo.environment["ARTIFACT_SCALE"])
    _ = try GeneratedLineage(at: Path(place), steps: 25_000)
  }
}
