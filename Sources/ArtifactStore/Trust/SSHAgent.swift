public import ArtifactCore
public import ArtifactIO

/// A running `ssh-agent`: it holds keys and signs with them, and never gives one away.
public struct SSHAgent: Sendable {
  private let socket: Path

  /// Takes the path that `SSH_AUTH_SOCK` names.
  public init(socket: Path) { self.socket = socket }

  /// The Ed25519 keys that it holds.
  public func identities() throws(StoreError) -> [AgentMessage.Identity] {
    let answer = try ask(AgentMessage.listRequest)
    do { return try AgentMessage.identities(answer) } catch { throw refused(error) }
  }

  /// Something that signs with a key which the agent holds; nil if it does not hold it.
  public func signer(for key: PublicKey) throws(StoreError) -> AgentSigner? {
    try identities().contains { $0.key == key } ? AgentSigner(key: key, agent: self) : nil
  }

  fileprivate func signature(of bytes: [UInt8], by key: PublicKey) throws(StoreError) -> [UInt8] {
    let answer = try ask(AgentMessage.signRequest(key, bytes))
    do { return try AgentMessage.signature(answer) } catch { throw refused(error) }
  }

  private func ask(_ request: [UInt8]) throws(StoreError) -> [UInt8] {
    do throws(IOFailure) {
      let connection = try LocalSocket(socket)
      try connection.write(request)
      let header = try connection.read(4)
      let length: Int
      do { length = try AgentMessage.length(of: header) } catch {
        throw IOFailure(.limit, "asking", "ssh-agent", error.detail)
      }
      return try connection.read(length)
    } catch { throw StoreError(.io, "ssh-agent", error.detail, cause: error) }
  }

  private func refused(_ error: FormatError) -> StoreError {
    StoreError(.signature, "ssh-agent", error.detail, cause: error)
  }
}

/// A key that an agent holds.
public struct AgentSigner: Signer {
  /// The key.
  public let key: PublicKey
  fileprivate let agent: SSHAgent

  /// Asks the agent for a signature.
  public func sign(_ bytes: [UInt8]) throws -> [UInt8] { try agent.signature(of: bytes, by: key) }
}
