import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact log anchor`.
struct LogAnchor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchor",
    abstract: "Sign the log's present size and root, to be kept where the store's owner cannot change it.",
    discussion: """
      The checkpoint is a C2SP signed note of a few lines: mail it, print it, put it into a ticket. Whoever has it can \
      later tell whether the log still begins with what it began with then (artifact log verify --checkpoint).

        artifact log anchor -o anchor-2026-11.txt
        artifact log anchor --key ~/.ssh/id_ed25519 | mail -s anchor audit@example.com
      """)

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write it there. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: RawArgument?

  @OptionGroup var signing: CheckpointKeyOption
  @OptionGroup var store: StoreOption

  func run() throws {
    let signer = try signing.signer()
    let note = try store.history().signedCheckpoint(signer)
    try SmallFile.put(note.bytes, to: output)
    guard let output else { return }
    Console.note("signed by \(signer.key.fingerprint); keep \(output.path.printable) away from the store")
  }
}

/// The command `artifact log cosign`.
struct LogCosign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cosign",
    abstract: "Witness a checkpoint: add your signature and the time, if the log goes on from it.",
    discussion: """
      Signed is that this checkpoint fits everything that you, on this machine, have seen of the log (C2SP \
      tlog-cosignature, Ed25519). One that does not is refused with 9, and both are kept as evidence.

        artifact log cosign anchor.txt --name witness.example.com/mori
      """)

  @Argument(help: ArgumentHelp("The checkpoint; the signature is added to it.", valueName: "file"), completion: .file())
  var file: RawArgument

  @Option(help: ArgumentHelp("What to sign as; without spaces and +. (default: the actor)", valueName: "name"))
  var name: String?

  @OptionGroup var signing: CheckpointKeyOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var store: StoreOption

  func run() throws {
    let signer = try signing.signer()
    var note = try SmallFile.note(file)
    let checkpoint = try store.history().check(note)
    let name = name ?? actor.name
    try note.sign(
      name: name, kind: .cosignature, time: UInt64(max(0, Settings.now.milliseconds / 1_000)), signer)
    try LocalFile.replace(file.path.parent, file.path.lastComponent, note.bytes, mode: 0o666)
    Console.result(
      "\(printable(name)) cosigned \(Units.count(checkpoint.size, "entry", "entries")) with \(signer.key.fingerprint)")
  }
}
