public import ArtifactCore

/// `artifact/store.json`: written once, committed to by entry 0 of the log (store-layout.md §4.1).
public struct StoreConfig: Sendable, Equatable {
  /// The store's id, 32 hexadecimal digits of randomness.
  public let id: String
  /// The default zstd level.
  public let level: Int

  /// The format that this program reads and writes.
  public static let format: Int64 = 1
  /// Levels that may be asked for.
  public static let levels = 1...12

  /// Creates a configuration.
  public init(id: String, level: Int) {
    self.id = id
    self.level = level
  }

  /// The canonical JSON.
  public func bytes() throws(FormatError) -> [UInt8] {
    try JSON.object([
      "chunker": "fastcdc-gear-64k", "format": .integer(Self.format), "id": .string(id),
      "level": .integer(Int64(level)),
    ]).canonicalBytes(subject: "store.json")
  }

  /// Reads the canonical JSON.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    let subject = "store.json"
    let value = try JSON.parse(bytes, subject: subject)
    guard let object = value.object else { throw FormatError(.syntax, subject, "not an object") }
    let format = try object.requiredInteger("format", in: subject)
    guard format == Self.format else {
      throw FormatError(
        format > Self.format ? .newer : .field, subject, "format \(format); this program reads \(Self.format)")
    }
    guard try value.canonicalBytes(subject: subject) == bytes else {
      throw FormatError(.notCanonical, subject, "not spelled as RFC 8785 demands")
    }
    id = try object.requiredString("id", in: subject)
    level = Int(try object.requiredInteger("level", in: subject))
    guard object.count == 4, id.utf8.count == 32, Hex.bytes(id) != nil, Self.levels.contains(level),
      try object.requiredString("chunker", in: subject) == "fastcdc-gear-64k"
    else { throw FormatError(.field, subject, "an id, level or chunker that this program does not know") }
  }
}
