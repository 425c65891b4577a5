import ArtifactCore
public import ArtifactIO

/// What this user remembers of a store outside of it: a cache of the fold, and the last size and root.
///
/// The cache only saves time. The pin is what makes a fork or a rollback of the log visible (exit 9).
struct LogMemory: Sendable {
  private let cacheFolder: Path
  private let stateFolder: Path
  private let store: String
  private static let foldName = Array("fold".utf8)
  private static let pinName = Array("pin.json".utf8)
  private static let noteName = Array("checkpoint".utf8)

  init(_ local: LocalFolders, store: String) {
    self.store = store
    cacheFolder = local.cache.appending(store)
    stateFolder = local.state.appending(store)
  }

  /// The cached state, if there is one that reads well.
  func cachedFold() -> Fold? {
    // A cache that cannot be read is a cache that is not there.
    guard let bytes = try? Directory(cacheFolder).readFile(Self.foldName, limit: 1 << 30),
      let fold = Fold(cacheBytes: bytes), fold.size > 0
    else { return nil }
    return fold
  }

  /// Keeps a state in the cache and its size and root as the pin.
  func keep(_ fold: Fold) {
    // Failing to write either costs time or memory of the past, never the command.
    if let bytes = try? fold.cacheBytes() { try? LocalFile.replace(cacheFolder, Self.foldName, bytes) }
    keepPin(size: fold.size, root: fold.history.root)
  }

  /// Keeps a size and root as the pin, unless more was seen already.
  func keepPin(size: Int, root: Digest, replacing: Bool = false) {
    // Another process may have seen more in the meantime.
    if !replacing, let known = self.pin(), known.size > Int64(size) { return }
    let pin: JSON = ["root": .string(root.text), "size": .integer(Int64(size))]
    // Failing to write it costs the memory of the past, never the command.
    try? LocalFile.replace(stateFolder, Self.pinName, pin.plainBytes())
  }

  /// The leaf hashes that were kept.
  func hashes() -> HashCache? { HashCache(cacheFolder) }

  /// Keeps leaf hashes.
  func keep(leaves: [Digest], tiles: [Digest]) throws(IOFailure) {
    try HashCache.write(leaves: leaves, tiles: tiles, to: cacheFolder)
  }

  /// The size and root that were seen last.
  struct Pin {
    let size: Int64
    let root: Digest
  }

  /// The pin; nil if the store was not seen before, or the pin does not read well.
  func pin() -> Pin? {
    guard let bytes = try? Directory(stateFolder).readFile(Self.pinName, limit: 1 << 16),
      let object = try? JSON.parse(bytes), let size = object["size"]?.integer,
      let root = Digest(text: object["root"]?.string ?? "")
    else { return nil }
    return Pin(size: size, root: root)
  }

  /// Compares a history with a pin that is no younger; `rootAt` tells the root over a number of first entries.
  func check(
    _ history: MerkleFrontier, against pin: Pin, rootAt: (Int) throws(StoreError) -> Digest?
  ) throws(StoreError) {
    let size = Int(pin.size)
    let present: Digest? =
      history.size < size ? nil : history.size == size ? history.root : try rootAt(size)
    if present == pin.root { return }
    let remembered = Checkpoint(origin: Checkpoint.origin(store: store), size: size, root: pin.root)
    throw forked(remembered, nil, found: history, present)
  }

  /// Keeps both histories as evidence; what to refuse with.
  ///
  /// - Parameters:
  ///   - known: What was seen before, or comes from elsewhere.
  ///   - note: That, as somebody signed it.
  ///   - present: The root that the log has at the known size; nil if it is shorter.
  func forked(
    _ known: Checkpoint, _ note: SignedNote?, found history: MerkleFrontier, _ present: Digest?
  ) -> StoreError {
    let origin = Checkpoint.origin(store: store)
    var found = Self.members(Checkpoint(origin: origin, size: history.size, root: history.root), nil)
    if let present {
      found["then"] = .object(Self.members(Checkpoint(origin: origin, size: known.size, root: present), nil))
    }
    let evidence: JSON = [
      "found": .object(found), "remembered": .object(Self.members(known, note ?? self.note(of: known))),
    ]
    let name = Array("evidence-\(known.size)-\(history.size)-\(history.root.short).json".utf8)
    // The refusal matters more than the note about it.
    try? LocalFile.replace(stateFolder, name, evidence.plainBytes())
    let what =
      present == nil
      ? "its log has \(history.size) entries, but \(known.size) were seen before"
      : "its first \(known.size) log entries are not those that were seen before"
    // What a checkpoint from elsewhere says cannot be forgotten.
    let subject = note == nil ? "the store" : "the checkpoint"
    return StoreError(.forked, subject, "\(what); kept as \(stateFolder.appending(name).printable)")
  }

  private static func members(_ checkpoint: Checkpoint, _ note: SignedNote?) -> JSONObject {
    var members: JSONObject = [
      "root": .string(checkpoint.root.text), "size": .integer(Int64(checkpoint.size)),
      "checkpoint": .string(checkpoint.text),
    ]
    if let note { members["note"] = .string(String(decoding: note.bytes, as: UTF8.self)) }
    return members
  }

  // MARK: Signed checkpoints

  /// Keeps a signed checkpoint that fits the history: should it ever not, somebody is on record.
  func keep(_ note: SignedNote, _ checkpoint: Checkpoint) {
    if let known = self.note(), known.checkpoint.size > checkpoint.size { return }
    // As with the pin.
    try? LocalFile.replace(stateFolder, Self.noteName, note.bytes)
  }

  /// The signed checkpoint that was kept last.
  private func note() -> (note: SignedNote, checkpoint: Checkpoint)? {
    guard let bytes = try? Directory(stateFolder).readFile(Self.noteName, limit: SignedNote.byteLimit),
      let note = try? SignedNote(bytes), let checkpoint = try? Checkpoint(text: note.text)
    else { return nil }
    return (note, checkpoint)
  }

  /// The signed checkpoint that says at least as much as `known`, if one was kept.
  private func note(of known: Checkpoint) -> SignedNote? {
    guard let kept = note(), kept.checkpoint.size <= known.size else { return nil }
    return kept.note
  }

  // MARK: Going on after a fork

  /// Takes a history as the one to go on from, and keeps what was remembered, what is there, and why.
  func accept(_ history: Checkpoint, instead pin: Pin, reason: String, actor: String, time: Timestamp)
    throws(StoreError)
  {
    let known = Checkpoint(origin: history.origin, size: Int(pin.size), root: pin.root)
    let record: JSON = [
      "accepted": .object(Self.members(history, nil)), "actor": .string(actor), "reason": .string(reason),
      "remembered": .object(Self.members(known, note(of: known))), "time": .string(time.text),
    ]
    let name = Array("accepted-\(pin.size)-\(history.size)-\(history.root.short).json".utf8)
    do throws(IOFailure) { try LocalFile.replace(stateFolder, name, record.plainBytes()) } catch {
      throw StoreError(error)
    }
    keepPin(size: history.size, root: history.root, replacing: true)
    // What was signed before belongs to the other history; it is in the record.
    do throws(IOFailure) { try Directory(stateFolder).remove(Self.noteName) } catch {
      guard error.code == .notFound else { throw StoreError(error) }
    }
  }
}

/// Small files in the user's own folders.
public enum LocalFile {
  /// Writes a file so that readers see the old or the new one; not synced.
  public static func replace(
    _ folder: Path, _ name: [UInt8], _ bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(IOFailure) {
    try replace(folder, name, mode: mode) { (file) throws(IOFailure) in try file.write(bytes.span) }
  }

  /// Has a file written so that readers see the old or the new one; not synced.
  static func replace(
    _ folder: Path, _ name: [UInt8], mode: UInt32 = 0o600, _ body: (borrowing File) throws(IOFailure) -> Void
  ) throws(IOFailure) {
    let directory = try makeFolder(folder)
    let temporary = name + Array(".\(Hex.text(Platform.randomBytes(6)))".utf8)
    let file = try directory.create(temporary, mode: mode)
    do throws(IOFailure) {
      try body(file)
      try file.close()
      try directory.rename(temporary, to: directory, as: name)
    } catch {
      // The first error is the one to tell.
      try? directory.remove(temporary)
      throw error
    }
  }

  /// Opens a folder, making it and its parents.
  static func makeFolder(_ path: Path, mode: UInt32 = 0o700) throws(IOFailure) -> Directory {
    do { return try Directory(path) } catch  where error.code == .notFound {
      let parent = try makeFolder(path.parent, mode: mode)
      do { try parent.makeDirectory(path.lastComponent, mode: mode) } catch  where error.code == .exists {}
      return try Directory(path)
    }
  }
}
