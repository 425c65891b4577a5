/// The record of a pushed folder: `dataset`, `environment`, `code`, `model` or `other` (store-layout.md §2.3).
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
  public static let byteLimit = 1 << 20

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    guard let size = JSON(self.size), let files = JSON(fileCount) else {
      throw FormatError(.limit, "record", "a size beyond 2^53")
    }
    var object: JSONObject = [
      "files": files, "format": 1, "record": .string(kind.rawValue), "size": size, "tree": .string(tree.text),
    ]
    if !meta.isEmpty { object["meta"] = .object(try JSONObject(members: meta.map { ($0.key, .string($0.value)) })) }
    if let note { object["note"] = .string(note) }
    let bytes = try JSON.object(object).canonicalBytes(subject: "record")
    guard bytes.count <= Self.byteLimit else {
      throw FormatError(.limit, "record", "\(bytes.count) bytes; the limit is \(Self.byteLimit)")
    }
    return bytes
  }

  /// Reads a record and refuses whatever does not re-encode to itself.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    let subject = "record"
    guard bytes.count <= Self.byteLimit else { throw FormatError(.limit, subject, "\(bytes.count) bytes") }
    guard let object = try JSON.canonical(bytes, subject: subject).object else {
      throw FormatError(.syntax, subject, "not an object")
    }
    guard try object.requiredInteger("format", in: subject) == 1,
      let kind = PackageKind(rawValue: try object.requiredString("record", in: subject))
    else { throw FormatError(.newer, subject, "a format or a record that this program does not know") }
    for key in object.keys where !["files", "format", "meta", "note", "record", "size", "tree"].contains(key) {
      throw FormatError(.newer, subject, "the member \"\(printable(key))\", which this program does not know")
    }
    self.kind = kind
    guard let tree = Digest(text: try object.requiredString("tree", in: subject)) else {
      throw FormatError(.field, subject, "\"tree\" is not a digest")
    }
    self.tree = tree
    let size = try object.requiredInteger("size", in: subject)
    let files = try object.requiredInteger("files", in: subject)
    guard size >= 0, files >= 0 else { throw FormatError(.field, subject, "a negative size") }
    self.size = UInt64(size)
    fileCount = Int(files)
    var meta = [String: String]()
    if let value = object["meta"] {
      guard let members = value.object, !members.isEmpty else {
        throw FormatError(.field, subject, "\"meta\" is not an object with members")
      }
      for (key, value) in members {
        guard let text = value.string else { throw FormatError(.field, subject, "a \"meta\" value is not a string") }
        meta[key] = text
      }
    }
    self.meta = meta
    if let value = object["note"] {
      guard let text = value.string else { throw FormatError(.field, subject, "\"note\" is not a string") }
      note = text
    } else {
      note = nil
    }
  }
}
