import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact verify`.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read everything in the store and check it against its digests.",
    discussion: """
      The log from its first entry, every pack against its name, every frame and every object, and for every version that \
      all it needs is there. Nothing is written. Ends with 4 if anything is damaged.
      """)

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let start = Platform.uptime()
    let report = try Watch.run("verify", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.verify(progress)
    }
    if output.json {
      try Console.result(json(report))
    } else {
      show(report, elapsed: (Platform.uptime() - start) / 1_000_000)
    }
    if !report.isSound { throw Finish(code: ExitCodes.damaged) }
  }

  private func show(_ report: VerifyReport, elapsed: Int64) {
    for problem in report.problems { Console.result("damaged: \(problem.subject): \(problem.detail)") }
    for void in report.voids { Console.result("void: log entry \(void.sequence): \(printable(void.reason))") }
    for hurt in report.hurt {
      let place = hurt.path.isEmpty ? "its record" : hurt.path
      Console.result("lost: \(hurt.name)@\(hurt.version): \(place) (object \(hurt.object.short))")
    }
    if quiet, report.isSound { return }
    let read =
      "\(Units.count(report.packCount, "pack")), \(Units.count(report.objectCount, "object")), "
      + "\(Units.bytes(UInt64(report.byteCount))) in \(Units.duration(milliseconds: elapsed))"
    Console.result(report.isSound ? "sound: \(read)" : "not sound: \(read)")
    let versions = Units.count(report.versionCount, "version")
    let hurt = report.hurt.isEmpty ? "all whole" : "\(report.hurt.count) not whole"
    let entries = report.entryCount == 1 ? "1 log entry" : "\(Units.count(report.entryCount)) log entries"
    Console.result("\(entries); \(versions), \(hurt)")
  }

  private func json(_ report: VerifyReport) -> JSONObject {
    var object: JSONObject = [
      "lost": .array(
        report.hurt.map {
          [
            "name": .string($0.name), "object": .string($0.object.text), "path": .string($0.path),
            "version": .integer(Int64($0.version)),
          ]
        }),
      "problems": .array(report.problems.map { ["detail": .string($0.detail), "subject": .string($0.subject)] }),
      "sound": .boolean(report.isSound),
      "void": .array(report.voids.map { ["entry": .integer(Int64($0.sequence)), "reason": .string($0.reason)] }),
    ]
    object["bytes"] = JSON(report.byteCount)
    object["entries"] = JSON(report.entryCount)
    object["objects"] = JSON(report.objectCount)
    object["packs"] = JSON(report.packCount)
    object["storedBytes"] = JSON(report.storedByteCount)
    object["versions"] = JSON(report.versionCount)
    return object
  }
}
