import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// What `approve` and `reject` share.
struct DecisionOptions: ParsableArguments {
  @Argument(help: "The proposal, by its log entry or the start of its id.")
  var proposal: RawArgument

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: RawArgument?

  @Flag(help: "Print the statement that is to be signed elsewhere; --key names the public half.")
  var printStatement = false

  @Option(
    help: ArgumentHelp(
      "A signature made elsewhere: of ssh-keygen -Y sign -n artifact, or plain Ed25519.", valueName: "file"),
    completion: .file())
  var signature: RawArgument?

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run(_ decision: Approval.Decision) throws {
    let reason = try reason?.text("the reason")
    let store = try store.open()
    if !printStatement { try clock.apply(to: store, actor) }
    let asked = try store.proposal(try proposal.text("the proposal"))
    let fold = try store.refresh()
    var keys = [Policy.Key]()
    if case .policy(let text) = asked.proposal.asked { keys = (try? Policy(text))?.keys ?? [] }
    if printStatement || signature != nil {
      let key = try signing.publicKey(fold, adding: keys)
      var approval = try store.decision(decision, on: asked, key: key, reason: reason)
      if printStatement {
        let message = try approval.message(for: key)
        return Console.put(message.span)
      }
      approval.signature = StatementSignature(key: key, text: try Self.read(signature))
      return try finish(try store.decide(approval, actor: actor.name), decision, store)
    }
    let signer = try signing.signer(fold, adding: keys)
    if decision == .approve {
      let failing = try store.check(asked).filter { !$0.passed }
      if !failing.isEmpty { throw StoreError(.refused, "approving", failing.map(\.text).joined(separator: "; ")) }
    }
    var approval = try store.decision(decision, on: asked, key: signer.key, reason: reason)
    approval.signature = try StatementSignature.make(approval, signer)
    try finish(try store.decide(approval, actor: actor.name), decision, store)
  }

  /// Armored as it is; 64 bytes, or their base64, as base64.
  private static func read(_ word: RawArgument?) throws -> String {
    let bytes = try File.contents(word?.path ?? Path("-"), limit: 64 << 10)
    if bytes.count == 64 { return Base64.text(bytes) }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("-----BEGIN") { return text }
    return String(text.filter { !$0.isWhitespace })
  }

  private func finish(_ progress: Store.Progressed, _ decision: Approval.Decision, _ store: Store) throws {
    let what = Describe.asked(progress.proposal.proposal.asked)
    if decision == .approve { return try ProposalOutput.tell(progress, what, store, asJSON: output.json) }
    let fold = try store.refresh()
    if output.json { return try Console.result(Describe.proposal(progress.proposal, fold, at: Settings.now)) }
    Console.result("rejected: \(what)")
    Console.note("log entry \(fold.size - 1)")
  }
}

/// The command `artifact approve`.
struct Approve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Sign that a proposal may go ahead.",
    discussion: """
      The signature covers the version, the channel, the policy, the reports and the end of the proposal, so it is good for \
      nothing else. A policy or a key comes into force with the last approval that is needed.

        artifact approve 41 --key ~/.ssh/id_ed25519
        artifact approve 41 --key ann.pub --print-statement > s
        ssh-keygen -Y sign -n artifact -f ann s
        artifact approve 41 --key ann.pub --signature s.sig
      """)

  @OptionGroup var options: DecisionOptions

  func run() throws { try options.run(.approve) }
}

/// The command `artifact reject`.
struct Reject: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Sign that a proposal may not go ahead; that closes it.",
    discussion: """
        artifact reject 41 --reason 'the holdout is stale'
      """)

  @OptionGroup var options: DecisionOptions

  func run() throws { try options.run(.reject) }
}

/// What is said of a proposal's progress.
enum ProposalOutput {
  static func tell(_ progress: Store.Progressed?, _ what: String, _ store: Store, asJSON: Bool) throws {
    let fold = try store.refresh()
    guard let progress else {
      if asJSON { return try Console.result(["done": true, "log": .integer(Int64(fold.size - 1))]) }
      Console.result(what)
      return Console.note("log entry \(fold.size - 1)")
    }
    let asked = progress.proposal
    if asJSON {
      var object = Describe.proposal(asked, fold, at: Settings.now)
      object["done"] = .boolean(progress.enacted != nil)
      return try Console.result(object)
    }
    let counts = progress.counts.map { "\($0.have) of \($0.need)" }.joined(separator: ", ")
    Console.result(what)
    if let entry = progress.enacted {
      return Console.note("\(counts) approvals; in force  log entry \(entry.sequence)")
    }
    if case .promotion(let name, let version, _, let channel) = asked.proposal.asked, progress.isApproved {
      return Console.note("\(counts) approvals  next: artifact promote \(name)@\(version) --to \(channel)")
    }
    let decided = asked.decisions.map(\.approval.person)
    let others = Describe.deciders(asked, fold).filter { !decided.contains($0) }.map(\.text).joined(separator: ", ")
    Console.note(
      "\(counts) approvals of proposal \(asked.sequence)  next, by \(others): artifact approve \(asked.sequence)")
  }
}
