/// What the records outside of the log say of a version, as far as a policy asks.
public struct GateFacts: Sendable, Equatable {
  /// A version under which a record was published.
  public struct Label: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The version.
    public let version: Int

    /// Creates a label.
    public init(name: String, version: Int) {
      self.name = name
      self.version = version
    }
  }

  /// A record with its labels.
  public struct Known: Sendable, Equatable {
    /// The record.
    public let record: Digest
    /// Where it was published.
    public let labels: [Label]

    /// Creates it.
    public init(record: Digest, labels: [Label]) {
      self.record = record
      self.labels = labels
    }
  }

  /// A report on the version, or a run that read it or made it.
  public struct Report: Sendable, Equatable {
    /// The record of the report, or of the run's result.
    public var record: Digest
    /// `test`, `drift` and so on; `run` for a run.
    public var kind: String
    /// What came out.
    public var verdict: String
    /// The earlier of what the record and the log claim.
    public var time: Timestamp
    /// Measurements.
    public var metrics: [Metric] = []
    /// What it rests on.
    public var inputs: [Known] = []
    /// One line; of a check its command.
    public var note: String?

    /// Creates a report.
    public init(record: Digest, kind: String, verdict: String, time: Timestamp) {
      self.record = record
      self.kind = kind
      self.verdict = verdict
      self.time = time
    }

    /// Whether the verdict is one that passes.
    public var passes: Bool { Self.passing.contains(verdict) }

    /// Verdicts that pass: of tests, and of reproductions all but `different`.
    public static let passing: Set<String> = ["passed", "pass", "ok", "identical", "same-content", "close", "metrics"]
  }

  /// What is not known of what it was made from.
  public var gaps: [String] = []
  /// The environment of the run that made it.
  public var environment: Known?
  /// In the order of the log.
  public var reports: [Report] = []
  /// Who made it.
  public var trainers: [String] = []

  /// Knows nothing.
  public init() {}
}

/// Looks whether a version may enter a channel, by facts that others gathered.
public struct Gate: Sendable {
  private let facts: GateFacts
  private let time: Timestamp

  /// - Parameter time: Now, for ages.
  public init(_ facts: GateFacts, at time: Timestamp) {
    self.facts = facts
    self.time = time
  }

  /// The verdict on a rule that rests on records; nil for one that the log decides.
  public func verdict(_ line: Policy.Line) -> Verdict? {
    func verdict(_ passed: Bool, _ why: String, _ evidence: [Digest] = []) -> Verdict {
      Verdict(line: line.number, rule: line.text, passed: passed, why: why, evidence: evidence)
    }
    switch line.rule {
    case .lineage:
      guard let first = facts.gaps.first else { return verdict(true, "everything that it was made from is known") }
      let rest = facts.gaps.count > 1 ? ", and \(facts.gaps.count - 1) more" : ""
      return verdict(false, first + rest)
    case .environment(let references):
      guard let environment = facts.environment else { return verdict(false, "no environment was recorded") }
      let name = environment.labels.first.map { "\($0.name)@\($0.version)" } ?? environment.record.short
      let fits = references.contains { Self.fits($0, environment) }
      return verdict(fits, fits ? "it was made in \(name)" : "it was made in \(name), which is not among them")
    case .metric(let bound, let dataset):
      let found = facts.reports.last { report in
        report.metrics.contains { ExactText.equal($0.name, bound.name) }
          && report.inputs.contains { Self.fits(dataset, $0) }
      }
      guard let found, let metric = found.metrics.last(where: { ExactText.equal($0.name, bound.name) }) else {
        return verdict(false, "no report and no run tells \(bound.name) on \(dataset)")
      }
      return verdict(
        bound.holds(for: metric.number), "\(bound.name) is \(metric.value) by \(found.kind) \(found.record.short)",
        [found.record])
    case .report(let kind, let age):
      guard let last = facts.reports.last(where: { $0.kind == kind }) else {
        return verdict(false, "there is no report of this kind")
      }
      let from = "report \(last.record.short) of \(last.time.text.prefix(16))"
      guard last.passes else { return verdict(false, "\(from) says \(printable(last.verdict))") }
      if let age, last.time < time.advanced(byMilliseconds: -age) { return verdict(false, "\(from) is too old") }
      return verdict(true, "\(from) says \(printable(last.verdict))", [last.record])
    case .check:
      guard let last = facts.reports.last(where: { $0.kind == Self.checkKind && $0.note == line.text }) else {
        return verdict(false, "it was not run yet")
      }
      return verdict(last.passes, "report \(last.record.short) says \(printable(last.verdict))", [last.record])
    case .stay, .approvals, .glass: return nil
    }
  }

  /// The kind of report that a check leaves.
  public static let checkKind = "check"

  /// What a promotion rests on, by the lines of a policy.
  public func evidence(_ lines: [Policy.Line]) -> [Promotion.Evidence] {
    lines.compactMap { line in
      guard let verdict = verdict(line), !verdict.evidence.isEmpty else { return nil }
      return Promotion.Evidence(line: line.number, reports: verdict.evidence)
    }
  }

  /// Whether a record is what a policy names: a version, any version of a name, or a digest.
  public static func fits(_ reference: Reference, _ known: GateFacts.Known) -> Bool {
    switch reference.target {
    case .digest(let prefix): prefix.matches(known.record)
    case .name(let name, let selector):
      known.labels.contains { label in
        guard ExactText.equal(label.name, name.text) else { return false }
        return switch selector {
        case .latest: true
        case .version(let version): label.version == version
        case .digest(let prefix): prefix.matches(known.record)
        case .tag: false
        }
      }
    }
  }
}
