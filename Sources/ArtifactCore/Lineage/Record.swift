/// A fact about blobs, trees and other records (store-layout.md §2.3).
public enum Record: Sendable, Equatable {
  /// A folder under a kind: `dataset`, `environment`, `code`, `model` or `other`.
  case package(PackageRecord)
  /// Work that is to be done.
  case plan(PlanRecord)
  /// Work that was done.
  case result(ResultRecord)
  /// A judgement on other records.
  case report(ReportRecord)

  /// Most bytes in a record.
  public static let byteLimit = 1 << 20

  /// The value of the member `record`.
  public var kind: String {
    switch self {
    case .package(let record): record.kind.rawValue
    case .plan: PlanRecord.kind
    case .result: ResultRecord.kind
    case .report: ReportRecord.kind
    }
  }

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    switch self {
    case .package(let record): try record.bytes()
    case .plan(let record): try record.bytes()
    case .result(let record): try record.bytes()
    case .report(let record): try record.bytes()
    }
  }

  /// Reads a record of any kind and refuses whatever does not re-encode to itself.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    var members = try Self.members(of: bytes)
    let kind = try members.string("record")
    switch kind {
    case PlanRecord.kind: self = .plan(try PlanRecord(&members))
    case ResultRecord.kind: self = .result(try ResultRecord(&members))
    case ReportRecord.kind: self = .report(try ReportRecord(&members))
    default:
      guard let kind = PackageKind(rawValue: kind) else {
        throw FormatError(.newer, "record", "the record \"\(printable(kind))\", which this program does not know")
      }
      self = .package(try PackageRecord(kind, &members))
    }
    try members.finish()
    // Order within lists, empty lists and the like have one spelling too.
    guard try self.bytes() == bytes else {
      throw FormatError(.notCanonical, "record", "it does not re-encode to the same bytes")
    }
  }

  /// The members of a record of format 1.
  static func members(of bytes: [UInt8]) throws(FormatError) -> MemberReader {
    guard bytes.count <= byteLimit else { throw FormatError(.limit, "record", "\(bytes.count) bytes") }
    var members = try MemberReader(try JSON.canonical(bytes, subject: "record"), in: "record")
    guard try members.count("format") == 1 else {
      throw FormatError(.newer, "record", "a format that this program does not know")
    }
    return members
  }

  /// Encodes the members of a record with `format` and `record` added.
  static func encode(_ kind: String, _ members: JSONObject) throws(FormatError) -> [UInt8] {
    var object = members
    object["format"] = 1
    object["record"] = .string(kind)
    let bytes = try JSON.object(object).canonicalBytes(subject: "record")
    guard bytes.count <= byteLimit else {
      throw FormatError(.limit, "record", "\(bytes.count) bytes; the limit is \(byteLimit)")
    }
    return bytes
  }
}
