import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact export`.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a version, or a part of one, as an archive.",
    discussion: """
      The name tells the format: .tar, .tar.gz, .tar.zst or .zip. The same version gives the same bytes on every run and \
      every machine.

        artifact export customers@4 customers-4.tar.zst
      """)

  @Argument(help: ArgumentHelp("What to write.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Argument(help: "The archive, which must not exist yet.", completion: .file())
  var file: RawArgument

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let found = try store.resolve(reference.reference())
    try store.checkHeld(found)
    let path = file.path
    let fixed = Describe.fixed(found)
    try Watch.run("export \(fixed)", quietly: quiet || output.json) { (progress) throws(StoreError) in
      try store.reading(found) { () throws(StoreError) in try store.export(found.entry, to: path, progress) }
    }
    if output.json {
      var object = Describe.resolved(found)
      object["file"] = .bytes(path.bytes)
      return try Console.result(object)
    }
    if !quiet { Console.result("\(fixed) is in \(path.printable)") }
  }
}
