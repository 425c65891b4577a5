/// What kind of thing a name stands for.
public enum PackageKind: String, Sendable, CaseIterable {
  case dataset, environment, code, model, other
}

/// Why packs were condemned.
public enum CollectReason: String, Sendable, CaseIterable {
  /// Nothing in them is needed, or what is needed was copied to other packs.
  case dead
  /// They held objects of an erased version.
  case erased
  /// They are damaged; what could be read was copied to other packs.
  case quarantine
}

/// Something that happened to the store (store-layout.md §5.2).
public enum Event: Sendable, Equatable {
  /// The store was made; commits to the bytes of `store.json`, and to the first policy if one came with it.
  case start(store: String, config: Digest, policy: String? = nil)
  /// A version was published.
  case publish(name: PackageName, version: Int, kind: PackageKind, record: Digest)
  /// A tag was put on a version, or moved to it.
  case tag(name: PackageName, tag: TagName, version: Int)
  /// A tag was taken away.
  case untag(name: PackageName, tag: TagName)
  /// A run began; `run` is 128 random bits in hexadecimal.
  case runStart(run: String, plan: Digest, experiment: String?)
  /// A run ended.
  case runFinish(run: String, result: Digest, outcome: RunOutcome)
  /// A report was made.
  case report(record: Digest)
  /// The clock was wrong before; times of earlier entries count as at most this entry's.
  case clock
  /// Packs were condemned: their copies count as absent for ever, and the files may go (store-layout.md §8).
  ///
  /// `packs` ascend strictly; at most `collectLimit` are written.
  case collect(packs: [Digest], reason: CollectReason)

  /// The bytes of a version go at the next collection, where nothing else needs them; its record stays.
  case erase(name: PackageName, version: Int, reason: String)
  /// A version entered a channel.
  case promote(Promotion)
  /// A channel went back to a version that it had before.
  case rollback(Rollback)
  /// A version works at a target, alone or with a share.
  case deploy(Deployment)
  /// A version works at a target no more.
  case retire(name: PackageName, version: Int, target: TargetName, reason: String?)

  /// A policy came into force.
  case policy(PolicyChange)
  /// A key became known as a person's.
  case key(KeyChange)
  /// A key counts no more.
  case revoke(Revocation)
  /// Something is asked for.
  case propose(Proposal)
  /// Somebody decided on a proposal.
  case decide(Approval)

  /// Bytes in a reason.
  public static let reasonLimit = 4_096

  /// Packs in one `collect` event: the entry stays below its limit with some room for the actor.
  public static let collectLimit = 400

  /// The value of the member `event`.
  public var name: String {
    switch self {
    case .start: "init"
    case .publish: "publish"
    case .tag: "tag"
    case .untag: "untag"
    case .runStart: "start"
    case .runFinish: "finish"
    case .report: "report"
    case .clock: "clock"
    case .collect: "collect"
    case .erase: "erase"
    case .promote: "promote"
    case .rollback: "rollback"
    case .deploy: "deploy"
    case .retire: "retire"
    case .policy: "policy"
    case .key: "key"
    case .revoke: "revoke"
    case .propose: "propose"
    case .decide(let approval): approval.decision.rawValue
    }
  }

  /// The members that this event adds to an entry.
  var members: JSONObject {
    switch self {
    case .start(let store, let config, let policy): Self.startMembers(store, config, policy)
    case .publish(let name, let version, let kind, let record):
      [
        "kind": .string(kind.rawValue), "name": .string(name.text), "record": .string(record.text),
        "version": .integer(Int64(version)),
      ]
    case .tag(let name, let tag, let version):
      ["name": .string(name.text), "tag": .string(tag.text), "version": .integer(Int64(version))]
    case .untag(let name, let tag): ["name": .string(name.text), "tag": .string(tag.text)]
    case .runStart(let run, let plan, let experiment): Self.runMembers(run, plan, experiment)
    case .runFinish(let run, let result, let outcome):
      ["outcome": .string(outcome.rawValue), "result": .string(result.text), "run": .string(run)]
    case .report(let record): ["record": .string(record.text)]
    case .clock: [:]
    case .collect(let packs, let reason):
      ["packs": .array(packs.map { .string($0.hex) }), "reason": .string(reason.rawValue)]
    case .erase(let name, let version, let reason):
      ["name": .string(name.text), "reason": .string(reason), "version": .integer(Int64(version))]
    case .promote(let promotion): promotion.members
    case .rollback(let rollback): rollback.members
    case .deploy(let deployment): deployment.members
    case .retire(let name, let version, let target, let reason):
      Self.retireMembers(name, version, target, reason)
    case .policy(let change): change.members
    case .key(let change): change.members
    case .revoke(let revocation): revocation.members
    case .propose(let proposal): ["statement": .object(proposal.object)]
    case .decide(let approval): ["statement": .object(approval.object)]
    }
  }

  private static func startMembers(_ store: String, _ config: Digest, _ policy: String?) -> JSONObject {
    var members: JSONObject = ["config": .string(config.text), "store": .string(store)]
    members.put("policy", policy)
    return members
  }

  private static func runMembers(_ run: String, _ plan: Digest, _ experiment: String?) -> JSONObject {
    var members: JSONObject = ["plan": .string(plan.text), "run": .string(run)]
    members.put("experiment", experiment)
    return members
  }

  private static func retireMembers(
    _ name: PackageName, _ version: Int, _ target: TargetName, _ reason: String?
  ) -> JSONObject {
    var members: JSONObject = [
      "name": .string(name.text), "target": .string(target.text), "version": .integer(Int64(version)),
    ]
    members.put("reason", reason)
    return members
  }

  /// The records that the event names and that no other event must name.
  ///
  /// Each must be reached by `Fold.forEachRoot`, or a collection would take it away.
  public var records: [Digest] {
    switch self {
    case .publish(_, _, _, let record), .report(let record): [record]
    case .runStart(_, let plan, _): [plan]
    case .runFinish(_, let result, _): [result]
    // What these name was published, or reported, or stands in their entries.
    case .promote, .rollback, .deploy, .retire, .policy, .key, .revoke, .propose, .decide: []
    case .start, .tag, .untag, .clock, .collect, .erase: []
    }
  }
}

/// How a run ended, as far as the log tells.
public enum RunOutcome: String, Sendable, CaseIterable {
  /// The command ended with 0.
  case finished
  /// It ended with another code, or by a signal.
  case failed
  /// It was stopped on request.
  case aborted
}
