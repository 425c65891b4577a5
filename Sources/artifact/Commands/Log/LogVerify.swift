import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact log verify`.
struct LogVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read every entry, and compare the log with checkpoints from elsewhere.",
    discussion: """
      Every entry is read, its leaf hash computed again, and its history compared with the entries before it. A \
      checkpoint that somebody kept must be of a history that this one goes on from; if it is not, the command ends \
      with 9 and keeps both as evidence. With --key the checkpoint must be signed by one of these keys, else it \
      ends with 5: an unsigned checkpoint proves nothing about who saw it.

        artifact log verify
        artifact log verify --checkpoint anchor.txt --key alice.pub
      """)

  @Option(
    help: ArgumentHelp("A checkpoint from elsewhere. May be given again.", valueName: "file"), completion: .file())
  var checkpoint: [RawArgument] = []

  @OptionGroup var keys: TrustedKeysOption
  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if checkpoint.isEmpty, !keys.keys.isEmpty { throw ValidationError("--key says whose --checkpoint counts") }
  }

  func run() throws {
    let trusted = try keys.publicKeys()
    let notes = try checkpoint.map { try SmallFile.note($0) }
    var options = History.Options()
    options.readsAll = true
    let history = try store.history(options)
    var lines = [String]()
    var list = [JSON]()
    for (note, file) in zip(notes, checkpoint) {
      let signers = try CheckpointText.signers(of: note, trusted: trusted, in: file.path.printable)
      let found = try history.check(note)
      lines.append(
        "checkpoint \(file.path.printable): of \(Units.count(found.size, "entry", "entries")), and this log goes on from it"
      )
      lines += signers.map { "  signed by \(CheckpointText.line($0))" }
      list.append([
        "file": .string(file.path.printable), "size": .integer(Int64(found.size)), "root": .string(found.root.text),
        "signers": .array(signers.map { CheckpointText.json($0) }),
      ])
    }
    if output.json {
      return try Console.result([
        "checkpoints": .array(list), "root": .string(history.root.text), "size": .integer(Int64(history.size)),
        "sound": true, "store": .string(history.store),
      ])
    }
    Console.result("sound: \(Units.count(history.size, "entry", "entries")), root \(history.root.text)")
    for line in lines { Console.result(line) }
    if notes.isEmpty {
      Console.note("only a checkpoint kept elsewhere shows that nobody wrote it anew: artifact log anchor")
    }
  }
}

/// Checkpoints and their signatures in words.
enum CheckpointText {
  /// The signatures of known keys; with keys given, one at least is demanded.
  static func signers(
    of note: SignedNote, trusted: [PublicKey], in subject: String
  ) throws -> [SignedNote.Verified] {
    let signers: [SignedNote.Verified]
    do throws(FormatError) { signers = try note.verified(by: trusted) } catch {
      throw StoreError(.signature, subject, error.detail, cause: error)
    }
    guard trusted.isEmpty || !signers.isEmpty else {
      throw StoreError(.signature, subject, "none of the given keys signed it")
    }
    return signers
  }

  /// Who, with which key, and when.
  static func line(_ signer: SignedNote.Verified) -> String {
    let time = signer.time.map { " at \(moment($0).text.prefix(19))Z, as it says" } ?? ""
    return "\(printable(signer.key.name)) (\(signer.key.key.fingerprint))\(time)"
  }

  static func json(_ signer: SignedNote.Verified) -> JSON {
    var members: JSONObject = [
      "fingerprint": .string(signer.key.key.fingerprint), "name": .string(signer.key.name),
    ]
    if let time = signer.time { members["time"] = .string(moment(time).text) }
    return .object(members)
  }

  private static func moment(_ seconds: UInt64) -> Timestamp {
    Timestamp(milliseconds: Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000).partialValue)
  }
}
