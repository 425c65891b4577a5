/// What a proof file says of a channel: that a version of a name was in it at a time.
///
/// The file has every entry of the log on which that rests: policies, keys, proposals and decisions, what happened to the
/// name, and the reports that were evidence. Whoever checks it applies the rules to these entries again. That no such entry
/// was left out is the word of whoever signed the checkpoint, unless the file has the whole log.
public struct ChannelProof: Sendable {
  /// The name.
  public let name: PackageName
  /// The channel.
  public let channel: TagName
  /// The time that was asked for.
  public let time: Timestamp
  /// How the version came into the channel.
  public let move: Fold.Move
  /// The version's record.
  public let package: Digest
  /// The state after the entries of the file.
  public let fold: Fold
  /// Whether the file has every entry up to its checkpoint.
  public let isWhole: Bool

  private static let subject = ProofFile.subject

  /// The claim that a file makes.
  public static func claim(
    store: String, _ name: PackageName, _ channel: TagName, _ time: Timestamp, _ move: Fold.Move, _ package: Digest
  ) -> JSONObject {
    [
      "at": .string(time.text), "channel": .string(channel.text), "entry": .integer(Int64(move.sequence)),
      "name": .string(name.text), "record": .string(package.text), "store": .string(store),
      "version": .integer(Int64(move.version)),
    ]
  }

  /// Whether what happens to a name in channels may depend on an event; reports and runs are another matter.
  public static func matters(_ event: Event, to name: PackageName) -> Bool {
    switch event {
    case .start, .clock, .policy, .key, .revoke, .propose, .decide: true
    case .publish(let other, _, _, _), .tag(let other, _, _), .untag(let other, _), .erase(let other, _, _):
      other == name
    case .promote(let promotion): promotion.name == name
    case .rollback(let rollback): rollback.name == name
    case .deploy(let deployment): deployment.name == name
    case .retire(let other, _, _, _): other == name
    case .runStart, .runFinish, .report, .collect: false
    }
  }

  /// The positions of the reports and runs that the moves of a name rest on.
  public static func evidence(of name: PackageName, in fold: Fold) -> Set<Int> {
    var result = Set<Int>()
    let moves = fold.packages[name.text]?.channels.values.flatMap { $0 } ?? []
    let proposed = fold.proposals.flatMap { $0.proposal.evidence }
    for record in (moves.flatMap(\.evidence) + proposed).flatMap(\.reports) {
      guard let position = fold.evidencePosition(record) else { continue }
      result.insert(position)
      if let run = fold.runs.first(where: { $0.finish?.sequence == position }) { result.insert(run.sequence) }
    }
    return result
  }

  /// Checks the claim of a file whose entries were verified.
  public init(_ file: ProofFile, _ verified: ProofFile.Verified) throws(FormatError) {
    var members = try MemberReader(.object(file.claim), in: Self.subject)
    let store = try members.string("store")
    name = try PackageName(try members.string("name"))
    channel = try TagName(try members.string("channel"))
    time = try Timestamp(try members.string("at"))
    let version = try members.version()
    package = try members.digest("record")
    let entry = Int(try members.count("entry"))
    try members.finish()

    let positions = verified.entries.keys.sorted()
    isWhole = positions.count == verified.checkpoint.size
    let fold = Fold(replaying: positions.compactMap { verified.entries[$0] })
    guard fold.storeID == store, Checkpoint.store(origin: verified.checkpoint.origin) == store else {
      throw FormatError(.checksum, Self.subject, "its entries, its checkpoint and its claim are of different stores")
    }
    guard let move = fold.move(name.text, in: channel.text, at: time), move.version == version, move.sequence == entry
    else {
      throw FormatError(
        .checksum, Self.subject, "its entries do not put \(name)@\(version) into \(channel) at that time")
    }
    guard fold.packages[name.text]?.versions[version - 1].record == package else {
      throw FormatError(.checksum, Self.subject, "\(name)@\(version) is another record")
    }
    let asked = time
    guard verified.entries.values.contains(where: { $0.time >= asked }) else {
      throw FormatError(.checksum, Self.subject, "its checkpoint is older than \(time.text)")
    }
    self.move = move
    self.fold = fold
  }

  /// What people signed for a move: the proposal, the decisions on it, or the breaking of the glass.
  public static func statements(
    of move: Fold.Move, _ entry: LogEntry?, in fold: Fold
  ) throws(FormatError) -> [ProofFile.Statement] {
    var result = [ProofFile.Statement]()
    func proposal(_ place: Int) throws(FormatError) {
      let asked = fold.proposals[place]
      if let statement = try ProofFile.Statement(asked.proposal) { result.append(statement) }
      for decision in asked.decisions {
        if let statement = try ProofFile.Statement(decision.approval) { result.append(statement) }
      }
    }
    if let place = move.proposal { try proposal(place) }
    if let place = move.policy, let enacted = fold.policies[place].proposal { try proposal(enacted) }
    if case .promote(let promotion) = entry?.event, let glass = promotion.glass,
      let statement = try ProofFile.Statement(glass)
    {
      result.append(statement)
    }
    return result
  }
}

extension ProofFile.Statement {
  /// A statement as it was signed; nil if it was not.
  init?(_ statement: some SignedStatement) throws(FormatError) {
    guard let signature = statement.signature else { return nil }
    let bytes = Base64.bytes(signature.text) ?? Array(signature.text.utf8)
    self.init(
      bytes: try statement.message(for: signature.key),
      signatures: [ProofFile.Signature(key: signature.key, bytes: bytes)])
  }
}
