extension Model {
  // MARK: Writers

  /// The steps of a writer.
  func write(_ goal: Goal, _ source: Source, _ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    switch agent.phase {
    case .done: return
    case .start:
      var reader = Agent()
      reader.seen = state.condemned
      reader.phase = first(goal, source)
      if source == .memory, state.condemned == 0 || !rules.contains(.memoryEndsAtACollection) {
        reader.chosen = Agent.memory
        reader.phase = .ready
      }
      moves.append(Move(.readLog, index, state.with(reader, at: index)))
    case .tree: look(for: 0, agent, index, state, &moves)
    case .child: look(for: 1, agent, index, state, &moves)
    case .link: source == .delivery ? importPack(goal, agent, index, state, &moves) : store(agent, index, state, &moves)
    case .ready:
      if agent.isStale { return check(goal, source, agent, index, state, &moves) }
      var after = state.with(.done, at: index)
      after.published |= goal.rawValue
      after.makeStale(except: index, kinds)
      moves.append(Move(.publish, index, after))
    }
  }

  private func first(_ goal: Goal, _ source: Source) -> Agent.Phase {
    source == .delivery ? .link : goal == .tree ? .tree : .child
  }

  /// Looks for one object: any copy will do.
  private func look(for object: UInt64, _ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    let ignored = rules.contains(.lookupsIgnoreCondemned) ? agent.seen : 0
    let found = state.copies(object) & state.files & ~state.unindexed & ~ignored
    for pack in Bits(found) {
      var writer = agent.relying(on: pack, for: object)
      // What a present tree names is taken for present when that rule is left out.
      let asksOn = object == 0 && rules.contains(.presenceIsAsked)
      writer.phase = asksOn ? .child : writer.missing == 0 ? .ready : .link
      moves.append(Move(.find, index, state.with(writer, at: index)))
    }
    if found == 0 {
      var writer = agent.relying(on: Agent.missing, for: object)
      writer.phase = object == 0 ? .child : .link
      moves.append(Move(.findNothing, index, state.with(writer, at: index)))
    }
  }

  /// Links a pack with what is missing.
  private func store(_ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    let pack = state.unused(room: scenario.room)
    if pack == 0 { return }
    var writer = agent
    let missing = agent.missing
    for object in Bits(missing) { writer = writer.relying(on: UInt64(pack.trailingZeroBitCount), for: object) }
    writer.phase = .ready
    var after = state.with(writer, at: index)
    after.link(pack, missing)
    moves.append(Move(.link, index, after))
  }

  /// Links a pack that came whole: it is the one that is pack 0 here.
  private func importPack(_ goal: Goal, _ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    let content = scenario.packs[0]
    let pack = rules.contains(.namesAreNew) ? state.unused(room: scenario.room) : 1
    if pack == 0 { return }
    var writer = agent
    for object in Bits(Self.closure(goal.rawValue)) {
      writer = writer.relying(on: UInt64(pack.trailingZeroBitCount), for: object)
    }
    writer.phase = .ready
    var after = state.with(writer, at: index)
    after.link(pack, content)
    moves.append(Move(.link, index, after))
  }

  /// Reads the log again and checks what is relied on.
  private func check(
    _ goal: Goal, _ source: Source, _ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]
  ) {
    var bad = rules.contains(.lookupsIgnoreCondemned) ? state.condemned : state.condemned & ~agent.seen
    if source == .delivery, !rules.contains(.namesAreNew) { bad &= ~1 }
    var writer = agent
    writer.seen = state.condemned
    writer.isStale = false
    let isForgotten =
      agent.chosen == Agent.memory && state.condemned != 0 && rules.contains(.memoryEndsAtACollection)
    let mustWorkAgain = isForgotten || rules.contains(.writersCheck) && agent.packs & bad != 0
    if mustWorkAgain {
      writer.chosen = 0
      writer.relied = (Agent.granted, Agent.granted)
      writer.phase = first(goal, source)
    }
    moves.append(Move(mustWorkAgain ? .workAgain : .check, index, state.with(writer, at: index)))
  }

  // MARK: Readers

  /// The steps of a reader, which starts over for ever.
  func read(_ agent: Agent, _ index: Int, _ state: State, _ moves: inout [Move]) {
    let live = Self.closure(state.published) & ~state.hurt
    switch agent.phase {
    case .start:
      for object in Bits(live) {
        var reader = Agent()
        reader.chosen = object
        reader.seen = state.condemned
        reader.phase = .tree
        moves.append(Move(.readLog, index, state.with(reader, at: index)))
      }
    case .tree:
      let found = state.copies(agent.chosen) & state.files & ~state.unindexed & ~agent.seen
      for pack in Bits(found) {
        var reader = agent.relying(on: pack, for: 0)
        reader.phase = .ready
        moves.append(Move(.look, index, state.with(reader, at: index)))
      }
      if found == 0 { readAgain(agent, index, state, isNews: agent.isStale, &moves) }
    default:
      if state.files & agent.packs != 0 {
        moves.append(Move(.open, index, state.with(Agent(), at: index)))
      } else {
        readAgain(agent, index, state, isNews: true, &moves)
      }
    }
  }

  /// A reader that found nothing tries again while there is something new; then it says that the object is missing.
  private func readAgain(_ agent: Agent, _ index: Int, _ state: State, isNews: Bool, _ moves: inout [Move]) {
    var after = state.with(Agent(), at: index)
    let isLive = Self.closure(state.published) & ~state.hurt & 1 &<< agent.chosen != 0
    // A pack without an index entry may hold it: that is a reader's loss of time, not of data.
    let mayBeFound = state.copies(agent.chosen) & state.unindexed != 0
    after.readFailed = isLive && !mayBeFound && !(isNews && rules.contains(.readersRetry))
    moves.append(Move(.open, index, after))
  }
}

extension State {
  /// The same state, with one agent somewhere else.
  func with(_ agent: Agent, at index: Int) -> State {
    var copy = self
    copy[index] = agent
    return copy
  }
}
