/// What keeps a collection from losing anything; each can be left out by itself.
struct Rules: OptionSet {
  let rawValue: UInt16

  /// A writer that finds the log grown checks that nothing it relies on was condemned, and does the work again if so.
  static let writersCheck = Rules(rawValue: 1 << 0)
  /// Condemned is for ever: look-ups ignore such copies although the file is there.
  ///
  /// Without it a writer takes them for present, and its check is about what was condemned since it last looked.
  static let lookupsIgnoreCondemned = Rules(rawValue: 1 << 1)
  /// Condemned is for ever: the name is never linked again; an imported pack gets a new random member.
  ///
  /// Without it an import links the pack under the name that it had, and takes it for new.
  static let namesAreNew = Rules(rawValue: 1 << 2)
  /// Collectors mark again when something was published before their own entry.
  static let marksReachTheEntry = Rules(rawValue: 1 << 3)
  /// Collectors do not count condemned copies as copies that stay.
  static let marksIgnoreCondemned = Rules(rawValue: 1 << 4)
  /// Collectors check before they append that no copy they leave an object to was condemned.
  static let collectorsCheck = Rules(rawValue: 1 << 5)
  /// A quarantine is a `collect` event, and only then moves the pack.
  static let quarantineIsAnEvent = Rules(rawValue: 1 << 6)
  /// Every readable object is salvaged before a quarantine.
  static let quarantineSalvages = Rules(rawValue: 1 << 7)
  /// A present tree never implies its children: presence is asked object by object.
  static let presenceIsAsked = Rules(rawValue: 1 << 8)
  /// Before condemning, every pack without an index entry is indexed.
  static let packsAreIndexed = Rules(rawValue: 1 << 9)
  /// If any live object cannot be found, nothing is condemned.
  static let missingStops = Rules(rawValue: 1 << 10)
  /// A reader that finds a pack gone reads the log and the index again.
  static let readersRetry = Rules(rawValue: 1 << 11)
  /// Packs are condemned by an entry of the log before they are removed.
  static let removalFollowsTheEntry = Rules(rawValue: 1 << 12)
  /// What a client remembers of files it pushed holds only while no `collect` event came after.
  static let memoryEndsAtACollection = Rules(rawValue: 1 << 13)

  /// All of them.
  static let all = Rules(rawValue: 1 << 14 - 1)
}
