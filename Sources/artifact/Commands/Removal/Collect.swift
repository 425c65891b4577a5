import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact gc`.
struct Collect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Free the room of what nothing needs any more.",
    discussion: """
      Everything that a version needs stays. Packs of which nothing is needed go; ones that are mostly dead, and many \
      small ones, are packed anew. Others may push and pull all the while. Packs younger than the grace time are left \
      alone, so that unfinished pushes lose no work; erased bytes go at any age. Works on a full disk.

        artifact gc --dry-run
        artifact gc --grace 0
      """)

  @Flag(help: "Only say what would be freed.")
  var dryRun = false

  @Option(help: ArgumentHelp("Leave younger packs alone, as in 90m, 24h or 7d.", valueName: "time"))
  var grace = Grace(seconds: 24 * 3_600)

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    if !dryRun { try clock.apply(to: store, actor) }
    var request = CollectRequest(actor: actor.name)
    request.isDryRun = dryRun
    if grace.seconds > 0 { request.sparesSince = Platform.now() - grace.seconds * 1_000_000_000 }
    let wanted = request
    let start = Platform.uptime()
    let report = try Watch.run("gc", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.collect(wanted, progress)
    }
    if output.json {
      try Console.result(json(report))
    } else {
      show(report, elapsed: (Platform.uptime() - start) / 1_000_000)
    }
    if report.packsWithoutRoom > 0 {
      let failure = CommandFailure.noRoom(packs: report.packsWithoutRoom)
      if output.json { throw Finish(code: ErrorReport(failure).exitCode) }
      throw failure
    }
  }

  private func show(_ report: CollectReport, elapsed: Int64) {
    let freed = report.bytesFreed > report.bytesWritten ? report.bytesFreed - report.bytesWritten : 0
    // What is packed anew is compressed anew.
    let will = report.rewrittenPacks > 0 ? "would free about" : "would free"
    Console.result("\(dryRun ? will : "freed") \(Units.bytes(freed))")
    if quiet { return }
    var parts = ["\(Units.count(report.deadPacks, "pack")) of which nothing is needed"]
    if report.rewrittenPacks > 0 {
      let erased = report.erasedPacks > 0 ? ", \(Units.count(report.erasedPacks)) of them with erased bytes" : ""
      parts.append("\(Units.count(report.rewrittenPacks)) packed anew\(erased)")
    }
    if report.leftoverPacks > 0 { parts.append("\(Units.count(report.leftoverPacks)) condemned before") }
    Console.note("\(parts.joined(separator: "; ")), in \(Units.duration(milliseconds: elapsed))")
    if report.youngPacks > 0 {
      Console.note("\(Units.count(report.youngPacks, "pack")) too young; artifact gc --grace 0 takes them too")
    }
    if report.asideFiles > 0 {
      Console.note(
        "warning: artifact/quarantine has \(Units.count(report.asideFiles, "file")) (\(Units.bytes(report.asideBytes))) that "
          + "a repair set aside;\n  they may hold erased bytes: remove them by hand when nobody needs them")
    }
    if dryRun { return }
    let entry = report.hasCondemned ? ["log entry \(report.logSize - 1)"] : []
    let last = entry + (report.packsWithoutRoom == 0 ? ["next: artifact stats"] : [])
    if !last.isEmpty { Console.note(last.joined(separator: "  ")) }
  }

  private func json(_ report: CollectReport) -> JSONObject {
    var object: JSONObject = ["dryRun": .boolean(dryRun)]
    object["asideBytes"] = JSON(report.asideBytes)
    object["asideFiles"] = JSON(report.asideFiles)
    object["deadPacks"] = JSON(report.deadPacks)
    object["erasedPacks"] = JSON(report.erasedPacks)
    object["framesCopied"] = JSON(report.framesCopied)
    object["freed"] = JSON(report.bytesFreed)
    object["leftoverPacks"] = JSON(report.leftoverPacks)
    object["logSize"] = JSON(report.logSize)
    object["objectsRepacked"] = JSON(report.objectsRepacked)
    object["packsWithoutRoom"] = JSON(report.packsWithoutRoom)
    object["rewrittenPacks"] = JSON(report.rewrittenPacks)
    object["segmentsReplaced"] = JSON(report.segmentsReplaced)
    object["written"] = JSON(report.bytesWritten)
    object["youngPacks"] = JSON(report.youngPacks)
    return object
  }
}

/// A span of time in whole seconds, minutes, hours or days: `90m`, `24h`, `7d`, `0`.
struct Grace: ExpressibleByArgument, Sendable {
  let seconds: Int64

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]

  init(seconds: Int64) { self.seconds = seconds }

  init?(argument: String) {
    if argument == "0" {
      seconds = 0
      return
    }
    guard let letter = argument.last, let unit = Self.units[letter], let count = Int64(argument.dropLast()),
      (0...1_000_000).contains(count)
    else { return nil }
    seconds = count * unit
  }

  var defaultValueDescription: String { "\(seconds / 3_600)h" }
}
