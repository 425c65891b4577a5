/// One state, in five words: who waits where, which packs there are, and what the log says.
struct State: Hashable {
  private var shared: UInt64 = 0
  private var agents: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  private func field(_ shift: UInt64, _ mask: UInt64 = 0x3F) -> UInt64 { shared &>> shift & mask }
  private mutating func put(_ value: UInt64, _ shift: UInt64, _ mask: UInt64 = 0x3F) {
    shared = shared & ~(mask &<< shift) | value &<< shift
  }

  // MARK: Packs, as sets of bits

  /// Packs that hold object 0 (the tree) or 1 (the child), there or not.
  func copies(_ object: UInt64) -> UInt64 { field(object &* 6) }
  /// Packs whose file is there.
  var files: UInt64 {
    get { field(12) }
    set { put(newValue, 12) }
  }
  /// Packs that the log condemns.
  var condemned: UInt64 {
    get { field(18) }
    set { put(newValue, 18) }
  }
  /// Packs that nobody finds anything in before they are indexed.
  var unindexed: UInt64 {
    get { field(24) }
    set { put(newValue, 24) }
  }
  /// Packs that were ever linked.
  private var used: UInt64 {
    get { field(30) }
    set { put(newValue, 30) }
  }

  /// The first pack that was never linked, as a bit; 0 if all `room` were.
  func unused(room: Int) -> UInt64 {
    let bit = ~used & (used &+ 1)
    return bit &>> UInt64(room) == 0 ? bit : 0
  }

  /// Links a pack with some objects.
  mutating func link(_ pack: UInt64, _ content: UInt64) {
    if content & 1 != 0 { put(copies(0) | pack, 0) }
    if content & 2 != 0 { put(copies(1) | pack, 6) }
    files |= pack
    used |= pack
  }

  /// The disk loses every copy of the tree; its loss is then nobody's fault.
  mutating func loseTree() {
    put(0, 0)
    put(1, 38, 3)
  }

  // MARK: The log and the world

  /// What is published, as a set of goals.
  var published: UInt64 {
    get { field(36, 3) }
    set { put(newValue, 36, 3) }
  }
  /// Objects that the disk lost.
  var hurt: UInt64 { field(38, 3) }
  /// Whether something was erased.
  var hasErased: Bool {
    get { field(40, 1) == 1 }
    set { put(newValue ? 1 : 0, 40, 1) }
  }
  /// Whether a reader found nothing where something must be.
  var readFailed: Bool {
    get { field(41, 1) == 1 }
    set { put(newValue ? 1 : 0, 41, 1) }
  }

  /// All others learn at their next append that the log has grown.
  mutating func makeStale(except own: Int, _ kinds: [Model.Kind]) {
    for index in 0..<kinds.count where index != own {
      var agent = self[index]
      if agent.phase == .start || agent.phase == .done { continue }
      agent.isStale = true
      self[index] = agent
    }
  }

  // MARK: Agents

  subscript(index: Int) -> Agent {
    get {
      let word =
        switch index / 2 {
        case 0: agents.0
        case 1: agents.1
        case 2: agents.2
        default: agents.3
        }
      return Agent(index % 2 == 0 ? word & 0xFFFF_FFFF : word &>> 32)
    }
    set {
      func replaced(_ word: UInt64) -> UInt64 {
        index % 2 == 0 ? word & ~0xFFFF_FFFF | newValue.bits : word & 0xFFFF_FFFF | newValue.bits &<< 32
      }
      switch index / 2 {
      case 0: agents.0 = replaced(agents.0)
      case 1: agents.1 = replaced(agents.1)
      case 2: agents.2 = replaced(agents.2)
      default: agents.3 = replaced(agents.3)
      }
    }
  }

  static func == (left: State, right: State) -> Bool {
    left.shared == right.shared && left.agents.0 == right.agents.0 && left.agents.1 == right.agents.1
      && left.agents.2 == right.agents.2 && left.agents.3 == right.agents.3
  }

  func hash(into hasher: inout Hasher) {
    var sum = shared
    for word in [agents.0, agents.1, agents.2, agents.3] { sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15 ^ sum &>> 29 }
    hasher.combine(sum)
  }
}

/// One agent: where it is, what it knows of the log, and what it relies on.
struct Agent {
  /// Writers go through all, collectors leave out `child`; a reader looks in `tree` and opens in `ready`.
  enum Phase: UInt64 { case start, tree, child, link, ready, done }

  var phase = Phase.start
  /// Whether the log has grown since it was read.
  var isStale = false
  /// Packs that were condemned when the log was read.
  var seen: UInt64 = 0
  /// What was published then.
  var published: UInt64 = 0
  /// A collector's choice of packs to condemn; a reader's object; `memory` for a writer that remembers.
  var chosen: UInt64 = 0
  /// For tree and child: the pack that is relied on, or one of the two below.
  var relied: (UInt64, UInt64) = (granted, granted)

  /// Nothing is relied on.
  static let granted: UInt64 = 6
  /// In `chosen`: a writer relies on what it remembers.
  static let memory: UInt64 = 1
  /// It has yet to be stored.
  static let missing: UInt64 = 7

  init() {}

  init(_ bits: UInt64) {
    // The raw values of phases are 0 to 5, and only they are written.
    phase = Phase(rawValue: bits & 7) ?? .done
    isStale = bits & 8 != 0
    seen = bits &>> 4 & 0x3F
    published = bits &>> 10 & 3
    chosen = bits &>> 12 & 0x3F
    relied = (bits &>> 18 & 7 ^ Self.granted, bits &>> 21 & 7 ^ Self.granted)
  }

  var bits: UInt64 {
    let knowledge = phase.rawValue | (isStale ? 8 : 0) | seen &<< 4 | published &<< 10
    return knowledge | chosen &<< 12 | (relied.0 ^ Self.granted) &<< 18 | (relied.1 ^ Self.granted) &<< 21
  }

  func relied(_ object: UInt64) -> UInt64 { object == 0 ? relied.0 : relied.1 }

  /// The objects yet to be stored, as bits.
  var missing: UInt64 { (relied.0 == Self.missing ? 1 : 0) | (relied.1 == Self.missing ? 2 : 0) }

  /// The packs that are relied on, as bits.
  var packs: UInt64 {
    (relied.0 < Self.granted ? 1 &<< relied.0 : 0) | (relied.1 < Self.granted ? 1 &<< relied.1 : 0)
  }

  /// The same agent, with another answer for an object.
  func relying(on pack: UInt64, for object: UInt64) -> Agent {
    var copy = self
    if object == 0 { copy.relied.0 = pack } else { copy.relied.1 = pack }
    return copy
  }

  /// An agent that has nothing more to do.
  static var done: Agent {
    var agent = Agent()
    agent.phase = .done
    return agent
  }
}

/// The members of a set of bits, from the lowest.
struct Bits: Sequence, IteratorProtocol {
  private var rest: UInt64

  init(_ set: UInt64) { rest = set }

  mutating func next() -> UInt64? {
    if rest == 0 { return nil }
    let index = UInt64(rest.trailingZeroBitCount)
    rest &= rest &- 1
    return index
  }
}

/// A step, and where it leads.
struct Move {
  enum Step: UInt8 {
    case readLog, find, findNothing, link, check, workAgain, publish, plan, giveUp, collect, quarantine, look, open
    case remove, erase, damage
  }

  let step: Step
  /// The agent; for the last three steps the pack or goal.
  let who: Int
  let state: State

  init(_ step: Step, _ who: Int, _ state: State) {
    self.step = step
    self.who = who
    self.state = state
  }
}
