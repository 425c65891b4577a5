/// What went wrong around a command, as a fact; the program adds the advice.
public struct RunError: Error, Sendable {
  /// The class of the fact; it decides the exit code.
  public enum Code: Sendable, CaseIterable {
    /// The request makes no sense.
    case usage
    /// What is on disk is not what was named.
    case changed
    /// A file, wheel, record or program is missing.
    case missing
    /// A program that was asked failed.
    case tool
    /// It is of a kind that cannot be handled.
    case unsupported
    /// The Python is not of the version that was recorded.
    case version
    /// No network namespace can be had.
    case network
    /// What was restored is not what was recorded.
    case damaged
  }

  /// The class of the fact.
  public let code: Code
  /// The path, name or program concerned, printable as it stands.
  public let subject: String
  /// One clause: what was found.
  public let detail: String

  /// Creates an error.
  public init(_ code: Code, _ subject: String, _ detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
