/// The record of a folder: `dataset`, `environment`, `code`, `model` or `other` (store-layout.md §2.3).
///
/// It holds no clock and no person, so equal content with equal metadata has an equal id.
public struct PackageRecord: Sendable, Equatable {
  /// What the folder is.
  public let kind: PackageKind
  /// The folder's id.
  public let tree: Digest
  /// Bytes of all files and link targets below it.
  public let size: UInt64
  /// Number of files and links below it.
  public let fileCount: Int
  /// Free metadata, by key.
  public let meta: [String: String]
  /// A remark.
  public let note: String?
  /// The result record of the run that wrote the folder.
  public var from: Digest?
  /// What only datasets say.
  public var dataset = DatasetFacts()
  /// What only code says.
  public var code = CodeFacts()
  /// What only environments say.
  public var environment = EnvironmentFacts()
  /// What only models say.
  public var model = ModelFacts()

  /// Creates a record.
  public init(
    kind: PackageKind, tree: Digest, size: UInt64, fileCount: Int, meta: [String: String] = [:], note: String? = nil
  ) {
    self.kind = kind
    self.tree = tree
    self.size = size
    self.fileCount = fileCount
    self.meta = meta
    self.note = note
  }

  /// Most bytes in a record.
  public static let byteLimit = Record.byteLimit

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    var object = JSONObject()
    try object.put("size", count: size)
    try object.put("files", count: UInt64(fileCount))
    object.put("tree", tree)
    try object.put("meta", meta)
    object.put("note", note)
    object.put("from", from)
    guard dataset == DatasetFacts() || kind == .dataset, code == CodeFacts() || kind == .code,
      environment == EnvironmentFacts() || kind == .environment, model == ModelFacts() || kind == .model
    else { throw FormatError(.field, "record", "facts of another kind than \(kind.rawValue)") }
    try dataset.put(into: &object)
    object = code.adding(to: object)
    try environment.put(into: &object)
    model.put(into: &object)
    return try Record.encode(kind.rawValue, object)
  }

  /// Reads a record and refuses whatever does not re-encode to itself, and records of other kinds.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    guard case .package(let record) = try Record(bytes) else {
      throw FormatError(.field, "record", "it is not the record of a folder")
    }
    self = record
  }

  init(_ kind: PackageKind, _ members: inout MemberReader) throws(FormatError) {
    self.kind = kind
    tree = try members.digest("tree")
    size = try members.count("size")
    fileCount = Int(try members.count("files"))
    meta = try members.texts("meta")
    note = try members.optionalString("note")
    from = try members.optionalDigest("from")
    switch kind {
    case .dataset: dataset = try DatasetFacts(&members)
    case .code: code = try CodeFacts(&members)
    case .environment: environment = try EnvironmentFacts(&members)
    case .model: model = try ModelFacts(&members)
    case .other: break
    }
  }
}
