import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact untag`.
struct Untag: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "untag", abstract: "Take a tag away; the version stays.",
    discussion: """
        artifact untag customers gold
        artifact untag customers@gold
      """)

  @Argument(help: "The name, or name@tag.", completion: .reference)
  var name: RawArgument

  @Argument(help: "The tag.")
  var tag: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let (name, tag) = try target()
    let store = try store.open()
    try clock.apply(to: store, actor)
    let version = try store.refresh().packages[name.text]?.tags[tag.text]
    let size = try store.untag(name, tag, actor: actor.name)
    if output.json {
      var object: JSONObject = ["name": .string(name.text), "tag": .string(tag.text)]
      object["log"] = size.flatMap { JSON($0 - 1) }
      object["version"] = version.flatMap { JSON($0) }
      return try Console.result(object)
    }
    let place = version.map { "from version \($0)" } ?? ""
    Console.result("\(name)@\(tag) taken \(place)")
    if let size { Console.note("log entry \(size - 1)  next: artifact ls \(name)") }
  }

  private func target() throws -> (PackageName, TagName) {
    if let tag { return (try PackageName(bytes: name.bytes), try TagName(bytes: tag.bytes)) }
    guard case .name(let name, .tag(let tag)) = try name.reference().target else {
      throw CommandFailure.usage("no tag is named", "write NAME TAG or NAME@TAG")
    }
    return (name, tag)
  }
}
