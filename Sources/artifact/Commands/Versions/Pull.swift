import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact pull`.
struct Pull: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Write a version, or a part of one, to a folder, bit for bit.",
    discussion: """
      Everything is written and checked beside the destination first, then moved into place. Files that are there and \
      differ are left alone unless told otherwise; files that the version does not have always stay.

        artifact pull customers ./data
        artifact pull customers@4:train/part-0.csv part-0.csv
      """)

  @Argument(help: ArgumentHelp("What to write.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The folder, or the file for a single one.", completion: .directory)
  var destination: RawArgument

  @Flag(help: "Replace files that differ.")
  var force = false

  @Flag(help: "Bring an earlier pull up to date: replace what differs, leave the rest alone.")
  var update = false

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if force, update { throw ValidationError("--force and --update exclude each other") }
  }

  func run() throws {
    let store = try store.open()
    let found = try store.resolve(reference.reference())
    let path = destination.path
    let mode: PullMode = force ? .force : update ? .update : .careful
    let start = Platform.uptime()
    let fixed = Describe.fixed(found)
    let result = try Watch.run("pull \(fixed)", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.reading(found) { () throws(StoreError) in
        try store.pull(found.entry, to: path, mode: mode, references: found.references, progress)
      }
    }
    if output.json {
      var object = Describe.resolved(found)
      object["destination"] = .bytes(path.bytes)
      object["filesWritten"] = JSON(result.filesWritten)
      object["filesKept"] = JSON(result.filesKept)
      object["bytesWritten"] = JSON(result.bytesWritten)
      return try Console.result(object)
    }
    if quiet { return }
    let kept = result.filesKept > 0 ? ", \(Units.count(result.filesKept)) were there already" : ""
    let time = Units.duration(milliseconds: (Platform.uptime() - start) / 1_000_000)
    Console.result(
      "\(fixed) is in \(path.printable): \(Units.count(result.filesWritten, "file")) written"
        + " (\(Units.bytes(result.bytesWritten)))\(kept), in \(time)")
  }
}
