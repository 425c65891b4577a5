public import ArtifactCore
public import ArtifactIO
import Synchronization

/// What to push and under which name.
public struct PushRequest: Sendable {
  /// The name.
  public var name: PackageName
  /// What it is; nil means what the name is already, or `other`.
  public var kind: PackageKind?
  /// Tags to put on the version.
  public var tags: [TagName] = []
  /// A remark that becomes part of the record.
  public var note: String?
  /// Metadata that becomes part of the record.
  public var meta: [String: String] = [:]
  /// The result record of the run that wrote it.
  public var from: Digest?
  /// What only datasets say.
  public var dataset = DatasetFacts()
  /// What only code says.
  public var code = CodeFacts()
  /// What only environments say.
  public var environment = EnvironmentFacts()
  /// What only models say.
  public var model = ModelFacts()
  /// What is left out.
  public var rules = ScanRules()
  /// zstd level, 1 to 12; nil means the store's.
  public var level: Int?
  /// Whether every file is read, whatever the stat cache knows.
  public var rehash = false
  /// Whether the path is an archive whose content becomes the folder.
  public var unpacks = false
  /// With `unpacks`: most bytes that the archive may inflate to; nil means 64 GiB.
  public var inflatedLimit: UInt64?
  /// With `unpacks`: whether links may lead out of the folder.
  public var allowsExternalLinks = false
  /// Who pushes.
  public var actor: String
  /// Number of worker threads; nil means one for each processor, at most 8.
  public var workers: Int?

  /// Creates a request.
  public init(name: PackageName, actor: String) {
    self.name = name
    self.actor = actor
  }
}

/// What a push did.
public struct PushResult: Sendable {
  /// The version that holds the content.
  public let version: Int
  /// Whether it was published by this push.
  public let isNew: Bool
  /// The record's id.
  public let record: Digest
  /// The record.
  public let content: PackageRecord
  /// Bytes that this push added to the packs, compressed.
  public let bytesWritten: Int
  /// Plain bytes that the store had already.
  public let bytesShared: Int
  /// Number of log entries now.
  public let logSize: Int
}

extension Store {
  /// Stores a folder or a file and publishes it as the next version of a name.
  ///
  /// Content and metadata equal to the latest version publish nothing.
  public func push(_ path: Path, _ request: PushRequest, _ progress: Progress) throws(StoreError) -> PushResult {
    try checkKind(request.name, request.kind, log.fold)
    return try write(
      progress, level: request.level, previous: { PreviousVersion(of: request.name, in: self) }
    ) { (session) throws(StoreError) in
      let content = try ingest(path, request, session)
      let record = try storeRecord(content, session)
      steps.reach(.ingested)
      try session.finishPacks()
      steps.reach(.finished)
      return try publish(path, request, content, record, session)
    }
  }

  private func ingest(
    _ path: Path, _ request: PushRequest, _ session: WriteSession
  ) throws(StoreError) -> PackageRecord {
    let summary = request.unpacks ? try unpack(path, request, session) : try scan(path, request, session)
    let kind = log.fold.packages[request.name.text]?.kind ?? request.kind ?? .other
    var record = PackageRecord(
      kind: kind, tree: summary.digest, size: summary.size, fileCount: summary.fileCount, meta: request.meta,
      note: request.note)
    record.from = request.from
    record.dataset = request.dataset
    record.code = request.code
    record.environment = request.environment
    record.model = request.model
    return record
  }

  private func unpack(
    _ path: Path, _ request: PushRequest, _ session: WriteSession
  ) throws(StoreError) -> TreeBuilder.Summary {
    try ArchiveIngest(
      session, path, limit: request.inflatedLimit, allowsExternalLinks: request.allowsExternalLinks
    ).run()
  }

  private func scan(
    _ path: Path, _ request: PushRequest, _ session: WriteSession
  ) throws(StoreError) -> TreeBuilder.Summary {
    let workers = max(1, request.workers ?? min(Threads.processorCount, 8))
    let job = IngestJob(session, path: path, workers: workers, rules: request.rules)
    let cache = request.rehash ? nil : statCache(for: path)
    if let cache { session.trust(allSince: cache.logSize) }
    let summary = try job.run(cache: cache)
    session.scanned = job.folders
    return summary
  }

  private func storeRecord(_ content: PackageRecord, _ session: WriteSession) throws(StoreError) -> Digest {
    let bytes: [UInt8]
    do { bytes = try content.bytes() } catch { throw StoreError(.usage, "the metadata", error.detail, cause: error) }
    return try BlobWriter(session, session.packer(0)).store(bytes.span)
  }

  private func publish(
    _ path: Path, _ request: PushRequest, _ content: PackageRecord, _ record: Digest, _ session: WriteSession
  ) throws(StoreError) -> PushResult {
    var version = 0
    let appended = try append(with: session, actor: request.actor) { (fold) throws(StoreError) in
      try checkKind(request.name, content.kind, fold)
      let next = next(of: request.name, record, fold)
      version = next.version
      return next.isNew ? .publish(name: request.name, version: version, kind: content.kind, record: record) : nil
    }
    rememberStats(session.scanned, path, after: appended.fold.history)
    for tag in request.tags { try self.tag(request.name, version: version, as: tag, actor: request.actor) }
    let progress = session.progress
    return PushResult(
      version: version, isNew: appended.entry != nil, record: record, content: content,
      bytesWritten: progress.bytesWritten.load(ordering: .relaxed),
      bytesShared: progress.bytesShared.load(ordering: .relaxed), logSize: log.fold.size)
  }

  /// What is remembered of the files of a folder since it was pushed or was an input; nil if nothing that holds.
  func statCache(for path: Path) -> StatCache? {
    guard let local else { return nil }
    guard let cache = StatCache(local.cache.appending(config.id), key: Self.statKey(path)) else { return nil }
    // Of another history, or of a store that was put back to an earlier state: its blobs may not be here.
    let fold = log.fold
    if cache.logSize == fold.size { return cache.logRoot == fold.history.root ? cache : nil }
    return (try? log.entry(cache.logSize))?.root == cache.logRoot ? cache : nil
  }

  /// Remembers the files of a folder, whose blobs all were in the store after an append.
  func rememberStats(_ folders: [ScanFolder], _ path: Path, after history: MerkleFrontier) {
    guard let local, !folders.isEmpty else { return }
    // A cache that cannot be written only costs time at the next push.
    try? StatCache.write(
      folders, after: history, to: local.cache.appending(config.id), key: Self.statKey(path))
  }

  private static func statKey(_ path: Path) -> [UInt8] {
    // However the folder is named, it is one; what is gone meanwhile is remembered for nobody.
    Array("stat-\(Digest.of((path.real ?? path).bytes).hex.prefix(32))".utf8)
  }
}
