/// What was in a channel at a time, how it came there, and whether all that shows it is in order.
public struct AuditReport: Sendable, Equatable {
  /// The store's id.
  public internal(set) var store = ""
  /// The channel.
  public internal(set) var channel = ""
  /// The time that is asked about.
  public internal(set) var at = Timestamp.earliest
  /// When it was asked.
  public internal(set) var made = Timestamp.earliest
  /// Entries of the log that were taken into account.
  public internal(set) var size = 0
  /// The Merkle root over them.
  public internal(set) var root = Digest(words: (0, 0, 0, 0))
  /// The policy that was in force; nil if there was none.
  public internal(set) var policy: PolicyNote?
  /// What was in the channel, by name.
  public internal(set) var items: [Item] = []
  /// What is not as it should be, the worst first.
  public internal(set) var findings: [Finding] = []
  /// What happened to the channel until then, the newest first.
  public internal(set) var timeline: [Moment] = []
  /// How many older things are left out of the timeline.
  public internal(set) var timelineCut = 0
  /// What was looked at, and what came of it.
  public internal(set) var checks: [Check] = []

  /// An entry of the log: when, and by whom.
  ///
  /// Both are claims of whoever wrote it.
  public struct Act: Sendable, Equatable {
    /// The position.
    public let sequence: Int
    /// The time.
    public let time: Timestamp
    /// The author.
    public let actor: String
  }

  /// A version in the channel.
  public struct Item: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The version.
    public let version: Int
    /// What kind of thing it is.
    public let kind: String
    /// Its record.
    public let record: Digest
    /// When it was published.
    public let published: Act
    /// How it came into the channel the last time.
    public let way: Fold.Move.Way
    /// When that was.
    public let moved: Act
    /// Who broke the glass, by their signature.
    public let person: String?
    /// Why the channel went back, or the glass was broken.
    public let reason: String?
    /// The promotion that let it in under the rules; for a version that came back, the one before.
    ///
    /// Nil if there is none.
    public internal(set) var admission: Admission?
    /// Why its bytes were erased since.
    public internal(set) var erasure: String?
    /// Where the name's versions worked at the time.
    public internal(set) var working: [Working] = []
    /// Datasets that it was made from, the nearest first.
    public internal(set) var data: [Source] = []
    /// What is not known of what it was made from.
    public internal(set) var gaps: [String] = []
    /// Its surroundings in the graph.
    public internal(set) var picture: LineagePicture?

    /// `name@version`.
    public var title: String { "\(name)@\(version)" }
  }

  /// A promotion that kept the rules.
  public struct Admission: Sendable, Equatable {
    /// Its entry.
    public let act: Act
    /// The policy at the time; nil if there was none.
    public internal(set) var policy: Digest?
    /// The entry that had brought this policy.
    public internal(set) var policySequence: Int?
    /// Every rule of the channel, and what shows that it was kept.
    public internal(set) var rules: [RuleNote] = []
    /// The proposal that it rests on.
    public internal(set) var proposal: ProposalNote?
    /// What was decided on the proposal.
    public internal(set) var decisions: [Decision] = []
  }

  /// A rule of the policy.
  public struct RuleNote: Sendable, Equatable {
    /// Its line in the policy.
    public let line: Int
    /// The line.
    public let text: String
    /// What shows that it was kept, in words.
    public let shown: String
    /// The reports that it rests on.
    public let reports: [Evidence]
  }

  /// A report, or a run, that something rests on.
  public struct Evidence: Sendable, Equatable {
    /// The record.
    public let record: Digest
    /// What was done: `test`, `drift`, and so on; `run` for a run.
    public let kind: String
    /// What came out.
    public let verdict: String
    /// When, as the record claims.
    public let time: Timestamp?
    /// By whom, as the record claims.
    public let actor: String
    /// Measurements and notes.
    public let detail: String
  }

  /// A proposal.
  public struct ProposalNote: Sendable, Equatable {
    /// Its entry.
    public let act: Act
    /// Why.
    public let reason: String?
    /// Who asked, by their signature; nil if it is not signed.
    public let signature: SignatureNote?
  }

  /// A decision on a proposal.
  public struct Decision: Sendable, Equatable {
    /// Its entry.
    public let act: Act
    /// Whether it is a yes.
    public let isApproval: Bool
    /// Until when it counted.
    public let expires: Timestamp
    /// Why.
    public let reason: String?
    /// Who decided.
    public let signature: SignatureNote
    /// Why it did not count; nil if it did.
    public let complaint: String?
  }

  /// A signature that was checked again.
  public struct SignatureNote: Sendable, Equatable {
    /// Whose it is said to be.
    public let person: String
    /// The key, as `ssh-keygen -l` shows it.
    public let fingerprint: String
    /// Why it does not hold; nil if it does.
    public let complaint: String?
    /// The entry that revoked the key later.
    public let revokedLater: Int?
  }

  /// A version at a target.
  public struct Working: Sendable, Equatable {
    /// The target.
    public let target: String
    /// The version, which need not be the one in the channel.
    public let version: Int
    /// How it works.
    public let mode: String
    /// Its part of the work.
    public let share: String
    /// Who deployed it last, and when.
    public let act: Act
  }

  /// A dataset that a version was made from.
  public struct Source: Sendable, Equatable {
    /// Its record.
    public let record: Digest
    /// A version, or the start of the id.
    public let title: String
    /// What is worth knowing of it.
    public let detail: String
    /// Steps from the version.
    public let distance: Int
  }

  /// A policy.
  public struct PolicyNote: Sendable, Equatable {
    /// Its id.
    public let digest: Digest
    /// The entry that brought it into force.
    public let act: Act
    /// Its text.
    public let text: String
    /// How many rules it has for this channel.
    public let ruleCount: Int
    /// Who approved it.
    public internal(set) var decisions: [Decision] = []
  }

  /// Something that is not as it should be.
  public struct Finding: Sendable, Equatable {
    /// What kind of thing, the worst first.
    public enum Kind: String, Sendable, CaseIterable {
      case damaged, signature, unmet, glass, void, gap, revoked, bare, erased

      /// The word for it: it stands beside every colour.
      public var word: String {
        switch self {
        case .damaged: "DAMAGED"
        case .signature: "BAD SIGNATURE"
        case .unmet: "RULE NOT MET"
        case .glass: "BROKEN GLASS"
        case .void: "VOID"
        case .gap: "GAP"
        case .revoked: "KEY REVOKED SINCE"
        case .bare: "NO POLICY"
        case .erased: "ERASED SINCE"
        }
      }

      /// Whether it is red; the others are worth knowing.
      public var isRed: Bool {
        switch self {
        case .damaged, .signature, .unmet, .glass, .void, .gap: true
        case .revoked, .bare, .erased: false
        }
      }
    }

    /// What kind.
    public let kind: Kind
    /// What it is about.
    public let subject: String
    /// One clause.
    public let detail: String
    /// The entry of the log that it is about.
    public let sequence: Int?
  }

  /// Something that happened to the channel.
  public struct Moment: Sendable, Equatable {
    /// The entry.
    public let act: Act
    /// One word or two: `promoted`, `approved`, `VOID`.
    public let word: String
    /// Whether it is red.
    public let isRed: Bool
    /// What it happened to.
    public let what: String
    /// Who did it: the signer, or else the author.
    public let who: String
    /// Whether a signature shows who.
    public let isSigned: Bool
    /// Why.
    public let why: String
  }

  /// Something that was looked at.
  public struct Check: Sendable, Equatable {
    /// What: `log entries`, `records`, and so on.
    public let what: String
    /// How many.
    public let count: Int
    /// How many of them are not as they should be.
    public let bad: Int
    /// How it was done.
    public let detail: String

    /// `1 record`, `2 records`.
    public var counted: String {
      if count != 1 { return "\(count) \(what)" }
      return "1 " + (what.hasSuffix("ies") ? what.dropLast(3) + "y" : what.dropLast(1))
    }
  }

  /// Whether anything that was read is not what it must be.
  public var isDamaged: Bool { findings.contains { $0.kind == .damaged } }

  /// Whether a signature does not hold that the state rests on.
  public var hasBadSignature: Bool { findings.contains { $0.kind == .signature } }

  /// Findings by kind, the worst first: `1 BROKEN GLASS, 2 VOID`.
  public var findingCounts: [(kind: Finding.Kind, count: Int)] {
    Finding.Kind.allCases.compactMap { kind in
      let count = findings.count { $0.kind == kind }
      return count == 0 ? nil : (kind, count)
    }
  }
}

extension Fold.Move.Way {
  /// How a version came into a channel, in words.
  public var words: String {
    switch self {
    case .promoted: "promoted"
    case .rolledBack: "rolled back"
    case .brokeGlass: "BROKEN GLASS"
    }
  }
}
