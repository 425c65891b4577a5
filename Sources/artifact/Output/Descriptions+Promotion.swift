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
