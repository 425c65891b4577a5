import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact propose`.
struct Propose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propose", abstract: "Ask for a version to enter a channel, for others to approve.",
    discussion: """
      Everything but the approvals is checked first, and what it rests on is bound to the proposal. The proposal holds the \
      version until it has served, is rejected, or ends.

        artifact propose fraud/model@3 --to prod --key ~/.ssh/id_ed25519
        artifact approve 41
        artifact promote fraud/model@3 --to prod
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(name: .customLong("to"), help: ArgumentHelp("The channel.", valueName: "channel"))
  var channel: RawArgument

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: RawArgument?

  @Option(help: ArgumentHelp("When it ends. (default: as late as the policy allows)", valueName: "days"))
  var days: Int?

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let days, !(1...36_500).contains(days) { throw ValidationError("the days are a number from 1 to 36,500") }
  }

  func run() throws {
    let channel = try TagName(bytes: channel.bytes)
    let reason = try reason?.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let (name, version) = try reference.version(in: store, "proposed")
    let fold = try store.refresh()
    let request = try Store.PromotionRequest(name, version: version, to: channel, on: fold, actor: actor.name)
    try PolicyChecks.run(request.promotion, in: store, fold, actor.name)
    let signer = fold.policy?.policy.quorum == nil && signing.key == nil ? nil : try signing.signer(fold)
    let made = try store.propose(
      .promotion(name: name, version: version, package: request.promotion.package, channel: channel), reason: reason,
      life: days.map { Int64($0) * 86_400_000 }, signer: signer, actor: actor.name)
    let now = try store.refresh()
    if output.json { return try Console.result(Describe.proposal(made, now, at: Settings.now)) }
    Console.result("\(made.sequence)")
    let who = Describe.deciders(made, now).map(\.text).joined(separator: ", ")
    Console.note(
      "\(name)@\(version) to \(channel), until \(made.proposal.expires.text.prefix(16))  log entry \(made.sequence)")
    Console.note(
      who.isEmpty
        ? "nobody has to approve it  next: artifact promote \(name)@\(version) --to \(channel)"
        : "next, by \(who): artifact approve \(made.sequence)")
  }
}

/// The command `artifact proposals`.
struct Proposals: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proposals", abstract: "What was asked for, and who decided how; open ones first.")

  @Argument(help: "One proposal, by its log entry or the start of its id.")
  var proposal: RawArgument?

  @Flag(help: "Also those that have served, were rejected or have ended.")
  var all = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let fold = try store.refresh()
    let now = max(Settings.now, fold.latestTime ?? .earliest)
    if let proposal {
      let asked = try store.proposal(try proposal.text("the proposal"))
      if output.json { return try Console.result(Describe.proposal(asked, fold, at: now)) }
      return show(asked, fold, now)
    }
    let listed = fold.proposals.filter { all || fold.isOpen($0, at: now) }.reversed()
    let sorted = listed.filter { fold.isOpen($0, at: now) } + listed.filter { !fold.isOpen($0, at: now) }
    if output.json {
      return try Console.result(["proposals": .array(sorted.map { .object(Describe.proposal($0, fold, at: now)) })])
    }
    var table = Table([
      .init(title: "ENTRY", isNumber: true), .init(title: "ASKS", mayShrink: true), .init(title: "BY", mayShrink: true),
      .init(title: "STATE"), .init(title: "APPROVALS"), .init(title: "ENDS"),
    ])
    for asked in sorted {
      let counts = fold.counts(on: asked, at: now).map { "\($0.have) of \($0.need)" }.joined(separator: ", ")
      table.add([
        "\(asked.sequence)", Describe.asked(asked.proposal.asked),
        printable(asked.proposal.person?.text ?? asked.actor),
        Describe.state(asked, fold, at: now), counts, "\(asked.proposal.expires.text.prefix(16))",
      ])
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if sorted.isEmpty { Console.note("there is none\(all ? "" : " that is open; --all shows the others")") }
  }

  private func show(_ asked: Fold.Asked, _ fold: Fold, _ now: Timestamp) {
    var lines: [(String, String)] = [
      ("asks", Describe.asked(asked.proposal.asked)), ("state", Describe.state(asked, fold, at: now)),
      ("by", printable(asked.proposal.person?.text ?? asked.actor)), ("id", asked.proposal.entry),
      ("ends", asked.proposal.expires.text),
    ]
    if let reason = asked.proposal.reason { lines.append(("why", printable(reason))) }
    if !asked.proposal.trainers.isEmpty {
      lines.append(("made by", asked.proposal.trainers.map { printable($0) }.joined(separator: ", ")))
    }
    for evidence in asked.proposal.evidence {
      lines.append(("line \(evidence.line)", evidence.reports.map(\.text).joined(separator: ", ")))
    }
    for decided in asked.decisions {
      let reason = decided.approval.reason.map { ": \(printable($0))" } ?? ""
      lines.append(
        (decided.approval.decision.rawValue, "\(decided.approval.person), log entry \(decided.sequence)\(reason)"))
    }
    for count in fold.counts(on: asked, at: now) { lines.append(("counts", "\(count.have) of \(count.need)")) }
    for (label, text) in lines { Console.result(label.padded(to: 9) + text) }
    if case .policy(let text) = asked.proposal.asked { Console.put(Array(text.utf8).span) }
  }
}
