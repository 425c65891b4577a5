public import ArtifactCore

/// What a verification found.
public struct VerifyReport: Sendable {
  /// Something that is not as it should be.
  public struct Problem: Sendable, Equatable {
    /// The pack, object, entry or name concerned.
    public let subject: String
    /// What was found.
    public let detail: String
  }

  /// A version that cannot be given back whole.
  public struct Hurt: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The version.
    public let version: Int
    /// The first path, or the record, that is lost.
    public let path: String
    /// The object that is lost.
    public let object: Digest
  }

  /// All problems, in the order in which they were found.
  public internal(set) var problems: [Problem] = []
  /// Versions that damage reaches.
  public internal(set) var hurt: [Hurt] = []
  /// Events of the log that broke a rule and changed nothing.
  public internal(set) var voids: [Fold.Void] = []
  /// Log entries read.
  public internal(set) var entryCount = 0
  /// Packs read.
  public internal(set) var packCount = 0
  /// Objects decoded and hashed.
  public internal(set) var objectCount = 0
  /// Plain bytes decoded and hashed.
  public internal(set) var byteCount = 0
  /// Bytes of packs read and hashed.
  public internal(set) var storedByteCount = 0
  /// Versions whose every object was looked up.
  public internal(set) var versionCount = 0

  /// Whether nothing is wrong.
  public var isSound: Bool { problems.isEmpty && hurt.isEmpty }
}
