import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact promote`.
struct Promote: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Move a version into a channel, one step at a time.",
    discussion: """
      The channels are dev, test and prod, in this order, unless the policy says otherwise. What the policy demands is \
      checked first; artifact policy test shows every rule. Afterwards name@prod is this version.

        artifact promote fraud/model@3 --to test
        artifact promote fraud/model@3 --to prod --break-glass --reason 'incident 17' --key ~/.ssh/id_ed25519
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(name: .customLong("to"), help: ArgumentHelp("The channel.", valueName: "channel"))
  var channel: RawArgument

  @Flag(help: "Against the rules; the policy must permit it to you. It stays red in every audit.")
  var breakGlass = false

  @Option(help: ArgumentHelp("Why the glass is broken.", valueName: "text"))
  var reason: RawArgument?

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if breakGlass, reason == nil { throw ValidationError("breaking the glass needs a --reason") }
    if !breakGlass, reason != nil { throw ValidationError("a --reason belongs to --break-glass") }
  }

  func run() throws {
    let channel = try TagName(bytes: channel.bytes)
    let store = try store.open()
    try clock.apply(to: store, actor)
    let (name, version) = try reference.version(in: store, "promoted")
    let fold = try store.refresh()
    var request = try Store.PromotionRequest(name, version: version, to: channel, on: fold, actor: actor.name)
    let entry: LogEntry
    if breakGlass {
      let reason = try reason?.text("the reason") ?? ""
      entry = try store.breakGlass(request, reason: reason, signer: try signing.signer(fold))
    } else {
      request.promotion.proposal = fold.openProposal(for: request.promotion)
      try PolicyChecks.run(request.promotion, in: store, fold, actor.name)
      entry = try store.promote(request)
    }
    if output.json {
      return try Console.result([
        "channel": .string(channel.text), "log": .integer(Int64(entry.sequence)), "name": .string(name.text),
        "version": .integer(Int64(version)),
      ])
    }
    Console.result("\(name)@\(channel)")
    let before = fold.current(name.text, in: channel.text).map { ", in place of version \($0.version)" } ?? ""
    let order = fold.channelOrder
    let next = order.firstIndex(of: channel.text).flatMap { $0 + 1 < order.count ? order[$0 + 1] : nil }
    let advice = next.map { "artifact promote \(name)@\(version) --to \($0)" } ?? "artifact channel log \(channel)"
    Console.note("version \(version)\(before)  log entry \(entry.sequence)  next: \(advice)")
    if breakGlass {
      Console.note(Settings.error.style.red("the glass is broken: every audit shows this promotion in red"))
    }
  }
}

/// The command `artifact rollback`.
struct RollbackChannel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Take a channel back to a version that was in it before.",
    discussion: """
      Without --to it is the one before. No approval is needed: what was let in once may come back.

        artifact rollback fraud/model --channel prod --reason 'too many false alarms'
      """)

  @Argument(help: "The name.", completion: .packageName)
  var name: RawArgument

  @Option(help: ArgumentHelp("The channel.", valueName: "channel"))
  var channel: RawArgument

  @Option(name: .customLong("to"), help: ArgumentHelp("The version to go back to.", valueName: "version"))
  var version: Int?

  @Option(help: ArgumentHelp("Why; it stays in the log for ever.", valueName: "text"))
  var reason: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let name = try PackageName(bytes: name.bytes)
    let channel = try TagName(bytes: channel.bytes)
    let reason = try reason.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let fold = try store.refresh()
    let before = fold.current(name.text, in: channel.text)
    let (entry, version) = try store.rollback(
      name, to: version, in: channel, on: fold, reason: reason, actor: actor.name)
    if output.json {
      return try Console.result([
        "channel": .string(channel.text), "log": .integer(Int64(entry.sequence)), "name": .string(name.text),
        "version": .integer(Int64(version)),
      ])
    }
    Console.result("\(name)@\(channel)")
    Console.note(
      "version \(version), back from version \(before?.version ?? 0)  log entry \(entry.sequence)  "
        + "next: artifact impact \(name)@\(before?.version ?? 0)")
  }
}

extension RawArgument {
  /// The version of a name that the word leads to.
  func version(in store: Store, _ done: String) throws -> (name: PackageName, version: Int) {
    let found = try store.resolve(reference())
    guard let name = found.name, let version = found.version, found.path.isEmpty else {
      throw CommandFailure.usage("\(printable(bytes)) cannot be \(done)", "only a version of a name can")
    }
    return (name, version)
  }
}
