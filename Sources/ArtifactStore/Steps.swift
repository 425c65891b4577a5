/// A place between two steps of a writer or a collector.
enum Step: String, Sendable, CaseIterable {
  /// A push, copy or collection has read the log and the index that it goes by.
  case opened
  /// Everything is stored, but the last packs are not complete.
  case ingested
  /// All packs have their names; those of a collection hold what it copied.
  case finished
  /// The event is decided on: nothing that it relies on is condemned. The entry is not written.
  case decided
  /// The entry is in the log.
  case appended
  /// A collection: what is needed is marked.
  case marked
  /// The packs are chosen.
  case planned
  /// Events that condemn packs are durable; no file is gone.
  case condemned
  /// The files of condemned packs are gone.
  case removed
  /// No segment names a condemned pack.
  case indexed
}

/// What happens between the steps: nothing, unless a test looks in there.
struct Steps: Sendable {
  private let hook: (@Sendable (Step) -> Void)?

  /// Calls `hook` at every step.
  init(_ hook: (@Sendable (Step) -> Void)? = nil) { self.hook = hook }

  /// Says that a step is reached.
  func reach(_ step: Step) { hook?(step) }
}
