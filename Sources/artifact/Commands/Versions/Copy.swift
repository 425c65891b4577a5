import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// `artifact copy`
struct Copy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a version to another store, under the same name.",
    discussion: """
      Only what the other store does not have is copied, and every byte is checked on the way.

        artifact copy customers@4 --to /mnt/usb/store
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(name: .customLong("to"), help: ArgumentHelp("The other store.", valueName: "folder"), completion: .directory)
  var destination: RawArgument

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let other = try Store(opening: destination.path, local: Settings.local)
    let found = try store.resolve(reference.reference())
    guard let name = found.name, found.version != nil, found.path.isEmpty else {
      throw CommandFailure.usage("\(printable(reference.bytes)) cannot be copied", "only a version of a name can")
    }
    let actor = actor.name
    let fixed = Describe.fixed(found)
    let result = try Watch.run("copy \(fixed)", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.copy(found, to: other, actor: actor, progress)
    }
    if output.json { return try Console.result(json(result, found)) }
    Console.result("\(name)@\(result.version)")
    if quiet { return }
    let place = other.path.printable
    Console.note(
      result.isNew
        ? "\(fixed) is in \(place): \(Units.count(result.objectsCopied, "object")) copied, "
          + "\(Units.bytes(result.bytesWritten)) written"
        : "\(place) has \(fixed) already; nothing changed")
    Console.note("log entry \(result.logSize - 1) there  next: artifact show \(name)@\(result.version) --store \(place)")
  }

  private func json(_ result: CopyResult, _ found: Resolved) -> JSONObject {
    var object: JSONObject = ["from": .object(Describe.resolved(found)), "new": .boolean(result.isNew)]
    object["name"] = found.name.map { .string($0.text) }
    object["version"] = JSON(result.version)
    object["to"] = .bytes(destination.bytes)
    object["objectsCopied"] = JSON(result.objectsCopied)
    object["framesCopied"] = JSON(result.framesCopied)
    object["objectsRepacked"] = JSON(result.objectsRepacked)
    object["written"] = JSON(result.bytesWritten)
    object["logSize"] = JSON(result.logSize)
    return object
  }
}
