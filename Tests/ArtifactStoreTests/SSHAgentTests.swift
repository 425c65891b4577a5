import ArtifactCore
import ArtifactIO
import ArtifactStore
import Foundation
import TestSupport
import Testing

/// The real `ssh-agent`, and others that lie.
@Suite struct SSHAgentTests {
  /// Begins a command that stays: it must not keep what this process has open, or nobody sees the shell end.
  private static let detached =
    "python3 -c 'import os, sys; os.closerange(3, 1024); os.execvp(sys.argv[1], sys.argv[1:])'"

  @Test func `an agent lists its keys and signs with them, also with those behind a passphrase`() throws {
    let folder = try TestFolder()
    try folder.sh(
      """
      ssh-keygen -q -t ed25519 -N '' -f open; ssh-keygen -q -t ed25519 -N secret -f locked
      ssh-keygen -q -t ecdsa -N '' -f other; ssh-keygen -q -t ed25519 -N '' -f absent
      eval "$(\(Self.detached) ssh-agent -s -a \(folder.text)/agent)" > agent.out; echo $SSH_AGENT_PID > pid
      printf '#!/bin/sh\\necho secret\\n' > ask; chmod +x ask
      ssh-add -q open other; SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force ssh-add -q locked
      """)
    // The agent is of this test alone, and inherits that SIGTERM is blocked; it may have ended already.
    defer { _ = try? folder.sh("kill -KILL $(cat pid)") }
    let agent = SSHAgent(socket: folder("agent"))
    let keys = try ["open", "locked"].map { try PublicKey(file: folder.read("\($0).pub")) }
    #expect(try agent.identities().map(\.key) == keys)
    let message = Array("a statement".utf8)
    for key in keys {
      let signer = try #require(try agent.signer(for: key))
      let text = try SSHSignature.make(message, namespace: "artifact", signer)
      #expect(try SSHSignature.verify(text, message: message, namespace: "artifact") == key)
    }
    #expect(try agent.signer(for: PublicKey(file: folder.read("absent.pub"))) == nil)
    let signer = try #require(try agent.signer(for: keys[0]))
    try folder.sh("SSH_AUTH_SOCK=$PWD/agent ssh-add -q -D")
    let error = #expect(throws: StoreError.self) { try signer.sign(message) }
    #expect(error?.code == .signature)
  }

  @Test func `an agent that is not there is named, with its path`() throws {
    let folder = try TestFolder()
    for path in [folder("nothing"), folder(String(repeating: "x", count: 200))] {
      let error = #expect(throws: StoreError.self) { try SSHAgent(socket: path).identities() }
      #expect(error?.code == .io)
    }
  }

  @Test(arguments: [
    [0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 9, 12, 0, 0], [0, 0, 0, 1, 5], [0, 0, 0, 1, 12],
    [0, 0, 0, 5, 12, 0, 0, 0, 1], [0, 0, 0, 6, 12, 0, 0, 0, 0, 0],
  ])
  func `an answer that is none is an error`(answer: [UInt8]) throws {
    let folder = try TestFolder()
    let bytes = answer.map(String.init).joined(separator: ",")
    try folder.sh(
      """
      cat > agent.py <<'END'
      import socket
      s = socket.socket(socket.AF_UNIX); s.bind("agent"); s.listen(1)
      open("ready", "w").close()
      c, _ = s.accept(); c.recv(64); c.sendall(bytes([\(bytes)])); c.close()
      END
      \(Self.detached) python3 agent.py > /dev/null 2>&1 &
      while [ ! -e ready ]; do sleep 0.01; done
      """)
    let error = #expect(throws: StoreError.self) { try SSHAgent(socket: folder("agent")).identities() }
    #expect(error?.code == .signature || error?.code == .io)
  }
}
