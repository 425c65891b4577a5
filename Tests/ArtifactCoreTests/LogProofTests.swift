import ArtifactCore
import Testing

/// Inclusion proofs as texts (C2SP tlog-proof).
@Suite struct LogProofTests {
  private static let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  private static let signature =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkM="
  private static let bytes = Array(
    "c2sp.org/tlog-proof@v1\nindex 1\n\(hash)\n\(hash)\n\nartifact-store/x\n3\n\(hash)\n\n— a/b \(signature)\n".utf8)

  @Test func `a proof is written as it was read`() throws {
    let proof = try LogProof(Self.bytes)
    #expect(proof.index == 1 && proof.path.count == 2)
    #expect(proof.bytes == Self.bytes)
  }

  @Test(arguments: [UInt8(0x0a), 0x20, 0x41, 0x80, 0xff])
  func `a proof with any byte changed is another one or none`(byte: UInt8) {
    for position in Self.bytes.indices where Self.bytes[position] != byte {
      var changed = Self.bytes
      changed[position] = byte
      if let proof = try? LogProof(changed) { #expect(proof.bytes == changed, "\(byte) at \(position)") }
    }
  }
}
