import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Keys as they are named on the command line.
enum KeyFiles {
  private static let limit = 64 << 10

  /// What signs with the key of a file: a private key, or a public half whose key the agent holds.
  static func signer(_ path: Path) throws -> any Signer {
    let bytes = try File.contents(path, limit: limit)
    let failure: FormatError
    do throws(FormatError) { return try PrivateKey(file: bytes) } catch { failure = error }
    // A public half, or one beside a key behind a passphrase, names a key of the agent.
    let half = (try? PublicKey(file: bytes)) ?? publicHalf(beside: path)
    guard let half else { throw StoreError(.signature, path.printable, failure.detail) }
    if let signer = try Settings.sshAgent?.signer(for: half) { return signer }
    throw StoreError(
      .signature, path.printable, "it is not a private key that can be read, and no ssh-agent holds it")
  }

  private static func publicHalf(beside path: Path) -> PublicKey? {
    // Without one, what was wrong with the private key is told.
    guard let bytes = try? File.contents(Path(path.bytes + Array(".pub".utf8)), limit: limit) else { return nil }
    return try? PublicKey(file: bytes)
  }

  /// The only key of the agent.
  static func agentSigner() throws -> any Signer {
    guard let agent = Settings.sshAgent else {
      throw StoreError(.signature, "no key", "no --key is given, no ARTIFACT_KEY is set, and no ssh-agent runs")
    }
    let keys = try agent.identities().map(\.key)
    guard keys.count == 1, let signer = try agent.signer(for: keys[0]) else {
      let what = keys.isEmpty ? "it holds no Ed25519 key" : "it holds several keys; name one with --key"
      throw StoreError(.signature, "ssh-agent", what, candidates: keys.map(\.fingerprint))
    }
    return signer
  }

  /// The public keys of a word: a line `ssh-ed25519 AAAA…`, or a file with one key or a line each.
  static func publicKeys(_ word: RawArgument) throws -> [PublicKey] {
    if word.bytes.starts(with: Array("\(PublicKey.sshType) ".utf8)) { return [try PublicKey(file: word.bytes)] }
    let bytes = try File.contents(word.path, limit: limit)
    let lines = bytes.split(separator: 0x0a).map { Array($0) }.filter { $0.first != 0x23 }
    guard lines.count > 1, !bytes.starts(with: Array("-----".utf8)) else { return [try PublicKey(file: bytes)] }
    return try lines.map { line in try PublicKey(file: line) }
  }
}

/// Which key signs a checkpoint.
struct CheckpointKeyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Your Ed25519 key, or the .pub file of one that ssh-agent holds. (default: $ARTIFACT_KEY, else the agent's)",
      valueName: "file"),
    completion: .file())
  var key: RawArgument?

  /// What signs.
  func signer() throws -> any Signer {
    guard let path = key?.path ?? Settings.keyFile else { return try KeyFiles.agentSigner() }
    return try KeyFiles.signer(path)
  }
}

/// Whose signatures count.
struct TrustedKeysOption: ParsableArguments {
  @Option(
    name: .customLong("key"),
    help: ArgumentHelp("Whose signature counts: a .pub file, or the key itself. May be given again.", valueName: "key"),
    completion: .file())
  var keys: [RawArgument] = []

  /// The keys.
  func publicKeys() throws -> [PublicKey] {
    var result = [PublicKey]()
    for word in keys { result += try KeyFiles.publicKeys(word) }
    return result
  }
}

/// Small files that are read and written whole.
enum SmallFile {
  /// A signed note.
  static func note(_ word: RawArgument) throws -> SignedNote {
    let bytes = try File.contents(word.path, limit: SignedNote.byteLimit)
    do throws(FormatError) { return try SignedNote(bytes) } catch {
      throw StoreError(.rejected, word.path.printable, error.detail, cause: error)
    }
  }

  /// Writes a result to a file that must not be there, or to standard output.
  static func put(_ bytes: [UInt8], to word: RawArgument?) throws {
    guard let path = word?.path else { return Console.put(bytes.span) }
    try ResultFile.put(bytes, to: path)
  }
}

extension StoreOption {
  /// Opens the log alone.
  func history(_ options: History.Options = History.Options()) throws -> History {
    try History(opening: Settings.store(store), local: Settings.local, options)
  }
}
