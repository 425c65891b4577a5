import ArtifactCore
import ArtifactIO

extension Store {
  /// Runs `body` with a session that knows what the store has, and again when its work was overtaken.
  ///
  /// `body` stores everything and appends events through `append(with:actor:_:)`, which throws `.overtaken` if a pack that
  /// the session relies on was condemned meanwhile. The next round finds that out and stores what is missing; what the
  /// rounds before have stored is there.
  func write<R>(
    _ progress: Progress, level: Int? = nil, previous: () -> PreviousVersion? = { nil },
    _ body: (WriteSession) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    while true {
      try reload()
      let session = try WriteSession(self, progress: progress, level: level, previous: previous())
      steps.reach(.opened)
      do {
        let result = try body(session)
        try session.close()
        return result
      } catch {
        // What is complete is kept for the next attempt; the folder goes either way, and the first error is the one told.
        if error.code == .interrupted { try? session.finishPacks() }
        try? session.close()
        if error.code != .overtaken { throw error }
      }
      progress.startAgain()
      try progress.checkCancelled()
    }
  }

  /// An event that was decided on, and the state that it was decided on.
  struct Appended {
    /// Nil if there was nothing to do.
    let entry: LogEntry?
    /// The state before the entry.
    let fold: Fold
  }

  /// Appends an event that relies on what a session found or stored.
  ///
  /// The look at what is condemned belongs to the decision: whoever appends the entry after this state has read it, so no
  /// event can name a condemned copy (store-layout.md §8).
  ///
  /// - Throws: `.overtaken` if that was condemned meanwhile.
  func append(
    with session: WriteSession, actor: String, _ decide: (Fold) throws(StoreError) -> Event?
  ) throws(StoreError) -> Appended {
    var decided: Fold?
    let entry = try log.append(actor: actor, syncing: [packs, segments]) { (fold) throws(StoreError) in
      let event = try decide(fold)
      let isSafe = event == nil || session.isSafe(in: fold)
      decided = isSafe ? fold : nil
      steps.reach(.decided)
      return isSafe ? event : nil
    }
    steps.reach(.appended)
    guard let decided else {
      throw StoreError(.overtaken, "the work", "a collection condemned what it relied on")
    }
    return Appended(entry: entry, fold: decided)
  }
}
