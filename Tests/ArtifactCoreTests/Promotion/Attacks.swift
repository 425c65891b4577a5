import Testing

@testable import ArtifactCore

/// Something that must not work, the rule that stops it, and how it looks when it is honest.
struct Attack: Sendable, CustomStringConvertible {
  let name: String
  /// Left out, it succeeds.
  let rule: Rules
  /// A part of the reason that makes it void.
  let reason: String
  /// Gives the reason that made the last event void, or nil.
  let attempt: @Sendable (Rules) throws -> String?
  /// The same without the crime.
  let honest: @Sendable () throws -> String?

  var description: String { name }

  static let all: [Attack] = [
    mauled, transplanted, strangers, twoNames, requesters, trainers, ends, replays, revoked, otherPolicies, steps,
    lateWriters, records, rollbacks, erased, names, held, evidence, stays, quorums, proposals, authority, glass,
  ].flatMap { $0 }
}

/// Honest twins that several attacks share.
private enum Honest {
  @Sendable static func promotion() throws -> String? {
    var (world, id) = try World.approved()
    return try world.promote(1, to: "prod", proposal: id)
  }

  @Sendable static func approval() throws -> String? {
    var world = try World.ready()
    let id = try world.propose(world.proposal(1)).id
    return try world.decide(id, by: "ann")
  }

  @Sendable static func proposal() throws -> String? {
    var world = try World.ready()
    return try world.propose(world.proposal(1)).void
  }

  @Sendable static func step() throws -> String? {
    var world = try World(policy: nil)
    try world.publish()
    return try world.promote(1, to: "dev")
  }
}

extension Attack {
  /// A bit of each byte of a signature is another; or a sign of its text.
  static let mauled = mauledPlain + mauledText + mauledClaims

  private static let mauledPlain: [Attack] = (0..<64).map { (place: Int) -> Attack in
    Attack(name: "plain signature, byte \(place)", rule: .signature, reason: "its signature does not fit") { rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      var approval = try world.approval(id, by: "ann")
      let key = World.key("ann")
      var bytes = try key.sign(approval.message(for: key.key))
      bytes[place] ^= 1 << UInt8(place % 8)
      approval.signature = StatementSignature(key: key.key, text: Base64.text(bytes))
      return try world.add(.decide(approval))
    } honest: {
      var world = try World.ready()
      let id = try world.propose(world.proposal(1)).id
      var approval = try world.approval(id, by: "ann")
      let key = World.key("ann")
      approval.signature = StatementSignature(
        key: key.key, text: Base64.text(try key.sign(approval.message(for: key.key))))
      return try world.add(.decide(approval))
    }
  }

  private static let mauledText: [Attack] = stride(from: 40, to: 300, by: 13).map { (place: Int) -> Attack in
    Attack(name: "SSH signature, sign \(place)", rule: .signature, reason: "its signature does not fit") { rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      var approval = try World.signed(world.approval(id, by: "ann"), World.key("ann"))
      var text = Array((approval.signature?.text ?? "").utf8)
      text[place] = text[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      approval.signature = StatementSignature(
        key: World.key("ann").key, text: String(decoding: text, as: UTF8.self))
      return try world.add(.decide(approval))
    } honest: {
      try Honest.approval()
    }
  }

  private static let mauledClaims: [Attack] = [
    changedAfterSigning("its reason") { $0.reason = "another" },
    changedAfterSigning("its end") { $0.expires = $0.expires.advanced(byMilliseconds: -1_000) },
  ]

  private static func changedAfterSigning(
    _ what: String, _ change: @escaping @Sendable (inout Approval) throws -> Void
  ) -> Attack {
    Attack(name: "\(what) changed after signing", rule: .signature, reason: "its signature does not fit") { rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      var approval = try World.signed(world.approval(id, by: "ann"), World.key("ann"))
      try change(&approval)
      return try world.add(.decide(approval))
    } honest: {
      try Honest.approval()
    }
  }

  /// A sound signature under a decision on something else.
  static let transplanted: [Attack] = {
    let changes: [(String, @Sendable (inout Approval) throws -> Void)] = [
      ("name", { $0.name = try World.name("other") }), ("version", { $0.version = 2 }),
      ("package", { $0.package = World.record(2) }), ("channel", { $0.channel = try TagName("test") }),
      ("policy", { $0.policy = Digest.of([7]) }), ("no policy", { $0.policy = nil }),
      ("evidence", { $0.evidence = [Digest.of([8])] }), ("no evidence", { $0.evidence = [] }),
      ("statement", { $0.statement = Digest.of([9]) }),
    ]
    return ["ann", "bob"].flatMap { person in
      changes.map { what, change in
        Attack(
          name: "\(person) approves another \(what)", rule: .binding, reason: "about something else than the proposal"
        ) { rules in
          var world = try World.ready(rules)
          let id = try world.propose(world.proposal(1)).id
          return try world.decide(id, by: person, .approve, key: nil, change)
        } honest: {
          try Honest.approval()
        }
      }
    }
  }()

  /// Keys that are nobody's, or another's.
  static let strangers: [Attack] = ["ann", "bob", "eve"].flatMap { person -> [Attack] in
    let other = person == "ann" ? "bob" : "ann"
    return [
      Attack(name: "a stranger signs as \(person)", rule: .knownKey, reason: "its key is not known here") { rules in
        var world = try World.ready(rules)
        let id = try world.propose(world.proposal(1)).id
        return try world.decide(id, by: person, key: World.key("stranger"))
      } honest: {
        try Honest.approval()
      },
      Attack(name: "\(other) signs as \(person)", rule: .knownKey, reason: "its key is \(other)'s") { rules in
        var world = try World.ready(rules)
        let id = try world.propose(world.proposal(1)).id
        return try world.decide(id, by: person, key: World.key(other))
      } honest: {
        try Honest.approval()
      },
    ]
  }

  /// One key under two names, one person with two keys, one key twice.
  static let twoNames = oneKeyTwoNames + twoKeys + twice

  private static let oneKeyTwoNames: [Attack] = ["ann", "bob", "eve", "dan", "zed"].map { (person: String) -> Attack in
    Attack(name: "the key of \(person) as another's", rule: .oneHolder, reason: "the key is \(person)'s already") {
      rules in
      var world = try World(rules, policy: nil)
      try world.add(.key(.direct(Person(person), World.key(person).key, replaces: nil)))
      return try world.add(.key(.direct(Person("second"), World.key(person).key, replaces: nil)))
    } honest: {
      var world = try World(policy: nil)
      try world.add(.key(.direct(Person(person), World.key(person).key, replaces: nil)))
      return try world.add(.key(.direct(Person("second"), World.key("second").key, replaces: nil)))
    }
  }

  private static let twoKeys: [Attack] = ["ann", "bob"].map { (person: String) -> Attack in
    Attack(name: "\(person) approves with two keys", rule: .onePerson, reason: "1 of 2 approvals") { rules in
      var world = try World.ready(rules, policy: secondKeys)
      let id = try world.propose(world.proposal(1)).id
      #expect(try world.decide(id, by: person) == nil)
      #expect(try world.decide(id, by: person, key: World.key(person, 1)) == nil)
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      var (world, id) = try World.approved(policy: secondKeys)
      return try world.promote(1, to: "prod", proposal: id)
    }
  }

  private static let twice: [Attack] = ["ann", "bob"].map { (person: String) -> Attack in
    Attack(name: "\(person) approves twice", rule: .decidesOnce, reason: "has decided with this key already") {
      rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      #expect(try world.decide(id, by: person) == nil)
      return try world.decide(id, by: person)
    } honest: {
      try Honest.approval()
    }
  }

  /// The policy with a second key for ann and for bob, behind its other lines so that their numbers stay.
  static let secondKeys =
    World.policy
    + "\nkey ann \(World.key("ann", 1).key.openSSH)\nkey bob \(World.key("bob", 1).key.openSSH)"

  /// Who asks does not decide.
  static let requesters: [Attack] = ["ann", "bob"].flatMap { person -> [Attack] in
    [
      Attack(name: "\(person) approves their own proposal", rule: .requester, reason: "\(person) asked for it") {
        rules in
        var world = try World.ready(rules)
        let id = try world.propose(world.proposal(1, by: person), by: person).id
        for other in ["ann", "bob"] { #expect(try world.decide(id, by: other) == nil) }
        return try world.promote(1, to: "prod", proposal: id)
      } honest: {
        try Honest.promotion()
      },
      Attack(name: "\(person) has eve's name on it", rule: .requester, reason: "\(person) asked for it") { rules in
        var world = try World.ready(rules)
        let proposal = try World.signed(world.proposal(1), World.key("eve"))
        #expect(try world.add(.propose(proposal), actor: "\(person)@laptop") == nil)
        for other in ["ann", "bob"] { #expect(try world.decide(proposal.entry, by: other) == nil) }
        return try world.promote(1, to: "prod", proposal: proposal.entry)
      } honest: {
        try Honest.promotion()
      },
    ]
  }

  /// Who made the model does not decide.
  static let trainers: [Attack] = ["ann", "ann@lab", "ANN@lab", "bob@x", "Bob"].map { (actor: String) -> Attack in
    Attack(name: "\(actor) trained it", rule: .trainer, reason: "made it") { rules in
      var world = try World.ready(rules)
      var proposal = try world.proposal(1)
      proposal.trainers = ["ci", actor]
      let id = try world.propose(proposal).id
      for other in ["ann", "bob"] { #expect(try world.decide(id, by: other) == nil) }
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      try Honest.promotion()
    }
  }

  /// Too late.
  static let ends = latePromotions + lateApprovals + longLives + otherEnds

  private static let latePromotions = ([1, 2, 5] as [Int64]).map { (days: Int64) -> Attack in
    Attack(name: "promoted \(days) days late", rule: .expiry, reason: "the proposal has ended") { rules in
      var (world, id) = try World.approved(rules)
      world.wait(World.day * days)
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      try Honest.promotion()
    }
  }

  private static let lateApprovals = ([1, 2, 5] as [Int64]).map { (days: Int64) -> Attack in
    Attack(name: "approved \(days) days late", rule: .expiry, reason: "has ended") { rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      world.wait(World.day * days)
      return try world.decide(id, by: "ann")
    } honest: {
      try Honest.approval()
    }
  }

  private static let longLives = ([4, 30] as [Int64]).map { (days: Int64) -> Attack in
    Attack(name: "a proposal that lives \(days) days", rule: .expiry, reason: "ends too late") { rules in
      var world = try World.ready(rules)
      return try world.propose(world.proposal(1, life: World.day * days)).void
    } honest: {
      try Honest.proposal()
    }
  }

  private static let otherEnds: [Attack] = [
    Attack(name: "an approval for an hour, used after two", rule: .expiry, reason: "1 of 2 approvals") { rules in
      var world = try World.ready(rules)
      let id = try world.propose(world.proposal(1)).id
      let end = world.clock.advanced(byMilliseconds: 3_600_000)
      #expect(try world.decide(id, by: "ann") { $0.expires = end } == nil)
      #expect(try world.decide(id, by: "bob") == nil)
      world.wait(7_200_000)
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      try Honest.promotion()
    },
    Attack(name: "the clock is turned back to before the end", rule: .expiry, reason: "the proposal has ended") {
      rules in
      var (world, id) = try World.approved(rules)
      let before = world.clock
      world.wait(World.day * 2)
      try world.publish()
      world.clock = before
      return try world.promote(1, to: "prod", proposal: id)
    } honest: {
      try Honest.promotion()
    },
  ]
}
