public import ArtifactCore
public import ArtifactIO

/// What to repair, and with what.
public struct RepairRequest: Sendable {
  /// Another store on disk, which may have what is lost here.
  public var source: Path?
  /// Whether to find out only.
  public var isDryRun = false
  /// Who repairs.
  public var actor: String
  /// Number of threads for reading; nil means one for each processor, at most 8.
  public var workers: Int?

  /// Asks for a repair with nothing but the store itself.
  public init(actor: String) { self.actor = actor }
}

/// What a repair found and did, or would do.
public struct RepairReport: Sendable {
  /// A damaged pack.
  public struct Pack: Sendable, Equatable {
    /// The pack.
    public let name: Digest
    /// Objects and recipes that were found in it.
    public let found: Int
    /// Of these the ones that no other pack has.
    public let salvaged: Int
  }

  /// What was wrong before.
  public internal(set) var problems: [VerifyReport.Problem] = []
  /// Packs that were set aside.
  public internal(set) var packs: [Pack] = []
  /// Objects and recipes that came from the other store.
  public internal(set) var fetched = 0
  /// Index segments that were set aside; the packs' own indexes serve, or a new segment.
  public internal(set) var segments: [String] = []
  /// Files of the OCI layout that were made anew.
  public internal(set) var files: [String] = []
  /// Versions that are not whole, even now.
  public internal(set) var hurt: [VerifyReport.Hurt] = []
  /// Problems that a repair cannot do anything about.
  public internal(set) var remaining: [VerifyReport.Problem] = []
  /// Why what is still lost could not be read where it may be: in the other store, or here if nothing else is wrong.
  public internal(set) var failure: StoreError?
  /// Number of log entries now.
  public internal(set) var logSize = 0

  /// Whether there was anything to do.
  public var hasChanges: Bool { !packs.isEmpty || fetched > 0 || !segments.isEmpty || !files.isEmpty }
  /// Whether the store is well now.
  public var isWell: Bool { hurt.isEmpty && remaining.isEmpty }
}
