/// What the record of a dataset says beside its folder (store-layout.md §2.3).
public struct DatasetFacts: Sendable, Equatable {
  /// A file whose bytes stay where they are.
  public struct DataReference: Sendable, Equatable {
    /// Where it stands in the tree.
    public let path: [UInt8]
    /// Where its bytes are, without credentials.
    public let uri: String
    /// Its size in bytes.
    public let size: UInt64
    /// SHA-256 of its bytes.
    public let digest: Digest

    /// Creates a reference; credentials are taken out of the address.
    public init(path: [UInt8], uri: String, size: UInt64, digest: Digest) {
      self.path = path
      self.uri = Redaction.uri(uri)
      self.size = size
      self.digest = digest
    }
  }

  /// A column of a table.
  public struct Column: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Its type, in the words of whoever wrote it.
    public let type: String

    /// Creates a column.
    public init(name: String, type: String) {
      self.name = name
      self.type = type
    }
  }

  /// How a dataset was made from another one.
  public struct Derivation: Sendable, Equatable {
    /// The record of the other one.
    public let parent: Digest
    /// The rule, by a name that says its version: `sample/1`.
    public let method: String
    /// The seed of its chance.
    public let seed: String?
    /// How many rows were asked for.
    public let rows: UInt64?

    /// Creates a derivation.
    public init(parent: Digest, method: String, seed: String? = nil, rows: UInt64? = nil) {
      self.parent = parent
      self.method = method
      self.seed = seed
      self.rows = rows
    }
  }

  /// Files whose bytes lie elsewhere, by path; if there are any, they are all files of the tree.
  public var references: [DataReference] = [] {
    didSet { references.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// What it serves: `training`, `test`, and so on.
  public var role: String?
  /// Its columns, in order.
  public var schema: [Column] = []
  /// How many rows it has.
  public var rows: UInt64?
  /// What it was made from.
  public var derivedFrom: Derivation?
  /// Under what terms it may be used.
  public var licence: String?

  /// No facts.
  public init() {}

  func put(into object: inout JSONObject) throws(FormatError) {
    var files = [JSON]()
    for reference in references {
      var file: JSONObject = ["sha256": .string(reference.digest.hex), "uri": .string(reference.uri)]
      file.put("path", bytes: reference.path)
      try file.put("size", count: reference.size)
      files.append(.object(file))
    }
    object.put("references", files)
    object.put("role", role)
    object.put("schema", schema.map { ["name": .string($0.name), "type": .string($0.type)] })
    try object.put("rows", count: rows)
    if let derivedFrom {
      var derivation: JSONObject = ["method": .string(derivedFrom.method)]
      derivation.put("parent", derivedFrom.parent)
      derivation.put("seed", derivedFrom.seed)
      try derivation.put("rows", count: derivedFrom.rows)
      object["derivedFrom"] = .object(derivation)
    }
    object.put("licence", licence)
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var facts = DatasetFacts()
    var files = [DataReference]()
    for var file in try members.objects("references") {
      guard let digest = Digest(hex: try file.string("sha256")) else { throw file.wrong("sha256", "64 digits") }
      files.append(
        DataReference(
          path: try file.bytes("path"), uri: try file.string("uri"), size: try file.count("size"), digest: digest))
      try file.finish()
    }
    for (one, other) in zip(files, files.dropFirst()) where !one.path.lexicographicallyPrecedes(other.path) {
      throw members.wrong("references", "in the order of their paths, each once")
    }
    facts.references = files
    facts.role = try members.optionalString("role")
    var columns = [Column]()
    for var column in try members.objects("schema") {
      columns.append(Column(name: try column.string("name"), type: try column.string("type")))
      try column.finish()
    }
    facts.schema = columns
    facts.rows = try members.optionalCount("rows")
    if let value = members.value("derivedFrom") {
      var inner = try MemberReader(value, in: members.subject)
      facts.derivedFrom = Derivation(
        parent: try inner.digest("parent"), method: try inner.string("method"), seed: try inner.optionalString("seed"),
        rows: try inner.optionalCount("rows"))
      try inner.finish()
    }
    facts.licence = try members.optionalString("licence")
    self = facts
  }
}
