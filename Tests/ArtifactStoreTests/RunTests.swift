import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// A store with data, code and an environment, in which things are run.
struct RunScratch {
  let test: TestStore
  var store: Store { test.store }

  init() throws {
    test = try TestStore()
    try test.folder.sh(
      "mkdir data code env; echo 1,2 > data/a.csv; echo 'print(1)' > code/train.py; echo w > env/a.whl")
    try test.push("data", as: "customers") { $0.kind = .dataset }
    try test.push("env", as: "py") { $0.kind = .environment }
  }

  func record(_ reference: String) throws -> Digest {
    try #require(try store.resolve(Reference(reference)).record)
  }

  func plan(_ intake: Intake, _ change: (inout PlanRecord) -> Void = { _ in }) throws -> PlanRecord {
    var plan = PlanRecord(command: ["python", "train.py"].map { [UInt8]($0) })
    plan.code = try intake.store(test.folder("code")).tree
    plan.environment = try record("py")
    plan.inputs = [
      .init(
        path: [UInt8]("data"), content: .tree(try store.resolve(Reference("customers")).entry.digest), name: "customers"
      )
    ]
    change(&plan)
    return plan
  }

  func start(experiment: String? = nil, _ change: (inout PlanRecord) -> Void = { _ in }) throws -> OpenRun {
    let intake = try store.intake(Progress())
    let run = try store.startRun(try plan(intake, change), experiment: experiment, actor: "fox", intake)
    try intake.close()
    return run
  }

  /// Ends a run that wrote `text` to a model.
  @discardableResult
  func finish(
    _ run: OpenRun, _ text: String, as name: String = "fraud/model", auc: String = "0.9",
    _ change: (inout ResultRecord) -> Void = { _ in }
  ) throws -> FinishedRun {
    try test.folder.sh("mkdir -p out; printf '\(text)' > out/model.bin")
    let intake = try store.intake(Progress())
    let folder = try intake.store(test.folder("out"))
    var result = ResultRecord(
      run: run.id, plan: run.plan, start: Timestamp(milliseconds: 1_000), end: Timestamp(milliseconds: 2_000),
      ending: .exit(0), actor: "fox")
    result.inputs = [
      .init(path: [UInt8]("data"), record: try record("customers"), name: "customers", version: 1)
    ]
    result.outputs = [.init(path: [UInt8]("out"), content: .tree(folder.tree), size: folder.size, name: name)]
    result.metrics = [Metric(name: "auc", value: auc)].compactMap { $0 }
    result.logs = [.init(stream: "stdout", blob: try intake.store([UInt8]("epoch \(text)\n")))]
    change(&result)
    let done = try store.finishRun(
      run, result, outcome: .finished,
      publishing: [Publication(name: try PackageName(name), kind: .model, folder: folder)],
      actor: "fox", intake)
    try intake.close()
    return done
  }
}

/// Runs in the log, and the records that they leave.
@Suite struct RunTests {
  @Test func `a published model commits to its run, and the run to data, code and environment`() throws {
    let scratch = try RunScratch()
    let done = try scratch.finish(scratch.start(experiment: "tuning"), "weights")
    #expect(done.versions.map(\.version) == [1])
    let model = try #require(try scratch.store.resolve(Reference("fraud/model")).content)
    #expect(model.from == done.result && model.kind == .model)
    guard case .result(let result) = try scratch.store.fact(done.result),
      case .plan(let plan) = try scratch.store.fact(result.plan)
    else {
      Issue.record("other records")
      return
    }
    #expect(result.outputs.map(\.content.digest) == [model.tree])
    #expect(result.inputs.map(\.record) == [try scratch.record("customers")])
    #expect(plan.environment == (try scratch.record("py")))
    let run = try #require(try scratch.store.refresh().runs.first)
    #expect(run.experiment == "tuning" && run.finish?.outcome == .finished && run.finish?.result == done.result)
    #expect(try scratch.test.leftovers.isEmpty)
    try expectSound(scratch.store)
  }

  @Test func `equal plans have one id, and their runs are two`() throws {
    let scratch = try RunScratch()
    let one = try scratch.start()
    let other = try scratch.start()
    #expect(one.plan == other.plan && one.id != other.id)
    let changed = try scratch.start { $0.parameters["lr"] = "1" }
    #expect(changed.plan != one.plan)
  }

  @Test func `a run goes on while its folder is locked, and leaves its plan when it is killed`() throws {
    let scratch = try RunScratch()
    let run = try scratch.start()
    #expect(scratch.store.isGoingOn(run.id))
    // A sweep by another writer leaves it alone.
    try scratch.test.push("data", as: "again")
    #expect(scratch.store.isGoingOn(run.id))
    try run.close()
    #expect(!scratch.store.isGoingOn(run.id))
    #expect(!scratch.store.isGoingOn("../../index") && !scratch.store.isGoingOn(String(repeating: "0", count: 32)))
    let known = try #require(try scratch.store.refresh().run(run.id))
    #expect(known.finish == nil)
    guard case .plan = try scratch.store.fact(known.plan) else {
      Issue.record("no plan")
      return
    }
  }

  @Test func `a run ends once, with its own result`() throws {
    let scratch = try RunScratch()
    let run = try scratch.start()
    let other = try scratch.start()
    #expect(code { try scratch.finish(run, "x") { $0.run = other.id } } == .usage)
    #expect(code { try scratch.finish(run, "x") { $0.plan = Digest.of([1]) } } == .usage)
    try scratch.finish(run, "x")
    #expect(code { try scratch.finish(run, "y") } == .refused)
    #expect(try scratch.store.refresh().voids.isEmpty)
  }

  @Test func `an output under a name of another kind is refused before anything is in the log`() throws {
    let scratch = try RunScratch()
    let run = try scratch.start()
    let size = try scratch.store.refresh().size
    #expect(code { try scratch.finish(run, "x", as: "customers") } == .refused)
    #expect(try scratch.store.refresh().size == size)
  }

  @Test func `a copy of the model takes its whole lineage along`() throws {
    let scratch = try RunScratch()
    let done = try scratch.finish(scratch.start(), "weights")
    let other = try Store.create(at: scratch.test.folder("other"), actor: "fox", local: nil)
    _ = try scratch.store.copy(
      try scratch.store.resolve(Reference("fraud/model")), to: other, actor: "fox", Progress())
    try scratch.test.folder.sh("rm -rf store")
    for record in [done.result, done.versions[0].record] {
      for reference in try other.fact(record).references where reference.role == .record {
        _ = try other.fact(reference.digest)
      }
    }
    try expectSound(other)
    guard case .result(let result) = try other.fact(done.result),
      case .package(let data) = try other.fact(result.inputs[0].record)
    else {
      Issue.record("other records")
      return
    }
    #expect(try other.tree(data.tree).map(\.name) == [[UInt8]("a.csv")])
  }

  @Test func `verify looks up what runs and reports name, and says by which way it is lost`() throws {
    let scratch = try RunScratch()
    let run = try scratch.start { $0.inputs[0].content = .tree(Digest.of([7])) }
    try scratch.finish(run, "weights")
    let intake = try scratch.store.intake(Progress())
    var report = ReportRecord(
      kind: "test", verdict: "passed", subjects: [try scratch.record("customers")], time: .earliest, actor: "fox")
    try scratch.store.report(report, actor: "fox", intake)
    report.body = Digest.of([8])
    try scratch.store.report(report, actor: "fox", intake)
    try intake.close()
    let found = try scratch.store.verify(Progress())
    #expect(found.runCount == 3)
    #expect(found.hurt.count == 3)
    #expect(found.hurt[0].reference == "fraud/model@1" && found.hurt[0].path == "from/plan/input")
    #expect(found.hurt[1].reference == "run \(run.id.prefix(12))" && found.hurt[1].path == "input")
    #expect(found.hurt[2].path == "body" && found.hurt[2].paths[0].object == Digest.of([8]))
  }

  @Test func `a report on something that is not here is refused`() throws {
    let scratch = try RunScratch()
    let intake = try scratch.store.intake(Progress())
    let report = ReportRecord(
      kind: "test", verdict: "passed", subjects: [Digest.of([1])], time: .earliest, actor: "fox")
    #expect(code { try scratch.store.report(report, actor: "fox", intake) } == .notFound)
    try intake.close()
    #expect(try scratch.store.refresh().reports.isEmpty)
  }

  @Test func `a chain of many datasets is checked without a deep stack`() throws {
    let scratch = try RunScratch()
    let intake = try scratch.store.intake(Progress())
    let tree = try scratch.store.resolve(Reference("customers")).entry.digest
    var parent = Digest.of([1])
    for _ in 0..<3_000 {
      var record = PackageRecord(kind: .dataset, tree: tree, size: 4, fileCount: 1)
      record.dataset.derivedFrom = .init(parent: parent, method: "sample/1")
      parent = try intake.store(.package(record))
    }
    let report = ReportRecord(kind: "test", verdict: "passed", subjects: [parent], time: .earliest, actor: "fox")
    try intake.finish()
    try scratch.store.report(report, actor: "fox", intake)
    try intake.close()
    let hurt = try scratch.store.verify(Progress()).hurt
    #expect(hurt.count == 1 && hurt[0].paths[0].object == Digest.of([1]))
  }

  @Test func `folders, files and bytes that are taken in come back`() throws {
    let scratch = try RunScratch()
    let intake = try scratch.store.intake(Progress())
    try scratch.test.folder.sh("head -c 300000 /dev/urandom > big.bin")
    let bytes = try Files.read(scratch.test.folder("big.bin"))
    let (digest, size) = try intake.store(file: scratch.test.folder("big.bin"))
    #expect(digest == Digest.of(bytes) && size == 300_000)
    let folder = try intake.store([
      TreeEntry(kind: .file, size: size, digest: digest, name: [UInt8]("z")),
      TreeEntry(kind: .file, size: 1, digest: try intake.store([0x78]), name: [UInt8]("a")),
    ])
    #expect(
      code { try intake.store([TreeEntry(kind: .file, size: 1, digest: digest, name: [UInt8]("a/b"))]) } == .usage)
    try intake.finish()
    try intake.close()
    #expect(folder.size == 300_001 && folder.fileCount == 2)
    #expect(try scratch.store.tree(folder.tree).map(\.name) == [[UInt8]("a"), [UInt8]("z")])
    #expect(try scratch.store.objects.blob(digest, limit: 1 << 20) == bytes)
  }
}
