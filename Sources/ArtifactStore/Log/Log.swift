import ArtifactCore
import ArtifactIO
import Synchronization

/// The store's log: one file an entry, created if absent (store-layout.md §5).
final class Log: Sendable {
  private let root: Directory
  private let files: EntryFolder
  private let storeID: String
  private let configDigest: Digest
  private let memory: LogMemory?
  private let state: Mutex<Fold>
  /// Number of entries that this process made durable.
  private let durable = Atomic<Int>(0)

  /// An append further behind the last entry than this is refused.
  static let clockTolerance: Int64 = 10 * 60 * 1_000

  /// - Parameter toleratesDamage: Whether a damaged entry hides only itself and what follows; for checking.
  init(
    _ root: Directory, store: String, configDigest: Digest, local: LocalFolders?, isNew: Bool = false,
    toleratesDamage: Bool = false
  ) throws(StoreError) {
    self.root = root
    storeID = store
    self.configDigest = configDigest
    memory = local.map { LogMemory($0, store: store) }
    files = try EntryFolder(root)
    state = Mutex(Fold())
    if isNew { return }
    let fold: Fold
    do { fold = try refresh() } catch {
      guard toleratesDamage, error.code == .damaged else { throw error }
      fold = foldUpToDamage()
      guard fold.size > 0 else { throw error }
    }
    guard fold.size > 0 else { throw StoreError(.notAStore, root.path.printable, "its log has no first entry") }
    guard fold.storeID == store, fold.config == configDigest else {
      throw StoreError(.damaged, "store.json", "entry 0 of the log was written for another one")
    }
  }

  /// The state as last read.
  var fold: Fold { state.withLock { $0 } }

  private var entries: Directory { files.directory }

  /// Reads one entry, or nil if there is none.
  func entry(_ sequence: Int) throws(StoreError) -> LogEntry? { try files.entry(sequence) }

  /// Reads entries that came since, checks them against what was seen before, and returns the state.
  func refresh() throws(StoreError) -> Fold {
    // Read before the log: what others append and remember meanwhile is then no contradiction.
    let pin = memory?.pin()
    var fold = self.fold
    if fold.size == 0, let cached = memory?.cachedFold() {
      // The last cached entry commits to all before it: if it is unchanged, so is the history that was folded.
      if let last = try entry(cached.size - 1), last.leafHash == cached.lastLeaf { fold = cached }
    }
    let start = fold.size
    while true {
      while let entry = try entry(fold.size) {
        do { try fold.apply(entry) } catch { throw .damaged("log entry \(fold.size)", error) }
      }
      guard try entry(fold.size + 1) != nil else { break }
      // Others may have appended both since; then there is no gap.
      guard try entry(fold.size) != nil else {
        throw StoreError(.damaged, "log entry \(fold.size)", "it is missing, though a later one is there")
      }
    }
    if let pin {
      try memory?.check(fold.history, against: pin) { (size) throws(StoreError) in try self.entry(size)?.root }
    }
    if fold.size != start || pin == nil { remember(fold) }
    state.withLock { if fold.size >= $0.size { $0 = fold } }
    return fold
  }

  /// The state before the first entry that is missing or damaged.
  private func foldUpToDamage() -> Fold {
    var fold = Fold()
    while let entry = try? entry(fold.size), (try? fold.apply(entry)) != nil {}
    state.withLock { $0 = fold }
    return fold
  }

  /// The state as this user's cache has it, if there is one that reads well.
  func cachedFold() -> Fold? { memory?.cachedFold() }

  /// The highest number that any entry has, in whatever condition.
  func highestNumber() throws(StoreError) -> Int? {
    try wrapping { () throws(IOFailure) in
      var highest: Int?
      for folder in try entries.names() where folder.count == 6 {
        guard let high = Int(String(decoding: folder, as: UTF8.self)) else { continue }
        for name in try entries.directory(folder).names() where name.count == 6 {
          guard let low = Int(String(decoding: name, as: UTF8.self)) else { continue }
          highest = max(highest ?? 0, high * 1_000_000 + low)
        }
      }
      return highest
    }
  }

  /// Keeps a state outside of the store, once a power cut can no longer take back its last entry.
  private func remember(_ fold: Fold) {
    guard let memory, fold.size > 0 else { return }
    if durable.load(ordering: .relaxed) < fold.size {
      // Without the memory a later rollback is not noticed; with a wrong one the store would be refused.
      guard files.syncForReading(fold.size - 1) else { return }
    }
    memory.keep(fold)
  }

  /// Appends the event that `decide` makes of the state; again with the new state after a lost race.
  ///
  /// - Parameters:
  ///   - syncing: Directories that others may have written to and that the event builds on.
  ///   - id: Of the entry; given by whoever signs something for it.
  ///   - decide: Evaluates every precondition; nil means that there is nothing to do.
  /// - Returns: The durable entry, or nil if `decide` gave none.
  func append(
    actor: String, syncing directories: [Directory], id: String = Log.newID(),
    _ decide: (Fold) throws(StoreError) -> Event?
  ) throws(StoreError) -> LogEntry? {
    try checkForGaps()
    while true {
      let fold = try refresh()
      guard let event = try decide(fold) else {
        try syncEntries(fold.size - 1)
        return nil
      }
      let now = Self.now()
      if let last = fold.lastTime, now < last.advanced(byMilliseconds: -Self.clockTolerance), event != .clock {
        throw StoreError(
          .clock, "the clock", "it says \(now.text), but the last entry of the log is from \(last.text)")
      }
      let entry: LogEntry
      do { entry = try LogEntry(event: event, id: id, time: now, actor: actor, after: fold.history) } catch {
        throw StoreError(.usage, "log entry", error.detail, cause: error)
      }
      try wrapping { () throws(IOFailure) in for directory in directories { try directory.sync() } }
      if fold.size > 0 { try syncEntries(fold.size - 1) }
      if try link(entry) {
        try syncEntries(entry.sequence)
        _ = try refresh()
        return entry
      }
    }
  }

  /// A new id of an entry: 128 random bits.
  static func newID() -> String { Hex.text(Platform.randomBytes(16)) }

  /// The clock.
  static func now() -> Timestamp { Timestamp(milliseconds: Platform.now() / 1_000_000) }

  /// Creates the entry's file if its number is free; false if another writer has it.
  private func link(_ entry: LogEntry) throws(StoreError) -> Bool {
    let name = EntryFolder.name(entry.sequence)
    let temporaryName = Array("entry".utf8)
    do throws(IOFailure) {
      if entry.sequence % 1_000_000 == 0 { try makeFolder(of: name) }
      let folder = try TemporaryFolder(in: try root.folder(Store.temporaryPath))
      try Durability.writeSynced(entry.fileBytes, as: temporaryName, in: folder.directory)
      let failure = publish(temporaryName, in: folder.directory, as: name)
      // The entry may be there, which decides; what stays here is swept.
      try? folder.remove()
      guard let failure else { return true }
      // Whatever link(2) reported, the slot tells: ours means that it happened.
      let winner = try? entries.readFile(name, limit: LogEntry.byteLimit + 128)
      if winner == entry.fileBytes { return true }
      if failure.code == .exists { return false }
      throw failure
    } catch { throw StoreError(error) }
  }

  private func publish(_ temporaryName: [UInt8], in directory: Directory, as name: [UInt8]) -> IOFailure? {
    do {
      try Durability.publish(temporaryName, in: directory, as: name, in: entries)
      return nil
    } catch { return error }
  }

  private func makeFolder(of name: [UInt8]) throws(IOFailure) {
    do { try entries.makeDirectory(Array(name[..<6])) } catch  where error.code == .exists {}
    try entries.sync()
  }

  /// Makes the name of an entry durable: nothing derived from it leaves the store before.
  func syncEntries(_ sequence: Int) throws(StoreError) {
    try wrapping { () throws(IOFailure) in
      let name = EntryFolder.name(sequence)
      try entries.directory(Array(name[..<6])).sync()
      if sequence % 1_000_000 == 0 { try entries.sync() }
      durable.max(sequence + 1, ordering: .relaxed)
    }
  }

  /// A number that is missing below one that is present is damage and is never filled.
  func checkForGaps() throws(StoreError) {
    let size = try refresh().size
    try wrapping { () throws(IOFailure) in
      for folder in try entries.names() where folder.count == 6 && Int(String(decoding: folder, as: UTF8.self)) != nil {
        for name in try entries.directory(folder).names() {
          guard let high = Int(String(decoding: folder, as: UTF8.self)),
            let low = Int(String(decoding: name, as: UTF8.self)), high * 1_000_000 + low > size
          else { continue }
          // Others may have appended since; then there is no gap.
          guard try entries.statusIfPresent(EntryFolder.name(size)) == nil else { continue }
          throw IOFailure(
            .malformed, "reading", "log entry \(size)",
            "it is missing, though entry \(high * 1_000_000 + low) is there")
        }
      }
    }
  }
}
