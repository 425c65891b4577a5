import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact show`.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Everything about one version, or about one file of it.",
    discussion: """
        artifact show customers@4
        artifact show customers@4:train/part-0.csv
      """)

  @Argument(help: ArgumentHelp("What to show.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let found = try store.resolve(reference.reference(), includingErased: true)
    let version = try listed(found, store)
    if output.json { return try Console.result(json(found, version)) }
    let style = Settings.output.style
    Console.result(style.bold(Describe.fixed(found)))
    let lines = found.path.isEmpty ? describe(found, version) : describeInside(found)
    for (label, text) in lines { Console.result(label + String(repeating: " ", count: 8 - label.count) + text) }
    if found.entry.kind == .directory, found.erasure == nil {
      Console.note("next: artifact files \(Describe.fixed(found))")
    }
  }

  private func listed(_ found: Resolved, _ store: Store) throws(StoreError) -> ListedVersion? {
    guard let name = found.name, let version = found.version else { return nil }
    return try store.versions(of: name).first { $0.version == version }
  }

  private func describe(_ found: Resolved, _ version: ListedVersion?) -> [(String, String)] {
    var lines = [(String, String)]()
    let entry = found.entry
    if let version {
      lines.append(("kind", version.kind.rawValue))
      if !version.channels.isEmpty { lines.append(("in", version.channels.joined(separator: ", "))) }
      if !version.tags.isEmpty { lines.append(("tags", version.tags.joined(separator: ", "))) }
    }
    if let erasure = found.erasure {
      lines.append(("erased", "\(erasure.time.text) by \(printable(erasure.actor)), log entry \(erasure.sequence)"))
      lines.append(("why", printable(erasure.reason)))
    }
    lines.append(("size", Self.size(entry)))
    if let content = found.content { lines.append(("files", Units.count(content.fileCount))) }
    if let version {
      let published = version.published
      lines.append(("time", "\(published.time.text) (\(Units.age(of: published.time, at: Settings.now)))"))
      lines.append(("actor", printable(published.actor)))
      lines.append(("log", "entry \(published.sequence)"))
    }
    if let record = found.record { lines.append(("record", record.text)) }
    lines.append(("tree", entry.digest.text))
    if let note = found.content?.note { lines.append(("note", printable(note))) }
    for (place, pair) in (found.content?.meta ?? [:]).sorted(by: { $0.key < $1.key }).enumerated() {
      lines.append((place == 0 ? "meta" : "", "\(printable(pair.key)) = \(printable(pair.value))"))
    }
    return lines
  }

  private func describeInside(_ found: Resolved) -> [(String, String)] {
    let entry = found.entry
    return [
      ("type", Describe.type(entry.kind)), ("size", Self.size(entry)),
      (entry.kind == .directory ? "tree" : "blob", entry.digest.text),
    ]
  }

  private static func size(_ entry: TreeEntry) -> String {
    entry.size < 1_000 ? Units.bytes(entry.size) : "\(Units.bytes(entry.size)) (\(Units.count(entry.size)) bytes)"
  }

  private func json(_ found: Resolved, _ version: ListedVersion?) -> JSONObject {
    guard found.path.isEmpty, let version else { return Describe.resolved(found) }
    return Describe.version(version)
  }
}
