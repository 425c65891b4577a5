import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact log show`, which is also `artifact log`.
struct LogShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Who changed what, and when: the store's log, newest first.")

  @Option(
    name: [.customShort("n"), .customLong("count")],
    help: ArgumentHelp("How many entries; 0 means all.", valueName: "n"))
  var count = 20

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if count < 0 { throw ValidationError("the number of entries cannot be negative") }
  }

  func run() throws {
    let store = try store.open()
    let fold = try store.refresh()
    let first = count == 0 ? 0 : max(0, fold.size - count)
    var entries = [LogEntry]()
    for sequence in (first..<fold.size).reversed() {
      // The fold has just read as many.
      if let entry = try store.entry(sequence) { entries.append(entry) }
    }
    let voids = Dictionary(fold.voids.map { ($0.sequence, $0.reason) }, uniquingKeysWith: { first, _ in first })
    if output.json { return try Console.result(json(entries, fold, voids)) }
    var table = Table([
      .init(title: "ENTRY", isNumber: true), .init(title: "TIME"), .init(title: "EVENT"), .init(title: "WHAT"),
      .init(title: "WHO", mayShrink: true),
    ])
    for entry in entries {
      var what = Self.describe(entry.event)
      if let reason = voids[entry.sequence] { what += " (void: \(printable(reason)))" }
      table.add([
        "\(entry.sequence)", "\(entry.time.text.prefix(10)) \(entry.time.text.dropFirst(11).prefix(8))",
        entry.event.name, what,
        printable(entry.actor),
      ])
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if first > 0 { Console.note("\(Units.count(first)) older; artifact log -n 0 shows all") }
  }

  private static func describe(_ event: Event) -> String {
    switch event {
    case .start(let store, _, let policy): "store \(store.prefix(8))" + (policy == nil ? "" : ", with a policy")
    case .publish(let name, let version, let kind, _): "\(name)@\(version) (\(kind.rawValue))"
    case .tag(let name, let tag, let version): "\(name)@\(version) is \(name)@\(tag)"
    case .untag(let name, let tag): "\(name)@\(tag)"
    case .runStart(let run, _, let experiment):
      "run \(run.prefix(12))" + (experiment.map { " (\(printable($0)))" } ?? "")
    case .runFinish(let run, let result, let outcome):
      "run \(run.prefix(12)) \(outcome.rawValue), result \(result.short)"
    case .report(let record): "report \(record.short)"
    case .clock: "times before this are claims only"
    case .erase(let name, let version, let reason): "\(name)@\(version): \(printable(reason))"
    case .promote(let promotion):
      "\(promotion.name)@\(promotion.version) to \(promotion.channel)"
        + (promotion.glass.map { " BREAKING THE GLASS (\($0.person)): \(printable($0.reason))" } ?? "")
    case .rollback(let rollback):
      "\(rollback.name)@\(rollback.channel) to version \(rollback.version): \(printable(rollback.reason))"
    case .deploy(let deployment):
      "\(deployment.name)@\(deployment.version) at \(deployment.target)"
        + (deployment.share.map { ", share \($0.text)" } ?? "")
    case .retire(let name, let version, let target, _): "\(name)@\(version) from \(target)"
    case .policy(.proposed(let id)): "as proposed in \(id.prefix(8))"
    case .policy(.text): "without a quorum"
    case .key(.proposed(let id)), .revoke(.proposed(let id)): "as proposed in \(id.prefix(8))"
    case .key(.direct(let person, let key, _)): "\(key.fingerprint) of \(person)"
    case .revoke(.direct(let key, let reason)): "\(key.fingerprint): \(printable(reason))"
    case .propose(let proposal): Describe.asked(proposal.asked)
    case .decide(let approval): "\(approval.person) on proposal \(approval.proposal.prefix(8))"
    case .collect(let packs, let reason): "\(Units.count(packs.count, "pack")) (\(reason.rawValue))"
    }
  }

  private func json(_ entries: [LogEntry], _ fold: Fold, _ voids: [Int: String]) throws -> JSONObject {
    var list = [JSON]()
    for entry in entries {
      guard var object = try JSON.parse(entry.json).object else { continue }
      if let reason = voids[entry.sequence] { object["void"] = .string(reason) }
      list.append(.object(object))
    }
    return [
      "entries": .array(list), "root": .string(fold.history.root.text), "size": .integer(Int64(fold.size)),
    ]
  }
}
