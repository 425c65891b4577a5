import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact policy`.
struct PolicyGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "The rules of promotion: check, set, show and try them.",
    discussion: """
        artifact policy check policy.txt
        artifact policy set policy.txt
        artifact policy test fraud/model@3 --to prod

      A policy is lines such as these:

        policy 1
        channels dev test prod
        quorum 2 of ann bob
        channel prod
          lineage complete
          metric auc >= 0.9 on customers/holdout
          report test within 30 days
          check using checks/fraud@2 python3 checks/check.py package
          environment fraud/env
          time 3 days in test
          approvals 2 of ann bob eve within 7 days
          break-glass ann
      """,
    subcommands: [PolicyCheckFile.self, PolicySet.self, PolicyShow.self, PolicyTest.self])

  /// The text of a policy's file.
  ///
  /// - Throws: `.rejected` with line and column if it is none.
  static func read(_ path: Path) throws -> Policy {
    let bytes = try File.contents(path, limit: Policy.byteLimit + 1)
    guard let text = ExactText.string(bytes.span) else {
      throw StoreError(.rejected, path.printable, "it is not UTF-8")
    }
    let fault: PolicyFault
    do throws(PolicyFault) { return try Policy(text) } catch { fault = error }
    throw StoreError(.rejected, "\(path.printable):\(fault.line):\(fault.column)", fault.detail)
  }
}

/// The command `artifact policy check`.
struct PolicyCheckFile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read a policy's file and say what is wrong, with line and column.")

  @Argument(help: "The file.", completion: .file())
  var file: RawArgument

  @OptionGroup var output: JSONOption

  func run() throws {
    let policy = try PolicyGroup.read(file.path)
    if output.json { return try Console.result(try Describe.policy(policy)) }
    for line in try Describe.summary(of: policy) { Console.result(line) }
    Console.note("next: artifact policy set \(printable(file.bytes))")
  }
}

/// The command `artifact policy set`.
struct PolicySet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Bring a policy into force, or ask those who must agree.",
    discussion: """
      A policy changes under the quorum of the one before it; the first is approved by the quorum that it names itself. \
      What one key cannot decide becomes a proposal, which the others approve.

        artifact policy set policy.txt --key ~/.ssh/id_ed25519
      """)

  @Argument(help: "The file.", completion: .file())
  var file: RawArgument

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: RawArgument?

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let policy = try PolicyGroup.read(file.path)
    let reason = try reason?.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let fold = try store.refresh()
    let digest = try Policy.digest(of: policy.text)
    if fold.policy?.digest == digest { return Console.note("this policy is in force already; nothing changed") }
    if let complaint = fold.unreachable(policy) { throw StoreError(.refused, "the policy", complaint) }
    let progress = try store.change(
      .policy(text: policy.text), reason: reason, signer: { try signing.signer(fold, adding: policy.keys) },
      actor: actor.name)
    try ProposalOutput.tell(progress, "policy \(digest.short)", store, asJSON: output.json)
  }
}

/// The command `artifact policy show`.
struct PolicyShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "The policy in force, now or at a time.")

  @Option(help: ArgumentHelp("At this time, such as 2026-03-15.", valueName: "time"))
  var at: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let time = try at.map { try Timestamp(userInput: try $0.text("the time")) }
    let fold = try store.open().refresh()
    guard let found = time.map({ fold.policy(at: $0) }) ?? fold.policy else {
      throw StoreError(.notFound, "a policy", "none is in force; the order dev, test, prod is all there is")
    }
    if output.json {
      var object = try Describe.policy(found.policy)
      object["actor"] = .string(found.actor)
      object["log"] = .integer(Int64(found.sequence))
      object["time"] = .string(found.time.text)
      return try Console.result(object)
    }
    Console.put(Array(found.policy.text.utf8).span)
    Console.note("policy \(found.digest.short) since \(found.time.text), log entry \(found.sequence)")
  }
}

/// The command `artifact policy test`.
struct PolicyTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Try a promotion without making it: every rule, met or not, and why.",
    discussion: """
      Exit code 6 if a rule is not met. Check commands run if they have not passed yet.

        artifact policy test fraud/model@3 --to prod
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(name: .customLong("to"), help: ArgumentHelp("The channel.", valueName: "channel"))
  var channel: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let channel = try TagName(bytes: channel.bytes)
    let store = try store.open()
    let (name, version) = try reference.version(in: store, "promoted")
    let fold = try store.refresh()
    var request = try Store.PromotionRequest(name, version: version, to: channel, on: fold, actor: actor.name)
    request.promotion.proposal = fold.openProposal(for: request.promotion)
    try PolicyChecks.run(request.promotion, in: store, fold, actor.name)
    let verdicts = try store.verdicts(on: &request.promotion, try store.refresh(), at: Settings.now)
    let passed = verdicts.allSatisfy(\.passed)
    if output.json {
      try Console.result([
        "channel": .string(channel.text), "name": .string(name.text), "passed": .boolean(passed),
        "rules": .array(verdicts.map { Describe.verdict($0) }), "version": .integer(Int64(version)),
      ])
    } else {
      let style = Settings.output.style
      for verdict in verdicts {
        let word = verdict.passed ? style.green("pass") : style.red("FAIL")
        Console.result("\(word)  \(verdict.line.map { "line \($0): " } ?? "")\(printable(verdict.rule))")
        Console.result("      \(verdict.why)")
      }
      let next = passed ? "artifact promote \(name)@\(version) --to \(channel)" : "artifact policy show"
      Console.note("\(name)@\(version) \(passed ? "may" : "may not") enter \(channel)  next: \(next)")
    }
    if !passed { throw Finish(code: ExitCodes.refused) }
  }
}
