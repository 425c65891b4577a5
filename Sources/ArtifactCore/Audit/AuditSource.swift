/// What came of reading something.
public enum AuditRead<Value: Sendable>: Sendable {
  /// It is there, and its bytes have the hash that they must have.
  case found(Value)
  /// It is not there, or not what it must be: one clause.
  case bad(String)
}

/// Where an audit reads what it shows; every reader hashes what it reads.
public protocol AuditSource {
  /// An entry of the log, from its file.
  func entry(_ sequence: Int) -> AuditRead<LogEntry>

  /// A record.
  func record(_ digest: Digest) -> AuditRead<Record>

  /// What is not known of what a version was made from.
  func gaps(of record: Digest) -> AuditRead<[String]>

  /// What was made from what.
  var lineage: Lineage { get }
}

/// What is asked of an audit.
public struct AuditRequest: Sendable {
  /// The channel.
  public var channel: String
  /// The time that is asked about.
  public var at: Timestamp
  /// Now.
  public var now: Timestamp
  /// Only this name; nil means every name in the channel.
  public var name: String?
  /// Whether the surroundings of each version are wanted, and how many nodes at most.
  public var pictureLimit: Int?
  /// Most lines of the timeline.
  public var timelineLimit = 500
  /// Whether the log was folded anew, from its first entry.
  public var isFull = false

  /// Asks about a channel.
  public init(channel: String, at: Timestamp, now: Timestamp) {
    self.channel = channel
    self.at = at
    self.now = now
  }
}
