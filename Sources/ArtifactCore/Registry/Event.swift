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
  /// The store was made; commits to the bytes of `store.json`.
  case start(store: String, config: Digest)
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

  /// Bytes in the reason of an `erase` event.
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
    }
  }

  /// The members that this event adds to an entry.
  var members: JSONObject {
    switch self {
    case .start(let store, let config): ["config": .string(config.text), "store": .string(store)]
    case .publish(let name, let version, let kind, let record):
      [
        "kind": .string(kind.rawValue), "name": .string(name.text), "record": .string(record.text),
        "version": .integer(Int64(version)),
      ]
    case .tag(let name, let tag, let version):
      ["name": .string(name.text), "tag": .string(tag.text), "version": .integer(Int64(version))]
    case .untag(let name, let tag): ["name": .string(name.text), "tag": .string(tag.text)]
    case .runStart(let run, let plan, let experiment): Self.startMembers(run, plan, experiment)
    case .runFinish(let run, let result, let outcome):
      ["outcome": .string(outcome.rawValue), "result": .string(result.text), "run": .string(run)]
    case .report(let record): ["record": .string(record.text)]
    case .clock: [:]
    case .collect(let packs, let reason):
      ["packs": .array(packs.map { .string($0.hex) }), "reason": .string(reason.rawValue)]
    case .erase(let name, let version, let reason):
      ["name": .string(name.text), "reason": .string(reason), "version": .integer(Int64(version))]
    }
  }

  private static func startMembers(_ run: String, _ plan: Digest, _ experiment: String?) -> JSONObject {
    var members: JSONObject = ["plan": .string(plan.text), "run": .string(run)]
    members.put("experiment", experiment)
    return members
  }

  /// The records that the event names.
  ///
  /// Each must be reached by `Fold.forEachRoot`, or a collection would take it away.
  public var records: [Digest] {
    switch self {
    case .publish(_, _, _, let record), .report(let record): [record]
    case .runStart(_, let plan, _): [plan]
    case .runFinish(_, let result, _): [result]
    case .start, .tag, .untag, .clock, .collect, .erase: []
    }
  }

  private static let common: Set<String> = ["actor", "event", "history", "id", "seq", "time"]

  /// Reads an event; an unknown one means a newer program wrote the store.
  init(name: String, members object: JSONObject) throws(FormatError) {
    let subject = "log entry"
    func packageName() throws(FormatError) -> PackageName {
      try PackageName(try object.requiredString("name", in: subject))
    }
    func tagName() throws(FormatError) -> TagName { try TagName(try object.requiredString("tag", in: subject)) }
    func version() throws(FormatError) -> Int {
      let value = try object.requiredInteger("version", in: subject)
      guard value >= 1 else { throw FormatError(.field, subject, "\"version\" is not positive") }
      return Int(value)
    }
    func digest(_ key: String) throws(FormatError) -> Digest {
      guard let digest = Digest(text: try object.requiredString(key, in: subject)) else {
        throw FormatError(.field, subject, "\"\(key)\" is not a digest")
      }
      return digest
    }
    func run() throws(FormatError) -> String {
      let text = try object.requiredString("run", in: subject)
      guard RunID.isValid(text) else { throw FormatError(.field, subject, "\"run\" is not 32 hexadecimal digits") }
      return text
    }
    switch name {
    case "init": self = .start(store: try object.requiredString("store", in: subject), config: try digest("config"))
    case "publish":
      guard let kind = PackageKind(rawValue: try object.requiredString("kind", in: subject)) else {
        throw FormatError(.newer, subject, "a kind that this program does not know")
      }
      self = .publish(name: try packageName(), version: try version(), kind: kind, record: try digest("record"))
    case "tag": self = .tag(name: try packageName(), tag: try tagName(), version: try version())
    case "untag": self = .untag(name: try packageName(), tag: try tagName())
    case "start":
      self = .runStart(run: try run(), plan: try digest("plan"), experiment: try Self.experiment(object, subject))
    case "finish":
      guard let outcome = RunOutcome(rawValue: try object.requiredString("outcome", in: subject)) else {
        throw FormatError(.newer, subject, "an outcome that this program does not know")
      }
      self = .runFinish(run: try run(), result: try digest("result"), outcome: outcome)
    case "report": self = .report(record: try digest("record"))
    case "clock": self = .clock
    case "collect":
      guard let reason = CollectReason(rawValue: try object.requiredString("reason", in: subject)) else {
        throw FormatError(.newer, subject, "a reason that this program does not know")
      }
      self = .collect(packs: try Self.packs(object, in: subject), reason: reason)
    case "erase":
      let reason = try object.requiredString("reason", in: subject)
      guard (1...Self.reasonLimit).contains(reason.utf8.count) else {
        throw FormatError(.limit, subject, "a reason of \(reason.utf8.count) bytes")
      }
      self = .erase(name: try packageName(), version: try version(), reason: reason)
    default: throw FormatError(.newer, subject, "the event \"\(printable(name))\", which this program does not know")
    }
    let known = members
    for key in object.keys where !Self.common.contains(key) && known[key] == nil {
      throw FormatError(.newer, subject, "the member \"\(printable(key))\", which this program does not know")
    }
  }
  /// The packs of a `collect` event: digits without `sha256:`, as in file names, at least one, ascending strictly.
  private static func packs(_ object: JSONObject, in subject: String) throws(FormatError) -> [Digest] {
    guard let values = try object.required("packs", in: subject).array, !values.isEmpty else {
      throw FormatError(.field, subject, "\"packs\" is not a list of packs")
    }
    var packs = [Digest]()
    packs.reserveCapacity(values.count)
    for value in values {
      guard let text = value.string, let digest = Digest(hex: text) else {
        throw FormatError(.field, subject, "\"packs\" names what is no pack")
      }
      if let last = packs.last, last >= digest {
        throw FormatError(.notCanonical, subject, "\"packs\" do not ascend")
      }
      packs.append(digest)
    }
    return packs
  }

  private static func experiment(_ object: JSONObject, _ subject: String) throws(FormatError) -> String? {
    guard let value = object["experiment"] else { return nil }
    guard let text = value.string, RunID.isExperiment(text) else {
      throw FormatError(.field, subject, "\"experiment\" is not a text of 1 to 255 bytes")
    }
    return text
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
