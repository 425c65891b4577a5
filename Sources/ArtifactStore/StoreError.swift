import ArtifactCore
import ArtifactIO

/// What went wrong in a store, as a fact; the program adds the advice.
public struct StoreError: Error, Sendable {
  /// The class of the fact; it decides the exit code.
  public enum Code: Sendable, CaseIterable {
    /// The name, version, path or object is not there.
    case notFound
    /// More than one thing fits.
    case ambiguous
    /// Stored bytes are not what they should be.
    case damaged
    /// The folder is not a store.
    case notAStore
    /// The store is of a newer format.
    case newerFormat
    /// Data that a dataset refers to is not what it was.
    case changed
    /// Something is in the way at the destination.
    case exists
    /// The input may not be stored (a device, a name, a lying archive).
    case rejected
    /// A file kept changing while it was read.
    case changing
    /// The disk is full, read-only, failing, or the user may not.
    case io
    /// The history is not the one that was seen before.
    case forked
    /// The clock is far behind the last entry of the log.
    case clock
    /// A signature is missing, cannot be made, or does not fit.
    case signature
    /// A rule of the store forbids it.
    case refused
    /// Rules of the policy that a promotion does not meet.
    case unmet
    /// Something holds what is to be erased.
    case held
    /// The version was erased; its record is all that is left.
    case erased
    /// A collection condemned what was relied on: whoever stored it begins again.
    case overtaken
    /// The request makes no sense.
    case usage
    /// Stopped on request.
    case interrupted
  }

  /// The class of the fact.
  public let code: Code
  /// The object, path or name concerned, printable as it stands.
  public let subject: String
  /// One clause: what was found.
  public let detail: String
  /// What lies beneath.
  public let cause: (any Error)?
  /// For `ambiguous` and `notFound`: what may have been meant.
  public let candidates: [String]

  /// Creates an error.
  public init(
    _ code: Code, _ subject: String, _ detail: String, cause: (any Error)? = nil, candidates: [String] = []
  ) {
    self.code = code
    self.subject = subject
    self.detail = detail
    self.cause = cause
    self.candidates = candidates
  }

  /// Something that the index as it was loaded does not have, or promises and does not have any more.
  struct Absence: Error {}

  /// Whether it may help to read the log and the index again: others may have moved what is missing.
  var isAbsence: Bool { cause is Absence }

  /// Wraps a failure of the layer below once, with its class kept.
  init(_ failure: IOFailure) {
    let code: Code =
      switch failure.code {
      case .notFound: .notFound
      case .malformed: .damaged
      case .limit, .escapes: .rejected
      case .exists, .notFolder: .exists
      case .interrupted: .interrupted
      case .permission, .full, .readOnly, .device, .other: .io
      }
    self.init(code, failure.subject, "\(failure.verb): \(failure.detail)", cause: failure)
  }

  /// Stored bytes that cannot be read as what they are.
  static func damaged(_ subject: String, _ cause: any Error) -> StoreError {
    switch cause {
    case let error as FormatError where error.code == .newer:
      StoreError(.newerFormat, subject, error.detail, cause: error)
    case let error as FormatError: StoreError(.damaged, subject, "\(error.subject): \(error.detail)", cause: error)
    case let error as IOFailure where error.code == .malformed || error.code == .limit:
      StoreError(.damaged, subject, error.detail, cause: error)
    case let error as IOFailure: StoreError(error)
    // What cannot be read is not known to be damaged.
    case let error as StoreError where error.code == .io || error.code == .newerFormat: error
    case let error as StoreError: StoreError(.damaged, subject, error.detail, cause: error)
    default: StoreError(.damaged, subject, "unreadable", cause: cause)
    }
  }
}

/// Runs `body` and turns a failure of the layer below into a `StoreError`.
@inline(__always)
func wrapping<R: ~Copyable>(_ body: () throws(IOFailure) -> R) throws(StoreError) -> R {
  do { return try body() } catch { throw StoreError(error) }
}
