import ArtifactCore

extension Describe {
  /// How a version came into a channel.
  static func way(_ way: Fold.Move.Way) -> String {
    switch way {
    case .promoted: "promoted"
    case .rolledBack: "rolled back"
    case .brokeGlass: "BROKE GLASS"
    }
  }

  /// A move in a channel.
  static func move(_ move: Fold.Move, of name: String, _ fold: Fold) -> JSONObject {
    var object: JSONObject = [
      "actor": .string(move.actor), "how": .string(way(move.way).lowercased()), "log": .integer(Int64(move.sequence)),
      "name": .string(name), "time": .string(move.time.text), "version": .integer(Int64(move.version)),
    ]
    if let reason = move.reason { object["reason"] = .string(reason) }
    if let person = move.person { object["person"] = .string(person) }
    if let policy = move.policy { object["policy"] = .string(fold.policies[policy].digest.text) }
    if let proposal = move.proposal { object["proposal"] = .integer(Int64(fold.proposals[proposal].sequence)) }
    let reports = move.evidence.flatMap(\.reports)
    if !reports.isEmpty { object["evidence"] = .array(reports.map { .string($0.text) }) }
    return object
  }

  /// What works at a place.
  static func working(_ working: [Fold.Working]) -> JSON {
    .array(
      working.map { item in
        [
          "mode": .string(item.mode.rawValue), "share": .string(item.share.text),
          "since": .integer(Int64(item.since)), "version": .integer(Int64(item.version)),
        ]
      })
  }

  /// What a proposal asks for, in a few words.
  static func asked(_ asked: Proposal.Asked) -> String {
    switch asked {
    case .promotion(let name, let version, _, let channel): "\(name)@\(version) to \(channel)"
    case .policy(let text): "policy \((try? Policy.digest(of: text))?.short ?? "")"
    case .key(let person, let key, let replaces):
      "key \(key.fingerprint) of \(person)" + (replaces == nil ? "" : " in place of another")
    case .revoke(let key, let reason): "revoke \(key.fingerprint): \(printable(reason))"
    }
  }
}

extension Describe {
  /// What a policy says.
  static func policy(_ policy: Policy) throws(FormatError) -> JSONObject {
    var object: JSONObject = [
      "channels": .array(policy.channels.map { .string($0.text) }),
      "digest": .string(try Policy.digest(of: policy.text).text),
      "rules": .array(
        policy.channels.flatMap { channel in
          policy.lines(channel.text).map { line -> JSON in
            ["channel": .string(channel.text), "line": .integer(Int64(line.number)), "rule": .string(line.text)]
          }
        }), "text": .string(policy.text),
    ]
    if let quorum = policy.quorum {
      object["quorum"] = [
        "need": .integer(Int64(quorum.count)), "people": .array(quorum.people.map { .string($0.text) }),
      ]
    }
    return object
  }

  /// What a policy says, for a person.
  static func summary(of policy: Policy) throws(FormatError) -> [String] {
    var lines = ["policy \(try Policy.digest(of: policy.text).text)"]
    let quorum = policy.quorum.map { "\($0.count) of \($0.people.map(\.text).joined(separator: ", "))" }
    lines.append("changed by \(quorum ?? "anybody: there is no quorum")")
    for channel in policy.channels {
      lines.append("\(channel): \(Units.count(policy.lines(channel.text).count, "rule"))")
    }
    return lines
  }

  /// What came of looking at a rule.
  static func verdict(_ verdict: Verdict) -> JSON {
    var object: JSONObject = [
      "passed": .boolean(verdict.passed), "rule": .string(verdict.rule), "why": .string(verdict.why),
    ]
    if let line = verdict.line { object["line"] = .integer(Int64(line)) }
    if !verdict.evidence.isEmpty { object["evidence"] = .array(verdict.evidence.map { .string($0.text) }) }
    return .object(object)
  }

  /// Whose approval a proposal may need: for a promotion not that of who asks.
  static func deciders(_ asked: Fold.Asked, _ fold: Fold) -> [Person] {
    guard case .promotion = asked.proposal.asked else { return fold.deciders(on: asked) }
    return fold.deciders(on: asked).filter { $0 != asked.proposal.person }
  }

  /// In one word, what became of a proposal.
  static func state(_ asked: Fold.Asked, _ fold: Fold, at time: Timestamp) -> String {
    if asked.use != nil { return "served" }
    if asked.rejection != nil { return "rejected" }
    if time > asked.proposal.expires { return "ended" }
    return fold.isOpen(asked, at: time) ? "open" : "outdated"
  }

  /// A proposal with what was decided on it.
  static func proposal(_ asked: Fold.Asked, _ fold: Fold, at time: Timestamp) -> JSONObject {
    var object: JSONObject = [
      "actor": .string(asked.actor), "id": .string(asked.proposal.entry), "log": .integer(Int64(asked.sequence)),
      "state": .string(state(asked, fold, at: time)), "statement": .object(asked.proposal.object),
      "time": .string(asked.time.text),
    ]
    object["approvals"] = .array(
      fold.counts(on: asked, at: time).map { ["have": .integer(Int64($0.have)), "need": .integer(Int64($0.need))] })
    object["decisions"] = .array(
      asked.decisions.map { decided in
        [
          "decision": .string(decided.approval.decision.rawValue), "log": .integer(Int64(decided.sequence)),
          "person": .string(decided.approval.person.text), "time": .string(decided.time.text),
        ]
      })
    if let use = asked.use { object["use"] = .integer(Int64(use)) }
    return object
  }
}
