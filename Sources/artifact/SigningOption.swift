import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Which key to sign with.
struct SigningOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A private Ed25519 key, or the .pub file of one that ssh-agent holds. (default: $ARTIFACT_KEY, else the agent's)",
      valueName: "file"),
    completion: .file())
  var key: RawArgument?

  /// The file that is named, or nil.
  private var path: Path? { key?.path ?? Settings.keyFile }

  /// Something that signs.
  ///
  /// Without a file it is the one key of the agent that the store knows.
  func signer(_ fold: Fold, adding keys: [Policy.Key] = []) throws -> any Signer {
    if let path { return try Self.signer(path) }
    guard let agent = Settings.sshAgent else {
      throw StoreError(.signature, "nobody", "no --key is given, no ARTIFACT_KEY is set, and no ssh-agent runs")
    }
    let known = try agent.identities().map(\.key).filter { key in
      fold.held(key).map { $0.revocation == nil } ?? keys.contains { $0.key == key }
    }
    guard let first = known.first else {
      throw StoreError(.signature, "ssh-agent", "it holds no key that this store knows")
    }
    guard known.count == 1, let signer = try agent.signer(for: first) else {
      throw StoreError(
        .ambiguous, "ssh-agent", "it holds several keys that this store knows; name one with --key",
        candidates: known.map(\.fingerprint))
    }
    return signer
  }

  /// The public half of the key that is named, or of the agent's.
  func publicKey(_ fold: Fold, adding keys: [Policy.Key] = []) throws -> PublicKey {
    if let path, let key = try? PublicKey(file: File.contents(path, limit: 64 << 10)) { return key }
    return try signer(fold, adding: keys).key
  }

  private static func signer(_ path: Path) throws -> any Signer {
    let bytes = try File.contents(path, limit: 64 << 10)
    let failure: FormatError
    do throws(FormatError) { return try PrivateKey(file: bytes) } catch { failure = error }
    // A public half, or one beside a key behind a passphrase, names a key of the agent.
    let beside = Path(path.bytes + Array(".pub".utf8))
    let half =
      (try? PublicKey(file: bytes))
      ?? (try? File.contents(beside, limit: 64 << 10)).flatMap { try? PublicKey(file: $0) }
    if let half, let agent = Settings.sshAgent, let signer = try agent.signer(for: half) { return signer }
    guard half == nil else {
      throw StoreError(
        .signature, path.printable, "it is not a private key that can be read, and ssh-agent does not hold it")
    }
    throw StoreError(.signature, path.printable, failure.detail)
  }
}
