import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact copy`.
struct Copy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy a version with all it needs to another store.",
    discussion: """
      Frames that belong to the version go over as they stand, without being compressed again; every object is checked \
      against its digest on the way. It becomes the next version of the same name there.

        artifact copy fraud/model@prod --to /mnt/usb/store
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("The other store.", valueName: "folder"), completion: .directory)
  var to: RawArgument

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let source = try store.open()
    let target = try Store(opening: to.path, local: Settings.local)
    try clock.apply(to: target, actor)
    let found = try source.resolve(reference.reference())
    let who = actor.name
    let fixed = Describe.fixed(found)
    let result = try Watch.run("copy \(fixed)", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try source.reading(found) { () throws(StoreError) in
        try source.copy(found, to: target, actor: who, progress)
      }
    }
    let erased = result.isNew ? found.record.map { target.erased($0) } ?? [] : []
    if output.json {
      var object = Describe.resolved(found)
      object["copiedVersion"] = JSON(result.version)
      object["framesCopied"] = JSON(result.framesCopied)
      object["logSize"] = JSON(result.logSize)
      object["new"] = .boolean(result.isNew)
      object["objectsCopied"] = JSON(result.objectsCopied)
      object["objectsRepacked"] = JSON(result.objectsRepacked)
      object["written"] = JSON(result.bytesWritten)
      if !erased.isEmpty { object["erasedBefore"] = Describe.list(erased) }
      return try Console.result(object)
    }
    let name = found.name?.text ?? ""
    Console.result("\(name)@\(result.version)")
    if quiet { return }
    let moved =
      "\(Units.count(result.objectsCopied, "object")), \(Units.bytes(UInt64(result.bytesWritten))) written"
      + " (\(Units.count(result.framesCopied, "frame")) as they stand)"
    Console.note(result.isNew ? "\(fixed): \(moved)" : "\(fixed) is the latest version there already; no new version")
    if let note = Describe.note(erasedBefore: erased) { Console.note(note) }
    let next = Suggestion.command("show \(name)@\(result.version)", in: to)
    Console.note("log entry \(result.logSize - 1) there  next: \(next)")
  }
}
