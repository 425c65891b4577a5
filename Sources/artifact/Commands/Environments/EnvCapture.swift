import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore

/// The command `artifact env capture`.
struct EnvCapture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture", abstract: "Store the packages of a Python environment as the next version of a name.",
    discussion: """
      Packages are stored as the wheels they were installed from, where these are in the store or in a --wheelhouse; \
      others are made into wheels again.
      """)

  @Argument(help: "The name.", completion: .packageName)
  var name: RawArgument

  @Option(help: ArgumentHelp("The interpreter. (default: python3)", valueName: "path"), completion: .file())
  var python: RawArgument?

  @Option(help: ArgumentHelp("A folder with wheels. Repeatable.", valueName: "folder"), completion: .directory)
  var wheelhouse: [RawArgument] = []

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let name = try PackageName(bytes: name.bytes)
    let store = try store.open()
    let found = try Environments.capture(
      name, interpreter: python?.bytes ?? Array("python3".utf8), wheelhouses: wheelhouse.map(\.path), in: store,
      Settings.runSurroundings(actor: actor.name))
    let result = found.version
    let packages = result.content.environment.packages
    if output.json {
      var object: JSONObject = [
        "name": .string(name.text), "new": .boolean(result.isNew), "notes": .array(found.notes.map { .string($0) }),
        "record": .string(result.record.text), "version": .integer(Int64(result.version)),
      ]
      object["packages"] = .array(packages.map(EnvShow.json))
      return try Console.result(object)
    }
    Console.result("\(name)@\(result.version)")
    for note in found.notes { Console.note("note: \(note)") }
    let repacked = packages.count { $0.origin == "repacked" }
    let how = repacked == 0 ? "all from their wheels" : "\(repacked) of them repacked"
    Console.note("\(Units.count(packages.count, "package")), \(how), \(Units.bytes(result.content.size))")
    Console.note("log entry \(result.logSize - 1)  next: artifact env restore \(name)@\(result.version) FOLDER")
  }
}

/// The command `artifact env restore`.
struct EnvRestore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Rebuild an environment without a network, and check every file.",
    discussion: """
      The folder must not exist yet. A Python of the recorded version is looked for; another patch level is taken where \
      there is no other, and said.
      """)

  @Argument(
    help: ArgumentHelp("An environment, or a version that a run made.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The folder.", completion: .directory)
  var folder: RawArgument

  @Option(help: ArgumentHelp("The interpreter to build on.", valueName: "path"), completion: .file())
  var python: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let record = try Environments.record(reference.reference(), in: store)
    let restored = try Environments.restore(
      record, to: folder.path, interpreter: python?.path, in: store, Settings.runSurroundings(actor: ""))
    let packages = record.environment.packages.count
    if output.json {
      var object: JSONObject = [
        "files": .integer(Int64(restored.fileCount)), "packages": .integer(Int64(packages)),
        "path": .bytes(restored.path.bytes), "version": .string(restored.version),
      ]
      if let remark = restored.remark { object["remark"] = .string(remark) }
      return try Console.result(object)
    }
    Console.result(restored.python.printable)
    if let remark = restored.remark { Console.note("note: \(remark)") }
    Console.note(
      "\(Units.count(packages, "package")), \(Units.count(restored.fileCount, "file")) checked, Python \(restored.version)"
    )
  }
}
