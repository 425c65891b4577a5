public import ArtifactCore

/// Why two packages differ, as far as their lineage tells.
public struct Causes: Sendable {
  /// Something that has a name and a text on either side.
  public struct Change: Sendable, Equatable {
    /// What: a parameter, a package, a metric.
    public let name: String
    /// In the first; nil if it is not there.
    public let before: String?
    /// In the second; nil if it is not there.
    public let after: String?
  }

  /// An input, or the rows of a dataset.
  public struct Data: Sendable {
    /// Where the run found it.
    public let path: [UInt8]
    /// What it was in the first: `customers@4`, or its digest.
    public let before: String?
    /// What it was in the second.
    public let after: String?
    /// Rows in either, where they are known.
    public let rows: (before: UInt64?, after: UInt64?)
    /// How many rows more the second has: by what is recorded, else by counting those of the tables that differ.
    public let rowChange: Int64?
    /// Bytes in either, where they are known.
    public let size: (before: UInt64?, after: UInt64?)
    /// Its files that differ; empty if one side is missing or a single file.
    public let files: [TreeChange]
  }

  /// A file of the code.
  public struct Code: Sendable {
    /// In what way it differs, and where.
    public let change: TreeChange
    /// Its lines, unless it is no text or large.
    public let lines: LineDiff?
  }

  /// Inputs that differ.
  public internal(set) var data: [Data] = []
  /// Files of the code that differ.
  public internal(set) var code: [Code] = []
  /// The commits, if they differ.
  public internal(set) var commit: Change?
  /// Interpreter, system and packages that differ.
  public internal(set) var environment: [Change] = []
  /// The command, if it differs.
  public internal(set) var command: Change?
  /// Parameters, seeds and variables that differ.
  public internal(set) var parameters: [Change] = []
  /// Hardware that differs.
  public internal(set) var hardware: [Change] = []
  /// Metrics that differ.
  public internal(set) var metrics: [Change] = []

  /// Whether nothing is known that differs.
  public var isEmpty: Bool {
    data.isEmpty && code.isEmpty && commit == nil && environment.isEmpty && command == nil && parameters.isEmpty
      && hardware.isEmpty && metrics.isEmpty
  }

  /// The names that have different texts, in order.
  static func changes(_ before: [String: String], _ after: [String: String]) -> [Change] {
    Set(before.keys).union(after.keys).sorted(by: ExactText.precedesBytewise).compactMap { name in
      change(name, before[name], after[name])
    }
  }

  static func change(_ name: String, _ before: String?, _ after: String?) -> Change? {
    if let before, let after, ExactText.equal(before, after) { return nil }
    return before == nil && after == nil ? nil : Change(name: name, before: before, after: after)
  }
}

extension Store {
  private static let textLimit = 256 << 10

  /// Why two packages differ; nil unless runs made both.
  public func causes(_ before: PackageRecord, _ after: PackageRecord) throws(StoreError) -> Causes? {
    guard let one = before.from, let other = after.from, one != other else { return nil }
    return try causes(ofResults: one, other)
  }

  /// Why two runs differ.
  public func causes(ofResults one: Digest, _ other: Digest) throws(StoreError) -> Causes {
    let (before, beforePlan) = try result(one)
    let (after, afterPlan) = try result(other)
    var causes = Causes()
    causes.data = try dataChanges((before, beforePlan), (after, afterPlan))
    causes.code = try codeChanges(beforePlan.code, afterPlan.code)
    if !causes.code.isEmpty { causes.commit = try commitChange(before.code, after.code) }
    causes.environment = try environmentChanges(beforePlan.environment, afterPlan.environment)
    causes.command = Causes.change("command", Self.words(beforePlan), Self.words(afterPlan))
    causes.parameters = Causes.changes(Self.settings(beforePlan, before), Self.settings(afterPlan, after))
    causes.hardware = Causes.changes(before.hardware, after.hardware)
    func values(_ result: ResultRecord) -> [String: String] {
      Dictionary(result.lastMetrics.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }
    causes.metrics = Causes.changes(values(before), values(after))
    return causes
  }

  /// A result with its plan.
  public func result(_ digest: Digest) throws(StoreError) -> (result: ResultRecord, plan: PlanRecord) {
    guard case .result(let result) = try fact(digest), case .plan(let plan) = try fact(result.plan) else {
      throw StoreError(.damaged, "record \(digest.short)", "it is not the result of a plan")
    }
    return (result, plan)
  }

  private static func words(_ plan: PlanRecord) -> String { plan.command.map { printable($0) }.joined(separator: " ") }

  private static func settings(_ plan: PlanRecord, _ result: ResultRecord) -> [String: String] {
    var settings = result.parameters.merging(plan.parameters) { $1 }
    for (name, value) in plan.seeds { settings["seed \(name)"] = value }
    for (name, value) in plan.variables { settings["$\(name)"] = value }
    return settings
  }

  // MARK: Data

  private typealias Work = (result: ResultRecord, plan: PlanRecord)

  private func dataChanges(_ before: Work, _ after: Work) throws(StoreError) -> [Causes.Data] {
    let paths = Set(before.plan.inputs.map(\.path)).union(after.plan.inputs.map(\.path))
    var changes = [Causes.Data]()
    for path in paths.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let one = before.plan.inputs.first { $0.path == path }
      let other = after.plan.inputs.first { $0.path == path }
      if one?.content == other?.content { continue }
      let (oneName, oneRecord) = source(of: one, before.result)
      let (otherName, otherRecord) = source(of: other, after.result)
      var files = [TreeChange]()
      if case .tree(let left) = one?.content, case .tree(let right) = other?.content {
        try diff(Self.folder(left), Self.folder(right), expanding: true) { files.append($0) }
      }
      let rows = (before: oneRecord?.dataset.rows, after: otherRecord?.dataset.rows)
      var rowChange = try self.rowChange(in: files)
      if let before = rows.before, let after = rows.after {
        rowChange = Int64(clamping: after) - Int64(clamping: before)
      }
      changes.append(
        Causes.Data(
          path: path, before: oneName, after: otherName, rows: rows, rowChange: rowChange,
          size: (oneRecord?.size, otherRecord?.size), files: files))
    }
    return changes
  }

  private static func folder(_ tree: Digest) -> TreeEntry {
    TreeEntry(kind: .directory, size: 0, digest: tree, name: [])
  }

  /// What an input is called, and the package that it came from if that is known.
  private func source(of input: PlanRecord.Input?, _ result: ResultRecord) -> (String?, PackageRecord?) {
    guard let input else { return (nil, nil) }
    guard let source = result.inputs.first(where: { $0.path == input.path }) else {
      return ("sha256:\(input.content.digest.short)", nil)
    }
    let name = source.name.map { name in source.version.map { "\(name)@\($0)" } ?? name }
    // The name is worth showing even where the record is lost.
    return (name ?? "sha256:\(source.record.short)", try? record(source.record))
  }

  // MARK: Code

  private func codeChanges(_ before: Digest?, _ after: Digest?) throws(StoreError) -> [Causes.Code] {
    guard let before, let after, before != after else { return [] }
    var changes = [TreeChange]()
    try diff(Self.folder(before), Self.folder(after), expanding: true) { changes.append($0) }
    var result = [Causes.Code]()
    for change in changes { result.append(Causes.Code(change: change, lines: lines(of: change))) }
    return result
  }

  private func lines(of change: TreeChange) -> LineDiff? {
    guard change.kind == .changed || change.kind == .added || change.kind == .removed,
      let one = text(of: change.before), let other = text(of: change.after)
    else { return nil }
    return LineDiff(one, other)
  }

  /// The bytes of a small text; none where there is no file.
  private func text(of entry: TreeEntry?) -> [UInt8]? {
    guard let entry else { return [] }
    guard entry.kind.isFile, entry.size <= Self.textLimit,
      // A file that is lost or damaged is shown by its name only.
      let bytes = try? objects.blob(entry.digest, limit: Self.textLimit), !bytes.contains(0),
      ExactText.string(bytes.span) != nil
    else { return nil }
    return bytes
  }

  private func commitChange(_ before: Digest?, _ after: Digest?) throws(StoreError) -> Causes.Change? {
    func commit(_ digest: Digest?) throws(StoreError) -> String? {
      guard let digest else { return nil }
      let code = try record(digest).code
      return code.commit.map { "\($0.prefix(12))\(code.isDirty == true ? " with changes" : "")" }
    }
    return Causes.change("commit", try commit(before), try commit(after))
  }

  // MARK: Environment

  private func environmentChanges(_ before: Digest?, _ after: Digest?) throws(StoreError) -> [Causes.Change] {
    if before == after { return [] }
    let one = try before.map { (digest) throws(StoreError) in try record(digest) }
    let other = try after.map { (digest) throws(StoreError) in try record(digest) }
    let changes = Causes.changes(Self.parts(one?.environment), Self.parts(other?.environment))
    if !changes.isEmpty { return changes }
    // The same versions, but other wheels.
    let wheels = Causes.changes(Self.wheels(one?.environment), Self.wheels(other?.environment))
    if !wheels.isEmpty { return wheels }
    return [Causes.Change(name: "environment", before: before?.short, after: after?.short)]
  }

  private static func wheels(_ facts: EnvironmentFacts?) -> [String: String] {
    var wheels = [String: String]()
    for package in facts?.packages ?? [] {
      wheels[package.name] = "\(package.version), wheel \(package.digest?.short ?? "unknown")"
    }
    return wheels
  }

  private static func parts(_ facts: EnvironmentFacts?) -> [String: String] {
    guard let facts else { return [:] }
    var parts = [String: String]()
    if let interpreter = facts.interpreter { parts[interpreter.implementation] = interpreter.version }
    parts["os"] = facts.os
    parts["arch"] = facts.arch
    parts["libc"] = facts.libc
    for package in facts.packages {
      parts[package.name] = package.origin == "index" ? package.version : "\(package.version) (\(package.origin))"
    }
    return parts
  }
}
