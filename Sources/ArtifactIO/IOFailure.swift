import CLinux
import Glibc

/// A system or library call that failed, with what it was applied to.
public struct IOFailure: Error, Sendable {
  /// The class of the failure; it decides the exit code.
  public enum Code: Sendable, CaseIterable {
    /// Nothing there.
    case notFound
    /// Something is there already.
    case exists
    /// Something else stands where a folder is needed.
    case notFolder
    /// The user may not.
    case permission
    /// No space or quota left.
    case full
    /// The file system is read-only.
    case readOnly
    /// The device reported an error.
    case device
    /// The path leads through a symbolic link or out of its directory.
    case escapes
    /// The bytes are not what they claim to be (damaged compression, a lying archive).
    case malformed
    /// A limit was passed.
    case limit
    /// Stopped on request.
    case interrupted
    /// Anything else.
    case other
  }

  /// The class of the failure.
  public let code: Code
  /// What was being done: `writing`, `opening`, and so on.
  public let verb: String
  /// The path concerned, printable as it stands.
  public let subject: String
  /// One clause for a person, or the system's text.
  public let detail: String
  /// The system's error number, 0 if it did not come from the system.
  public let number: Int32
  /// Whether syncing a directory failed: names that were given in it may be lost by a power cut, and a second sync that
  /// succeeds would prove nothing.
  public let isFailedSync: Bool

  /// Creates a failure that did not come from the system.
  public init(_ code: Code, _ verb: String, _ subject: String, _ detail: String) {
    self.code = code
    self.verb = verb
    self.subject = subject
    self.detail = detail
    self.number = 0
    self.isFailedSync = false
  }

  /// Creates a failure from an error number.
  public init(number: Int32, _ verb: String, _ subject: String, isFailedSync: Bool = false) {
    self.verb = verb
    self.subject = subject
    self.number = number
    self.isFailedSync = isFailedSync
    self.detail = Self.sentence(number)
    self.code =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case EEXIST, ENOTEMPTY: .exists
      case EACCES, EPERM: .permission
      case ENOSPC, EDQUOT, EFBIG: .full
      case EROFS: .readOnly
      case EIO, ENXIO: .device
      case ELOOP, EXDEV: .escapes
      default: .other
      }
  }

  /// The system's text for an error number, in lower case.
  static func sentence(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    let sentence = unsafe String(cString: text)
    return sentence.prefix(1).lowercased() + sentence.dropFirst()
  }
}
