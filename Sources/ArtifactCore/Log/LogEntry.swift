/// One entry of the log as it stands in its file (store-layout.md §5).
///
///     {"actor":…,"event":…,"history":{"root":…,"size":…},"id":…,"seq":…,"time":…, …}\n
///     <64 hex: RFC 6962 leaf hash of the line above, without its newline>\n
public struct LogEntry: Sendable, Equatable {
  /// Most bytes in an entry's JSON.
  public static let byteLimit = 32 << 10

  /// The canonical JSON.
  public let json: [UInt8]
  /// RFC 6962 leaf hash of `json`.
  public let leafHash: Digest
  /// Position in the log, from 0.
  public let sequence: Int
  /// 128 random bits in hexadecimal: whose entry it is, when a link's outcome is unknown.
  public let id: String
  /// The writer's clock: a claim.
  public let time: Timestamp
  /// Who wrote it: a claim, until it is signed.
  public let actor: String
  /// The Merkle root over all entries before this one.
  public let root: Digest
  /// What happened.
  public let event: Event

  /// Creates an entry that follows `history`.
  public init(
    event: Event, id: String, time: Timestamp, actor: String, after history: MerkleFrontier
  ) throws(FormatError) {
    var object = event.members
    object["actor"] = .string(actor)
    object["event"] = .string(event.name)
    object["history"] = ["root": .string(history.root.text), "size": .integer(Int64(history.size))]
    object["id"] = .string(id)
    object["seq"] = .integer(Int64(history.size))
    object["time"] = .string(time.text)
    json = try JSON.object(object).canonicalBytes(subject: "log entry")
    guard json.count <= Self.byteLimit else {
      throw FormatError(.limit, "log entry", "\(json.count) bytes; the limit is \(Self.byteLimit)")
    }
    leafHash = MerkleTree.leafHash(json)
    sequence = history.size
    self.id = id
    self.time = time
    self.actor = actor
    root = history.root
    self.event = event
  }

  /// The bytes of the file.
  public var fileBytes: [UInt8] { json + [0x0a] + Array(leafHash.hex.utf8) + [0x0a] }

  /// Reads the bytes of a file and refuses whatever is not an entry in its one form.
  public init(fileBytes: [UInt8]) throws(FormatError) {
    let subject = "log entry"
    guard fileBytes.count > 66, fileBytes.count <= Self.byteLimit + 66 else {
      throw FormatError(.length, subject, "\(fileBytes.count) bytes")
    }
    let end = fileBytes.count - 66
    guard fileBytes[end] == 0x0a, fileBytes.last == 0x0a,
      let stated = Digest(hex: fileBytes.span.extracting((end + 1)..<(end + 65)))
    else { throw FormatError(.syntax, subject, "it does not end with a line of 64 hexadecimal digits", at: end) }
    json = Array(fileBytes[..<end])
    leafHash = MerkleTree.leafHash(json)
    guard leafHash == stated else {
      throw FormatError(.checksum, subject, "its leaf hash is \(leafHash.short)…, it says \(stated.short)…")
    }
    guard let object = try JSON.canonical(json, subject: subject).object else {
      throw FormatError(.syntax, subject, "not an object")
    }
    id = try object.requiredString("id", in: subject)
    guard id.utf8.count == 32, Hex.bytes(id) != nil else {
      throw FormatError(.field, subject, "\"id\" is not 32 hexadecimal digits")
    }
    sequence = Int(try object.requiredInteger("seq", in: subject))
    time = try Timestamp(try object.requiredString("time", in: subject))
    actor = try object.requiredString("actor", in: subject)
    guard let history = try object.required("history", in: subject).object, history.count == 2,
      let root = Digest(text: try history.requiredString("root", in: subject)),
      try history.requiredInteger("size", in: subject) == Int64(sequence), sequence >= 0
    else { throw FormatError(.field, subject, "\"history\" does not fit \"seq\"") }
    self.root = root
    event = try Event(name: try object.requiredString("event", in: subject), members: object)
  }
}
