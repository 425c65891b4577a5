/// A judgement on other records: a test, a drift check, a reproduction (store-layout.md §2.3).
public struct ReportRecord: Sendable, Equatable {
  static let kind = "report"

  /// What was done: `test`, `drift`, `responsible-ai`, `reproduction`, `scan` or another word.
  public var kind: String
  /// What came out, in one word: `passed`, `failed`, `identical`, and so on.
  public var verdict: String
  /// The records that it judges.
  public var subjects: [Digest]
  /// When it was written.
  public var time: Timestamp
  /// Who wrote it.
  public var actor: String
  /// The records that it rests on.
  public var inputs: [Digest] = []
  /// Its text or data.
  public var body: Digest?
  /// The media type of the body.
  public var media: String?
  /// Measurements.
  public var metrics: [Metric] = []
  /// One line for a person.
  public var note: String?

  /// Creates a report.
  public init(kind: String, verdict: String, subjects: [Digest], time: Timestamp, actor: String) {
    self.kind = kind
    self.verdict = verdict
    self.subjects = subjects
    self.time = time
    self.actor = actor
  }

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    var object: JSONObject = [
      "actor": .string(actor), "kind": .string(kind), "time": .string(time.text), "verdict": .string(verdict),
    ]
    object.put("subjects", subjects)
    object.put("inputs", inputs)
    object.put("body", body)
    object.put("media", media)
    object.put("metrics", Metric.list(metrics))
    object.put("note", note)
    try Self.check(kind, "kind")
    try Self.check(verdict, "verdict")
    return try Record.encode(Self.kind, object)
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var report = ReportRecord(
      kind: try members.string("kind"), verdict: try members.string("verdict"),
      subjects: try members.digests("subjects"), time: try members.time("time"), actor: try members.string("actor"))
    guard !report.subjects.isEmpty else { throw members.missing("subjects") }
    report.inputs = try members.digests("inputs")
    report.body = try members.optionalDigest("body")
    report.media = try members.optionalString("media")
    report.metrics = try Metric.list(&members)
    report.note = try members.optionalString("note")
    self = report
  }

  /// Words that rules will compare are plain ones.
  private static func check(_ word: String, _ key: String) throws(FormatError) {
    do { try NamePart.check(Array(word.utf8)[...], of: Array(word.utf8), subject: key) } catch {
      throw FormatError(.field, "record", "\"\(key)\" is not a word of a-z, 0-9, dot, underscore and hyphen")
    }
  }
}
