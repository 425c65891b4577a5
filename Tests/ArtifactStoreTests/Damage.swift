import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport

@testable import ArtifactStore

/// Changes files of a store as no program should.
extension TestStore {
  func url(_ path: String) -> URL { URL(filePath: folder.text + "/store/" + path) }

  func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(path))) }

  /// Replaces a file; those that have it open keep the old one.
  func put(_ path: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: url(path), options: .atomic) }

  func remove(_ path: String) throws { try FileManager.default.removeItem(at: url(path)) }

  func flip(_ path: String, at offset: Int, _ mask: UInt8) throws {
    var bytes = try bytes(path)
    bytes[offset] ^= mask
    try put(path, bytes)
  }

  /// Where bytes first occur in a file of the store.
  func find(_ bytes: [UInt8], in path: String) throws -> Int? {
    try Data(contentsOf: url(path)).range(of: Data(bytes))?.lowerBound
  }

  static func entryPath(_ sequence: Int) -> String {
    "artifact/log/entry/" + String(decoding: EntryFolder.name(sequence), as: UTF8.self)
  }

  /// Replaces the JSON of an entry, with the leaf hash that fits.
  func edit(_ sequence: Int, _ change: (String) -> String) throws {
    let path = Self.entryPath(sequence)
    let text = String(decoding: try bytes(path).dropLast(66), as: UTF8.self)
    let json = [UInt8](change(text))
    try put(path, json + [UInt8]("\n\(MerkleTree.leafHash(json).hex)\n"))
  }
}
