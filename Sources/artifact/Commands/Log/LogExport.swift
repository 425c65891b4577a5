import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact log export`.
struct LogExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the log into a folder that other verifiers read (C2SP tlog-tiles).",
    discussion: """
      The folder gets all entries in bundles, the hash tree in tiles, and a signed checkpoint. It may be copied to any \
      web server or disk as it is. Exported again, it is brought up to date; the folder of another history is refused.

        artifact log export public/
      """)

  @Argument(
    help: ArgumentHelp("The folder: new, empty, or an earlier export.", valueName: "folder"), completion: .directory)
  var folder: RawArgument

  @OptionGroup var signing: CheckpointKeyOption
  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let signer = try signing.signer()
    let history = try store.history()
    let note = try history.signedCheckpoint(signer)
    let count = try history.export(to: folder.path, under: note)
    if output.json {
      return try Console.result([
        "files": .integer(Int64(count)), "origin": .string(Checkpoint.origin(store: history.store)),
        "root": .string(history.root.text), "size": .integer(Int64(history.size)),
      ])
    }
    Console.result(
      "\(Units.count(history.size, "entry", "entries")) in \(folder.path.printable), \(Units.count(count, "file")) written"
    )
    let key = try NoteKey(name: Checkpoint.origin(store: history.store), kind: .log, key: signer.key)
    Console.note("verifier key: \(key.text)")
  }
}

/// The command `artifact log accept`.
struct LogAccept: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Go on with a log that is not the one seen before, say after a backup was put back.",
    discussion: """
      Only for this user on this machine: what was remembered, what is there now and the reason are kept in the state \
      folder. Nothing is written into the store. Find out first who changed it: this is how a forged history looks too.

        artifact log accept --reason "backup of 14 November put back after the disk failed"
      """)

  @Option(help: ArgumentHelp("Why it is right to go on.", valueName: "text"))
  var reason: String

  @OptionGroup var actor: ActorOption
  @OptionGroup var store: StoreOption

  func validate() throws {
    if reason.utf8.isEmpty || reason.utf8.count > 4_096 { throw ValidationError("a reason has 1 to 4,096 bytes") }
  }

  func run() throws {
    var options = History.Options()
    options.acceptsFork = true
    options.readsAll = true
    let history = try store.history(options)
    guard let known = try history.accept(reason: reason, actor: actor.name, time: Settings.now) else {
      Console.result("nothing to accept: the log goes on from what was seen before")
      return
    }
    let now = Units.count(history.size, "entry", "entries")
    Console.result("accepted: \(now), where \(Units.count(known)) were seen before; both are kept")
  }
}
