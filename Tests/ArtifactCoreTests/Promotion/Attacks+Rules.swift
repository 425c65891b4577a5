import Testing

@testable import ArtifactCore

extension Attack {
  private static func approved(
    _ world: inout World, _ version: Int = 1, evidence: [Promotion.Evidence]
  ) throws -> String {
    var proposal = try world.proposal(version)
    proposal.evidence = evidence
    let id = try world.propose(proposal).id
    for person in ["ann", "bob"] { #expect(try world.decide(id, by: person) == nil) }
    return id
  }

  @Sendable private static func honest() throws -> String? {
    var (world, id) = try World.approved()
    return try world.promote(1, to: "prod", proposal: id)
  }

  /// No report, a report that nobody made, an old one.
  static let evidence: [Attack] =
    [
      ("no report", [], "nothing shows it"),
      (
        "a report that is not in the log", [Promotion.Evidence(line: World.reportLine, reports: [Digest.of([5])])],
        "not in the log"
      ),
      ("a report for another rule", [Promotion.Evidence(line: 3, reports: [World.report])], "nothing shows it"),
    ].map { (name: String, evidence: [Promotion.Evidence], reason: String) -> Attack in
      Attack(name: name, rule: .evidence, reason: reason) { rules in
        var world = try World.ready(rules)
        let id = try approved(&world, evidence: evidence)
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        try honest()
      }
    }
    + ([11, 12, 40] as [Int64]).map { (days: Int64) -> Attack in
      Attack(name: "a report of \(days) days", rule: .age, reason: "too old") { rules in
        var world = try World.ready(rules)
        world.wait(World.day * days)
        let id = try approved(&world, evidence: [Promotion.Evidence(line: World.reportLine, reports: [World.report])])
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        var world = try World.ready()
        world.wait(World.day * days)
        try world.report()
        let id = try approved(&world, evidence: [Promotion.Evidence(line: World.reportLine, reports: [World.report])])
        return try world.promote(1, to: "prod", proposal: id)
      }
    }

  /// Not long enough in test.
  static let stays: [Attack] = ([0, 10, 50] as [Int64]).map { (minutes: Int64) -> Attack in
    Attack(name: "\(minutes) minutes in test", rule: .stay, reason: "long enough from") { rules in
      var world = try World.ready(rules)
      #expect(try world.promote(2, to: "dev") == nil)
      #expect(try world.promote(2, to: "test") == nil)
      world.wait(minutes * 60_000)
      let id = try approved(&world, 2, evidence: [Promotion.Evidence(line: World.reportLine, reports: [World.report])])
      return try world.promote(2, to: "prod", proposal: id)
    } honest: {
      var world = try World.ready()
      #expect(try world.promote(2, to: "dev") == nil)
      #expect(try world.promote(2, to: "test") == nil)
      world.wait((minutes + 61) * 60_000)
      let id = try approved(&world, 2, evidence: [Promotion.Evidence(line: World.reportLine, reports: [World.report])])
      return try world.promote(2, to: "prod", proposal: id)
    }
  }

  /// Too few.
  static let quorums: [Attack] =
    [[], ["ann"], ["bob"], ["dan"], ["dan", "ann"]].map { (people: [String]) -> Attack in
      Attack(name: "approved by \(people)", rule: .quorum, reason: "of 2 approvals") { rules in
        var world = try World.ready(rules)
        let id = try world.propose(world.proposal(1)).id
        for person in people { #expect(try world.decide(id, by: person) == nil) }
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        try honest()
      }
    }
    + [
      Attack(name: "no proposal at all", rule: .quorum, reason: "there is no proposal") { rules in
        var world = try World.ready(rules)
        return try world.promote(1, to: "prod") {
          $0.evidence = [Promotion.Evidence(line: World.reportLine, reports: [World.report])]
        }
      } honest: {
        try honest()
      }
    ]

  /// Another promotion than was proposed; one that was rejected.
  static let proposals: [Attack] =
    [
      Attack(name: "another version than proposed", rule: .asProposed, reason: "it asks for something else") { rules in
        var (world, id) = try World.approved(rules)
        #expect(try world.promote(2, to: "dev") == nil)
        #expect(try world.promote(2, to: "test") == nil)
        world.wait(7_200_000)
        return try world.promote(2, to: "prod", proposal: id)
      } honest: {
        try honest()
      },
      Attack(name: "other reports than proposed", rule: .asProposed, reason: "rests on other reports") { rules in
        var (world, id) = try World.approved(rules)
        try world.report(Digest.of([3]))
        return try world.promote(1, to: "prod", proposal: id) {
          $0.evidence = [Promotion.Evidence(line: World.reportLine, reports: [Digest.of([3])])]
        }
      } honest: {
        try honest()
      },
    ]
    + ["ann", "bob", "eve"].flatMap { person -> [Attack] in
      [
        Attack(name: "promoted though \(person) rejected", rule: .rejection, reason: "was rejected") { rules in
          var world = try World.ready(rules)
          let id = try world.propose(world.proposal(1, by: "dan"), by: "dan").id
          for other in ["ann", "bob", "eve"] where other != person { try world.decide(id, by: other) }
          #expect(try world.decide(id, by: person, .reject) == nil)
          return try world.promote(1, to: "prod", proposal: id)
        } honest: {
          try honest()
        },
        Attack(name: "approved though \(person) rejected", rule: .rejection, reason: "was rejected") { rules in
          var world = try World.ready(rules)
          let id = try world.propose(world.proposal(1, by: "dan"), by: "dan").id
          #expect(try world.decide(id, by: person, .reject) == nil)
          return try world.decide(id, by: person == "ann" ? "bob" : "ann")
        } honest: {
          var world = try World.ready()
          let id = try world.propose(world.proposal(1, by: "dan"), by: "dan").id
          return try world.decide(id, by: person)
        },
      ]
    }

  private static func policyProposal(_ world: World, _ text: String, by person: String) throws -> Proposal {
    var proposal = Proposal(
      .policy(text: text), store: World.store, entry: world.nextID,
      expires: world.clock.advanced(byMilliseconds: World.day))
    proposal.policy = world.fold.policy?.digest
    proposal.policyEntry = world.fold.policy?.entry
    proposal.person = try Person(person)
    return proposal
  }

  /// Policies and keys without those who must agree; thresholds out of reach.
  private static let weak = "policy 1\n"

  @Sendable private static func enacted(_ rules: Rules, by people: [String]) throws -> String? {
    var world = try World.ready(rules)
    let proposal = try policyProposal(world, weak, by: "ann")
    let id = try world.propose(proposal, by: "ann").id
    for person in people {
      let void = try world.decide(id, by: person)
      #expect(void == nil)
    }
    return try world.add(.policy(.proposed(id)))
  }

  static let authority: [Attack] = {
    let enough: @Sendable () throws -> String? = { try enacted(.all, by: ["ann", "bob"]) }
    var attacks = [
      Attack(name: "a policy by anybody", rule: .authority, reason: "by a proposal that the quorum approves") { rules in
        var world = try World.ready(rules)
        return try world.add(.policy(.text(weak)))
      } honest: {
        try enough()
      },
      Attack(name: "a first policy that names a quorum nobody asked", rule: .authority, reason: "the quorum approves") {
        rules in
        var world = try World(rules, policy: nil)
        return try world.add(.policy(.text(World.policy)))
      } honest: {
        var world = try World(policy: nil)
        let id = try world.propose(policyProposal(world, World.policy, by: "ann"), by: "ann").id
        for person in ["ann", "bob"] { #expect(try world.decide(id, by: person) == nil) }
        return try world.add(.policy(.proposed(id)))
      },
      Attack(name: "a key by anybody", rule: .authority, reason: "keys change by a proposal") { rules in
        var world = try World.ready(rules)
        return try world.add(.key(.direct(Person("mallory"), World.key("mallory").key, replaces: nil)))
      } honest: {
        try enough()
      },
      Attack(name: "a revocation by anybody", rule: .authority, reason: "keys change by a proposal") { rules in
        var world = try World.ready(rules)
        return try world.add(.revoke(.direct(World.key("ann").key, reason: "in the way")))
      } honest: {
        var world = try World.ready()
        try revoke(&world, "ann")
        return nil
      },
    ]
    for people in [[], ["ann"], ["bob"], ["dan"], ["ann", "dan"]] as [[String]] {
      attacks.append(
        Attack(name: "a policy by \(people)", rule: .quorum, reason: "approvals of the quorum") { rules in
          try enacted(rules, by: people)
        } honest: {
          try enough()
        })
    }
    for (name, line) in [
      ("approvals 2 of ann zed", "channel prod\n  approvals 2 of ann zed"),
      ("approvals 1 of zed", "channel prod\n  approvals 1 of zed"),
      ("approvals 3 of ann zed bob", "channel test\n  approvals 3 of ann zed bob"),
    ] {
      attacks.append(
        Attack(name: "out of reach: \(name)", rule: .reachable, reason: "of those it names have a key") { rules in
          var world = try World.ready(rules)
          let text = "policy 1\nquorum 1 of ann\n\(line)\n"
          let id = try world.propose(policyProposal(world, text, by: "ann"), by: "ann").id
          for person in ["ann", "bob"] { #expect(try world.decide(id, by: person) == nil) }
          return try world.add(.policy(.proposed(id)))
        } honest: {
          try enough()
        })
    }
    return attacks
  }()

  /// The glass is broken by whom it is not meant for, or for something else than was signed.
  static let glass: [Attack] =
    ["ann", "bob", "eve"].map { person in
      Attack(name: "\(person) breaks the glass", rule: .glass, reason: "does not permit it to \(person)") { rules in
        var world = try World.ready(rules)
        return try breakGlass(&world, 2, by: person)
      } honest: {
        var world = try World.ready()
        return try breakGlass(&world, 2)
      }
    }
    + {
      let changes: [(String, @Sendable (inout BrokenGlass) throws -> Void)] = [
        ("version", { $0.version = 3 }), ("name", { $0.name = try World.name("other") }),
        ("package", { $0.package = World.record(3) }), ("channel", { $0.channel = try TagName("test") }),
        ("policy", { $0.policy = Digest.of([4]) }),
      ]
      return changes.map { what, change in
        Attack(name: "the glass of another \(what)", rule: .binding, reason: "signed for another promotion") { rules in
          var world = try World.ready(rules)
          return try breakGlass(&world, 2, change)
        } honest: {
          var world = try World.ready()
          return try breakGlass(&world, 2)
        }
      }
    }()
}
