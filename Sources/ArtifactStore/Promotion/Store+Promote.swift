public import ArtifactCore

extension Store {
  /// What is wanted of a channel, and the state that it was decided on.
  public struct PromotionRequest: Sendable {
    /// The promotion; what it rests on and the state that was seen are filled in.
    public var promotion: Promotion
    /// Who writes it.
    public var actor: String

    /// Creates a request for a version and a channel, decided on a state of the log.
    ///
    /// - Throws: `.notFound` if there is no such version.
    public init(
      _ name: PackageName, version: Int, to channel: TagName, on fold: Fold, actor: String
    ) throws(StoreError) {
      guard let package = fold.packages[name.text], (1...max(1, package.versions.count)).contains(version) else {
        throw StoreError(.notFound, "\(name)@\(version)", "there is no such version")
      }
      guard fold.channelOrder.contains(channel.text) else {
        throw .noChannel(channel, fold)
      }
      promotion = Promotion(
        name: name, version: version, package: package.versions[version - 1].record, channel: channel,
        since: fold.current(name.text, in: channel.text)?.sequence ?? 0)
      promotion.policy = fold.policy?.digest
      self.actor = actor
    }
  }

  /// Every rule that stands between a version and a channel, met or not: those of the log, and those that rest on records.
  public func verdicts(on promotion: inout Promotion, _ fold: Fold, at time: Timestamp) throws(StoreError) -> [Verdict]
  {
    let lines = fold.policy?.policy.lines(promotion.channel.text) ?? []
    if promotion.glass != nil || lines.isEmpty { return fold.verdicts(on: promotion, at: time, entry: nil) }
    let published = fold.packages[promotion.name.text]?.versions[promotion.version - 1]
    let facts = try gateFacts(promotion.package, publishedBy: published?.actor ?? "")
    let gate = Gate(facts, at: time)
    promotion.evidence = gate.evidence(lines)
    if let asked = promotion.proposal.flatMap({ fold.asked($0) }) { promotion.evidence = asked.proposal.evidence }
    var verdicts = [Verdict]()
    let byRecords = lines.compactMap { gate.verdict($0) }
    for verdict in fold.verdicts(on: promotion, at: time, entry: nil) {
      // What the records say counts too, and tells more: a report that is in the log may be one that fails.
      if verdict.passed, let line = verdict.line, byRecords.contains(where: { $0.line == line }) { continue }
      verdicts.append(verdict)
    }
    for verdict in byRecords where !verdicts.contains(where: { $0.line == verdict.line }) { verdicts.append(verdict) }
    return verdicts.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  /// Moves a version into a channel.
  ///
  /// - Parameters:
  ///   - request: What was decided, and on which state: if the channel moved since, it is refused.
  ///   - seal: Signs for the entry's id, where the glass is broken.
  /// - Throws: `.unmet` with every rule that is not met.
  public func promote(
    _ request: PromotionRequest, seal: ((inout Promotion, _ entry: String) throws(StoreError) -> Void)? = nil
  ) throws(StoreError) -> LogEntry {
    var promotion = request.promotion
    let id = Log.newID()
    try seal?(&promotion, id)
    let subject = "\(promotion.name)@\(promotion.version)"
    return try appendMove(id: id, actor: request.actor) { (fold, time) throws(StoreError) in
      try Self.checkSeen(promotion.name, promotion.channel, since: promotion.since, fold)
      if fold.current(promotion.name.text, in: promotion.channel.text)?.version == promotion.version { return nil }
      try checkWhole(promotion.name, promotion.version, fold)
      if fold.packages[promotion.name.text]?.tags[promotion.channel.text] != nil,
        !fold.isChannel(promotion.channel.text, of: promotion.name.text)
      {
        throw StoreError(
          .refused, subject, "\(promotion.name)@\(promotion.channel) is a tag, in the way of the channel",
          candidates: [])
      }
      let failing = try verdicts(on: &promotion, fold, at: time).filter { !$0.passed }
      if !failing.isEmpty { throw .unmet(subject, failing) }
      return .promote(promotion)
    }
  }

  /// Takes a channel back to a version that was in it before.
  ///
  /// - Parameter version: nil means the one before the current one.
  public func rollback(
    _ name: PackageName, to version: Int?, in channel: TagName, on seen: Fold, reason: String, actor: String
  ) throws(StoreError) -> (entry: LogEntry, version: Int) {
    guard (1...Event.reasonLimit).contains(reason.utf8.count) else {
      throw StoreError(.usage, "the reason", "it has \(reason.utf8.count) bytes; 1 to \(Event.reasonLimit) are kept")
    }
    guard let current = seen.current(name.text, in: channel.text) else {
      throw StoreError(.notFound, "\(name)@\(channel)", "nothing of that name is in the channel")
    }
    let moves = seen.packages[name.text]?.channels[channel.text] ?? []
    let earlier = moves.filter { $0.way == .promoted && $0.version != current.version }
    let wanted: Int
    if let version {
      wanted = version
      guard version != current.version else {
        throw StoreError(.refused, "\(name)@\(version)", "it is in \(channel) already")
      }
      guard earlier.contains(where: { $0.version == version }) else {
        throw StoreError(.refused, "\(name)@\(version)", "it was never in \(channel) under its rules")
      }
    } else {
      // The one before, as the channel went; what was rolled back from is not gone back to.
      let before = moves.dropLast().last { move in earlier.contains { $0.version == move.version } }
      guard let before else {
        throw StoreError(.refused, "\(name)@\(channel)", "no other version was in \(channel) under its rules")
      }
      wanted = before.version
    }
    let entry = try appendMove(id: Log.newID(), actor: actor) { (fold, _) throws(StoreError) in
      try Self.checkSeen(name, channel, since: current.sequence, fold)
      try checkWhole(name, wanted, fold)
      return .rollback(
        Rollback(name: name, version: wanted, channel: channel, since: current.sequence, reason: reason))
    }
    return (entry, wanted)
  }

  private func appendMove(
    id: String, actor: String, _ decide: (Fold, Timestamp) throws(StoreError) -> Event?
  ) throws(StoreError) -> LogEntry {
    guard let entry = try appendSound(id: id, actor: actor, decide) else {
      throw StoreError(.refused, "the promotion", "the version is in the channel already")
    }
    return entry
  }

  /// Appends an event that is not void; what would be is refused, with the reason.
  func appendSound(
    id: String = Log.newID(), actor: String, _ decide: (Fold, Timestamp) throws(StoreError) -> Event?
  ) throws(StoreError) -> LogEntry? {
    try log.append(actor: actor, syncing: [packs, segments], id: id) { (fold) throws(StoreError) in
      let time = Log.now()
      guard let event = try decide(fold, max(time, fold.latestTime ?? .earliest)) else { return nil }
      let complaint: String?
      do throws(FormatError) { complaint = try fold.complaint(about: event, id: id, time: time, actor: actor) } catch {
        throw StoreError(.usage, "log entry", error.detail, cause: error)
      }
      if let complaint { throw StoreError(.refused, "the event `\(event.name)`", complaint) }
      return event
    }
  }

  /// Refuses what was decided on a state that is no more, and says who won.
  private static func checkSeen(_ name: PackageName, _ channel: TagName, since: Int, _ fold: Fold) throws(StoreError) {
    guard let last = fold.current(name.text, in: channel.text), last.sequence != since else { return }
    throw StoreError(
      .refused, "\(name)@\(channel)",
      "\(printable(last.actor)) moved it to version \(last.version) meanwhile, in log entry \(last.sequence)")
  }

  func checkWhole(_ name: PackageName, _ version: Int, _ fold: Fold) throws(StoreError) {
    guard let package = fold.packages[name.text], version <= package.versions.count else {
      throw StoreError(.notFound, "\(name)@\(version)", "there is no such version")
    }
    if let erasure = package.versions[version - 1].erasure { throw .erased("\(name)@\(version)", erasure) }
  }

  // MARK: Deployments

  /// Says that a version works at a target.
  ///
  /// - Returns: The entry, and what works there from then on.
  public func deploy(
    _ deployment: Deployment, actor: String
  ) throws(StoreError) -> (entry: LogEntry, working: [Fold.Working]) {
    let entry = try appendSound(actor: actor) { (fold, _) throws(StoreError) in
      try checkWhole(deployment.name, deployment.version, fold)
      return .deploy(deployment)
    }
    guard let entry else { throw StoreError(.refused, "the deployment", "there is nothing to do") }
    return (entry, log.fold.working(at: Fold.Place(target: deployment.target.text, name: deployment.name.text)))
  }

  /// Says that versions of a name work at a target no more.
  ///
  /// - Parameter version: nil means all.
  public func retire(
    _ name: PackageName, _ version: Int?, from target: TargetName, reason: String?, actor: String
  ) throws(StoreError) -> [(entry: LogEntry, version: Int)] {
    let place = Fold.Place(target: target.text, name: name.text)
    let working = log.fold.working(at: place)
    let wanted = working.map(\.version).filter { $0 == version ?? $0 }
    guard !wanted.isEmpty else {
      throw StoreError(
        .notFound, version.map { "\(name)@\($0)" } ?? name.text, "it is not deployed at \(target)",
        candidates: working.map { "\(name)@\($0.version)" })
    }
    var retired = [(entry: LogEntry, version: Int)]()
    for version in wanted {
      let entry = try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
        guard fold.working(at: place).contains(where: { $0.version == version }) else { return nil }
        return .retire(name: name, version: version, target: target, reason: reason)
      }
      if let entry { retired.append((entry, version)) }
    }
    return retired
  }
}

extension StoreError {
  /// A channel that the policy does not name.
  static func noChannel(_ channel: TagName, _ fold: Fold) -> StoreError {
    StoreError(
      .notFound, "the channel \(channel)", "the channels are \(fold.channelOrder.joined(separator: ", "))",
      candidates: DidYouMean.candidates(for: channel.text, among: fold.channelOrder))
  }

  /// A promotion that some rules forbid.
  static func unmet(_ subject: String, _ failing: [Verdict]) -> StoreError {
    StoreError(.unmet, subject, failing.map(\.text).joined(separator: "; "))
  }
}
