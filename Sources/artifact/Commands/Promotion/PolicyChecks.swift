import ArtifactCore
import ArtifactRun
import ArtifactStore

/// The check commands of a policy.
enum PolicyChecks {
  /// Runs those of a channel that have not passed on this version yet.
  static func run(_ promotion: Promotion, in store: Store, _ fold: Fold, _ actor: String) throws {
    // What a proposal rests on was checked when it was made.
    if promotion.proposal != nil { return }
    let lines = (fold.policy?.policy.lines(promotion.channel.text) ?? []).filter { line in
      if case .check = line.rule { true } else { false }
    }
    if lines.isEmpty { return }
    let actorOfVersion = fold.packages[promotion.name.text]?.versions[promotion.version - 1].actor ?? ""
    let gate = Gate(try store.gateFacts(promotion.package, publishedBy: actorOfVersion), at: Settings.now)
    for line in lines where gate.verdict(line)?.passed != true {
      Console.note("running: \(printable(line.text))")
      let result = try PolicyCheck.run(line, on: promotion.package, in: store, Settings.runSurroundings(actor: actor))
      Console.note("\(result.passed ? "passed" : "failed")  report \(result.report.short)")
      if !result.passed { for line in result.lastWords { Console.note("  it said: \(line)") } }
    }
  }
}
