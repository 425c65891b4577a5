import ArtifactCore
import ArtifactIO
import ArtifactStore
import Foundation

/// A store with a story: data, a sample of it, two versions of code and environment, runs, models, a report.
struct LineageStory {
  let binary: Binary
  let store: Store

  init(_ binary: Binary? = nil) throws {
    let made = try binary ?? Binary()
    self.binary = made
    try made.run("init")
    let path = Path(made.folder.path).appending(".artifact")
    store = try Store(opening: path, local: nil)
    try tell()
  }

  private func path(_ name: String) -> Path { Path(binary.folder.path).appending(name) }

  @discardableResult
  private func push(
    _ path: String, _ name: String, _ kind: PackageKind, _ change: (inout PushRequest) -> Void = { _ in }
  ) throws -> Digest {
    var request = PushRequest(name: try PackageName(name), actor: "fox")
    request.kind = kind
    change(&request)
    return try store.push(self.path(path), request, Progress()).record
  }

  /// One run of `train.py`, which reads `data` and writes a model.
  private func run(
    _ data: String, environment: String, auc: String?, depth: String, weights: String,
    experiment: String? = nil, outcome: RunOutcome = .finished
  ) throws {
    let source = try store.resolve(Reference(data))
    try store.recording(Progress()) { intake in
      let code = try intake.store(path("code"))
      var record = PackageRecord(kind: .code, tree: code.tree, size: code.size, fileCount: code.fileCount)
      record.code.commit = String(repeating: weights == "one" ? "a1" : "b2", count: 20)
      record.code.isDirty = weights == "two"
      var plan = PlanRecord(command: ["python3", "train.py"].map { Array($0.utf8) })
      plan.code = code.tree
      plan.environment = try store.resolve(Reference(environment)).record
      plan.parameters = ["depth": depth, "lr": "0.1"]
      plan.inputs = [.init(path: Array("data".utf8), content: .tree(source.entry.digest), name: source.name?.text)]
      let open = try store.startRun(plan, experiment: experiment, actor: "fox", intake)
      guard let auc else { return try open.close() }
      try binary.write(weights, to: "out/model.bin")
      let folder = try intake.store(path("out"))
      let start = Timestamp(milliseconds: 1_790_000_000_000)
      var result = ResultRecord(
        run: open.id, plan: open.plan, start: start, end: start.advanced(byMilliseconds: 4_200),
        ending: .exit(outcome == .failed ? 1 : 0), actor: "fox")
      result.host = "den"
      result.code = try intake.store(.package(record))
      if let record = source.record {
        result.inputs = [
          .init(path: Array("data".utf8), record: record, name: source.name?.text, version: source.version)
        ]
      }
      result.metrics = [Metric(name: "auc", value: auc), Metric(name: "loss", value: "0.31")].compactMap { $0 }
      result.tags = ["nightly"]
      result.outputs = [
        .init(path: Array("out".utf8), content: .tree(folder.tree), size: folder.size, name: "fraud/model")
      ]
      let outputs = [Publication(name: try PackageName("fraud/model"), kind: .model, folder: folder)]
      _ = try store.finishRun(
        open, result, outcome: outcome, publishing: outcome == .finished ? outputs : [], actor: "fox", intake)
    }
  }

  private func environment(_ version: String) -> EnvironmentFacts {
    var facts = EnvironmentFacts()
    facts.interpreter = .init(implementation: "cpython", version: "3.11.7")
    facts.packages = [
      .init(name: "numpy", version: "2.4.6", origin: "index"),
      .init(name: "scikit-learn", version: version, origin: "index"),
    ]
    return facts
  }

  private func tell() throws {
    try binary.write("id,churn\n1,0\n2,1\n3,0\n", to: "raw/all.csv")
    let raw = try push("raw", "customers-raw", .dataset) { $0.dataset.rows = 3 }
    try binary.write("id,churn\n1,0\n", to: "data/part.csv")
    try push("data", "customers", .dataset) {
      $0.dataset.rows = 1
      $0.dataset.derivedFrom = .init(parent: raw, method: "sample/1", seed: "7", rows: 1)
    }
    try binary.write("w1", to: "env/a.whl")
    try push("env", "py311", .environment) { $0.environment = environment("1.9.0") }
    try binary.write("import numpy\ndepth = 3\nprint(depth)\n", to: "code/train.py")
    try run("customers@1", environment: "py311@1", auc: "0.91", depth: "3", weights: "one", experiment: "tuning")
    try binary.write("id,churn\n1,0\n2,1\n", to: "data/part.csv")
    try binary.write("x\n", to: "data/notes.txt")
    try push("data", "customers", .dataset) {
      $0.dataset.rows = 2
      $0.dataset.derivedFrom = .init(parent: raw, method: "sample/1", seed: "8", rows: 2)
    }
    try binary.write("w2", to: "env/a.whl")
    try push("env", "py311", .environment) { $0.environment = environment("1.9.1") }
    try binary.write("import numpy\nimport sklearn\ndepth = 5\nprint(depth)\n", to: "code/train.py")
    try run("customers@2", environment: "py311@2", auc: "0.93", depth: "5", weights: "two", experiment: "tuning")
    try run("customers@2", environment: "py311@2", auc: "0.5", depth: "9", weights: "bad", outcome: .failed)
    try run("customers@2", environment: "py311@2", auc: nil, depth: "7", weights: "none", experiment: "long")
    try binary.run("tag", "fraud/model@1", "prod")
    try binary.run("tag", "fraud/model@2", "prod")
    guard let model = try store.resolve(Reference("fraud/model@2")).record else { return }
    _ = try store.recording(Progress()) { intake in
      try store.report(
        ReportRecord(
          kind: "test", verdict: "passed", subjects: [model], time: Timestamp(milliseconds: 1_790_000_100_000),
          actor: "fox"),
        actor: "fox", intake)
    }
  }
}
