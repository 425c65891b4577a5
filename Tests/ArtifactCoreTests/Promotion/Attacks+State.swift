import Testing

@testable import ArtifactCore

extension Attack {
  /// What was signed for once is used again, or elsewhere.
  static let replays: [Attack] = [
    Attack(name: "a proposal serves twice", rule: .once, reason: "has served log entry") { rules in
      var (world, id) = try World.approved(rules)
      #expect(try world.promote(1, to: "prod", proposal: id) == nil)
      #expect(try breakGlass(&world, 2) == nil)
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      var (world, id) = try World.approved()
      return try world.promote(1, to: "prod", proposal: id)
    },
    Attack(name: "approving what has served", rule: .once, reason: "has served already") { rules in
      var (world, id) = try World.approved(rules)
      #expect(try world.promote(1, to: "prod", proposal: id) == nil)
      return try world.decide(id, by: "eve")
    } honest: {
      var (world, id) = try World.approved()
      return try world.decide(id, by: "eve")
    },
    Attack(name: "a proposal in another entry", rule: .ownEntry, reason: "made for another entry") { rules in
      var world = try World.ready(rules)
      let proposal = try World.signed(world.proposal(1), World.key("eve"))
      return try world.add(.propose(proposal), id: String(repeating: "ab", count: 16))
    } honest: {
      var world = try World.ready()
      return try world.propose(world.proposal(1)).void
    },
    Attack(name: "a proposal of another store", rule: .store, reason: "made for another store") { rules in
      var world = try World.ready(rules)
      var proposal = try world.proposal(1)
      proposal.store = String(repeating: "cd", count: 16)
      return try world.propose(proposal).void
    } honest: {
      var world = try World.ready()
      return try world.propose(world.proposal(1)).void
    },
    Attack(name: "a broken glass of another store", rule: .store, reason: "signed for another store") { rules in
      var world = try World.ready(rules)
      return try breakGlass(&world, 2) { $0.store = String(repeating: "cd", count: 16) }
    } honest: {
      var world = try World.ready()
      return try breakGlass(&world, 2)
    },
    Attack(name: "a broken glass in another entry", rule: .ownEntry, reason: "signed for another entry") { rules in
      var world = try World.ready(rules)
      return try breakGlass(&world, 2) { $0.entry = String(repeating: "cd", count: 16) }
    } honest: {
      var world = try World.ready()
      return try breakGlass(&world, 2)
    },
  ]

  /// dan lets a version into prod.
  @discardableResult
  static func breakGlass(
    _ world: inout World, _ version: Int, by person: String = "dan", to channel: String = "prod",
    _ change: (inout BrokenGlass) throws -> Void = { _ in }
  ) throws -> String? {
    var promotion = try world.promotion(version, to: channel)
    var glass = BrokenGlass(
      promotion, store: World.store, entry: world.nextID, policy: world.fold.policy?.digest ?? Digest.of([]),
      person: try Person(person), reason: "incident 17")
    try change(&glass)
    promotion.glass = try World.signed(glass, World.key(person))
    return try world.add(.promote(promotion))
  }

  /// Somebody revokes their own key.
  static func revoke(_ world: inout World, _ person: String) throws {
    var proposal = Proposal(
      .revoke(key: World.key(person).key, reason: "lost"), store: World.store, entry: world.nextID,
      expires: world.clock.advanced(byMilliseconds: World.day))
    proposal.policy = world.fold.policy?.digest
    proposal.policyEntry = world.fold.policy?.entry
    proposal.person = try Person(person)
    let made = try world.propose(proposal, by: person)
    #expect(made.void == nil)
    #expect(try world.add(.revoke(.proposed(made.id))) == nil)
  }

  /// Keys that were revoked.
  static let revoked: [Attack] = ["ann", "bob"].flatMap { person -> [Attack] in
    [
      Attack(name: "\(person) approves with a revoked key", rule: .revocation, reason: "its key was revoked") {
        rules in
        var world = try World.ready(rules)
        let id = try world.propose(world.proposal(1)).id
        try revoke(&world, person)
        return try world.decide(id, by: person)
      } honest: {
        var world = try World.ready()
        let id = try world.propose(world.proposal(1)).id
        return try world.decide(id, by: person)
      },
      Attack(name: "\(person)'s key is revoked before use", rule: .revocation, reason: "a key that was revoked") {
        rules in
        var (world, id) = try World.approved(rules)
        try revoke(&world, person)
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        // Revoked afterwards, it stays what it was.
        var (world, id) = try World.approved()
        let void = try world.promote(1, to: "prod", proposal: id)
        try revoke(&world, person)
        #expect(world.fold.current("m", in: "prod")?.version == 1)
        return void
      },
    ]
  }

  /// The policy changes in between.
  static func changePolicy(_ world: inout World, _ text: String = World.policy + "\n# again") throws {
    var proposal = Proposal(
      .policy(text: text), store: World.store, entry: world.nextID,
      expires: world.clock.advanced(byMilliseconds: World.day))
    proposal.policy = world.fold.policy?.digest
    proposal.policyEntry = world.fold.policy?.entry
    proposal.person = try Person("ann")
    let id = try world.propose(proposal, by: "ann").id
    for person in ["ann", "bob"] { #expect(try world.decide(id, by: person) == nil) }
    #expect(try world.add(.policy(.proposed(id))) == nil)
  }

  static let otherPolicies: [Attack] =
    ["# again", "# and again"].flatMap { remark -> [Attack] in
      let text = World.policy + "\n" + remark
      return [
        Attack(name: "promoted after \(remark)", rule: .samePolicy, reason: "the policy has changed since") { rules in
          var (world, id) = try World.approved(rules)
          try changePolicy(&world, text)
          return try world.promote(1, to: "prod", proposal: id)
        } honest: {
          var (world, id) = try World.approved()
          return try world.promote(1, to: "prod", proposal: id)
        },
        Attack(name: "approved after \(remark)", rule: .samePolicy, reason: "the policy has changed since") { rules in
          var world = try World.ready(rules)
          let id = try world.propose(world.proposal(1)).id
          try changePolicy(&world, text)
          return try world.decide(id, by: "ann")
        } honest: {
          var world = try World.ready()
          let id = try world.propose(world.proposal(1)).id
          return try world.decide(id, by: "ann")
        },
        Attack(
          name: "decided under another policy than \(remark)", rule: .policyInForce, reason: "under another policy"
        ) {
          rules in
          var world = try World.ready(rules)
          let before = world.fold.policy?.digest
          try changePolicy(&world, text)
          return try world.promote(2, to: "dev") { $0.policy = before }
        } honest: {
          var world = try World.ready()
          try changePolicy(&world, text)
          return try world.promote(2, to: "dev")
        },
      ]
    }
    + [
      Attack(name: "back to an earlier policy", rule: .samePolicy, reason: "the policy has changed since") { rules in
        var (world, id) = try World.approved(rules)
        try changePolicy(&world)
        try changePolicy(&world, World.policy)
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        var (world, id) = try World.approved()
        return try world.promote(1, to: "prod", proposal: id)
      },
      Attack(name: "proposed under a policy that is gone", rule: .samePolicy, reason: "under another policy") { rules in
        var world = try World.ready(rules)
        var proposal = try world.proposal(1)
        try changePolicy(&world)
        proposal.entry = world.nextID
        return try world.propose(proposal).void
      } honest: {
        var world = try World.ready()
        return try world.propose(world.proposal(1)).void
      },
    ]

  /// A step is left out.
  static let steps: [Attack] = (1...4).flatMap { version in
    ["test", "prod"].map { channel in
      Attack(name: "version \(version) straight to \(channel)", rule: .order, reason: "one step at a time") { rules in
        var world = try World(rules, policy: nil)
        try world.publish(version)
        return try world.promote(version, to: channel)
      } honest: {
        var world = try World(policy: nil)
        try world.publish(version)
        for before in ["dev", "test"] where before != channel {
          #expect(try world.promote(version, to: before) == nil)
        }
        return try world.promote(version, to: channel)
      }
    }
  }

  /// A decision on a state that is no more.
  static let lateWriters: [Attack] = (2...7).map { winner in
    Attack(name: "version \(winner) was first", rule: .compareAndSwap, reason: "moved m@dev to version \(winner)") {
      rules in
      var world = try World(rules, policy: nil)
      try world.publish(winner)
      let late = try world.promotion(1, to: "dev")
      #expect(try world.promote(winner, to: "dev") == nil)
      return try world.add(.promote(late))
    } honest: {
      var world = try World(policy: nil)
      try world.publish(winner)
      #expect(try world.promote(winner, to: "dev") == nil)
      return try world.promote(1, to: "dev")
    }
  }

  /// The record is not the version's.
  static let records: [Attack] = (1...3).map { version in
    Attack(name: "version \(version) with another record", rule: .package, reason: "is another record") { rules in
      var world = try World(rules, policy: nil)
      try world.publish(3)
      return try world.promote(version, to: "dev") { $0.package = Digest.of([UInt8(version)]) }
    } honest: {
      var world = try World(policy: nil)
      try world.publish(3)
      return try world.promote(version, to: "dev")
    }
  }

  static func rollback(_ world: inout World, _ version: Int, in channel: String) throws -> String? {
    try world.add(
      .rollback(
        Rollback(
          name: World.name(), version: version, channel: TagName(channel),
          since: world.fold.current("m", in: channel)?.sequence ?? 0, reason: "alarms")))
  }

  /// Back to where the channel never was.
  static let rollbacks: [Attack] =
    [2, 3].map { version in
      Attack(name: "back to version \(version), never there", rule: .wasThere, reason: "was never in dev") { rules in
        var world = try World(rules, policy: nil)
        try world.publish(3)
        try world.promote(1, to: "dev")
        return try rollback(&world, version, in: "dev")
      } honest: {
        var world = try World(policy: nil)
        try world.publish(3)
        try world.promote(version, to: "dev")
        try world.promote(1, to: "dev")
        return try rollback(&world, version, in: "dev")
      }
    }
    + [
      Attack(name: "back to what broke the glass", rule: .wasThere, reason: "was never in prod under its rules") {
        rules in
        var (world, id) = try World.approved(rules)
        #expect(try breakGlass(&world, 2) == nil)
        #expect(try world.promote(1, to: "prod", proposal: id) == nil)
        return try rollback(&world, 2, in: "prod")
      } honest: {
        var (world, id) = try World.approved()
        #expect(try world.promote(1, to: "prod", proposal: id) == nil)
        #expect(try breakGlass(&world, 2) == nil)
        return try rollback(&world, 1, in: "prod")
      }
    ]

  static func erase(_ world: inout World, _ version: Int) throws -> String? {
    try world.add(.erase(name: World.name(), version: version, reason: "consent"))
  }

  /// What is erased moves nowhere.
  static let erased: [Attack] = (1...3).flatMap { version -> [Attack] in
    [
      Attack(name: "version \(version) enters dev, erased", rule: .whole, reason: "is erased") { rules in
        var world = try World(rules, policy: nil)
        try world.publish(3)
        #expect(try erase(&world, version) == nil)
        return try world.promote(version, to: "dev")
      } honest: {
        var world = try World(policy: nil)
        try world.publish(3)
        return try world.promote(version, to: "dev")
      },
      Attack(name: "version \(version) is deployed, erased", rule: .whole, reason: "is erased") { rules in
        var world = try World(rules, policy: nil)
        try world.publish(3)
        #expect(try erase(&world, version) == nil)
        return try world.add(.deploy(Deployment(name: World.name(), version: version, target: TargetName("eu"))))
      } honest: {
        var world = try World(policy: nil)
        try world.publish(3)
        return try world.add(.deploy(Deployment(name: World.name(), version: version, target: TargetName("eu"))))
      },
    ]
  }

  /// A tag in the clothes of a channel.
  static let names: [Attack] =
    ["dev", "test", "prod"].map { word in
      Attack(name: "a tag named \(word)", rule: .oneNamespace, reason: "\(word) is a channel") { rules in
        var world = try World(rules)
        try world.publish()
        return try world.add(.tag(name: World.name(), tag: TagName(word), version: 1))
      } honest: {
        var world = try World()
        try world.publish()
        return try world.add(.tag(name: World.name(), tag: TagName("gold"), version: 1))
      }
    }
    + [
      Attack(name: "a channel where a tag is", rule: .oneNamespace, reason: "m@dev is a tag") { rules in
        var world = try World(rules, policy: nil)
        try world.publish()
        #expect(try world.add(.tag(name: World.name(), tag: TagName("dev"), version: 1)) == nil)
        return try world.promote(1, to: "dev")
      } honest: {
        var world = try World(policy: nil)
        try world.publish()
        return try world.promote(1, to: "dev")
      }
    ]

  /// What something holds is not erased.
  static let held: [Attack] = [
    Attack(name: "erasing what is in a channel", rule: .holders, reason: "held by the channel m@test") { rules in
      var world = try World.ready(rules, policy: World.policy)
      #expect(try world.promote(2, to: "dev") == nil)
      return try erase(&world, 1)
    } honest: {
      var world = try World.ready()
      return try erase(&world, 3)
    },
    Attack(name: "erasing what is deployed", rule: .holders, reason: "held by the deployment at eu") { rules in
      var world = try World(rules, policy: nil)
      try world.publish()
      try world.add(.deploy(Deployment(name: World.name(), version: 1, target: TargetName("eu"))))
      return try erase(&world, 1)
    } honest: {
      var world = try World(policy: nil)
      try world.publish()
      try world.add(.deploy(Deployment(name: World.name(), version: 1, target: TargetName("eu"))))
      try world.add(.retire(name: World.name(), version: 1, target: TargetName("eu"), reason: nil))
      return try erase(&world, 1)
    },
    Attack(name: "erasing what is proposed", rule: .holders, reason: "held by the open proposal") { rules in
      var world = try World.ready(rules)
      try world.propose(world.proposal(2))
      return try erase(&world, 2)
    } honest: {
      var world = try World.ready()
      try world.propose(world.proposal(2))
      world.wait(World.day * 2)
      try world.publish()
      return try erase(&world, 2)
    },
  ]
}
