import ArtifactCore

/// The code with which something was refused, or nil if it was not.
func refusal<R>(_ body: () throws -> R) -> FormatError.Code? {
  do {
    _ = try body()
    return nil
  } catch { return (error as? FormatError)?.code }
}

extension [UInt8] {
  /// The bytes of a text.
  init(_ text: String) { self = Array(text.utf8) }

  /// The bytes with those at `offset` replaced.
  func replacing(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
    Array(self[..<offset]) + bytes + Array(self[(offset + bytes.count)...])
  }
}

// The macros of the tests cannot take spans apart, so these take arrays.

func treeEntries(_ bytes: [UInt8]) throws -> [TreeEntry] { try Tree.entries(of: bytes.span) }
func readRecipe(_ bytes: [UInt8]) throws -> Recipe { try Recipe(bytes.span) }
func incompressible(_ bytes: [UInt8]) -> Bool { Entropy.looksIncompressible(bytes.span) }
func crc(_ bytes: [UInt8]) -> UInt32 { CRC32.of(bytes.span) }
