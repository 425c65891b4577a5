/// What the record of a code snapshot says beside its folder (store-layout.md §2.3).
///
/// The folder is the code as it ran, with notebooks stripped of outputs and execution counts.
public struct CodeFacts: Sendable, Equatable {
  /// A repository within the repository.
  public struct Submodule: Sendable, Equatable {
    /// Where it stands.
    public let path: [UInt8]
    /// Its commit.
    public let commit: String

    /// Creates a submodule.
    public init(path: [UInt8], commit: String) {
      self.path = path
      self.commit = commit
    }
  }

  /// A notebook as it was, outputs included.
  public struct Notebook: Sendable, Equatable {
    /// Where its stripped form stands in the tree.
    public let path: [UInt8]
    /// The whole file.
    public let blob: Digest

    /// Creates a notebook.
    public init(path: [UInt8], blob: Digest) {
      self.path = path
      self.blob = blob
    }
  }

  /// The commit that was checked out.
  public var commit: String?
  /// Its branch.
  public var branch: String?
  /// Whether the files differ from the commit's.
  public var isDirty: Bool?
  /// Where the repository came from, without credentials.
  public var remote: String? {
    didSet { remote = remote.map(Redaction.uri) }
  }
  /// Repositories within, by path.
  public var submodules: [Submodule] = [] {
    didSet { submodules.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// Notebooks with their outputs, by path.
  public var notebooks: [Notebook] = [] {
    didSet { notebooks.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// Files that were left out because they are too large, by path.
  public var omitted: [[UInt8]] = [] {
    didSet { omitted.sort { $0.lexicographicallyPrecedes($1) } }
  }

  /// No facts.
  public init() {}

  func adding(to object: JSONObject) -> JSONObject {
    var object = object
    object.put("commit", commit)
    object.put("branch", branch)
    object.put("dirty", isDirty)
    object.put("remote", remote)
    object.put(
      "submodules", submodules.map { ["commit": .string($0.commit), "path": .bytes($0.path)] })
    object.put(
      "notebooks", notebooks.map { ["blob": .string($0.blob.text), "path": .bytes($0.path)] })
    object.put("omitted", omitted.map { .bytes($0) })
    return object
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var facts = CodeFacts()
    facts.commit = try members.optionalString("commit")
    facts.branch = try members.optionalString("branch")
    facts.isDirty = try members.optionalBoolean("dirty")
    facts.remote = try members.optionalString("remote")
    for var member in try members.objects("submodules") {
      facts.submodules.append(Submodule(path: try member.bytes("path"), commit: try member.string("commit")))
      try member.finish()
    }
    for var member in try members.objects("notebooks") {
      facts.notebooks.append(Notebook(path: try member.bytes("path"), blob: try member.digest("blob")))
      try member.finish()
    }
    facts.omitted = try members.byteStrings("omitted")
    self = facts
  }
}
