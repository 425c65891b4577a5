import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact erase`.
struct Erase: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Give up the bytes of a version; its record stays.",
    discussion: """
      The version keeps its number and stays listed with who erased it, when and why. Its bytes go at the next gc, but \
      for those that another version needs too. What a tag holds is not erased, nor what another version with the \
      same content holds, unless all of them are named at once.

        artifact erase customers@4 --reason 'a person withdrew consent'
        artifact erase customers@4 copies/customers@1 --reason 'wrong licence'
      """)

  @Argument(help: ArgumentHelp("The versions.", valueName: "ref"), completion: .reference)
  var references: [RawArgument]

  @Option(help: ArgumentHelp("Why; it stays in the log for ever.", valueName: "text"))
  var reason: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let reason = try reason.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    var versions = [(name: PackageName, version: Int)]()
    for word in references {
      let found = try store.resolve(word.reference())
      guard let name = found.name, let version = found.version, found.path.isEmpty else {
        throw CommandFailure.usage("\(printable(word.bytes)) cannot be erased", "only a version of a name can")
      }
      if !versions.contains(where: { $0.name == name && $0.version == version }) { versions.append((name, version)) }
    }
    let erased = try store.erase(versions, reason: reason, actor: actor.name)
    if output.json {
      return try Console.result(["erased": Describe.list(erased), "reason": .string(reason)])
    }
    for version in erased { Console.result("\(version.name)@\(version.version) erased") }
    if let last = erased.last {
      Console.note("log entry \(last.sequence)  next: artifact gc  (takes the bytes away)")
    }
  }
}

extension Describe {
  /// Versions that were erased.
  static func list(_ erased: [ErasedVersion]) -> JSON {
    .array(
      erased.map { version in
        [
          "log": .integer(Int64(version.sequence)), "name": .string(version.name.text),
          "reason": .string(version.reason), "version": .integer(Int64(version.version)),
        ]
      })
  }

  /// That the content of a new version was erased before, the last time first; nil if it was not.
  static func note(erasedBefore erased: [ErasedVersion]) -> String? {
    guard let last = erased.first else { return nil }
    let others = erased.count > 1 ? " and \(Units.count(erased.count - 1)) more" : ""
    return "note: the same content was erased as \(last.name)@\(last.version)\(others): \(printable(last.reason))"
  }
}
