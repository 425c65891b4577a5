public import ArtifactCore

extension Store {
  /// Puts together what proves that a version of a name was in a channel at a time (store-layout.md §5.9).
  ///
  /// - Parameter isWhole: Whether every entry goes in, so that nothing rests on the word of whoever signs.
  public func proof(
    of name: PackageName, in channel: TagName, at time: Timestamp, isWhole: Bool, _ signer: some Signer
  ) throws -> ProofFile {
    let history = try History(opening: path, local: local)
    var fold = Fold()
    var chosen = [Int: LogEntry]()
    for sequence in 0..<history.size {
      let entry = try history.entry(sequence)
      do { try fold.apply(entry) } catch { throw StoreError.damaged("log entry \(sequence)", error) }
      let isEnd = sequence == history.size - 1
      if isWhole || isEnd || ChannelProof.matters(entry.event, to: name) { chosen[sequence] = entry }
    }
    guard let move = fold.move(name.text, in: channel.text, at: time),
      let package = fold.packages[name.text]?.versions[move.version - 1].record
    else { throw StoreError(.notFound, "\(name)@\(channel)", "nothing of that name was in \(channel) at \(time.text)") }
    guard let last = fold.latestTime, last >= time else {
      throw StoreError(.usage, "\(name)@\(channel) at \(time.text)", "the log ends before that time")
    }
    for sequence in ChannelProof.evidence(of: name, in: fold) { chosen[sequence] = try history.entry(sequence) }

    let note = try history.signedCheckpoint(signer)
    var file = ProofFile(
      claim: ChannelProof.claim(store: history.store, name, channel, time, move, package), note: note)
    for (sequence, entry) in chosen {
      let path = try history.inclusionProof(of: sequence).path
      file.entries[sequence] = ProofFile.Entry(json: entry.json, path: path)
    }
    for statement in try ChannelProof.statements(of: move, chosen[move.sequence], in: fold) { file.add(statement) }
    // Erased bytes leave their record; one that is gone all the same is not what the proof rests on.
    for record in [package] + move.evidence.flatMap(\.reports) {
      if let bytes = try? objects.blob(record, limit: 1 << 20) { file.add(record: bytes) }
    }
    if let policy = move.policy { file.add(record: try Policy.bytes(of: fold.policies[policy].policy.text)) }
    // What is handed over has been checked as its reader will.
    _ = try ChannelProof(file, file.verify(keys: [signer.key]))
    return file
  }
}
