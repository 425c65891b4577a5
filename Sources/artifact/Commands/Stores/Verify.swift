import ArgumentParser
import ArtifactCore
import ArtifactStore

/// `artifact verify`
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read everything in the store and check it. Exit code 4 if anything is damaged.",
    discussion: """
      Every log entry, every pack and every object is hashed, and every object that a version needs is looked up. \
      Nothing is written.
      """)

  @Flag(name: .shortAndLong, help: "No progress.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let report = try Watch.run("verify", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.verify(progress)
    }
    if output.json { try Console.result(json(report)) } else { show(report) }
    if !report.isSound { throw Finish(code: ExitCodes.damaged) }
  }

  private func show(_ report: VerifyReport) {
    let lines = Lines()
    for problem in report.problems { lines.add("damaged  \(problem.subject): \(problem.detail)") }
    for hurt in report.hurt {
      let place = hurt.path.isEmpty ? "its record" : hurt.path
      lines.add("lost     \(hurt.name)@\(hurt.version): \(place) (object \(hurt.object.short))")
    }
    for void in report.voids { lines.add("void     log entry \(void.sequence): \(printable(void.reason))") }
    let versions = report.hurt.isEmpty ? "" : ", \(Units.count(report.hurt.count)) of them not whole"
    lines.add(
      "\(report.isSound ? "sound" : "checked")  \(Units.count(report.packCount, "pack"))"
        + " (\(Units.bytes(report.storedByteCount))), \(Units.count(report.objectCount, "object"))"
        + " (\(Units.bytes(report.byteCount))), \(Units.count(report.entryCount)) log entries, "
        + Units.count(report.versionCount, "version") + versions)
    lines.flush()
  }

  private func json(_ report: VerifyReport) -> JSONObject {
    let problems = report.problems.map { problem -> JSON in
      ["detail": .string(problem.detail), "subject": .string(problem.subject)]
    }
    let hurt = report.hurt.map { hurt -> JSON in
      [
        "name": .string(hurt.name), "object": .string(hurt.object.text), "path": .string(hurt.path),
        "version": .integer(Int64(hurt.version)),
      ]
    }
    let voids = report.voids.map { void -> JSON in
      ["log": .integer(Int64(void.sequence)), "reason": .string(void.reason)]
    }
    var object: JSONObject = [
      "hurt": .array(hurt), "problems": .array(problems), "sound": .boolean(report.isSound), "void": .array(voids),
    ]
    object["entries"] = JSON(report.entryCount)
    object["packs"] = JSON(report.packCount)
    object["objects"] = JSON(report.objectCount)
    object["bytes"] = JSON(report.byteCount)
    object["storedBytes"] = JSON(report.storedByteCount)
    object["versions"] = JSON(report.versionCount)
    return object
  }
}
