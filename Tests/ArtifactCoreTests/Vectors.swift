import ArtifactCore
import Foundation

/// Values that others computed (fixtures/vectors).
enum Vectors {
  /// RFC 8785 texts and ids, RFC 6962 hashes and roots, a checkpoint, an envelope.
  static func recordsLogSignatures() throws -> JSON {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "fixtures/vectors/records-log-signatures.json")
    return try JSON.parse([UInt8](Data(contentsOf: file)))
  }
}
