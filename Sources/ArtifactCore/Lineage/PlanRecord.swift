/// Work that is to be done (store-layout.md §2.3).
///
/// It holds no clock, host or user, so equal work has an equal id, which is also the key for using results again.
public struct PlanRecord: Sendable, Equatable {
  /// Something that the command reads.
  public struct Input: Sendable, Equatable {
    /// Where the command finds it, below the working folder or absolute.
    public var path: [UInt8]
    /// What it is.
    public var content: Content
    /// Under which name it was known, without a version.
    public var name: String?
    /// What it serves: `training`, `test`, and so on.
    public var role: String?
    /// Whether its bytes lie elsewhere.
    public var isReference = false

    /// Creates an input.
    public init(path: [UInt8], content: Content, name: String? = nil, role: String? = nil, isReference: Bool = false) {
      self.path = path
      self.content = content
      self.name = name
      self.role = role
      self.isReference = isReference
    }
  }

  /// Something that the command is expected to write.
  public struct Output: Sendable, Equatable {
    /// Where the command leaves it.
    public var path: [UInt8]
    /// Under which name it will be published; nil keeps it in the run.
    public var name: String?
    /// What it will be published as.
    public var kind: PackageKind?

    /// Creates an output.
    public init(path: [UInt8], name: String? = nil, kind: PackageKind? = nil) {
      self.path = path
      self.name = name
      self.kind = kind
    }
  }

  static let kind = "plan"

  /// The tree of the code, notebooks stripped.
  public var code: Digest?
  /// The record of the environment.
  public var environment: Digest?
  /// The words of the command.
  public var command: [[UInt8]]
  /// The working folder below the code's root; empty for the root itself.
  public var folder: [UInt8] = []
  /// Parameters by name.
  public var parameters: [String: String] = [:]
  /// Seeds by whose they are.
  public var seeds: [String: String] = [:]
  /// Environment variables that are set for the command on purpose.
  public var variables: [String: String] = [:]
  /// What it reads, by path.
  public var inputs: [Input] = [] {
    didSet { inputs.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// What it writes, by path.
  public var outputs: [Output] = [] {
    didSet { outputs.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }

  /// Creates a plan.
  public init(command: [[UInt8]]) { self.command = command }

  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    var object: JSONObject = ["command": .array(command.map { .bytes($0) })]
    object.put("code", code)
    object.put("environment", environment)
    object.put("folder", bytes: folder.isEmpty ? nil : folder)
    try object.put("parameters", parameters)
    try object.put("seeds", seeds)
    try object.put("variables", variables)
    object.put("inputs", inputs.map(Self.json))
    object.put("outputs", outputs.map(Self.json))
    return try Record.encode(Self.kind, object)
  }

  private static func json(_ input: Input) -> JSON {
    var object = JSONObject()
    object.put("path", bytes: input.path)
    input.content.put(into: &object)
    object.put("name", input.name)
    object.put("role", input.role)
    object.put("reference", input.isReference ? true : nil)
    return .object(object)
  }

  private static func json(_ output: Output) -> JSON {
    var object = JSONObject()
    object.put("path", bytes: output.path)
    object.put("name", output.name)
    object.put("kind", output.kind?.rawValue)
    return .object(object)
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var plan = PlanRecord(command: try members.byteStrings("command"))
    guard !plan.command.isEmpty else { throw members.missing("command") }
    plan.code = try members.optionalDigest("code")
    plan.environment = try members.optionalDigest("environment")
    plan.folder = try members.optionalBytes("folder") ?? []
    plan.parameters = try members.texts("parameters")
    plan.seeds = try members.texts("seeds")
    plan.variables = try members.texts("variables")
    for var inner in try members.objects("inputs") {
      plan.inputs.append(
        Input(
          path: try inner.bytes("path"), content: try Content(&inner), name: try inner.optionalString("name"),
          role: try inner.optionalString("role"), isReference: try inner.optionalBoolean("reference") ?? false))
      try inner.finish()
    }
    for var inner in try members.objects("outputs") {
      plan.outputs.append(
        Output(
          path: try inner.bytes("path"), name: try inner.optionalString("name"),
          kind: try PackageKind.optional("kind", &inner)))
      try inner.finish()
    }
    self = plan
  }
}

extension PackageKind {
  static func optional(_ key: String, _ members: inout MemberReader) throws(FormatError) -> PackageKind? {
    guard let text = try members.optionalString(key) else { return nil }
    guard let kind = PackageKind(rawValue: text) else {
      throw FormatError(.newer, members.subject, "a kind that this program does not know")
    }
    return kind
  }
}
