public import ArtifactCore

/// Which runs to list.
public struct RunFilter: Sendable {
  /// Only runs of this experiment.
  public var experiment: String?
  /// Only runs with this status.
  public var status: ListedRun.Status?
  /// Only runs whose metrics meet all of these.
  public var bounds: [MetricBound] = []
  /// Only runs with all of these tags.
  public var tags: [String] = []

  /// Lists all runs.
  public init() {}
}

/// A run with what is worth showing of it.
public struct ListedRun: Sendable {
  /// How a run stands.
  public enum Status: String, Sendable, CaseIterable {
    /// Its program lives.
    case running
    /// It ended without a result, or was stopped.
    case aborted
    /// The command ended with 0.
    case finished
    /// It ended in another way.
    case failed
  }

  /// What the log says.
  public let run: Fold.Run
  /// How it stands.
  public let status: Status
  /// The words of the command, printable.
  public internal(set) var command: [String] = []
  /// The last value of each metric.
  public internal(set) var metrics: [Metric] = []
  /// Words to find it by.
  public internal(set) var tags: [String] = []
  /// How long it took.
  public internal(set) var milliseconds: Int64?
  /// The run that it is part of.
  public internal(set) var parent: String?

  /// The record that names it: the result, or the plan while there is none.
  public var record: Digest { run.finish?.result ?? run.plan }
}

extension Store {
  /// The runs that the filter lets through, the newest first.
  ///
  /// - Complexity: Looks at the graph only, and reads no record that it knows.
  public func runs(_ filter: RunFilter = RunFilter()) throws(StoreError) -> [ListedRun] {
    let graph = try lineageGraph()
    var found = [ListedRun]()
    for run in log.fold.runs.reversed() {
      if let experiment = filter.experiment, !ExactText.equal(experiment, run.experiment ?? "") { continue }
      let status = status(of: run)
      if let wanted = filter.status, wanted != status { continue }
      var listed = ListedRun(run: run, status: status)
      if let finish = run.finish, let node = graph.node(finish.result) { listed.read(result: graph.facts(node)) }
      guard listed.meets(filter) else { continue }
      if let node = graph.node(run.plan) {
        listed.command = (graph.facts(node)["command"]?.array ?? []).compactMap(\.string)
      }
      found.append(listed)
    }
    return found
  }

  /// The results of runs that were started inside a run and have ended, in the order of the log.
  ///
  /// - Complexity: Reads no record that the graph knows, and nothing where no run has ended since this one began.
  public func children(of run: OpenRun) throws(StoreError) -> [Digest] {
    // What runs inside this one have stored is seen only after a look at what is new.
    try reload()
    let ended = log.fold.runs.filter { $0.sequence > run.sequence }.compactMap(\.finish?.result)
    if ended.isEmpty { return [] }
    let graph = try lineageGraph()
    return ended.filter { result in
      guard let parent = graph.node(result).flatMap({ graph.facts($0)["parent"]?.string }) else { return false }
      return ExactText.equal(parent, run.id)
    }
  }

  /// How a run stands.
  public func status(of run: Fold.Run) -> ListedRun.Status {
    switch run.finish?.outcome {
    case .finished: .finished
    case .failed: .failed
    case .aborted: .aborted
    case nil: isGoingOn(run.id) ? .running : .aborted
    }
  }
}

extension ListedRun {
  fileprivate mutating func read(result facts: JSONObject) {
    for pair in facts["metrics"]?.array ?? [] {
      guard let fields = pair.array, fields.count == 2, let name = fields[0].string, let value = fields[1].string,
        let metric = Metric(name: name, value: value)
      else { continue }
      metrics.append(metric)
    }
    tags = (facts["tags"]?.array ?? []).compactMap(\.string)
    milliseconds = facts["milliseconds"]?.integer
    parent = facts["parent"]?.string
  }

  fileprivate func meets(_ filter: RunFilter) -> Bool {
    filter.tags.allSatisfy { wanted in tags.contains { ExactText.equal($0, wanted) } }
      && filter.bounds.allSatisfy { bound in
        metrics.contains { ExactText.equal($0.name, bound.name) && bound.holds(for: $0.number) }
      }
  }
}
