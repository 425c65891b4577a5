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
  }

  /// A name with its versions and tags.
  public struct Package: Sendable, Equatable {
    /// What the name stands for; a name never changes its kind.
    public let kind: PackageKind
    /// Versions 1, 2, 3, and so on at positions 0, 1, 2, and so on.
    public internal(set) var versions: [Version]
    /// The version that each tag is on.
    public internal(set) var tags: [String: Int]

    /// Times after `time` were those of a wrong clock.
    mutating func capTimes(at time: Timestamp) {
      for index in versions.indices where versions[index].time > time { versions[index].time = time }
    }
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
  /// Events that broke a rule.
  public internal(set) var voids: [Void] = []

  /// The state of a log with no entries.
  public init() {}

  /// Number of entries.
  public var size: Int { history.size }

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
  }

  /// Applies the event; returns why it is void, or nil.
  private mutating func change(by entry: LogEntry) -> String? {
    if case .start(let store, let config) = entry.event {
      guard entry.sequence == 0 else { return "the store was made already" }
      storeID = store
      self.config = config
      return nil
    }
    guard entry.sequence > 0 else { return "the first entry is not `init`" }
    switch entry.event {
    case .start: return nil
    case .clock:
      for name in packages.keys { packages[name]?.capTimes(at: entry.time) }
      return nil
    case .publish(let name, let version, let kind, let record):
      var package = packages[name.text] ?? Package(kind: kind, versions: [], tags: [:])
      guard package.kind == kind else { return "\(name) is a \(package.kind.rawValue)" }
      guard version == package.versions.count + 1 else { return "the next version of \(name) is another" }
      package.versions.append(
        Version(record: record, sequence: entry.sequence, time: entry.time, actor: entry.actor))
      packages[name.text] = package
    case .tag(let name, let tag, let version):
      guard let package = packages[name.text], version <= package.versions.count else {
        return "\(name) has no version \(version)"
      }
      packages[name.text]?.tags[tag.text] = version
    case .untag(let name, let tag):
      guard packages[name.text]?.tags[tag.text] != nil else { return "\(name) has no tag \(tag)" }
      packages[name.text]?.tags[tag.text] = nil
    }
    return nil
  }
}
