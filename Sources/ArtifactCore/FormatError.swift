/// Bytes that are not what the format says, and where.
///
/// Core never guesses: anything that store-layout.md tells a reader to refuse is thrown as one of these.
public struct FormatError: Error, Sendable, Equatable {
  /// What is wrong.
  public enum Code: Sendable, CaseIterable {
    /// The bytes end too early, or go on too long.
    case length
    /// A fixed field (magic, reserved, version) holds something else.
    case field
    /// The version is newer than this program.
    case newer
    /// Valid, but not in the one permitted form.
    case notCanonical
    /// A text rule is broken (JSON, a name, a reference).
    case syntax
    /// A limit of store-layout.md §9 is passed.
    case limit
    /// A checksum or a digest does not match.
    case checksum
  }

  /// What is wrong.
  public let code: Code
  /// What was being read: `tree`, `recipe`, `pack index`, and so on.
  public let subject: String
  /// One clause for a person: what was found and what was expected.
  public let detail: String
  /// Byte offset of the problem, when there is one.
  public let offset: Int?

  /// Creates an error.
  public init(_ code: Code, _ subject: String, _ detail: String, at offset: Int? = nil) {
    self.code = code
    self.subject = subject
    self.detail = detail
    self.offset = offset
  }
}
