import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact prove`.
struct Prove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove", abstract: "Put into one file what proves that a version was in a channel.",
    discussion: """
      The file has the promotion with all on which it rests (policy, keys, proposal, decisions, reports), each entry \
      with its path to a checkpoint that you sign. artifact verify-proof checks it anywhere, without a store; its parts \
      are checked by sha256sum, ssh-keygen and openssl as well. That no other entry concerns it is your word, unless \
      --whole puts every entry in.

        artifact prove fraud/model@prod --at 2026-03-15 -o model.proof
      """)

  @Argument(
    help: ArgumentHelp("A name and a channel, as in fraud/model@prod.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("When: 2026-03-15, 2026-03-15T09:30:00Z. (default: now)", valueName: "time"))
  var at: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: RawArgument

  @Flag(help: "Put in every entry of the log.")
  var whole = false

  @OptionGroup var signing: CheckpointKeyOption
  @OptionGroup var store: StoreOption

  func run() throws {
    let reference = try reference.reference()
    guard case .name(let name, .tag(let channel)) = reference.target, reference.path.isEmpty else {
      throw CommandFailure.usage(
        "\(reference) cannot be proven", "it is not a name and a channel, as in fraud/model@prod")
    }
    let store = try store.open()
    let time = try at.map { (text) throws(FormatError) in try Timestamp(userInput: text) } ?? store.refresh().latestTime
    let file = try store.proof(
      of: name, in: channel, at: time ?? .earliest, isWhole: whole, signing.signer())
    let bytes = try file.bytes()
    try SmallFile.put(bytes, to: output)
    let path = output.path.printable
    Console.result(
      "\(path): \(Units.count(file.entries.count, "entry", "entries")), \(Units.bytes(UInt64(bytes.count)))")
    Console.note("next: artifact verify-proof \(path) --key YOUR_KEY.pub")
  }
}
