import Testing

@testable import ArtifactCore

/// Whoever writes into the log: the fold decides.
@Suite struct AttackTests {
  @Test(arguments: Attack.all)
  func `an attack is void, for its reason, and works without the rule`(attack: Attack) throws {
    let reason = try #require(try attack.attempt(.all))
    #expect(reason.contains(attack.reason), "\(reason)")
    #expect(try attack.attempt(Rules.all.subtracting(attack.rule)) == nil)
    #expect(try attack.honest() == nil)
  }

  @Test func `every rule stops some attack`() {
    #expect(Attack.all.count >= 200)
    let stopped = Attack.all.reduce(into: Rules()) { $0.formUnion($1.rule) }
    #expect(stopped == .all, "\(String(Rules.all.subtracting(stopped).rawValue, radix: 2))")
  }

  @Test func `two entries for one position, and entries of another history, are damage`() throws {
    var world = try World(policy: nil)
    var other = try World(policy: nil)
    try world.publish(2)
    try other.publish(1, name: "x")
    try other.publish(1)
    var fold = world.fold
    #expect(refusal { try fold.apply(world.entries[2]) } == .field)
    let fork = try LogEntry(
      event: .clock, id: world.nextID, time: world.clock, actor: "x", after: other.fold.history)
    #expect(refusal { try fold.apply(fork) } == .checksum)
  }

  @Test func `thresholds of nobody are refused where the policy is read`() throws {
    for text in ["quorum 0 of ann", "quorum 3 of ann bob", "quorum 1 of", "quorum 2 of ann ann"] {
      #expect(throws: PolicyFault.self) { try Policy("policy 1\n\(text)") }
    }
  }

  @Test func `a state with everything in it is cached whole`() throws {
    var (world, id) = try World.approved()
    #expect(try world.promote(1, to: "prod", proposal: id) == nil)
    try Attack.breakGlass(&world, 2)
    try Attack.revoke(&world, "eve")
    try world.add(.deploy(Deployment(name: World.name(), version: 1, target: TargetName("eu/a"), share: Share("0.25"))))
    try world.propose(world.proposal(3, by: "ann"), by: "ann")
    _ = try Attack.rollback(&world, 1, in: "prod")
    #expect(world.fold.voids.isEmpty)
    let cached = try #require(Fold(cacheBytes: world.fold.cacheBytes()))
    #expect(cached == world.fold)
    for entry in world.entries { #expect(try LogEntry(fileBytes: entry.fileBytes) == entry) }
  }
}
