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
    if let path { return try KeyFiles.signer(path) }
    guard let agent = Settings.sshAgent else {
      throw StoreError(.signature, "no key", "no --key is given, no ARTIFACT_KEY is set, and no ssh-agent runs")
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
}
