import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact log prove`.
struct LogProve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Prove that an entry is in the log, or that the log goes on from an earlier one.",
    discussion: """
      With -o, one file with the entry, its path and a signed checkpoint, which artifact verify-proof checks offline. \
      Without, the hashes of RFC 6962, in the order in which they are hashed.

        artifact log prove 42 -o entry-42.proof
        artifact log prove 42 --json
        artifact log prove --from 1000              that the first 1,000 entries are the beginning of this log
      """)

  @Argument(help: ArgumentHelp("The entry's position.", valueName: "entry"))
  var entry: Int?

  @Option(help: ArgumentHelp("Prove that the log goes on from its first n entries.", valueName: "n"))
  var from: Int?

  @Option(name: .shortAndLong, help: ArgumentHelp("Write a proof file.", valueName: "file"), completion: .file())
  var output: RawArgument?

  @Option(
    help: ArgumentHelp("Prove it under this signed checkpoint. (default: one signed now)", valueName: "file"),
    completion: .file())
  var checkpoint: RawArgument?

  @OptionGroup var signing: CheckpointKeyOption
  @OptionGroup var store: StoreOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    if (entry == nil) == (from == nil) { throw ValidationError("name an entry, or --from") }
    if entry == nil, output != nil { throw ValidationError("-o is for the proof of an entry") }
    if output == nil, checkpoint != nil || signing.key != nil {
      throw ValidationError("only a file (-o) has a signed checkpoint")
    }
  }

  func run() throws {
    if let from { return try showConsistency(from) }
    guard let entry else { return }
    let history = try store.history()
    guard let output else { return try showInclusion(entry, history) }
    let note = try checkpoint.map { try SmallFile.note($0) } ?? history.signedCheckpoint(signing.signer())
    let proof = try history.proof(of: entry, under: note)
    var file = ProofFile(claim: ["entry": .integer(Int64(entry)), "store": .string(history.store)], note: note)
    file.entries[entry] = ProofFile.Entry(json: try history.entry(entry).json, path: proof.path)
    let bytes = try file.bytes()
    try SmallFile.put(bytes, to: output)
    Console.note(
      "\(output.path.printable), \(Units.bytes(UInt64(bytes.count))); next: artifact verify-proof \(output.path.printable) --key …"
    )
  }

  private func showInclusion(_ entry: Int, _ history: History) throws {
    let proof = try history.inclusionProof(of: entry)
    let leaf = try history.entry(entry).leafHash
    if json.json {
      return try Console.result([
        "index": .integer(Int64(entry)), "leaf": .string(leaf.text), "path": Self.list(proof.path),
        "root": .string(history.root.text), "size": .integer(Int64(history.size)),
      ])
    }
    Console.result("entry \(entry) of \(history.size), leaf hash \(leaf.hex)")
    for hash in proof.path { Console.result(hash.hex) }
    Console.result("root \(history.root.hex)")
  }

  private func showConsistency(_ from: Int) throws {
    let history = try store.history()
    let proof = try history.consistencyProof(from: from)
    let old = try history.root(at: from)
    if json.json {
      return try Console.result([
        "from": .integer(Int64(from)), "fromRoot": .string(old.text), "path": Self.list(proof.path),
        "root": .string(history.root.text), "size": .integer(Int64(history.size)),
      ])
    }
    Console.result("first \(from) entries, root \(old.hex)")
    for hash in proof.path { Console.result(hash.hex) }
    Console.result("\(history.size) entries, root \(history.root.hex)")
  }

  private static func list(_ path: [Digest]) -> JSON { .array(path.map { .string($0.text) }) }
}
