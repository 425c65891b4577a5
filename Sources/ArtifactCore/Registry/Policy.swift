/// The rules of promotion, as one text (store-layout.md §5.6).
public struct Policy: Sendable, Equatable {
  /// How many of which people.
  public struct Threshold: Sendable, Equatable {
    /// At least so many; from 1 to the number of people.
    public let count: Int
    /// Who counts, each once.
    public let people: [Person]
  }

  /// Something that a version must be or have before it enters a channel.
  public enum Rule: Sendable, Equatable {
    /// Everything that it was made from is known.
    case lineage
    /// A metric, measured on a dataset, is within a bound.
    case metric(MetricBound, dataset: Reference)
    /// The last report of a kind passes, and is no older than some time.
    case report(kind: String, age: Int64?)
    /// A command ends with 0; `using` is put beside the version.
    case check(words: [String], using: Reference?)
    /// It was made in one of these environments.
    case environment([Reference])
    /// It has been in a channel for some time.
    case stay(Int64, channel: TagName)
    /// People approve; a proposal lives for some time.
    case approvals(Threshold, life: Int64)
    /// These people may break the glass.
    case glass([Person])
  }

  /// A rule and where it stands.
  public struct Line: Sendable, Equatable {
    /// The number of the line, from 1.
    public let number: Int
    /// The rule.
    public let rule: Rule
    /// The line as it is written, without what surrounds it.
    public let text: String
  }

  /// A person's key that comes with the policy.
  public struct Key: Sendable, Equatable {
    /// Whose.
    public let person: Person
    /// The key.
    public let key: PublicKey
  }

  /// The text.
  public let text: String
  /// The channels in their order.
  public internal(set) var channels: [TagName]
  /// Keys that become known with the policy.
  public internal(set) var keys: [Key] = []
  /// Who may change the policy and the keys; nil means anybody.
  public internal(set) var quorum: Threshold?
  /// What each channel demands.
  public internal(set) var rules: [String: [Line]] = [:]

  /// The channels where no policy says otherwise.
  public static let defaultChannels = ["dev", "test", "prod"]
  /// Bytes in a policy's text: it must fit an entry of the log.
  public static let byteLimit = 16 << 10
  static let kind = "policy"
  /// How long a proposal lives where the policy does not say.
  static let defaultLife: Int64 = 7 * 86_400_000
  /// How long a proposal about the policy or a key lives, in milliseconds.
  public static let proposalLife = defaultLife

  /// What a channel demands, in the order of the lines.
  public func lines(_ channel: String) -> [Line] { rules[channel] ?? [] }

  /// The canonical JSON of the record; its SHA-256 is the policy's id.
  public static func bytes(of text: String) throws(FormatError) -> [UInt8] {
    try JSON.object(["format": 1, "record": .string(kind), "text": .string(text)]).canonicalBytes(subject: "policy")
  }

  /// The policy's id.
  public static func digest(of text: String) throws(FormatError) -> Digest { Digest.of(try bytes(of: text)) }

  /// How long a proposal for a channel may live, in milliseconds.
  public func life(_ channel: String) -> Int64 {
    lines(channel).reduce(into: nil as Int64?) { life, line in
      if case .approvals(_, let own) = line.rule { life = min(life ?? own, own) }
    } ?? Self.defaultLife
  }

  /// Whether people have to approve what enters a channel.
  public func demandsApprovals(_ channel: String) -> Bool {
    lines(channel).contains { if case .approvals = $0.rule { true } else { false } }
  }

  /// Who may break the glass of a channel.
  public func glassBreakers(_ channel: String) -> [Person] {
    lines(channel).flatMap { if case .glass(let people) = $0.rule { people } else { [] as [Person] } }
  }

  /// The first threshold that the people with keys cannot reach, in words.
  func unreachable(_ hasKey: (Person) -> Bool) -> String? {
    func complaint(_ threshold: Threshold, _ what: String) -> String? {
      let able = threshold.people.count(where: hasKey)
      if threshold.count >= 1, able >= threshold.count { return nil }
      return "\(what) asks for \(threshold.count), but only \(able) of those it names have a key"
    }
    if let quorum, let complaint = complaint(quorum, "the quorum") { return complaint }
    for channel in channels {
      for line in lines(channel.text) {
        if case .approvals(let threshold, _) = line.rule, let complaint = complaint(threshold, "line \(line.number)") {
          return complaint
        }
      }
    }
    return nil
  }
}

/// Something wrong with the text of a policy, and where.
public struct PolicyFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  public let line: Int
  /// In bytes, from 1.
  public let column: Int
  /// One clause.
  public let detail: String

  /// `line 3, column 9: …`.
  public var description: String { "line \(line), column \(column): \(detail)" }
}
