import ArtifactCore
import Foundation

/// Values that others computed (fixtures/vectors).
enum Vectors {
  /// RFC 8785 texts and ids, RFC 6962 hashes and roots, a checkpoint, an envelope.
  static func recordsLogSignatures() throws -> JSON { try read("records-log-signatures.json") }

  /// One record of each kind with every member, and its id; written by Python's `json` and `hashlib`.
  static func lineageRecords() throws -> JSON { try read("lineage-records.json") }

  private static func read(_ name: String) throws -> JSON {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "fixtures/vectors/\(name)")
    return try JSON.parse([UInt8](Data(contentsOf: file)))
  }
}
