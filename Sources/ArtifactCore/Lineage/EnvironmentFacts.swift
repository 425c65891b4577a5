/// What the record of an environment says beside its folder of wheels (store-layout.md §2.3).
public struct EnvironmentFacts: Sendable, Equatable {
  /// The program that runs the code.
  public struct Interpreter: Sendable, Equatable {
    /// Which one: `cpython`.
    public var implementation: String
    /// Its version: `3.11.7`.
    public var version: String
    /// How it was built, in its own words.
    public var build: String?
    /// The tags of the wheels that it takes, the best first.
    public var tags: [String] = []

    /// Creates an interpreter.
    public init(implementation: String, version: String, build: String? = nil, tags: [String] = []) {
      self.implementation = implementation
      self.version = version
      self.build = build
      self.tags = tags
    }
  }

  /// An installed package.
  public struct Package: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its version.
    public var version: String
    /// Where it came from: `index`, `vcs`, `local`, `repacked`.
    public var origin: String
    /// SHA-256 of its wheel.
    public var digest: Digest?
    /// Bytes of its wheel.
    public var size: UInt64?
    /// The name of its wheel in the tree.
    public var file: String?
    /// The address and revision, without credentials, if it did not come from an index.
    public var source: String? {
      didSet { source = source.map(Redaction.uri) }
    }
    /// The record of the source snapshot that its wheel was built from.
    public var code: Digest?

    /// Creates a package.
    public init(name: String, version: String, origin: String, digest: Digest? = nil, size: UInt64? = nil) {
      self.name = name
      self.version = version
      self.origin = origin
      self.digest = digest
      self.size = size
    }
  }

  /// The operating system: `linux`.
  public var os: String?
  /// The processor: `x86_64`.
  public var arch: String?
  /// The C library: `glibc 2.36`.
  public var libc: String?
  /// The program that runs the code.
  public var interpreter: Interpreter?
  /// Packages, by name and version.
  public var packages: [Package] = [] {
    didSet { packages.sort { Self.precedes($0, $1) } }
  }
  /// The lock file.
  public var lock: Digest?
  /// Files that are not as their package installed them, by path.
  public var edited: [[UInt8]] = [] {
    didSet { edited.sort { $0.lexicographicallyPrecedes($1) } }
  }
  /// Files that no package owns, by path.
  public var unowned: [[UInt8]] = [] {
    didSet { unowned.sort { $0.lexicographicallyPrecedes($1) } }
  }

  /// No facts.
  public init() {}

  private static func precedes(_ one: Package, _ other: Package) -> Bool {
    ExactText.equal(one.name, other.name)
      ? ExactText.precedesBytewise(one.version, other.version) : ExactText.precedesBytewise(one.name, other.name)
  }

  func put(into object: inout JSONObject) throws(FormatError) {
    object.put("os", os)
    object.put("arch", arch)
    object.put("libc", libc)
    if let interpreter {
      var inner: JSONObject = [
        "implementation": .string(interpreter.implementation), "version": .string(interpreter.version),
      ]
      inner.put("build", interpreter.build)
      inner.put("tags", interpreter.tags)
      object["interpreter"] = .object(inner)
    }
    var list = [JSON]()
    for package in packages {
      var inner: JSONObject = [
        "name": .string(package.name), "origin": .string(package.origin), "version": .string(package.version),
      ]
      inner.put("sha256", package.digest?.hex)
      try inner.put("size", count: package.size)
      inner.put("file", package.file)
      inner.put("source", package.source)
      inner.put("code", package.code)
      list.append(.object(inner))
    }
    object.put("packages", list)
    object.put("lock", lock)
    object.put("edited", edited.map { .bytes($0) })
    object.put("unowned", unowned.map { .bytes($0) })
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var facts = EnvironmentFacts()
    facts.os = try members.optionalString("os")
    facts.arch = try members.optionalString("arch")
    facts.libc = try members.optionalString("libc")
    if let value = members.value("interpreter") {
      var inner = try MemberReader(value, in: members.subject)
      facts.interpreter = Interpreter(
        implementation: try inner.string("implementation"), version: try inner.string("version"),
        build: try inner.optionalString("build"), tags: try inner.strings("tags"))
      try inner.finish()
    }
    var packages = [Package]()
    for var inner in try members.objects("packages") {
      var package = Package(
        name: try inner.string("name"), version: try inner.string("version"), origin: try inner.string("origin"))
      if let text = try inner.optionalString("sha256") {
        guard let digest = Digest(hex: text) else { throw inner.wrong("sha256", "64 digits") }
        package.digest = digest
      }
      package.size = try inner.optionalCount("size")
      package.file = try inner.optionalString("file")
      package.source = try inner.optionalString("source")
      package.code = try inner.optionalDigest("code")
      packages.append(package)
      try inner.finish()
    }
    facts.packages = packages
    facts.lock = try members.optionalDigest("lock")
    facts.edited = try members.byteStrings("edited")
    facts.unowned = try members.byteStrings("unowned")
    self = facts
  }
}
