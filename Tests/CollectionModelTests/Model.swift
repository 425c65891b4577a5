/// A small executable model of garbage collection without clocks and locks (store-layout.md §8).
///
/// It checks the rules, not the program: every order in which the steps below can happen is tried, from a few starting
/// points, and in every state that is reached each object that an entry of the log needs must have a copy in a pack that
/// is there and not condemned. Then each rule is taken away by itself, and a loss must be found.
///
/// **What there is.** Two objects: a *tree*, and its *child*. Two things that can be published: the tree, which needs
/// both, and the child alone. At most six packs, each holding one object or both; a pack that is used up is never used
/// again. When all are used, whoever needs one waits: the model is bounded there and nowhere else.
///
/// **The log** is kept as what it amounts to: what is published now, and which packs were ever condemned. Every agent
/// remembers what it last read of it, and whether entries were appended since (*stale*). An append is one step and
/// succeeds only for an agent that is not stale: the file of entry n is created if absent, and a writer that appends
/// behind n-1 has read n-1.
///
/// **Steps**, each of them atomic, in any order and number:
///
/// | who | step |
/// |---|---|
/// | writer | reads the log · looks for one object · links a pack with what it did not find · reads the log again and checks what it relies on · appends |
/// | remembering writer | reads the log, and if no pack is condemned yet takes everything for present, as a push does with what it remembers of unchanged files · checks that nothing was condemned since · appends |
/// | importing writer | reads the log · links a whole pack that came from elsewhere · checks · appends |
/// | collector | reads the log · marks, chooses any packs, and for every live object in them another copy to rely on · links a pack with live objects that have none · reads again, and marks anew if more was published or a copy that it relies on was condemned · appends `collect` |
/// | repair | the same for one damaged pack, with everything in it for live; then the pack is in quarantine |
/// | reader | reads the log · finds a copy of a live object · opens its pack |
/// | anybody | removes a condemned pack · erases something published (once) · damages every copy of the tree (once) |
///
/// **Crashes and delays** need no steps of their own: an agent that never moves again is one order of steps among all,
/// and a loss is looked for in every state. Nothing waits for time, so no pack is too young to be condemned.
///
/// **Not here**: what a power cut does to names that were not synced (§6, tested by replay), and frames: to copy one
/// verbatim or not decides about erased bytes, not about loss.
struct Model {
  /// What an agent can want to publish; the raw value is its bit among what is published.
  enum Goal: UInt64 { case tree = 1, child = 2 }

  /// Who takes part, and what is there at first.
  struct Scenario {
    var name: String
    /// Writers, by what they publish.
    var writers: [Goal] = []
    /// Writers that bring a pack with everything instead of looking for objects.
    var importers: [Goal] = []
    /// Writers that remember that everything was there at first.
    var rememberers: [Goal] = []
    var collectors = 0
    /// Whether pack 0 is put into quarantine at some time.
    var repairs = false
    var reads = false
    var erases = false
    var damages = false
    /// What each pack holds at first: 1 the tree, 2 the child, 3 both.
    var packs: [UInt64]
    /// Packs that have no index entry at first, as a set of bits.
    var unindexed: UInt64 = 0
    /// What is published at first, as a set of goals.
    var published: UInt64 = 0
    /// Packs in all.
    var room = 6
  }

  let scenario: Scenario
  let rules: Rules

  /// Every agent in its place among the state's agents.
  let kinds: [Kind]
  enum Kind: Equatable { case writer(Goal, Source), collector, repair, reader }
  /// How a writer comes to rely on packs.
  enum Source { case search, delivery, memory }

  /// Agents that want the same as the one before.
  private let twins: [Int]

  init(_ scenario: Scenario, _ rules: Rules = .all) {
    self.scenario = scenario
    self.rules = rules
    var kinds = scenario.writers.map { Kind.writer($0, .search) }
    kinds += scenario.importers.map { .writer($0, .delivery) } + scenario.rememberers.map { .writer($0, .memory) }
    kinds += Array(repeating: .collector, count: scenario.collectors)
    if scenario.repairs { kinds.append(.repair) }
    if scenario.reads { kinds.append(.reader) }
    self.kinds = kinds
    twins = kinds.indices.dropFirst().filter { kinds[$0] == kinds[$0 - 1] }
  }

  var start: State {
    var state = State()
    for (index, content) in scenario.packs.enumerated() { state.link(1 &<< UInt64(index), content) }
    state.unindexed = scenario.unindexed
    state.published = scenario.published
    return state
  }

  /// Everything that an entry for these goals needs: a tree needs its child.
  static func closure(_ published: UInt64) -> UInt64 { published & 1 == 1 ? 3 : published }

  /// What is wrong with a state; nil while nothing is lost.
  func loss(_ state: State) -> String? {
    if state.readFailed { return "a reader was told that a live object is missing" }
    let needed = Self.closure(state.published) & ~state.hurt
    let sound = state.files & ~state.condemned
    if needed & 1 != 0, state.copies(0) & sound == 0 { return "the tree is published and has no copy" }
    if needed & 2 != 0, state.copies(1) & sound == 0 { return "the child is needed and has no copy" }
    return nil
  }

  /// The same state, with equal agents in one order.
  func canonical(_ state: State) -> State {
    var state = state
    for index in twins {
      let (first, second) = (state[index - 1], state[index])
      if first.bits <= second.bits { continue }
      state[index - 1] = second
      state[index] = first
    }
    return state
  }

  /// Every state that one step leads to.
  func next(_ state: State, into moves: inout [Move]) {
    moves.removeAll(keepingCapacity: true)
    for (index, kind) in kinds.enumerated() {
      let agent = state[index]
      switch kind {
      case .writer(let goal, let source): write(goal, source, agent, index, state, &moves)
      case .collector: collect(agent, index, state, repairing: false, &moves)
      case .repair: collect(agent, index, state, repairing: true, &moves)
      case .reader: read(agent, index, state, &moves)
      }
    }
    for pack in Bits(state.condemned & state.files) {
      var after = state
      after.files &= ~(1 &<< pack)
      moves.append(Move(.remove, Int(pack), after))
    }
    if scenario.erases, !state.hasErased {
      for goal in [UInt64(1), 2] where state.published & goal != 0 {
        var after = state
        after.published &= ~goal
        after.hasErased = true
        after.makeStale(except: -1, kinds)
        moves.append(Move(.erase, Int(goal), after))
      }
    }
    if scenario.damages, state.hurt == 0, state.published & 1 != 0 {
      var after = state
      after.loseTree()
      moves.append(Move(.damage, 0, after))
    }
  }
}
