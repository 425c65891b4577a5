extension Fold {
  private static let cacheFormat = Array("artifact fold 5\n".utf8)

  /// The state as bytes, for a local cache that anyone may delete; ends with their SHA-256.
  public func cacheBytes() throws(FormatError) -> [UInt8] {
    var writer = CacheWriter()
    writer.put(Self.cacheFormat)
    writer.put(history.bytes)
    writer.put(config)
    writer.put(lastLeaf ?? config)
    writer.put(lastTime ?? .earliest)
    writer.put(latestTime ?? .earliest)
    writer.put(storeID)
    writer.put(packages.count)
    for (name, package) in packages.sorted(by: { ExactText.precedesBytewise($0.key, $1.key) }) {
      writer.put(name)
      Self.put(package, &writer)
    }
    writer.put(runs.count)
    for run in runs { Self.put(run, &writer) }
    writer.put(reports.count)
    for report in reports {
      writer.put(report.record)
      writer.put(report.sequence)
      writer.put(report.time)
      writer.share(report.actor)
    }
    try putAuthority(&writer)
    writer.put(voids.count)
    for void in voids {
      writer.put(void.sequence)
      writer.put(void.reason)
    }
    writer.put(lastCollect.map { $0 + 1 } ?? 0)
    writer.put(condemned.count)
    for pack in condemned.sorted() { writer.put(pack) }
    return writer.sealed
  }

  private static func put(_ package: Package, _ writer: inout CacheWriter) {
    writer.share(package.kind.rawValue)
    writer.put(package.versions.count)
    for version in package.versions {
      writer.put(version.record)
      writer.put(version.sequence)
      writer.put(version.time)
      writer.share(version.actor)
      writer.put(version.erasure.map { $0.sequence + 1 } ?? 0)
      guard let erasure = version.erasure else { continue }
      writer.put(erasure.time)
      writer.share(erasure.actor)
      writer.put(erasure.reason)
    }
    writer.put(package.tags.count)
    for (tag, version) in package.tags.sorted(by: { ExactText.precedesBytewise($0.key, $1.key) }) {
      writer.put(tag)
      writer.put(version)
    }
    writer.put(package.tagChanges.count)
    for change in package.tagChanges {
      writer.share(change.tag)
      writer.put(change.version ?? 0)
      writer.put(change.sequence)
    }
    putChannels(package.channels, &writer)
  }

  private static func put(_ run: Run, _ writer: inout CacheWriter) {
    writer.put(Hex.bytes(run.id) ?? [])
    writer.put(run.plan)
    writer.share(run.experiment ?? "")
    writer.put(run.sequence)
    writer.put(run.time)
    writer.share(run.actor)
    guard let finish = run.finish else { return writer.share("") }
    writer.share(finish.outcome.rawValue)
    writer.put(finish.result)
    writer.put(finish.sequence)
    writer.put(finish.time)
  }

  /// Reads what `cacheBytes` wrote; anything else gives nil.
  public init?(cacheBytes bytes: [UInt8]) {
    // A cache that does not read well is no cache.
    guard var reader = CacheReader(sealed: bytes), let fold = try? Fold(&reader), reader.isAtEnd else { return nil }
    self = fold
  }

  private init(_ reader: inout CacheReader) throws(FormatError) {
    rules = .all
    guard try reader.data() == Self.cacheFormat else { throw FormatError(.newer, "cache", "another format") }
    let frontier = try reader.data()
    history = try MerkleFrontier(bytes: frontier.span)
    config = try reader.digest()
    lastLeaf = try reader.digest()
    lastTime = try reader.time()
    latestTime = try reader.time()
    storeID = try reader.text()
    let count = try reader.count()
    packages.reserveCapacity(count)
    for _ in 0..<count {
      let name = try reader.text()
      packages[name] = try Self.package(&reader)
    }
    for _ in 0..<(try reader.count()) {
      let run = try Self.run(&reader)
      runPlaces[run.id] = runs.count
      if let finish = run.finish { resultPlaces[finish.result] = runs.count }
      runs.append(run)
    }
    for _ in 0..<(try reader.count()) {
      let report = Report(
        record: try reader.digest(), sequence: try reader.integer(), time: try reader.time(),
        actor: try reader.sharedText())
      reportPlaces[report.record] = reports.count
      reports.append(report)
    }
    try readAuthority(&reader)
    for _ in 0..<(try reader.count()) {
      voids.append(Void(sequence: try reader.integer(), reason: try reader.text()))
    }
    let afterCollect = try reader.integer()
    lastCollect = afterCollect == 0 ? nil : afterCollect - 1
    let packCount = try reader.count()
    condemned.reserveCapacity(packCount)
    for _ in 0..<packCount { condemned.insert(try reader.digest()) }
  }

  private static func package(_ reader: inout CacheReader) throws(FormatError) -> Package {
    guard let kind = PackageKind(rawValue: try reader.sharedText()) else {
      throw FormatError(.field, "cache", "an unknown kind")
    }
    var package = Package(kind: kind, versions: [], tags: [:])
    let count = try reader.count()
    package.versions.reserveCapacity(count)
    for _ in 0..<count {
      var version = Version(
        record: try reader.digest(), sequence: try reader.integer(), time: try reader.time(),
        actor: try reader.sharedText())
      let afterErasure = try reader.integer()
      if afterErasure > 0 {
        version.erasure = Erasure(
          sequence: afterErasure - 1, time: try reader.time(), actor: try reader.sharedText(),
          reason: try reader.text())
      }
      package.versions.append(version)
    }
    for _ in 0..<(try reader.count()) {
      let tag = try reader.text()
      package.tags[tag] = try reader.integer()
    }
    for _ in 0..<(try reader.count()) {
      let tag = try reader.sharedText()
      let version = try reader.integer()
      package.tagChanges.append(
        TagChange(tag: tag, version: version == 0 ? nil : version, sequence: try reader.integer()))
    }
    package.channels = try channels(&reader)
    return package
  }

  private static func run(_ reader: inout CacheReader) throws(FormatError) -> Run {
    let id = Hex.text(try reader.data())
    let plan = try reader.digest()
    let experiment = try reader.sharedText()
    var run = Run(
      id: id, plan: plan, experiment: experiment.isEmpty ? nil : experiment, sequence: try reader.integer(),
      time: try reader.time(), actor: try reader.sharedText())
    let outcome = try reader.sharedText()
    if outcome.isEmpty { return run }
    guard let outcome = RunOutcome(rawValue: outcome) else { throw FormatError(.field, "cache", "an unknown outcome") }
    run.finish = Finish(
      outcome: outcome, result: try reader.digest(), sequence: try reader.integer(), time: try reader.time())
    return run
  }
}
