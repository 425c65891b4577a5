import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact push`.
struct Push: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Store a folder or file as the next version of a name.",
    discussion: """
      Content and metadata equal to the latest version publish nothing. What an .artifactignore file or --exclude names \
      (in the syntax of .gitignore) is left out, and so are folders named .artifact.

        artifact push data/ customers --kind dataset --tag raw
        artifact push model.safetensors fraud/model --meta accuracy=0.93

      With --ref the bytes stay where they are: the version holds addresses, sizes and SHA-256 digests, and pull and verify \
      check them. Files and folders of this machine are read; of others say what is known. Credentials in addresses are not \
      stored.

        artifact push --ref /data/clicks --ref 'https://host/a.csv#sha256=HEX&size=N' clicks
      """)

  @Argument(help: "The folder or file; with --ref the name.", completion: .file())
  var path: RawArgument

  @Argument(help: "The name, as in customers or fraud/train-data.", completion: .packageName)
  var name: RawArgument?

  @Option(
    help: ArgumentHelp("A dataset by reference: a path, file:// or another address. Repeatable.", valueName: "uri"))
  var ref: [RawArgument] = []

  @Option(
    help: ArgumentHelp(
      "What it is. (default: what the name is)", valueName: "kind"))
  var kind: PackageKind?

  @Option(help: ArgumentHelp("A tag for the version. Repeatable.", valueName: "tag"))
  var tag: [RawArgument] = []

  @Option(help: ArgumentHelp("A remark that becomes part of the version.", valueName: "text"))
  var note: RawArgument?

  @Option(help: ArgumentHelp("Metadata that become part of the version. Repeatable.", valueName: "key=value"))
  var meta: [RawArgument] = []

  @Option(help: ArgumentHelp("Leave out what matches. Repeatable.", valueName: "pattern"))
  var exclude: [RawArgument] = []

  @Option(help: ArgumentHelp("How hard to compress, 1 to 12. (default: the store's)", valueName: "n"))
  var level: Int?

  @Flag(help: "Read every file, even those that look unchanged.")
  var rehash = false

  @Flag(help: "The path is an archive (zip, whl, tar, tar.gz, tar.zst): store what is in it.")
  var unpack = false

  @Option(help: ArgumentHelp("With --unpack: most GiB the archive may hold. (default: 64)", valueName: "n"))
  var limit: UInt64?

  @Flag(help: "With --unpack: keep links that lead out of the archive.")
  var allowExternalLinks = false

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let level { try Self.check(level: level) }
    if ref.isEmpty, name == nil { throw ValidationError("the name is missing") }
    if !ref.isEmpty, name != nil { throw ValidationError("with --ref only the name is given") }
    if !ref.isEmpty, unpack || !exclude.isEmpty { throw ValidationError("--ref takes files as they are") }
    if let limit, !(1...1 << 20).contains(limit) { throw ValidationError("the limit \(limit) is not in 1 to 1048576") }
  }

  static func check(level: Int) throws {
    if !StoreConfig.levels.contains(level) { throw ValidationError("the level \(level) is not in 1 to 12") }
  }

  func run() throws {
    let request = try request()
    let store = try store.open()
    try clock.apply(to: store, actor)
    let path = path.path
    let sources = try ref.map(SourceArgument.source)
    let start = Platform.uptime()
    let result = try Watch.run("push \(request.name)", quietly: quiet || output.json) { (progress) throws(StoreError) in
      sources.isEmpty ? try store.push(path, request, progress) : try store.push(sources, request, progress)
    }
    let erased = result.isNew ? store.erased(result.record) : []
    if output.json {
      var object = json(result, request)
      if !erased.isEmpty { object["erasedBefore"] = Describe.list(erased) }
      return try Console.result(object)
    }
    Console.result("\(request.name)@\(result.version)")
    if quiet { return }
    remark(result, request, elapsed: (Platform.uptime() - start) / 1_000_000)
    if let note = Describe.note(erasedBefore: erased) { Console.note(note) }
    Console.note("log entry \(result.logSize - 1)  next: artifact \(next(result, request, store))")
  }

  private func request() throws -> PushRequest {
    var request = PushRequest(name: try PackageName(bytes: (name ?? path).bytes), actor: actor.name)
    request.kind = kind
    request.tags = try tag.map { (tag) throws(FormatError) in try TagName(bytes: tag.bytes) }
    request.note = try note?.text("the note")
    request.meta = try MetaOption.pairs(meta)
    request.level = level
    request.rehash = rehash
    request.unpacks = unpack
    request.inflatedLimit = limit.map { $0 << 30 }
    request.allowsExternalLinks = allowExternalLinks
    // A store is not part of what it keeps; a pattern of the user may bring such a folder back.
    request.rules.exclude = [".artifact/"]
    for pattern in exclude { request.rules.exclude.append(try pattern.text("the pattern")) }
    return request
  }

  private func remark(_ result: PushResult, _ request: PushRequest, elapsed: Int64) {
    let content = result.content
    let what = "\(Units.bytes(content.size)) in \(Units.count(content.fileCount, "file"))"
    guard result.isNew else {
      return Console.note("\(what), the same as version \(result.version); no new version")
    }
    let shared = result.bytesShared > 0 ? "\(Units.percent(result.bytesShared, of: content.size)) shared, " : ""
    let written = "\(Units.bytes(result.bytesWritten)) written"
    Console.note("\(what), \(shared)\(written) in \(Units.duration(milliseconds: elapsed))")
  }

  /// A command that is of use now.
  private func next(_ result: PushResult, _ request: PushRequest, _ store: Store) -> String {
    let version = "\(request.name)@\(result.version)"
    if result.isNew, result.version == 1 { return "pull \(version) FOLDER" }
    // With what was erased nothing can be compared.
    if !result.isNew || store.isErased(request.name, result.version - 1) { return "show \(version)" }
    return "diff \(request.name)@\(result.version - 1) \(version)"
  }

  private func json(_ result: PushResult, _ request: PushRequest) -> JSONObject {
    var object: JSONObject = [
      "kind": .string(result.content.kind.rawValue), "name": .string(request.name.text), "new": .boolean(result.isNew),
      "record": .string(result.record.text), "tags": .array(request.tags.map { .string($0.text) }),
    ]
    object["version"] = JSON(result.version)
    object["logSize"] = JSON(result.logSize)
    object["shared"] = JSON(result.bytesShared)
    object["written"] = JSON(result.bytesWritten)
    Describe.add(result.content, to: &object)
    return object
  }
}

/// Addresses as `--ref` gives them.
enum SourceArgument {
  /// A path or `file://` is a place on this machine; any other address says its size and digest behind a `#`.
  static func source(_ word: RawArgument) throws(CommandFailure) -> DataSource {
    let text = ExactText.string(word.bytes.span) ?? ""
    guard let mark = text.firstRange(of: "://") else { return try local(word.bytes) }
    if text[..<mark.lowerBound] == "file" {
      guard let path = FileURI.path(text) else {
        throw .usage(
          "the address \"\(printable(word.bytes))\" cannot be used", "file:// is followed by an absolute path")
      }
      return try local(path)
    }
    let parts = text.split(separator: "#", maxSplits: 1)
    var facts = [Substring: Substring]()
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1)
      if sides.count == 2 { facts[sides[0]] = sides[1] }
    }
    guard let digest = facts["sha256"].flatMap({ Digest(hex: $0) }), let size = facts["size"].flatMap({ UInt64($0) }),
      facts.count == 2
    else {
      throw .usage(
        "the address \"\(printable(Redaction.uri(text)))\" cannot be used",
        "what it leads to is not read, so its facts must follow: #sha256=HEX&size=BYTES")
    }
    return .known(uri: String(parts[0]), size: size, digest: digest)
  }

  private static func local(_ bytes: [UInt8]) throws(CommandFailure) -> DataSource {
    var path = bytes
    if path.first != UInt8(ascii: "/") {
      guard let folder = Surroundings.workingDirectory else {
        throw .usage("the path \"\(printable(bytes))\" cannot be used", "the working folder is gone")
      }
      path = folder.appending(path).bytes
    }
    // One spelling of a place, so that equal data has an equal version.
    let parts = path.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
    guard !parts.contains([UInt8(ascii: "."), UInt8(ascii: ".")]) else {
      throw .usage("the path \"\(printable(bytes))\" cannot be used", "write it without ..")
    }
    return .local(Path(parts.reduce(into: []) { $0 += [UInt8(ascii: "/")] + $1 }))
  }
}

/// Pairs as `--meta key=value` gives them.
enum MetaOption {
  /// The pairs; a key that is there twice is refused.
  static func pairs(_ words: [RawArgument]) throws(CommandFailure) -> [String: String] {
    var result = [String: String]()
    for word in words {
      let text = try word.text("the metadata")
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else {
        throw .usage("the metadata \"\(printable(text))\" cannot be used", "they are written key=value")
      }
      let key = String(text[..<equals])
      guard result.updateValue(String(text[text.utf8.index(after: equals)...]), forKey: key) == nil else {
        throw .usage("the metadata cannot be used", "the key \"\(printable(key))\" is there twice")
      }
    }
    return result
  }
}
