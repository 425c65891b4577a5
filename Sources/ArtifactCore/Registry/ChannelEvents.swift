/// A version enters a channel.
public struct Promotion: Sendable, Equatable {
  /// What shows that a rule of the policy is met.
  public struct Evidence: Sendable, Equatable {
    /// The line of the rule in the policy.
    public let line: Int
    /// Reports in the log, in the order of their digests.
    public let reports: [Digest]

    /// Creates evidence; order and repetition of reports do not matter.
    public init(line: Int, reports: [Digest]) {
      self.line = line
      self.reports = Set(reports).sorted()
    }
  }

  /// The name.
  public var name: PackageName
  /// The version.
  public var version: Int
  /// The record of the version.
  public var package: Digest
  /// The channel.
  public var channel: TagName
  /// The position of the last move of this name in this channel that the writer had seen; 0 if there was none.
  public var since: Int
  /// The digest of the policy under which it was decided; nil if there was none.
  public var policy: Digest?
  /// The id of the proposal's entry, if there is one.
  public var proposal: String?
  /// What the rules rest on, by line.
  public var evidence: [Evidence] = []
  /// Who breaks the glass, and why; nil if the rules are kept.
  public var glass: BrokenGlass?

  /// Creates a promotion.
  public init(name: PackageName, version: Int, package: Digest, channel: TagName, since: Int) {
    self.name = name
    self.version = version
    self.package = package
    self.channel = channel
    self.since = since
  }

  var members: JSONObject {
    var object: JSONObject = [
      "channel": .string(channel.text), "name": .string(name.text), "record": .string(package.text),
      "since": .integer(Int64(since)), "version": .integer(Int64(version)),
    ]
    object.put("policy", policy)
    object.put("proposal", proposal)
    object.put("evidence", Evidence.list(evidence))
    if let glass { object["glass"] = glass.json }
    return object
  }

  init(_ members: EventMembers) throws(FormatError) {
    self.init(
      name: try members.name(), version: try members.version(), package: try members.digest("record"),
      channel: try members.tag("channel"), since: try members.position("since"))
    policy = try members.optionalDigest("policy")
    proposal = try members.optionalID("proposal")
    var reader = try MemberReader(.object(members.object), in: members.subject)
    evidence = try Evidence.list(&reader)
    if let value = reader.value("glass") { glass = try BrokenGlass(value) }
  }
}

extension Promotion.Evidence {
  static func list(_ evidence: [Promotion.Evidence]) -> [JSON] {
    evidence.map { item in
      [
        "line": .integer(Int64(item.line)), "reports": .array(item.reports.map { .string($0.text) }),
      ]
    }
  }

  static func list(_ members: inout MemberReader) throws(FormatError) -> [Promotion.Evidence] {
    var result = [Promotion.Evidence]()
    for var inner in try members.objects("evidence") {
      let line = Int(try inner.count("line"))
      let reports = try inner.digests("reports")
      try inner.finish()
      guard result.last.map({ $0.line < line }) ?? true, !reports.isEmpty,
        zip(reports, reports.dropFirst()).allSatisfy({ $0 < $1 })
      else { throw inner.wrong("evidence", "a list by line, each with reports that ascend") }
      result.append(Promotion.Evidence(line: line, reports: reports))
    }
    return result
  }
}

/// A channel goes back to a version that was in it before.
public struct Rollback: Sendable, Equatable {
  /// The name.
  public var name: PackageName
  /// The version.
  public var version: Int
  /// The channel.
  public var channel: TagName
  /// As in a promotion.
  public var since: Int
  /// Why.
  public var reason: String

  /// Creates a rollback.
  public init(name: PackageName, version: Int, channel: TagName, since: Int, reason: String) {
    self.name = name
    self.version = version
    self.channel = channel
    self.since = since
    self.reason = reason
  }

  var members: JSONObject {
    [
      "channel": .string(channel.text), "name": .string(name.text), "reason": .string(reason),
      "since": .integer(Int64(since)), "version": .integer(Int64(version)),
    ]
  }

  init(_ members: EventMembers) throws(FormatError) {
    self.init(
      name: try members.name(), version: try members.version(), channel: try members.tag("channel"),
      since: try members.position("since"), reason: try members.reason())
  }
}

/// How a deployed version works.
public enum DeploymentMode: String, Sendable, CaseIterable {
  /// It answers requests.
  case realtime
  /// It works through data from time to time.
  case batch
  /// It is part of a device or of another program.
  case embedded
}

/// A share of the work at a target, in millionths: more than nothing and at most everything.
public struct Share: Sendable, Hashable, Comparable {
  /// 1 to 1,000,000.
  public let millionths: Int

  /// Everything.
  public static let whole = Share(checked: 1_000_000)

  private init(checked millionths: Int) { self.millionths = millionths }

  /// A share of so many millionths; nil for none, or for more than everything.
  public init?(millionths: Int) {
    guard (1...1_000_000).contains(millionths) else { return nil }
    self.millionths = millionths
  }

  /// Reads a decimal number above 0 and up to 1 with at most six digits behind the point.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = parts.count == 2 ? parts[1] : ""
    guard parts[0] == "0" || parts[0] == "1", digits.utf8.count <= 6, parts.count == 1 || !digits.isEmpty,
      digits.utf8.allSatisfy(NamePart.isDigit)
    else { return nil }
    let fraction = Int(digits + String(repeating: "0", count: 6 - digits.utf8.count)) ?? 0
    self.init(millionths: (parts[0] == "1" ? 1_000_000 : 0) + fraction)
  }

  /// The number without zeros at the end.
  public var text: String {
    if millionths == 1_000_000 { return "1" }
    let digits = String(millionths)
    var text = "0." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    while text.last == "0" { text.removeLast() }
    return text
  }

  /// Order by size.
  public static func < (left: Share, right: Share) -> Bool { left.millionths < right.millionths }
}

/// A version begins to work at a target.
public struct Deployment: Sendable, Equatable {
  /// The name.
  public var name: PackageName
  /// The version.
  public var version: Int
  /// Where.
  public var target: TargetName
  /// How.
  public var mode: DeploymentMode
  /// Its part of the work; nil means all of it, in place of every other version of the name.
  public var share: Share?

  /// Creates a deployment.
  public init(
    name: PackageName, version: Int, target: TargetName, mode: DeploymentMode = .realtime, share: Share? = nil
  ) {
    self.name = name
    self.version = version
    self.target = target
    self.mode = mode
    self.share = share
  }

  var members: JSONObject {
    var object: JSONObject = [
      "mode": .string(mode.rawValue), "name": .string(name.text), "target": .string(target.text),
      "version": .integer(Int64(version)),
    ]
    object.put("weight", share?.text)
    return object
  }

  init(_ members: EventMembers) throws(FormatError) {
    self.init(
      name: try members.name(), version: try members.version(), target: try members.target(),
      mode: try members.word("mode", "a mode"))
    guard members.object["weight"] != nil else { return }
    let text = try members.text("weight")
    guard let share = Share(text), share.text == text else {
      throw FormatError(.field, members.subject, "\"weight\" is not a decimal number above 0 and up to 1")
    }
    self.share = share
  }
}
