public import ArtifactCore
public import ArtifactIO
public import ArtifactStore

/// A run that is to be repeated.
public struct ReproductionRequest: Sendable {
  /// A version that a run made, or the digest of a run's result or plan.
  public var reference: Reference
  /// By how much metrics may differ, by name.
  public var tolerances: [String: Double] = [:]
  /// The Python to use; one of the recorded version is looked for if nil.
  public var interpreter: Path?
  /// Whether the command may use the network.
  public var allowsNetwork = false

  /// Creates a request.
  public init(reference: Reference) { self.reference = reference }
}

/// What came of repeating a run.
public struct Reproduction: Sendable {
  /// One file, or one metric.
  public struct Item: Sendable {
    /// The path or the name.
    public let name: String
    /// `identical`, `same-content`, `close`, `metrics` or `different`.
    public let verdict: String
    /// One clause for a person.
    public let detail: String
  }

  /// `identical`, `same-content`, `close`, `metrics` or `different`.
  public let verdict: String
  /// The files that it wrote.
  public let outputs: [Item]
  /// Its metrics.
  public let metrics: [Item]
  /// What may be the cause of a difference, the likeliest first.
  public let suspects: [String]
  /// What a person should know.
  public let notes: [String]
  /// The result that was repeated.
  public let result: Digest
  /// The report's record.
  public let report: Digest

  /// Whether the verdict is good enough.
  public var isReproduced: Bool { verdict != "different" }
}

/// Repeats runs in a folder and an environment made of nothing but what is in the store, without a network.
public struct Reproducer {
  private let request: ReproductionRequest
  private let store: Store
  private let surroundings: RunSurroundings
  private let recipe: RunRecipe
  private let scratch: ScratchFolder
  private var notes: [String] = []
  private var environment: RestoredEnvironment?

  /// Repeats a run, compares, and puts a report in the log.
  public static func run(
    _ request: ReproductionRequest, in store: Store, _ surroundings: RunSurroundings
  ) throws -> Reproduction {
    var reproducer = try Reproducer(request, store, surroundings)
    return try reproducer.run()
  }

  private init(_ request: ReproductionRequest, _ store: Store, _ surroundings: RunSurroundings) throws {
    self.request = request
    self.store = store
    self.surroundings = surroundings
    recipe = try RunRecipe(request.reference, in: store)
    try recipe.check()
    scratch = try ScratchFolder(in: surroundings.scratch)
  }

  private mutating func run() throws -> Reproduction {
    defer { scratch.remove() }
    let folder = try makeRoom()
    try restoreEnvironment()
    let outcome = try repeatCommand(in: folder)
    return try judge(outcome, folder)
  }

  // MARK: The room

  private mutating func makeRoom() throws -> Path {
    guard let code = recipe.plan.code else { throw RunError(.unsupported, recipe.name, "no code was recorded") }
    let room = scratch.path.appending("room")
    _ = try store.pull(try store.folder(code), to: room, Progress())
    if !recipe.plan.folder.isEmpty { _ = try Directory(room).making(recipe.plan.folder) }
    let folder = room.appending(recipe.plan.folder)
    let inputs = RecordedInputs(recipe: recipe, store: store)
    for input in recipe.plan.inputs { if let note = try inputs.place(input, in: folder) { notes.append(note) } }
    for output in recipe.plan.outputs {
      let parent = Path(output.path).parent.bytes
      if output.path.first != 0x2f, parent != [0x2e] { _ = try Directory(folder).making(parent) }
    }
    return folder
  }

  private mutating func restoreEnvironment() throws {
    guard let record = recipe.environment, let wanted = record.environment.interpreter else {
      notes.append("the programs of this system were used; no environment was recorded")
      return
    }
    if record.environment.packages.isEmpty { notes.append("only Python \(wanted.version) was recorded, no packages") }
    var restore = EnvironmentRestore(
      store, to: scratch.path.appending("environment"), surroundings.tool, scratch)
    let restored = try restore.run(record, interpreter: request.interpreter)
    if let remark = restored.remark { notes.append(remark) }
    environment = restored
  }

  // MARK: The command

  private func repeatCommand(in folder: Path) throws -> Outcome {
    try CleanRoom(scratch: scratch, surroundings: surroundings, folder: folder, environment: environment)
      .run(recipe.command, variables: recipe.variables, allowsNetwork: request.allowsNetwork)
  }

  // MARK: The verdict

  private mutating func judge(_ outcome: Outcome, _ folder: Path) throws -> Reproduction {
    var comparison = Comparison(store, scratch)
    for output in recipe.result.outputs { try comparison.add(output, at: folder.appending(output.path)) }
    let told = RunNotes(try File.contents(scratch.path.appending("metrics"), limit: 1 << 30))
    let metrics = MetricComparison(recipe.result.lastMetrics, told.metrics, tolerances: request.tolerances)
    var rung = comparison.items.map(\.likeness.rung).max() ?? 0
    let areWithin = metrics.items.allSatisfy(\.isWithin)
    if !request.tolerances.isEmpty, !metrics.items.isEmpty, areWithin, rung == 4 || !metrics.items.allSatisfy(\.isEqual)
    {
      rung = 3
    } else if !areWithin {
      rung = 4
    }
    if outcome.end.recorded != recipe.result.ending {
      rung = 4
      notes.append("it ended with \(Self.words(outcome.end.recorded)) and not with \(Self.words(recipe.result.ending))")
      let last = outcome.error.parts.last ?? []
      let lines = last.split(separator: 0x0a).suffix(3).map { printable(Array($0)) }
      notes += lines.map { "it said: \($0)" }
    }
    if comparison.items.isEmpty, metrics.items.isEmpty {
      notes.append("the run left neither files nor metrics to compare")
    }
    let verdict = ["identical", "same-content", "close", "metrics", "different"][rung]
    var hardware = Hardware.facts()
    hardware["algebra"] = algebra()
    let suspects = rung == 0 ? [] : recipe.suspects(environment, hardware: hardware)
    let outputs = comparison.items.map {
      Reproduction.Item(name: printable($0.path), verdict: $0.likeness.word, detail: $0.likeness.detail)
    }
    let values = metrics.items.map { item in
      Reproduction.Item(
        name: item.name, verdict: item.isEqual ? "identical" : item.isWithin ? "metrics" : "different",
        detail: item.isEqual ? item.before : "\(item.before) became \(item.after ?? "nothing")")
    }
    let report = try report(verdict, outputs, values, suspects, told.metrics)
    return Reproduction(
      verdict: verdict, outputs: outputs, metrics: values, suspects: suspects, notes: notes, result: recipe.digest,
      report: report)
  }

  private static func words(_ end: ResultRecord.End) -> String {
    switch end {
    case .exit(let code): "code \(code)"
    case .signal(let number): "signal \(number)"
    }
  }

  private func algebra() -> String? {
    guard let environment else { return nil }
    // A Python that was just made answers; if not, nothing is known.
    guard let python = try? Python(environment.python, in: scratch.path, surroundings.tool) else { return nil }
    return RecordedEnvironment.linearAlgebra(python, surroundings)
  }

  private func report(
    _ verdict: String, _ outputs: [Reproduction.Item], _ values: [Reproduction.Item], _ suspects: [String],
    _ metrics: [Metric]
  ) throws -> Digest {
    func list(_ items: [Reproduction.Item]) -> JSON {
      .array(
        items.map { item in
          ["detail": .string(item.detail), "name": .string(item.name), "verdict": .string(item.verdict)]
        })
    }
    let body: JSONObject = [
      "metrics": list(values), "notes": .array(notes.map { .string($0) }), "offline": .boolean(!request.allowsNetwork),
      "outputs": list(outputs), "suspects": .array(suspects.map { .string($0) }),
    ]
    var record = ReportRecord(
      kind: "reproduction", verdict: verdict, subjects: [recipe.package, recipe.digest].compactMap { $0 },
      time: Stopwatch.now, actor: surroundings.actor)
    record.media = "application/json"
    record.metrics = metrics
    return try store.recording(Progress()) { intake in
      record.body = try intake.store(JSON.object(body).canonicalBytes())
      return try store.report(record, actor: surroundings.actor, intake)
    }
  }
}
