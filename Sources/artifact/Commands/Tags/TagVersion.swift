import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact tag`.
struct TagVersion: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Put a tag on a version.",
    discussion: """
      A tag that is on another version moves. Where it was stays in the log.

        artifact tag customers@4 gold
      """)

  @Argument(help: ArgumentHelp("The version: a name, name@4 or name@tag.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The tag.")
  var tag: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let tag = try TagName(bytes: tag.bytes)
    let store = try store.open()
    try clock.apply(to: store, actor)
    let found = try store.resolve(reference.reference())
    guard let name = found.name, let version = found.version, found.path.isEmpty else {
      throw CommandFailure.usage("\(printable(reference.bytes)) cannot have a tag", "only a version of a name can")
    }
    let before = try store.refresh().packages[name.text]?.tags[tag.text]
    let size = try store.tag(name, version: version, as: tag, actor: actor.name)
    if output.json {
      var object: JSONObject = [
        "changed": .boolean(size != nil), "name": .string(name.text), "tag": .string(tag.text),
        "version": .integer(Int64(version)),
      ]
      if let size { object["log"] = .integer(Int64(size - 1)) }
      return try Console.result(object)
    }
    Console.result("\(name)@\(tag)")
    guard let size else { return Console.note("it is on version \(version) already; nothing changed") }
    let moved = before.map { ", moved from version \($0)" } ?? ""
    Console.note("on version \(version)\(moved)  log entry \(size - 1)  next: artifact pull \(name)@\(tag) FOLDER")
  }
}
