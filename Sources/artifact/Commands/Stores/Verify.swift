import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact verify`.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read the store and check it against its digests.",
    discussion: """
      The log from its first entry, every pack against its name, every frame and every object, the indexes, and for \
      every version that all it needs is there. With a reference only what that needs is read. Large files are put \
      together once: what is proven about a recipe stays proven. Of datasets by \
      reference, the files that the latest versions refer to on this machine.

      Nothing is written into the store. Packs found well are remembered in the cache folder as the check goes on: one \
      that was interrupted, even by kill -9, is continued by the same command for 7 days (--since 0s starts afresh).

      Ends with 4 if anything is damaged (artifact repair is what comes next), with 8 if all that is wrong is that \
      packs cannot be opened, and with 3 if only files that are referred to have changed.

        artifact verify                     everything
        artifact verify --since 30d         what was not read for a month
        artifact verify fraud/model@prod    one version
      """)

  @Argument(
    help: ArgumentHelp("Only this. (default: the whole store)", valueName: "ref"), completion: .reference)
  var reference: RawArgument?

  @Flag(help: "Structure only: log, names, indexes, references; files are not decoded.")
  var quick = false

  @Flag(help: "Everything, the default; and put large files together whatever was proven before.")
  var full = false

  @Option(
    help: ArgumentHelp("Pass over packs found well since then: 7d, 12h, 2026-11-21.", valueName: "when"))
  var since: RawArgument?

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if quick, full { throw ValidationError("--quick and --full contradict each other") }
    if quick, since != nil { throw ValidationError("--since has no effect with --quick, which reads no pack") }
  }

  func run() throws {
    let store = try Store(opening: Settings.store(store.store), local: Settings.local, toleratesLogDamage: true)
    var request = VerifyRequest()
    request.reference = try reference?.reference()
    request.isQuick = quick
    request.rebuildsAll = full
    if let since { request.since = try SinceArgument.moment(since, now: Settings.now) }
    let start = Platform.uptime()
    let report = try Watch.run("verify", quietly: quiet || output.json) {
      [request] (progress) throws(StoreError) in try store.verify(request, progress)
    }
    if output.json {
      try Console.result(json(report))
    } else {
      show(report, elapsed: (Platform.uptime() - start) / 1_000_000)
    }
    if let failure = report.failure {
      if output.json { throw Finish(code: ErrorReport(failure).exitCode) }
      throw failure
    }
    if !report.isSound { throw Finish(code: ExitCodes.damaged) }
    if !report.changed.isEmpty { throw Finish(code: ExitCodes.differs) }
  }

  private func show(_ report: VerifyReport, elapsed: Int64) {
    for line in DamageLines.text(report, Settings.output.style) { Console.result(line) }
    for change in report.changed { Console.result("changed: \(change.subject): \(change.detail)") }
    if quiet, report.isSound { return }
    let state = report.isSound ? "sound" : "not sound"
    let time = Units.duration(milliseconds: elapsed)
    if quick {
      Console.result("\(state): structure of \(Units.count(report.packCount, "pack")) in \(time); no file was decoded")
    } else {
      let read = "\(Units.count(report.packCount - report.skippedPackCount, "pack"))"
      let objects = "\(Units.count(report.objectCount, "object")), \(Units.bytes(UInt64(report.byteCount)))"
      Console.result("\(state): \(read), \(objects) in \(time)")
    }
    let entries = report.entryCount == 1 ? "1 log entry" : "\(Units.count(report.entryCount)) log entries"
    let damage = report.damagedEntry == nil ? "" : " before the damage"
    Console.result("\(entries)\(damage); \(Self.versions(report))")
    if report.referencesChecked + report.referencesElsewhere > 0 {
      let far =
        report.referencesElsewhere > 0 ? "; \(Units.count(report.referencesElsewhere)) elsewhere not checked" : ""
      Console.result(
        "\(Units.count(report.referencesChecked, "file")) referred to, \(Units.count(report.changed.count)) changed\(far)"
      )
    }
    if quiet { return }
    if report.skippedPackCount > 0 {
      let skipped = Units.count(report.skippedPackCount, "pack")
      if let continued = report.continued {
        Console.note("continued from \(Self.minute(continued)): \(skipped) found well since, and not read again")
      } else {
        Console.note("\(skipped) found well since then, and not read again")
      }
    }
    if report.foreignCount > 0 {
      Console.note("\(Units.count(report.foreignCount, "blob")) of other programs beside the packs")
    }
    if let entry = report.damagedEntry {
      Console.note("next: put \(LogEntry.path(of: entry)) back from a backup or another copy of the store")
    } else if !report.isSound, report.failure == nil {
      Console.note("next: artifact repair --dry-run  (--from STORE fetches what is lost here)")
    }
  }

  /// `7 versions, 2 of them erased, the others whole`.
  private static func versions(_ report: VerifyReport) -> String {
    let all = report.versionCount + report.behindCount
    let erased = report.erasedCount
    let hurt = report.hurt.count
    var parts = [Units.count(all, "version")]
    if erased > 0 { parts.append(erased < all ? "\(Units.count(erased)) of them erased" : "erased") }
    if report.runCount > 0 { parts.append("\(Units.count(report.runCount)) runs and reports") }
    let isOne = all == 1 && report.runCount == 0
    if hurt > 0 {
      parts.append(isOne ? "not whole" : "\(Units.count(hurt)) not whole")
    } else if erased == 0 {
      let reach = report.damagedEntry == nil ? "" : " but out of reach"
      parts.append((isOne ? "whole" : "all whole") + reach)
    } else {
      parts.append(
        erased < all || report.runCount > 0 ? "the others whole" : isOne ? "its record whole" : "their records whole")
    }
    return parts.joined(separator: ", ")
  }

  private static func minute(_ time: Timestamp) -> String { time.text.prefix(16).replacing("T", with: " ") + " UTC" }

  private func json(_ report: VerifyReport) -> JSONObject {
    var object: JSONObject = [
      "lost": DamageLines.json(report.hurt), "problems": DamageLines.json(report.problems),
      "sound": .boolean(report.isSound), "strays": DamageLines.json(report.strays),
      "changed": .array(report.changed.map { ["detail": .string($0.detail), "subject": .string($0.subject)] }),
      "void": .array(report.voids.map { ["entry": .integer(Int64($0.sequence)), "reason": .string($0.reason)] }),
    ]
    if let continued = report.continued { object["continued"] = .string(continued.text) }
    if let entry = report.damagedEntry { object["damagedEntry"] = JSON(entry) }
    object["bytes"] = JSON(report.byteCount)
    object["entries"] = JSON(report.entryCount)
    object["erased"] = JSON(report.erasedCount)
    object["foreign"] = JSON(report.foreignCount)
    object["objects"] = JSON(report.objectCount)
    object["packs"] = JSON(report.packCount)
    object["packsSkipped"] = JSON(report.skippedPackCount)
    object["rebuilt"] = JSON(report.rebuiltCount)
    object["storedBytes"] = JSON(report.storedByteCount)
    object["runs"] = JSON(report.runCount)
    object["versions"] = JSON(report.versionCount)
    return object
  }
}
