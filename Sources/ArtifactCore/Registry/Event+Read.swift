extension Event {
  private static let common: Set<String> = ["actor", "event", "history", "id", "seq", "time"]

  /// Reads an event; an unknown one means a newer program wrote the store.
  init(name: String, members object: JSONObject) throws(FormatError) {
    self = try Self.read(name, EventMembers(object))
    let known = members
    for key in object.keys where !Self.common.contains(key) && known[key] == nil {
      throw FormatError(.newer, "log entry", "the member \"\(printable(key))\", which this program does not know")
    }
  }

  private static func read(_ name: String, _ members: EventMembers) throws(FormatError) -> Event {
    switch name {
    case "init":
      .start(
        store: try members.text("store"), config: try members.digest("config"),
        policy: members.object["policy"] == nil ? nil : try members.text("policy"))
    case "publish":
      .publish(
        name: try members.name(), version: try members.version(), kind: try members.word("kind", "a kind"),
        record: try members.digest("record"))
    case "tag": .tag(name: try members.name(), tag: try members.tag("tag"), version: try members.version())
    case "untag": .untag(name: try members.name(), tag: try members.tag("tag"))
    case "start":
      .runStart(run: try members.run(), plan: try members.digest("plan"), experiment: try members.experiment())
    case "finish":
      .runFinish(
        run: try members.run(), result: try members.digest("result"),
        outcome: try members.word("outcome", "an outcome"))
    case "report": .report(record: try members.digest("record"))
    case "clock": .clock
    case "collect":
      .collect(packs: try members.packs(), reason: try members.word("reason", "a reason"))
    case "erase":
      .erase(name: try members.name(), version: try members.version(), reason: try members.reason())
    case "promote": .promote(try Promotion(members))
    case "rollback": .rollback(try Rollback(members))
    case "deploy": .deploy(try Deployment(members))
    case "retire":
      .retire(
        name: try members.name(), version: try members.version(), target: try members.target(),
        reason: try members.optionalReason())
    case "policy": .policy(try PolicyChange(members))
    case "key": .key(try KeyChange(members))
    case "revoke": .revoke(try Revocation(members))
    case "propose": .propose(try Proposal(try members.object.required("statement", in: members.subject)))
    case "approve", "reject": .decide(try decision(name, members))
    default:
      throw FormatError(.newer, "log entry", "the event \"\(printable(name))\", which this program does not know")
    }
  }

  private static func decision(_ name: String, _ members: EventMembers) throws(FormatError) -> Approval {
    let approval = try Approval(try members.object.required("statement", in: members.subject))
    guard approval.decision.rawValue == name else {
      throw FormatError(.field, members.subject, "the event does not fit the decision in it")
    }
    return approval
  }
}

/// The members of an entry, read as what they must be.
struct EventMembers {
  let object: JSONObject
  let subject = "log entry"

  init(_ object: JSONObject) { self.object = object }

  func text(_ key: String) throws(FormatError) -> String { try object.requiredString(key, in: subject) }

  func name() throws(FormatError) -> PackageName { try PackageName(try text("name")) }

  func tag(_ key: String) throws(FormatError) -> TagName { try TagName(try text(key)) }

  func target() throws(FormatError) -> TargetName { try TargetName(try text("target")) }

  func version() throws(FormatError) -> Int {
    let value = try object.requiredInteger("version", in: subject)
    guard value >= 1 else { throw FormatError(.field, subject, "\"version\" is not positive") }
    return Int(value)
  }

  /// A position in the log.
  func position(_ key: String) throws(FormatError) -> Int {
    let value = try object.requiredInteger(key, in: subject)
    guard value >= 0 else { throw FormatError(.field, subject, "\"\(key)\" is negative") }
    return Int(value)
  }

  func digest(_ key: String) throws(FormatError) -> Digest {
    guard let digest = Digest(text: try text(key)) else {
      throw FormatError(.field, subject, "\"\(key)\" is not a digest")
    }
    return digest
  }

  func optionalDigest(_ key: String) throws(FormatError) -> Digest? {
    object[key] == nil ? nil : try digest(key)
  }

  /// The id of an entry.
  func id(_ key: String) throws(FormatError) -> String {
    let text = try text(key)
    guard RunID.isValid(text) else { throw FormatError(.field, subject, "\"\(key)\" is not 32 hexadecimal digits") }
    return text
  }

  func optionalID(_ key: String) throws(FormatError) -> String? { object[key] == nil ? nil : try id(key) }

  func run() throws(FormatError) -> String { try id("run") }

  /// One of a few words; any other means that a newer program wrote it.
  func word<Word: RawRepresentable>(
    _ key: String, _ what: String
  ) throws(FormatError) -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: try text(key)) else {
      throw FormatError(.newer, subject, "\(what) that this program does not know")
    }
    return word
  }

  func reason() throws(FormatError) -> String {
    let reason = try text("reason")
    guard (1...Event.reasonLimit).contains(reason.utf8.count) else {
      throw FormatError(.limit, subject, "a reason of \(reason.utf8.count) bytes")
    }
    return reason
  }

  func optionalReason() throws(FormatError) -> String? { object["reason"] == nil ? nil : try reason() }

  func experiment() throws(FormatError) -> String? {
    guard let value = object["experiment"] else { return nil }
    guard let text = value.string, RunID.isExperiment(text) else {
      throw FormatError(.field, subject, "\"experiment\" is not a text of 1 to 255 bytes")
    }
    return text
  }

  /// The packs of a `collect` event: digits without `sha256:`, as in file names, at least one, ascending strictly.
  func packs() throws(FormatError) -> [Digest] {
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
}
