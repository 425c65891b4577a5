public import ArtifactCore
public import ArtifactIO

extension History {
  /// Compares a checkpoint from elsewhere with this log: it must be of this store, and of a history that this one goes on
  /// from.
  ///
  /// What fits is remembered; what does not is kept as evidence.
  public func check(_ note: SignedNote) throws(StoreError) -> Checkpoint {
    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(text: note.text) } catch {
      throw StoreError(.rejected, "the checkpoint", error.detail, cause: error)
    }
    guard ExactText.equal(checkpoint.origin, Checkpoint.origin(store: store)) else {
      throw StoreError(
        .usage, "the checkpoint",
        "it is of \(printable(checkpoint.origin)), and this log is \(Checkpoint.origin(store: store))")
    }
    let present = checkpoint.size <= size ? try root(at: checkpoint.size) : nil
    if present == checkpoint.root {
      memory?.keep(note, checkpoint)
      return checkpoint
    }
    guard let memory else {
      throw StoreError(
        .forked, "the checkpoint", "the first \(checkpoint.size) log entries are not those of the checkpoint")
    }
    throw memory.forked(checkpoint, note, found: frontier, present)
  }

  /// Signs the checkpoint of the whole log in its name; durable before it is handed out, and remembered.
  public func signedCheckpoint(_ signer: some Signer) throws -> SignedNote {
    let checkpoint = try checkpoint()
    guard isDurable() else {
      throw StoreError(.io, "the log", "its last entry cannot be made durable, so nothing may be derived from it")
    }
    var note = try SignedNote(text: checkpoint.text)
    try note.sign(name: checkpoint.origin, kind: .log, signer)
    memory?.keep(note, checkpoint)
    return note
  }

  /// An entry with its proof under a signed checkpoint of this log.
  public func proof(of sequence: Int, under note: SignedNote) throws(StoreError) -> LogProof {
    let checkpoint = try check(note)
    let proof = try inclusionProof(of: sequence, size: checkpoint.size)
    return LogProof(index: sequence, path: proof.path, note: note)
  }

  /// Writes the log into a folder for others to read: bundles of entries, tiles of hashes, and last the checkpoint.
  ///
  /// A folder that has an earlier export of this log is brought up to date; one of another history is refused.
  ///
  /// - Returns: The number of files that were written; what was there already and is the same counts not.
  public func export(to path: Path, under note: SignedNote) throws(StoreError) -> Int {
    let checkpoint = try check(note)
    let folder = try wrapping { () throws(IOFailure) in try LocalFile.makeFolder(path, mode: 0o777) }
    if let bytes = try wrapping({ () throws(IOFailure) in try folder.contents(Self.checkpointName) }) {
      let earlier: SignedNote
      do { earlier = try SignedNote(bytes) } catch {
        throw StoreError(.exists, path.printable, "its checkpoint cannot be read: \(error.detail)", cause: error)
      }
      _ = try check(earlier)
    } else if try wrapping({ () throws(IOFailure) in try !folder.names().isEmpty }) {
      throw StoreError(.exists, path.printable, "it is not empty, and not an earlier export")
    }
    var count = 0
    for tile in Tile.all(size: checkpoint.size) {
      let bytes = try bytes(of: tile)
      if try write(bytes, as: Array(tile.path.utf8), below: path) { count += 1 }
    }
    if try write(note.bytes, as: Self.checkpointName, below: path) { count += 1 }
    return count
  }

  private static let checkpointName = Array("checkpoint".utf8)

  /// Writes a file unless it is there with these bytes.
  private func write(_ bytes: [UInt8], as name: [UInt8], below path: Path) throws(StoreError) -> Bool {
    let full = path.appending(name)
    return try wrapping { () throws(IOFailure) in
      let folder = try LocalFile.makeFolder(full.parent, mode: 0o777)
      if try folder.contents(full.lastComponent, limit: bytes.count) == bytes { return false }
      try LocalFile.replace(full.parent, full.lastComponent, bytes, mode: 0o666)
      return true
    }
  }

  // MARK: Going on after a fork

  /// Takes this history as the one to go on from, though another was seen before; nil if it is the one that was seen.
  ///
  /// - Returns: The size that was remembered.
  public func accept(reason: String, actor: String, time: Timestamp) throws(StoreError) -> Int? {
    guard let memory, let pin = memory.pin() else { return nil }
    let known = Int(pin.size)
    if known <= size, try root(at: known) == pin.root { return nil }
    try memory.accept(checkpoint(), instead: pin, reason: reason, actor: actor, time: time)
    return known
  }
}

extension Directory {
  /// The bytes of a file; nil if it is not there or longer than `limit`.
  fileprivate func contents(_ name: [UInt8], limit: Int = SignedNote.byteLimit) throws(IOFailure) -> [UInt8]? {
    do { return try readFile(name, limit: limit) } catch  where error.code == .notFound || error.code == .limit {
      return nil
    }
  }
}
