/// The current state of a store: what its log adds up to (store-layout.md §5.3).
///
/// Pure: the same entries always give the same state, whoever wrote them. An event that breaks a rule is void: it changes
/// nothing and is remembered as void.
public struct Fold: Sendable, Equatable {
  /// One version of a name.
  public struct Version: Sendable, Equatable {
    /// The record that was published.
    public let record: Digest
    /// The position of its `publish` entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// When and why its bytes were erased; nil for a version that is whole.
    public internal(set) var erasure: Erasure?
  }

  /// What is left to say of a version whose bytes were erased.
  public struct Erasure: Sendable, Equatable {
    /// The position of the `erase` entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// Why.
    public let reason: String
  }

  /// A name with its versions and tags.
  public struct Package: Sendable, Equatable {
    /// What the name stands for; a name never changes its kind.
    public let kind: PackageKind
    /// Versions 1, 2, 3, and so on at positions 0, 1, 2, and so on.
    public internal(set) var versions: [Version]
    /// The version that each tag is on.
    public internal(set) var tags: [String: Int]
    /// Every move of a tag, in order.
    public internal(set) var tagChanges: [TagChange] = []
    /// Every move in each channel, in order; the last says what is there now.
    public internal(set) var channels: [String: [Move]] = [:]

    /// Times after `time` were those of a wrong clock.
    mutating func capTimes(at time: Timestamp) {
      for index in versions.indices {
        if versions[index].time > time { versions[index].time = time }
        if let erased = versions[index].erasure?.time, erased > time { versions[index].erasure?.time = time }
      }
      for channel in channels.keys {
        for index in channels[channel]?.indices ?? 0..<0 { channels[channel]?[index].cap(at: time) }
      }
    }
  }

  /// A tag that was put somewhere or taken away.
  public struct TagChange: Sendable, Equatable {
    /// The tag.
    public let tag: String
    /// The version that it is on from then on; nil if it was taken away.
    public let version: Int?
    /// The position of the entry.
    public let sequence: Int
  }

  /// A run: work that was begun and perhaps ended.
  public struct Run: Sendable, Equatable {
    /// 32 hexadecimal digits.
    public let id: String
    /// The plan's record.
    public let plan: Digest
    /// The experiment that it belongs to.
    public let experiment: String?
    /// The position of its `start` entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// How it ended; nil while it runs, and for ever if it was killed.
    public internal(set) var finish: Finish?
  }

  /// The end of a run.
  public struct Finish: Sendable, Equatable {
    /// How it ended.
    public let outcome: RunOutcome
    /// The result's record.
    public let result: Digest
    /// The position of the `finish` entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
  }

  /// A report that was made known.
  public struct Report: Sendable, Equatable {
    /// Its record.
    public let record: Digest
    /// The position of its entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
  }

  /// An event that changed nothing, and why.
  public struct Void: Sendable, Equatable {
    /// The entry's position.
    public let sequence: Int
    /// The rule that it broke.
    public let reason: String
  }

  /// The Merkle tree over the entries so far; its size is the number of entries.
  public internal(set) var history = MerkleFrontier()
  /// The leaf hash of the last entry.
  public internal(set) var lastLeaf: Digest?
  /// The time of the last entry.
  public internal(set) var lastTime: Timestamp?
  /// The store's id and the digest of `store.json`, from entry 0.
  public internal(set) var storeID = ""
  /// SHA-256 of `store.json`, from entry 0.
  public internal(set) var config = Digest(words: (0, 0, 0, 0))
  /// All names.
  public internal(set) var packages: [String: Package] = [:]
  /// Packs that a `collect` event condemned: their copies count as absent for ever.
  public internal(set) var condemned: Set<Digest> = []
  /// The position of the last `collect` entry.
  public internal(set) var lastCollect: Int?
  /// All runs, in the order in which they began.
  public internal(set) var runs: [Run] = []
  /// Where each run stands in `runs`.
  var runPlaces: [String: Int] = [:]
  /// All reports, in order.
  public internal(set) var reports: [Report] = []
  /// The place in `reports` of each report's last entry.
  var reportPlaces: [Digest: Int] = [:]
  /// The place in `runs` of each result.
  var resultPlaces: [Digest: Int] = [:]
  /// Policies that came into force, in order; the last is in force.
  public internal(set) var policies: [PolicyInForce] = []
  /// All keys that were ever known, in order.
  public internal(set) var keys: [HeldKey] = []
  /// Where each key stands in `keys`.
  var keyPlaces: [PublicKey: Int] = [:]
  /// All proposals, in order.
  public internal(set) var proposals: [Asked] = []
  /// Where each proposal stands in `proposals`, by the id of its entry.
  var proposalPlaces: [String: Int] = [:]
  /// Entries in which a glass was broken, by id: what is signed for one is good for one.
  var glassEntries: Set<String> = []
  /// What works where: every change, in order.
  public internal(set) var deployments: [Place: [Staffing]] = [:]
  /// The latest time that any entry has claimed since the clock was last set right.
  public internal(set) var latestTime: Timestamp?
  /// Events that broke a rule.
  public internal(set) var voids: [Void] = []
  /// The rules by which it goes.
  let rules: Rules

  /// The state of a log with no entries.
  public init() { rules = .all }

  /// The state of a log with no entries, by fewer rules: for tests.
  init(rules: Rules) { self.rules = rules }

  /// Number of entries.
  public var size: Int { history.size }

  /// The run of this id.
  public func run(_ id: String) -> Run? { runPlaces[id].map { runs[$0] } }

  /// Adds the next entry.
  ///
  /// - Throws: If the entry is not the next one of this history; that is damage, not a void event.
  public mutating func apply(_ entry: LogEntry) throws(FormatError) {
    guard entry.sequence == size else {
      throw FormatError(.field, "log entry \(size)", "it says that it is entry \(entry.sequence)")
    }
    guard entry.root == history.root else {
      throw FormatError(.checksum, "log entry \(size)", "its history is not that of the entries before it")
    }
    if let reason = change(by: entry) { voids.append(Void(sequence: size, reason: reason)) }
    history.append(entry.leafHash)
    lastLeaf = entry.leafHash
    lastTime = entry.time
    latestTime = entry.event == .clock ? entry.time : now(entry)
  }

  /// The state after entries that are known to be of one log, in order, though not all of it.
  init(replaying entries: [LogEntry]) {
    self.init()
    for entry in entries {
      if let reason = change(by: entry) { voids.append(Void(sequence: entry.sequence, reason: reason)) }
      lastLeaf = entry.leafHash
      lastTime = entry.time
      latestTime = entry.event == .clock ? entry.time : now(entry)
    }
  }

  /// Why an event would be void if it came now, or nil.
  public func complaint(
    about event: Event, id: String, time: Timestamp, actor: String
  ) throws(FormatError) -> String? {
    var next = self
    let entry = try LogEntry(event: event, id: id, time: time, actor: actor, after: history)
    try next.apply(entry)
    return next.voids.count > voids.count ? next.voids.last?.reason : nil
  }

  /// Applies the event; returns why it is void, or nil.
  private mutating func change(by entry: LogEntry) -> String? {
    if case .start(let store, let config, let policy) = entry.event {
      guard entry.sequence == 0 else { return "the store was made already" }
      storeID = store
      self.config = config
      guard let policy else { return nil }
      do { return bring(try Policy(policy), entry, proposal: nil) } catch {
        return "the policy cannot be read: \(error)"
      }
    }
    guard entry.sequence > 0 else { return "the first entry is not `init`" }
    switch entry.event {
    case .start: return nil
    case .clock:
      capTimes(at: entry.time)
      return nil
    case .report(let record):
      reportPlaces[record] = reports.count
      reports.append(Report(record: record, sequence: entry.sequence, time: entry.time, actor: entry.actor))
    case .runStart(let run, let plan, let experiment):
      guard runPlaces[run] == nil else { return "run \(run) began already" }
      runPlaces[run] = runs.count
      runs.append(
        Run(
          id: run, plan: plan, experiment: experiment, sequence: entry.sequence, time: entry.time, actor: entry.actor))
    case .runFinish(let run, let result, let outcome):
      guard let place = runPlaces[run] else { return "run \(run) did not begin" }
      guard runs[place].finish == nil else { return "run \(run) ended already" }
      runs[place].finish = Finish(outcome: outcome, result: result, sequence: entry.sequence, time: entry.time)
      resultPlaces[result] = place
    case .publish(let name, let version, let kind, let record):
      if let known = packages[name.text]?.kind, known != kind { return "\(name) is a \(known.rawValue)" }
      let count = packages[name.text]?.versions.count ?? 0
      guard version == count + 1 else { return "the next version of \(name) is another" }
      // In place: a name may have a hundred thousand versions.
      packages[name.text, default: Package(kind: kind, versions: [], tags: [:])].versions.append(
        Version(record: record, sequence: entry.sequence, time: entry.time, actor: entry.actor))
    case .tag(let name, let tag, let version):
      guard version <= packages[name.text]?.versions.count ?? 0 else { return "\(name) has no version \(version)" }
      if packages[name.text]?.versions[version - 1].erasure != nil { return "\(name)@\(version) is erased" }
      if rules.contains(.oneNamespace), isChannel(tag.text, of: name.text) { return "\(tag) is a channel" }
      packages[name.text]?.tags[tag.text] = version
      packages[name.text]?.tagChanges.append(TagChange(tag: tag.text, version: version, sequence: entry.sequence))
    case .untag(let name, let tag):
      guard packages[name.text]?.tags[tag.text] != nil else { return "\(name) has no tag \(tag)" }
      packages[name.text]?.tags[tag.text] = nil
      packages[name.text]?.tagChanges.append(TagChange(tag: tag.text, version: nil, sequence: entry.sequence))
    case .collect(let packs, _):
      condemned.formUnion(packs)
      lastCollect = entry.sequence
    case .erase(let name, let version, let reason):
      guard let package = packages[name.text], version <= package.versions.count else {
        return "\(name) has no version \(version)"
      }
      guard package.versions[version - 1].erasure == nil else { return "\(name)@\(version) is erased already" }
      if rules.contains(.holders), let holder = holders(of: name, version: version).first {
        return "\(name)@\(version) is held by \(holder)"
      }
      packages[name.text]?.versions[version - 1].erasure = Erasure(
        sequence: entry.sequence, time: entry.time, actor: entry.actor, reason: reason)
    case .promote(let promotion): return promote(promotion, entry)
    case .rollback(let rollback): return self.rollback(rollback, entry)
    case .deploy(let deployment): return deploy(deployment, entry)
    case .retire(let name, let version, let target, _): return retire(name, version, target, entry)
    case .policy(let change): return enact(change, entry)
    case .key(let change): return apply(change, entry)
    case .revoke(let revocation): return apply(revocation, entry)
    case .propose(let proposal): return propose(proposal, entry)
    case .decide(let approval): return decide(approval, entry)
    }
    return nil
  }

  /// Times after `time` were those of a wrong clock.
  private mutating func capTimes(at time: Timestamp) {
    for name in packages.keys { packages[name]?.capTimes(at: time) }
    for place in runs.indices {
      runs[place].time = min(runs[place].time, time)
      if let end = runs[place].finish?.time { runs[place].finish?.time = min(end, time) }
    }
    for place in reports.indices { reports[place].time = min(reports[place].time, time) }
    for place in policies.indices { policies[place].time = min(policies[place].time, time) }
    for place in keys.indices {
      keys[place].time = min(keys[place].time, time)
      if let end = keys[place].revocation?.time { keys[place].revocation?.time = min(end, time) }
    }
    for place in proposals.indices {
      proposals[place].time = min(proposals[place].time, time)
      for index in proposals[place].decisions.indices {
        proposals[place].decisions[index].time = min(proposals[place].decisions[index].time, time)
      }
    }
    for place in deployments.keys {
      for index in deployments[place]?.indices ?? 0..<0 {
        if let before = deployments[place]?[index].time { deployments[place]?[index].time = min(before, time) }
      }
    }
  }
}
