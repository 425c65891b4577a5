extension Fold {
  /// A version that entered a channel, or came back to it.
  public struct Move: Sendable, Equatable {
    /// How.
    public enum Way: UInt8, Sendable, CaseIterable {
      /// It was promoted under the rules.
      case promoted
      /// The channel went back to it.
      case rolledBack
      /// It was promoted against the rules.
      case brokeGlass
    }

    /// The version that is in the channel from then on.
    public let version: Int
    /// How it came there.
    public let way: Way
    /// The position of the entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// Why the channel went back, or the glass was broken.
    public let reason: String?
    /// Who broke the glass, by their signature.
    public let person: String?
    /// The place in `policies` of the policy in force; nil if there was none.
    public let policy: Int?
    /// The place in `proposals` of the proposal that it rests on.
    public let proposal: Int?
    /// The reports that it rests on, by the lines of the policy.
    public let evidence: [Promotion.Evidence]

    mutating func cap(at limit: Timestamp) { time = min(time, limit) }
  }

  /// The channels in their order.
  public var channelOrder: [String] { policy?.policy.channels.map(\.text) ?? Policy.defaultChannels }

  /// What is in a channel of a name now; nil if nothing is, or there is no such name.
  public func current(_ name: String, in channel: String) -> Move? { packages[name]?.channels[channel]?.last }

  /// What was in a channel of a name at a time: the last move, in the log's order, that had happened by then.
  public func move(_ name: String, in channel: String, at time: Timestamp) -> Move? {
    packages[name]?.channels[channel]?.last { $0.time <= time }
  }

  /// Whether a word is a channel for a name: the policy says so, or versions have moved there.
  public func isChannel(_ word: String, of name: String) -> Bool {
    if let package = packages[name], package.channels[word] != nil { return true }
    return policy?.policy.channels.contains { $0.text == word } ?? false
  }

  /// The version that `name@word` means.
  public func version(of name: String, at word: String) -> Int? {
    isChannel(word, of: name) ? current(name, in: word)?.version : packages[name]?.tags[word]
  }

  // MARK: What applies them

  /// Why a version may not be meant, or nil.
  func complaint(_ name: PackageName, _ version: Int) -> String? {
    guard let package = packages[name.text], version <= package.versions.count else {
      return "\(name) has no version \(version)"
    }
    guard package.versions[version - 1].erasure == nil || !rules.contains(.whole) else {
      return "\(name)@\(version) is erased"
    }
    return nil
  }

  /// Why a channel may not be moved, or nil.
  private func complaint(_ name: PackageName, _ channel: TagName, since: Int) -> String? {
    guard channelOrder.contains(channel.text) else {
      return "there is no channel \(channel); the channels are \(channelOrder.joined(separator: ", "))"
    }
    if rules.contains(.oneNamespace), packages[name.text]?.tags[channel.text] != nil,
      !isChannel(channel.text, of: name.text)
    {
      return "\(name)@\(channel) is a tag; take it away first"
    }
    let last = current(name.text, in: channel.text)
    if rules.contains(.compareAndSwap), since != last?.sequence ?? 0 {
      guard let last else { return "it was decided on a state in which entry \(since) had moved \(name)@\(channel)" }
      return
        "\(printable(last.actor)) moved \(name)@\(channel) to version \(last.version) meanwhile, in log entry \(last.sequence)"
    }
    return nil
  }

  mutating func promote(_ promotion: Promotion, _ entry: LogEntry) -> String? {
    let (name, channel) = (promotion.name, promotion.channel)
    if let complaint = complaint(name, promotion.version) ?? complaint(name, channel, since: promotion.since) {
      return complaint
    }
    if rules.contains(.package), packages[name.text]?.versions[promotion.version - 1].record != promotion.package {
      return "\(name)@\(promotion.version) is another record"
    }
    if current(name.text, in: channel.text)?.version == promotion.version {
      return "\(name)@\(promotion.version) is in \(channel) already"
    }
    if let complaint = standing(promotion, entry).first { return complaint.text }
    let place = promotion.proposal.flatMap { proposalPlaces[$0] }
    if let place { proposals[place].use = entry.sequence }
    let glass = promotion.glass
    if glass != nil { glassEntries.insert(entry.id) }
    packages[name.text]?.channels[channel.text, default: []].append(
      Move(
        version: promotion.version, way: glass == nil ? .promoted : .brokeGlass, sequence: entry.sequence,
        time: entry.time, actor: entry.actor, reason: glass?.reason, person: glass?.person.text,
        policy: policies.indices.last, proposal: place, evidence: promotion.evidence))
    return nil
  }

  mutating func rollback(_ rollback: Rollback, _ entry: LogEntry) -> String? {
    let (name, channel) = (rollback.name, rollback.channel)
    if let complaint = complaint(name, rollback.version) ?? complaint(name, channel, since: rollback.since) {
      return complaint
    }
    let moves = packages[name.text]?.channels[channel.text] ?? []
    if moves.last?.version == rollback.version { return "\(name)@\(rollback.version) is in \(channel) already" }
    guard !rules.contains(.wasThere) || moves.contains(where: { $0.version == rollback.version && $0.way == .promoted })
    else { return "\(name)@\(rollback.version) was never in \(channel) under its rules" }
    packages[name.text]?.channels[channel.text, default: []].append(
      Move(
        version: rollback.version, way: .rolledBack, sequence: entry.sequence, time: entry.time, actor: entry.actor,
        reason: rollback.reason, person: nil, policy: policies.indices.last, proposal: nil, evidence: []))
    return nil
  }
}
