import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact init`.
struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a store.",
    discussion: """
      Without a folder the store is .artifact in the working directory, and every command below that directory finds \
      it by itself.
      """)

  @Argument(help: "A folder that is empty or does not exist. (default: .artifact)", completion: .directory)
  var store: RawArgument?

  @Option(help: ArgumentHelp("How hard to compress, 1 to 12.", valueName: "n"))
  var level = 1

  @Option(
    help: ArgumentHelp("The first policy; the keys that it needs stand in it.", valueName: "file"), completion: .file())
  var policy: RawArgument?

  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func validate() throws { try Push.check(level: level) }

  func run() throws {
    let path = store?.path ?? Path(Settings.storeFolder)
    let policy = try policy.map { try PolicyGroup.read($0.path) }
    let made = try Store.create(at: path, level: level, policy: policy, actor: actor.name, local: Settings.local)
    if output.json {
      return try Console.result(["id": .string(made.config.id), "path": .bytes(path.bytes)])
    }
    Console.result(path.printable)
    let next = "push FOLDER NAME"
    Console.note("log entry 0  next: \(store.map { Suggestion.command(next, in: $0) } ?? "artifact \(next)")")
  }
}
