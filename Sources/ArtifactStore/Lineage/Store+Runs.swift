public import ArtifactCore
import ArtifactIO
import Synchronization

/// A run that is going on in this process.
///
/// Its folder below `tmp/` is locked while the process lives: that is how others tell a run that goes on from one that was
/// killed.
public final class OpenRun: Sendable {
  /// 32 hexadecimal digits.
  public let id: String
  /// The plan's record.
  public let plan: Digest
  /// Position of the `start` entry.
  public let sequence: Int
  private let folder: TemporaryFolder

  init(id: String, plan: Digest, sequence: Int, folder: TemporaryFolder) {
    self.id = id
    self.plan = plan
    self.sequence = sequence
    self.folder = folder
  }

  /// Says that the run goes on no more; without a result it counts as aborted.
  public func close() throws(StoreError) {
    try wrapping { () throws(IOFailure) in try folder.remove() }
  }
}

/// Something that a run wrote and that is published under a name.
public struct Publication: Sendable {
  /// The name.
  public var name: PackageName
  /// What it is; nil means what the name is already, or a model.
  public var kind: PackageKind?
  /// The stored folder.
  public var folder: Intake.Folder
  /// Tags for the version.
  public var tags: [TagName] = []
  /// Metadata of the version.
  public var meta: [String: String] = [:]
  /// A remark.
  public var note: String?
  /// What only models say.
  public var model = ModelFacts()
  /// What only datasets say.
  public var dataset = DatasetFacts()

  /// Creates a publication.
  public init(name: PackageName, kind: PackageKind? = nil, folder: Intake.Folder) {
    self.name = name
    self.kind = kind
    self.folder = folder
  }
}

/// What the end of a run left in the log.
public struct FinishedRun: Sendable {
  /// One published output.
  public struct Version: Sendable {
    /// The name.
    public let name: PackageName
    /// The version.
    public let version: Int
    /// Its record.
    public let record: Digest
  }

  /// The result's record.
  public let result: Digest
  /// The published outputs, in the order in which they were given.
  public let versions: [Version]
  /// Number of log entries now.
  public let logSize: Int
}

extension Store {
  /// Puts a plan in the log before the work begins.
  ///
  /// One append: whatever happens to the program afterwards, the plan and all that it names are kept.
  ///
  /// - Throws: `.overtaken` if a collection condemned what the intake relies on; so do `finishRun` and `report`.
  public func startRun(
    _ plan: PlanRecord, experiment: String? = nil, actor: String, _ intake: Intake
  ) throws(StoreError) -> OpenRun {
    if let experiment, !RunID.isExperiment(experiment) {
      throw StoreError(.usage, "the experiment", "its name is empty or longer than 255 bytes")
    }
    let record = try intake.store(.plan(plan))
    try intake.finish()
    let folder = try wrapping { () throws(IOFailure) in
      try TemporaryFolder(in: temporary, nameLength: RunID.digitCount)
    }
    let id = String(decoding: folder.name, as: UTF8.self)
    do {
      let appended = try append(with: intake.session, actor: actor) { _ throws(StoreError) in
        .runStart(run: id, plan: record, experiment: experiment)
      }
      intake.remember(after: appended.fold.history)
      return OpenRun(id: id, plan: record, sequence: appended.fold.size, folder: folder)
    } catch {
      // The error of the append is the one to tell.
      try? folder.remove()
      throw error
    }
  }

  /// Puts a result in the log, then publishes outputs whose records name it.
  ///
  /// The result comes first and in one append: a program that is killed in between leaves a finished run whose outputs are
  /// all kept, though not every one under its name. Where it was overtaken half-way, it goes on from there when called again.
  public func finishRun(
    _ run: OpenRun, _ result: ResultRecord, outcome: RunOutcome, publishing outputs: [Publication] = [], actor: String,
    _ intake: Intake
  ) throws(StoreError) -> FinishedRun {
    guard result.run == run.id, result.plan == run.plan else {
      throw StoreError(.usage, "the result", "it is that of another run")
    }
    let fold = log.fold
    let record = try intake.store(.result(result))
    var packages = [(record: Digest, kind: PackageKind)]()
    for output in outputs {
      let known = fold.packages[output.name.text]?.kind
      try checkKind(output.name, output.kind ?? known ?? .model, fold)
      let content = Self.record(of: output, kind: output.kind ?? known ?? .model, from: record)
      packages.append((try intake.store(.package(content)), content.kind))
    }
    try intake.finish()
    _ = try append(with: intake.session, actor: actor) { (fold) throws(StoreError) in
      if let finish = fold.run(run.id)?.finish {
        if finish.result == record, finish.outcome == outcome { return nil }
        throw StoreError(.refused, "run \(run.id)", "it has ended already")
      }
      return .runFinish(run: run.id, result: record, outcome: outcome)
    }
    var versions = [FinishedRun.Version]()
    for (output, package) in zip(outputs, packages) {
      let version = try publish(output.name, package.kind, package.record, actor: actor, intake).version
      for tag in output.tags { try self.tag(output.name, version: version, as: tag, actor: actor) }
      versions.append(FinishedRun.Version(name: output.name, version: version, record: package.record))
    }
    try run.close()
    return FinishedRun(result: record, versions: versions, logSize: log.fold.size)
  }

  private static func record(of output: Publication, kind: PackageKind, from result: Digest) -> PackageRecord {
    var record = PackageRecord(
      kind: kind, tree: output.folder.tree, size: output.folder.size, fileCount: output.folder.fileCount,
      meta: output.meta, note: output.note)
    record.from = result
    record.model = output.model
    record.dataset = output.dataset
    return record
  }

  /// Publishes a stored record as the next version of a name.
  ///
  /// - Returns: The version, the latest one if it has this record already, and whether it is new.
  func publish(
    _ name: PackageName, _ kind: PackageKind, _ record: Digest, actor: String, _ intake: Intake
  ) throws(StoreError) -> (version: Int, isNew: Bool) {
    var version = 0
    let appended = try append(with: intake.session, actor: actor) { (fold) throws(StoreError) in
      try checkKind(name, kind, fold)
      let next = next(of: name, record, fold)
      version = next.version
      return next.isNew ? .publish(name: name, version: version, kind: kind, record: record) : nil
    }
    return (version, appended.entry != nil)
  }

  /// The version that a record becomes: the latest one if that has it and was not erased.
  func next(of name: PackageName, _ record: Digest, _ fold: Fold) -> (version: Int, isNew: Bool) {
    let versions = fold.packages[name.text]?.versions ?? []
    if let last = versions.last, last.record == record, last.erasure == nil { return (versions.count, false) }
    return (versions.count + 1, true)
  }

  /// Publishes a record that is in an intake as the request says, with its tags.
  func publish(
    _ content: PackageRecord, _ request: (name: PackageName, tags: [TagName], actor: String), _ intake: Intake
  ) throws(StoreError) -> PushResult {
    let record = try intake.store(.package(content))
    try intake.finish()
    let (version, isNew) = try publish(request.name, content.kind, record, actor: request.actor, intake)
    for tag in request.tags { try self.tag(request.name, version: version, as: tag, actor: request.actor) }
    return PushResult(
      version: version, isNew: isNew, record: record, content: content,
      bytesWritten: intake.session.progress.bytesWritten.load(ordering: .relaxed),
      bytesShared: intake.session.progress.bytesShared.load(ordering: .relaxed), logSize: log.fold.size)
  }

  /// Refuses a kind that the name does not have.
  func checkKind(_ name: PackageName, _ kind: PackageKind?, _ fold: Fold) throws(StoreError) {
    guard let package = fold.packages[name.text], let kind, kind != package.kind else { return }
    throw StoreError(.refused, name.text, "it is a \(package.kind.rawValue), and a name never changes its kind")
  }

  /// Puts a report in the log.
  ///
  /// - Returns: Its record.
  @discardableResult
  public func report(_ report: ReportRecord, actor: String, _ intake: Intake) throws(StoreError) -> Digest {
    for subject in report.subjects {
      do { _ = try fact(subject) } catch  where error.code == .damaged {
        throw StoreError(.notFound, "record \(subject.short)", "the report judges it, but it is not in this store")
      }
    }
    let record = try intake.store(.report(report))
    try intake.finish()
    _ = try append(with: intake.session, actor: actor) { _ throws(StoreError) in .report(record: record) }
    return record
  }

  /// Whether a run without an end goes on somewhere: its folder is there and locked.
  public func isGoingOn(_ run: String) -> Bool {
    guard RunID.isValid(run), let folder = try? root.directory(Self.temporaryPath + Array("/\(run)".utf8)) else {
      return false
    }
    return !folder.tryLock()
  }

  /// A record of any kind.
  public func fact(_ digest: Digest) throws(StoreError) -> Record {
    let bytes = try objects.blob(digest, limit: Record.byteLimit)
    do { return try Record(bytes) } catch { throw .damaged("record \(digest.short)", error) }
  }
}
