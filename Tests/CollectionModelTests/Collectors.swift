extension Model {
  /// The steps of a collector, or of a repair that puts pack 0 into quarantine.
  func collect(_ agent: Agent, _ index: Int, _ state: State, repairing: Bool, _ moves: inout [Move]) {
    switch agent.phase {
    case .done: return
    case .start:
      var collector = Agent()
      collector.seen = state.condemned
      collector.published = state.published
      collector.phase = .tree
      moves.append(Move(.readLog, index, state.with(collector, at: index)))
    case .link: rescue(agent, index, state, &moves)
    case .ready:
      if repairing, !rules.contains(.quarantineIsAnEvent) {
        var after = state.with(.done, at: index)
        after.files &= ~agent.chosen
        moves.append(Move(.quarantine, index, after))
      } else if !repairing, !rules.contains(.removalFollowsTheEntry) {
        var after = state.with(.done, at: index)
        after.files &= ~agent.chosen
        moves.append(Move(.remove, index, after))
      } else if agent.isStale {
        checkMarks(agent, index, state, repairing: repairing, &moves)
      } else {
        var after = state.with(.done, at: index)
        after.condemned |= agent.chosen
        after.makeStale(except: index, kinds)
        moves.append(Move(.collect, index, after))
      }
    default: plan(agent, index, state, repairing: repairing, &moves)
    }
  }

  /// Marks what is live and chooses any packs to condemn.
  private func plan(_ agent: Agent, _ index: Int, _ state: State, repairing: Bool, _ moves: inout [Move]) {
    var indexed = state
    if rules.contains(.packsAreIndexed) { indexed.unindexed = 0 }
    let visible = indexed.files & ~indexed.unindexed
    let staying = visible & ~(rules.contains(.marksIgnoreCondemned) ? agent.seen : 0)
    let candidates = visible & ~agent.seen & (repairing ? 1 : 0x3F)
    guard let live = repairing ? salvaged(indexed) : marked(agent.published, staying, indexed), candidates != 0 else {
      moves.append(Move(.giveUp, index, indexed.with(.done, at: index)))
      return
    }
    // All sets of candidates but the empty one.
    var chosen = candidates
    while chosen != 0 {
      choose(chosen, live, staying, agent, index, indexed, &moves)
      chosen = (chosen &- 1) & candidates
    }
  }

  /// What a repair takes for live: everything in the damaged pack.
  private func salvaged(_ state: State) -> UInt64? {
    if !rules.contains(.quarantineSalvages) { return 0 }
    return state.copies(0) & 1 | (state.copies(1) & 1) &<< 1
  }

  /// What must stay; nil if something cannot be found and nothing may be condemned.
  ///
  /// That a tree names its child is known only from the tree itself.
  private func marked(_ published: UInt64, _ staying: UInt64, _ state: State) -> UInt64? {
    let hasTree = state.copies(0) & staying != 0
    let hasChild = state.copies(1) & staying != 0
    let named = published & 1 != 0 && hasTree ? 3 : published
    let found = named & ((hasTree ? 1 : 0) | (hasChild ? 2 : 0))
    return found == named || !rules.contains(.missingStops) ? found : nil
  }

  /// One choice of packs, with every choice of copies that stay for what is live in them.
  private func choose(
    _ chosen: UInt64, _ live: UInt64, _ staying: UInt64, _ agent: Agent, _ index: Int, _ state: State,
    _ moves: inout [Move]
  ) {
    func answers(_ object: UInt64) -> [UInt64] {
      let copies = state.copies(object)
      if live & 1 &<< object == 0 || copies & chosen == 0 { return [Agent.granted] }
      let others = copies & staying & ~chosen
      return others == 0 ? [Agent.missing] : Array(Bits(others))
    }
    var collector = agent
    collector.chosen = chosen
    for tree in answers(0) {
      for child in answers(1) {
        collector.relied = (tree, child)
        collector.phase = collector.missing == 0 ? .ready : .link
        moves.append(Move(.plan, index, state.with(collector, at: index)))
      }
    }
  }

  /// Links a pack with the live objects that have no copy elsewhere.
  private func rescue(_ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    for object in Bits(agent.missing) where state.copies(object) & state.files == 0 {
      // Somebody else condemned and removed it: look again.
      moves.append(Move(.giveUp, index, state.with(Agent(), at: index)))
      return
    }
    let pack = state.unused(room: scenario.room)
    if pack == 0 { return }
    var collector = agent
    for object in Bits(agent.missing) {
      collector = collector.relying(on: UInt64(pack.trailingZeroBitCount), for: object)
    }
    collector.phase = .ready
    var after = state.with(collector, at: index)
    after.link(pack, agent.missing)
    moves.append(Move(.link, index, after))
  }

  /// Reads the log again after a lost race.
  private func checkMarks(_ agent: Agent, _ index: Int, _ state: State, repairing: Bool, _ moves: inout [Move]) {
    var collector = agent
    collector.isStale = false
    collector.seen = state.condemned
    collector.published = state.published
    let hasNews = !repairing && rules.contains(.marksReachTheEntry) && state.published != agent.published
    let isLet = rules.contains(.collectorsCheck) && agent.packs & state.condemned != 0
    if hasNews || isLet {
      collector.phase = .tree
      collector.chosen = 0
      collector.relied = (Agent.granted, Agent.granted)
    }
    moves.append(Move(hasNews || isLet ? .workAgain : .check, index, state.with(collector, at: index)))
  }
}
