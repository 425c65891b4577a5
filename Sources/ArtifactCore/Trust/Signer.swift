/// Something that signs: a key file, an agent, a test's key.
public protocol Signer: Sendable {
  /// The key that its signatures verify under.
  var key: PublicKey { get }

  /// The plain Ed25519 signature of `bytes`, 64 bytes.
  func sign(_ bytes: [UInt8]) throws -> [UInt8]
}
