import ArtifactCore

/// The input is a signature, its blob, a key of any kind, or an agent's answer.
func fuzzSignature(_ input: [UInt8]) {
  if let signature = try? SSHSignature(blob: input) {
    require(signature.blob == input, "a signature that was read is written as it was")
    require((try? SSHSignature(signature.armored)) == signature, "armor does not change a signature")
    require(!signature.verifies(Array("a statement".utf8), namespace: "artifact"), "nobody signs by chance")
  }
  if let signature = try? SSHSignature(input) {
    require((try? SSHSignature(signature.armored)) == signature, "a signature is the same in its one form")
  }
  if let key = try? PublicKey(file: input) {
    require((try? PublicKey(openSSH: key.openSSH)) == key, "a key is the same as OpenSSH writes it")
    require((try? PublicKey(pem: key.pem)) == key, "a key is the same as openssl writes it")
  }
  _ = try? PrivateKey(file: input)
  _ = try? AgentMessage.identities(input)
  _ = try? AgentMessage.signature(input)
}

func fuzzNote(_ input: [UInt8]) {
  if let note = try? SignedNote(input) {
    require(note.bytes == input, "a note that was read is written as it was")
    if let checkpoint = try? Checkpoint(text: note.text) {
      require(checkpoint.text == note.text, "a checkpoint that was read is written as it was")
    }
  }
  if let proof = try? LogProof(input) { require(proof.bytes == input, "a proof that was read is written as it was") }
  if let text = ExactText.string(input), let key = try? NoteKey(text: text) {
    require(key.text == text, "a verifier key that was read is written as it was")
  }
}

/// The input is an archive, or members in lines: a name, a tab, and the content in hexadecimal digits.
func fuzzProof(_ input: [UInt8]) {
  check(input)
  var archive = [UInt8]()
  for line in input.split(separator: 0x0a).prefix(64) {
    let parts = line.split(separator: 0x09, maxSplits: 1)
    guard parts.count == 2, let content = Hex.bytes(String(decoding: parts[1], as: UTF8.self)) else { continue }
    archive += TarHeader.block(name: Array(parts[0].prefix(99)), size: content.count) + content
    archive += [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
  }
  check(archive + [UInt8](repeating: 0, count: 1_024))
}

private func check(_ bytes: [UInt8]) {
  guard let file = try? ProofFile(bytes) else { return }
  require((try? file.bytes()) == bytes, "a proof file that was read is written as it was")
  require((try? file.verify(keys: [])) == nil, "a file that nobody trusted signed proves nothing")
}
