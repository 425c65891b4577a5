import ArgumentParser
import ArtifactCore
import ArtifactRun
import ArtifactStore

/// The command `artifact env show`.
struct EnvShow: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "What an environment holds.")

  @Argument(
    help: ArgumentHelp("An environment, or a version that a run made.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let facts = try Environments.record(reference.reference(), in: store).environment
    if output.json {
      var object: JSONObject = [
        "edited": .array(facts.edited.map { .bytes($0) }), "packages": .array(facts.packages.map(Self.json)),
        "unowned": .array(facts.unowned.map { .bytes($0) }),
      ]
      object["python"] = facts.interpreter.map { .string($0.version) }
      object["arch"] = facts.arch.map { .string($0) }
      return try Console.result(object)
    }
    if let python = facts.interpreter {
      Console.result("\(python.implementation) \(python.version)  \(facts.os ?? "") \(facts.arch ?? "")")
    } else {
      Console.result("no interpreter  \(facts.os ?? "") \(facts.arch ?? "")")
    }
    var table = Table([
      Table.Column(title: "PACKAGE"), Table.Column(title: "VERSION"), Table.Column(title: "ORIGIN"),
      Table.Column(title: "SIZE", isNumber: true), Table.Column(title: "SHA256"),
    ])
    for package in facts.packages {
      table.add([
        printable(package.name), printable(package.version), package.origin,
        package.size.map { Units.bytes($0) } ?? "", package.digest?.short ?? "",
      ])
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    for path in facts.edited { Console.result("edited  \(printable(path))") }
    for path in facts.unowned { Console.result("unowned  \(printable(path))") }
  }

  static func json(_ package: EnvironmentFacts.Package) -> JSON {
    var object: JSONObject = [
      "name": .string(package.name), "origin": .string(package.origin), "version": .string(package.version),
    ]
    object["sha256"] = package.digest.map { .string($0.hex) }
    object["file"] = package.file.map { .string($0) }
    object["source"] = package.source.map { .string($0) }
    return .object(object)
  }
}

/// The command `artifact env diff`.
struct EnvDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "What differs between two environments. Exit code 3 if anything does.")

  @Argument(help: ArgumentHelp("The first.", valueName: "a"), completion: .reference)
  var before: RawArgument

  @Argument(help: ArgumentHelp("The second.", valueName: "b"), completion: .reference)
  var after: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let one = try Environments.record(before.reference(), in: store).environment
    let other = try Environments.record(after.reference(), in: store).environment
    let changes = Self.changes(one, other)
    if output.json {
      let list = changes.map { change -> JSON in
        ["after": .string(change.after), "before": .string(change.before), "name": .string(change.name)]
      }
      try Console.result(["changes": .array(list), "equal": .boolean(changes.isEmpty)])
    } else {
      for change in changes { Console.result("\(change.name.padded(to: 24))  \(change.before) -> \(change.after)") }
      if changes.isEmpty { Console.note("the environments are equal") }
    }
    if !changes.isEmpty { throw Finish(code: ExitCodes.differs) }
  }

  /// Each thing that differs, with `none` where one side has it not.
  static func changes(
    _ one: EnvironmentFacts, _ other: EnvironmentFacts
  ) -> [(name: String, before: String, after: String)] {
    var result = [(name: String, before: String, after: String)]()
    func compare(_ name: String, _ before: String?, _ after: String?) {
      if before != after { result.append((name, before ?? "none", after ?? "none")) }
    }
    compare("python", one.interpreter?.version, other.interpreter?.version)
    compare("arch", one.arch, other.arch)
    let left = Dictionary(one.packages.map { ($0.name, $0) }) { first, _ in first }
    let right = Dictionary(other.packages.map { ($0.name, $0) }) { first, _ in first }
    for name in Set(left.keys).union(right.keys).sorted() {
      let (before, after) = (left[name], right[name])
      if before?.version == after?.version, before?.digest != after?.digest {
        compare(
          name, before.map { "\($0.version) \($0.digest?.short ?? $0.origin)" },
          after.map { "\($0.version) \($0.digest?.short ?? $0.origin)" })
      } else {
        compare(name, before?.version, after?.version)
      }
    }
    for path in Set(one.unowned).symmetricDifference(other.unowned).map({ printable($0) }).sorted() {
      let isBefore = one.unowned.contains { printable($0) == path }
      compare(path, isBefore ? "unowned" : nil, isBefore ? nil : "unowned")
    }
    return result
  }
}

/// The command `artifact env export`.
struct EnvExport: ParsableCommand {
  /// For which tool.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case requirements, pylock
  }

  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print an environment as a lock file with hashes.",
    discussion: """
      Packages that were made into wheels again are in no index: their hashes are those of the wheels in the store.
      """)

  @Argument(
    help: ArgumentHelp("An environment, or a version that a run made.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("requirements, for pip, or pylock (PEP 751).", valueName: "format"))
  var format = Format.requirements

  @OptionGroup var store: StoreOption

  func run() throws {
    let store = try store.open()
    let facts = try Environments.record(reference.reference(), in: store).environment
    let lines = Lines()
    switch format {
    case .requirements: for line in Self.requirements(facts) { lines.add(line) }
    case .pylock: for line in Self.pylock(facts) { lines.add(line) }
    }
    lines.flush()
  }

  static func requirements(_ facts: EnvironmentFacts) -> [String] {
    var lines = ["# Python \(facts.interpreter?.version ?? "unknown")"]
    for package in facts.packages {
      if package.origin != "index" { lines.append("# \(package.origin):") }
      let hash = package.digest.map { " --hash=sha256:\($0.hex)" } ?? ""
      lines.append("\(package.name)==\(package.version)\(hash)")
    }
    return lines
  }

  static func pylock(_ facts: EnvironmentFacts) -> [String] {
    var lines = ["lock-version = \"1.0\"", "created-by = \"artifact\""]
    if let python = facts.interpreter { lines.append("requires-python = \"==\(python.version)\"") }
    for package in facts.packages {
      lines += ["", "[[packages]]", "name = \"\(package.name)\"", "version = \"\(package.version)\""]
      guard let file = package.file, let digest = package.digest else { continue }
      lines += ["", "[[packages.wheels]]", "name = \"\(file)\"", "path = \"\(file)\""]
      if let size = package.size { lines.append("size = \(size)") }
      lines.append("hashes = { sha256 = \"\(digest.hex)\" }")
    }
    return lines
  }
}
