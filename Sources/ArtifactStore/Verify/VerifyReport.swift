public import ArtifactCore

/// What to check, and how closely.
public struct VerifyRequest: Sendable {
  /// Only what this names; nil means the whole store.
  public var reference: Reference?
  /// Whether to look at structure only: no file is decoded.
  public var isQuick = false
  /// Packs that were found well since then are not read again.
  public var since: Timestamp?
  /// Whether every large file is put together, whatever was proven about its recipe before.
  public var rebuildsAll = false
  /// Number of threads; nil means one for each processor, at most 8.
  public var workers: Int?

  /// Asks for everything.
  public init() {}
}

/// What a verification found.
public struct VerifyReport: Sendable {
  /// Something that is not as it should be.
  public struct Problem: Sendable, Equatable {
    /// The pack, object, entry or name concerned.
    public let subject: String
    /// What was found.
    public let detail: String
  }

  /// One path that cannot be given back.
  public struct LostPath: Sendable, Equatable {
    /// The printable path; empty for the record or the root itself.
    public let path: String
    /// The object that is lost.
    public let object: Digest
    /// What became of it.
    public let why: String
  }

  /// A version that cannot be given back whole.
  public struct Hurt: Sendable, Equatable {
    /// The name; for a bare digest its text.
    public let name: String
    /// The version; nil for a bare digest.
    public let version: Int?
    /// The first paths that are lost.
    public let paths: [LostPath]
    /// Number of all of them.
    public let pathCount: Int

    /// As in `name@4`.
    public var reference: String { version.map { "\(name)@\($0)" } ?? name }
    /// The first path that is lost.
    public var path: String { paths.first?.path ?? "" }
  }

  /// All problems, in the order in which they were found.
  public internal(set) var problems: [Problem] = []
  /// Versions, runs and reports that damage reaches.
  public internal(set) var hurt: [Hurt] = []
  /// Events of the log that broke a rule and changed nothing.
  public internal(set) var voids: [Fold.Void] = []
  /// Files that are no part of the store and in nobody's way.
  public internal(set) var strays: [Problem] = []
  /// Log entries read.
  public internal(set) var entryCount = 0
  /// Packs looked at.
  public internal(set) var packCount = 0
  /// Of these the ones that were not read, because they were found well before.
  public internal(set) var skippedPackCount = 0
  /// Blobs of other programs beside the packs.
  public internal(set) var foreignCount = 0
  /// Objects decoded and hashed.
  public internal(set) var objectCount = 0
  /// Plain bytes decoded and hashed.
  public internal(set) var byteCount = 0
  /// Bytes of packs read and hashed.
  public internal(set) var storedByteCount = 0
  /// Large files put together and hashed as a whole.
  public internal(set) var rebuiltCount = 0
  /// Versions whose every object was looked up.
  public internal(set) var versionCount = 0
  /// Of these the ones that were erased, of which only the record was.
  public internal(set) var erasedCount = 0
  /// The log entry that is damaged or missing, if there is one: no command reads what is behind it.
  public internal(set) var damagedEntry: Int?
  /// Versions that readable entries behind it published.
  public internal(set) var behindCount = 0
  /// When the interrupted check began that this one continued.
  public internal(set) var continued: Timestamp?
  /// Runs and reports whose every object was looked up.
  public internal(set) var runCount = 0

  /// Files that datasets refer to and that are not as they were; the store itself is whole.
  public internal(set) var changed: [Problem] = []
  /// Files that datasets refer to and that were read.
  public internal(set) var referencesChecked = 0
  /// Files that datasets refer to and that are not on this machine.
  public internal(set) var referencesElsewhere = 0

  /// Why packs could not be opened.
  private var unopened: [StoreError] = []
  /// Why packs could not be opened, if that is all that is wrong: what seems lost may be in them.
  public var failure: StoreError? { unopened.count == problems.count ? unopened.first : nil }

  /// Whether nothing is wrong.
  public var isSound: Bool { problems.isEmpty && hurt.isEmpty }

  mutating func add(_ subject: String, _ detail: String) {
    problems.append(Problem(subject: subject, detail: detail))
  }

  mutating func add(_ error: StoreError) { add(error.subject, error.detail) }

  /// A pack that could not be opened: that is not to be damaged, for the user may lack a permission.
  mutating func add(unopened error: StoreError) {
    add(error)
    if error.code == .io { unopened.append(error) }
  }

  mutating func add(_ losses: Losses, of name: String, _ version: Int?) {
    if losses.isEmpty { return }
    hurt.append(
      Hurt(
        name: name, version: version,
        paths: losses.all.map { LostPath(path: printable($0.place), object: $0.object, why: $0.why) },
        pathCount: losses.count))
  }
}
