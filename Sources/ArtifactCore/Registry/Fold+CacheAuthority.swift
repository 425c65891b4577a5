/// The part of a cached state that is about channels, people, proposals and deployments.
extension Fold {
  static func putChannels(_ channels: [String: [Move]], _ writer: inout CacheWriter) {
    writer.put(channels.count)
    for (channel, moves) in channels.sorted(by: { ExactText.precedesBytewise($0.key, $1.key) }) {
      writer.share(channel)
      writer.put(moves.count)
      for move in moves { put(move, &writer) }
    }
  }

  private static func put(_ move: Move, _ writer: inout CacheWriter) {
    writer.put(move.version)
    writer.put(Int(move.way.rawValue))
    writer.put(move.sequence)
    writer.put(move.time)
    writer.share(move.actor)
    writer.share(move.reason ?? "")
    writer.share(move.person ?? "")
    writer.put(move.policy.map { $0 + 1 } ?? 0)
    writer.put(move.proposal.map { $0 + 1 } ?? 0)
    writer.put(move.evidence.count)
    for evidence in move.evidence {
      writer.put(evidence.line)
      writer.put(evidence.reports.count)
      for report in evidence.reports { writer.put(report) }
    }
  }

  static func channels(_ reader: inout CacheReader) throws(FormatError) -> [String: [Move]] {
    var channels = [String: [Move]]()
    for _ in 0..<(try reader.count()) {
      let channel = try reader.sharedText()
      var moves = [Move]()
      for _ in 0..<(try reader.count()) { moves.append(try move(&reader)) }
      channels[channel] = moves
    }
    return channels
  }

  private static func move(_ reader: inout CacheReader) throws(FormatError) -> Move {
    let version = try reader.integer()
    guard let way = Move.Way(rawValue: UInt8(truncatingIfNeeded: try reader.integer())) else {
      throw FormatError(.field, "cache", "an unknown way")
    }
    let (sequence, time, actor) = (try reader.integer(), try reader.time(), try reader.sharedText())
    let (reason, person) = (try reader.sharedText(), try reader.sharedText())
    let (policy, proposal) = (try reader.integer(), try reader.integer())
    var evidence = [Promotion.Evidence]()
    for _ in 0..<(try reader.count()) {
      let line = try reader.integer()
      var reports = [Digest]()
      for _ in 0..<(try reader.count()) { reports.append(try reader.digest()) }
      evidence.append(Promotion.Evidence(line: line, reports: reports))
    }
    return Move(
      version: version, way: way, sequence: sequence, time: time, actor: actor, reason: reason.isEmpty ? nil : reason,
      person: person.isEmpty ? nil : person, policy: policy == 0 ? nil : policy - 1,
      proposal: proposal == 0 ? nil : proposal - 1, evidence: evidence)
  }

  func putAuthority(_ writer: inout CacheWriter) throws(FormatError) {
    writer.put(policies.count)
    for policy in policies {
      writer.put(policy.policy.text)
      writer.put(policy.entry)
      writer.put(policy.sequence)
      writer.put(policy.time)
      writer.share(policy.actor)
      writer.put(policy.proposal.map { $0 + 1 } ?? 0)
    }
    writer.put(keys.count)
    for key in keys {
      writer.put(key.key.bytes)
      writer.share(key.person.text)
      writer.put(key.sequence)
      writer.put(key.time)
      writer.share(key.actor)
      writer.put(key.revocation.map { $0.sequence + 1 } ?? 0)
      guard let revocation = key.revocation else { continue }
      writer.put(revocation.time)
      writer.share(revocation.actor)
      writer.put(revocation.reason)
    }
    writer.put(proposals.count)
    for asked in proposals {
      writer.put(try asked.proposal.bytes())
      writer.put(asked.sequence)
      writer.put(asked.time)
      writer.share(asked.actor)
      writer.put(asked.use.map { $0 + 1 } ?? 0)
      writer.put(asked.rejection.map { $0 + 1 } ?? 0)
      writer.put(asked.decisions.count)
      for decided in asked.decisions {
        writer.put(try decided.approval.bytes())
        writer.put(decided.sequence)
        writer.put(decided.time)
        writer.share(decided.actor)
      }
    }
    writer.put(glassEntries.count)
    for entry in glassEntries.sorted() { writer.put(entry) }
    putDeployments(&writer)
  }

  private func putDeployments(_ writer: inout CacheWriter) {
    writer.put(deployments.count)
    for place in places {
      let changes = deployments[place] ?? []
      writer.share(place.target)
      writer.share(place.name)
      writer.put(changes.count)
      for staffing in changes {
        writer.put(staffing.sequence)
        writer.put(staffing.time)
        writer.share(staffing.actor)
        writer.put(staffing.working.count)
        for working in staffing.working {
          writer.put(working.version)
          writer.share(working.mode.rawValue)
          writer.put(working.share.millionths)
          writer.put(working.since)
        }
      }
    }
  }

  mutating func readAuthority(_ reader: inout CacheReader) throws(FormatError) {
    for _ in 0..<(try reader.count()) {
      let text = try reader.text()
      let policy: Policy
      do { policy = try Policy(text) } catch { throw FormatError(.field, "cache", "a policy that cannot be read") }
      let digest = try Policy.digest(of: text)
      let (entry, sequence, time) = (try reader.text(), try reader.integer(), try reader.time())
      let (actor, proposal) = (try reader.sharedText(), try reader.integer())
      policies.append(
        PolicyInForce(
          policy: policy, digest: digest, entry: entry, sequence: sequence, time: time, actor: actor,
          proposal: proposal == 0 ? nil : proposal - 1))
    }
    for _ in 0..<(try reader.count()) {
      var key = HeldKey(
        key: try PublicKey(try reader.data()), person: try Person(try reader.sharedText()),
        sequence: try reader.integer(), time: try reader.time(), actor: try reader.sharedText())
      let afterRevocation = try reader.integer()
      if afterRevocation > 0 {
        key.revocation = Erasure(
          sequence: afterRevocation - 1, time: try reader.time(), actor: try reader.sharedText(),
          reason: try reader.text())
      }
      keyPlaces[key.key] = keys.count
      keys.append(key)
    }
    for _ in 0..<(try reader.count()) {
      let asked = try Self.asked(&reader)
      proposalPlaces[asked.proposal.entry] = proposals.count
      proposals.append(asked)
    }
    for _ in 0..<(try reader.count()) { glassEntries.insert(try reader.text()) }
    for _ in 0..<(try reader.count()) {
      let place = Place(target: try reader.sharedText(), name: try reader.sharedText())
      var changes = [Staffing]()
      for _ in 0..<(try reader.count()) { changes.append(try Self.staffing(&reader)) }
      deployments[place] = changes
    }
  }

  private static func asked(_ reader: inout CacheReader) throws(FormatError) -> Asked {
    let bytes = try reader.data()
    var asked = Asked(
      proposal: try Proposal(try JSON.canonical(bytes, subject: "cache")), digest: Digest.of(bytes),
      sequence: try reader.integer(), time: try reader.time(), actor: try reader.sharedText())
    let (use, rejection) = (try reader.integer(), try reader.integer())
    asked.use = use == 0 ? nil : use - 1
    asked.rejection = rejection == 0 ? nil : rejection - 1
    for _ in 0..<(try reader.count()) {
      asked.decisions.append(
        Decided(
          approval: try Approval(try JSON.canonical(try reader.data(), subject: "cache")),
          sequence: try reader.integer(), time: try reader.time(), actor: try reader.sharedText()))
    }
    return asked
  }

  private static func staffing(_ reader: inout CacheReader) throws(FormatError) -> Staffing {
    let (sequence, time, actor) = (try reader.integer(), try reader.time(), try reader.sharedText())
    var working = [Working]()
    for _ in 0..<(try reader.count()) {
      let version = try reader.integer()
      guard let mode = DeploymentMode(rawValue: try reader.sharedText()),
        let share = Share(millionths: try reader.integer())
      else { throw FormatError(.field, "cache", "an unknown deployment") }
      working.append(Working(version: version, mode: mode, share: share, since: try reader.integer()))
    }
    return Staffing(sequence: sequence, time: time, actor: actor, working: working)
  }
}
