import Testing

@testable import ArtifactCore

/// A log in the making, with people who have keys, under a fold that may leave rules out.
struct World {
  static let store = "00112233445566778899aabbccddeeff"
  static let day: Int64 = 86_400_000

  private(set) var fold: Fold
  private(set) var entries: [LogEntry] = []
  var clock = Timestamp(milliseconds: 1_700_000_000_000)
  private var count = 0

  init(_ rules: Rules = .all, policy: String? = World.policy) throws {
    fold = Fold(rules: rules)
    try add(.start(store: Self.store, config: Digest.of([1]), policy: policy))
  }

  /// A person's key; `number` tells several of one person apart.
  static func key(_ person: String, _ number: UInt8 = 0) -> PrivateKey {
    let seed = Digest.of(Array("\(person) \(number)".utf8)).bytes
    guard let key = try? PrivateKey(seed: seed) else { preconditionFailure("a seed has 32 bytes") }
    return key
  }

  static let people = ["ann", "bob", "eve", "dan"]

  /// prod needs two of three, a test, and an hour in test; dan may break the glass.
  static let policy = """
    policy 1
    channels dev test prod
    \(people.map { "key \($0) \(key($0).key.openSSH)" }.joined(separator: "\n"))
    quorum 2 of ann bob eve
    channel prod
      report test within 10 days
      time 1 hour in test
      approvals 2 of ann bob eve within 3 days
      break-glass dan
    """

  /// The line of the rule about reports.
  static var reportLine: Int { people.count + 5 }

  /// The id of the next entry.
  var nextID: String { Hex.text(Array(Digest.of(Array("entry \(count)".utf8)).bytes.prefix(16))) }

  /// Adds an entry a second later; what makes it void, or nil.
  @discardableResult
  mutating func add(_ event: Event, actor: String = "ci", id: String? = nil) throws -> String? {
    let entry = try LogEntry(event: event, id: id ?? nextID, time: clock, actor: actor, after: fold.history)
    count += 1
    clock = clock.advanced(byMilliseconds: 1_000)
    let before = fold.voids.count
    try fold.apply(entry)
    entries.append(entry)
    return fold.voids.count > before ? fold.voids.last?.reason : nil
  }

  mutating func wait(_ milliseconds: Int64) { clock = clock.advanced(byMilliseconds: milliseconds) }

  // MARK: Things that happen

  static func name(_ text: String = "m") throws -> PackageName { try PackageName(text) }

  static func record(_ version: Int, _ name: String = "m") -> Digest { Digest.of(Array("\(name)@\(version)".utf8)) }

  mutating func publish(_ versions: Int = 1, name: String = "m") throws {
    for _ in 0..<versions {
      let version = (fold.packages[name]?.versions.count ?? 0) + 1
      try add(
        .publish(name: Self.name(name), version: version, kind: .model, record: Self.record(version, name)),
        actor: "trainer@lab")
    }
  }

  static let report = Digest.of(Array("a test report".utf8))

  mutating func report(_ record: Digest = World.report) throws { try add(.report(record: record)) }

  func promotion(_ version: Int, to channel: String, name: String = "m") throws -> Promotion {
    var promotion = Promotion(
      name: try Self.name(name), version: version, package: Self.record(version, name), channel: try TagName(channel),
      since: fold.current(name, in: channel)?.sequence ?? 0)
    promotion.policy = fold.policy?.digest
    return promotion
  }

  @discardableResult
  mutating func promote(
    _ version: Int, to channel: String, proposal: String? = nil, _ change: (inout Promotion) throws -> Void = { _ in }
  ) throws -> String? {
    var promotion = try promotion(version, to: channel)
    promotion.proposal = proposal
    if let asked = proposal.flatMap({ fold.asked($0) }) { promotion.evidence = asked.proposal.evidence }
    try change(&promotion)
    return try add(.promote(promotion))
  }

  /// A proposal to let a version into prod, by eve.
  func proposal(
    _ version: Int, by person: String = "eve", to channel: String = "prod", life: Int64 = World.day
  ) throws -> Proposal {
    var proposal = Proposal(
      .promotion(
        name: try Self.name(), version: version, package: Self.record(version), channel: try TagName(channel)),
      store: Self.store, entry: nextID, expires: clock.advanced(byMilliseconds: life))
    proposal.policy = fold.policy?.digest
    proposal.policyEntry = fold.policy?.entry
    proposal.evidence = [Promotion.Evidence(line: Self.reportLine, reports: [Self.report])]
    proposal.trainers = ["trainer@lab"]
    proposal.person = try Person(person)
    return proposal
  }

  static func signed<S: SignedStatement>(_ statement: S, _ key: PrivateKey) throws -> S {
    var statement = statement
    statement.signature = try StatementSignature.make(statement, key)
    return statement
  }

  /// Signs and adds a proposal; its id.
  @discardableResult
  mutating func propose(_ proposal: Proposal, by person: String = "eve") throws -> (id: String, void: String?) {
    let signed = try Self.signed(proposal, Self.key(person))
    return (proposal.entry, try add(.propose(signed), actor: "\(person)@host"))
  }

  func approval(
    _ id: String, by person: String, _ decision: Approval.Decision = .approve
  ) throws -> Approval {
    let asked = try #require(fold.asked(id))
    return try Approval(decision, on: asked.proposal, person: Person(person))
  }

  @discardableResult
  mutating func decide(
    _ id: String, by person: String, _ decision: Approval.Decision = .approve, key: PrivateKey? = nil,
    _ change: (inout Approval) throws -> Void = { _ in }
  ) throws -> String? {
    var approval = try approval(id, by: person, decision)
    try change(&approval)
    return try add(.decide(Self.signed(approval, key ?? Self.key(person))))
  }

  /// Three versions, the first in test for two hours, with a report.
  static func ready(_ rules: Rules = .all, policy: String = World.policy) throws -> World {
    var world = try World(rules, policy: policy)
    try world.publish(3)
    try world.report()
    #expect(try world.promote(1, to: "dev") == nil)
    #expect(try world.promote(1, to: "test") == nil)
    world.wait(7_200_000)
    return world
  }

  /// As `ready`, with a proposal that ann and bob have approved.
  static func approved(_ rules: Rules = .all, policy: String = World.policy) throws -> (world: World, id: String) {
    var world = try ready(rules, policy: policy)
    let made = try world.propose(world.proposal(1))
    #expect(made.void == nil)
    #expect(try world.decide(made.id, by: "ann") == nil)
    #expect(try world.decide(made.id, by: "bob") == nil)
    return (world, made.id)
  }
}
