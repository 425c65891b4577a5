import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact repair`.
struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Mend a damaged store.",
    discussion: """
      Reads everything first. What can be had from damaged packs is packed anew; what is lost is fetched, with --from, \
      from another store, a copy of this one or any that has the same data. Damaged packs and indexes are then set \
      aside in artifact/quarantine, where you may look at them or remove them. The log is never altered, and a store \
      that is well is not written to.

      Ends with 4 if something stays lost, and names it. Stopped, it may be run again.

        artifact repair --dry-run
        artifact repair --from /mnt/backup/store
      """)

  @Option(help: ArgumentHelp("Another store, for what is lost here.", valueName: "store"), completion: .directory)
  var from: RawArgument?

  @Flag(help: "Say what would be done, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    var request = RepairRequest(actor: actor.name)
    request.source = from?.path
    request.isDryRun = dryRun
    let report: RepairReport
    do throws(StoreError) {
      report = try Watch.run("repair", quietly: quiet || output.json) {
        [request] (progress) throws(StoreError) in try store.repair(request, progress)
      }
    } catch {
      guard error.code == .notAStore, error.subject == from?.path.printable else { throw error }
      throw CommandFailure.noSource(error.subject, why: error.detail)
    }
    if output.json { try Console.result(json(report)) } else { show(report) }
    if report.isWell { return }
    if let failure = report.failure {
      if output.json { throw Finish(code: ErrorReport(failure).exitCode) }
      throw failure
    }
    throw Finish(code: ExitCodes.damaged)
  }

  private func show(_ report: RepairReport) {
    let style = Settings.output.style
    for problem in report.problems { Console.result("\(style.red("damaged:")) \(problem.subject): \(problem.detail)") }
    let will = dryRun ? "would be " : ""
    for pack in report.packs {
      let found = "\(Units.count(pack.found, "object")) in it can be read"
      let saved = dryRun ? "" : ", \(Units.count(pack.salvaged)) of them nowhere else"
      Console.result("\(will)set aside: pack \(pack.name.short): \(found)\(saved)")
    }
    for segment in report.segments { Console.result("\(will)set aside: index \(segment.prefix(12))") }
    for file in report.files { Console.result("\(will)made anew: \(file)") }
    if report.fetched > 0, let from {
      Console.result("\(will)fetched: \(Units.count(report.fetched, "object")) from \(from.path.printable)")
    }
    for line in DamageLines.text(report.hurt, style) { Console.result(line) }
    if quiet, report.isWell { return }
    Console.result(Self.conclusion(report, dryRun))
    if quiet { return }
    if report.hasChanges, !dryRun {
      // Only packs are condemned in the log before they are set aside.
      Console.note("\(report.packs.isEmpty ? "" : "log entry \(report.logSize - 1)  ")next: artifact verify")
    }
    if !report.hurt.isEmpty, report.failure == nil {
      Console.note("next: artifact repair --from STORE, with a store that has it")
    }
  }

  private static func conclusion(_ report: RepairReport, _ dryRun: Bool) -> String {
    let state: String
    if !report.hurt.isEmpty {
      state = "\(Units.count(report.hurt.count, "version")) not whole"
    } else if !report.remaining.isEmpty {
      state = "all versions whole, but what is named above remains"
    } else {
      state = "all versions whole"
    }
    if !report.hasChanges {
      return report.isWell ? "nothing to repair; \(state)" : "nothing that can be repaired; \(state)"
    }
    return dryRun ? "after a repair: \(state)" : "repaired: \(state)"
  }

  private func json(_ report: RepairReport) -> JSONObject {
    var object: JSONObject = [
      "dryRun": .boolean(dryRun), "files": .array(report.files.map { .string($0) }),
      "lost": DamageLines.json(report.hurt),
      "packs": .array(
        report.packs.map { pack in
          var object: JSONObject = ["pack": .string(pack.name.hex)]
          object["found"] = JSON(pack.found)
          object["salvaged"] = JSON(pack.salvaged)
          return .object(object)
        }),
      "problems": DamageLines.json(report.problems), "remaining": DamageLines.json(report.remaining),
      "segments": .array(report.segments.map { .string($0) }), "well": .boolean(report.isWell),
    ]
    if let failure = report.failure { object["failure"] = .string("\(failure.subject): \(failure.detail)") }
    object["fetched"] = JSON(report.fetched)
    object["logSize"] = JSON(report.logSize)
    return object
  }
}
