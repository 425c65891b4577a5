import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact ls`.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List names, or the versions of one name.",
    discussion: """
        artifact ls                       all names with their latest version
        artifact ls customers             the versions of one name
        artifact ls 'fraud/*' --kind model
        artifact ls --tag prod            the versions that have the tag
      """)

  @Argument(help: "A name, or a pattern with * and ?.", completion: .packageName)
  var pattern: RawArgument?

  @Option(help: ArgumentHelp("Only names of this kind.", valueName: "kind"))
  var kind: PackageKind?

  @Option(help: ArgumentHelp("Only names with this tag; lists the version that it is on.", valueName: "tag"))
  var tag: RawArgument?

  @Option(help: ArgumentHelp("Only versions with these metadata. Repeatable.", valueName: "key=value"))
  var meta: [RawArgument] = []

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    var filter = ListFilter()
    filter.kind = kind
    filter.tag = try tag.map { (tag) throws(FormatError) in try TagName(bytes: tag.bytes) }
    filter.meta = try MetaOption.pairs(meta)
    let store = try store.open()
    if let pattern {
      let wanted = NamePattern(pattern.bytes)
      if !wanted.isOpen, kind == nil, tag == nil, meta.isEmpty { return try versions(pattern.bytes, store) }
      filter.pattern = wanted
    }
    let found = try store.list(filter)
    if output.json {
      try Console.result(["names": .array(found.map { .object(Describe.version($0)) })])
    } else {
      printNames(found)
      if found.isEmpty { Console.note(try remarkOnNothing(store)) }
    }
    try finish(found)
  }

  private func remarkOnNothing(_ store: Store) throws(StoreError) -> String {
    let count = try store.refresh().packages.count
    if count == 0 { return "the store is empty  next: artifact push FOLDER NAME" }
    return "none of \(Units.count(count, "name")) fits"
  }

  private func printNames(_ found: [ListedVersion]) {
    if found.isEmpty { return }
    var table = Table([
      .init(title: "NAME"), .init(title: "KIND"), .init(title: tag == nil ? "LATEST" : "VERSION", isNumber: true),
      .init(title: "SIZE", isNumber: true), .init(title: "FILES", isNumber: true), .init(title: "AGE", isNumber: true),
      .init(title: "TAGS", mayShrink: true),
    ])
    let now = Settings.now
    for version in found {
      table.add([
        version.name.text, version.kind.rawValue, "\(version.version)", Self.size(version), Self.files(version),
        Units.age(of: version.published.time, at: now),
        version.published.erasure == nil ? (version.channels + version.tags).joined(separator: ", ") : "(erased)",
      ])
    }
    show(table)
  }

  private func versions(_ bytes: [UInt8], _ store: Store) throws {
    let name = try PackageName(bytes: bytes)
    let found = try store.versions(of: name)
    if output.json {
      try Console.result([
        "name": .string(name.text), "versions": .array(found.map { .object(Describe.version($0)) }),
      ])
      return try finish(found)
    }
    var table = Table([
      .init(title: "VERSION"), .init(title: "SIZE", isNumber: true), .init(title: "FILES", isNumber: true),
      .init(title: "AGE", isNumber: true), .init(title: "RECORD"), .init(title: "TAGS", mayShrink: true),
      .init(title: "NOTE", mayShrink: true),
    ])
    let now = Settings.now
    for version in found {
      table.add([
        "\(name)@\(version.version)", Self.size(version), Self.files(version),
        Units.age(of: version.published.time, at: now), version.published.record.short,
        (version.channels + version.tags).joined(separator: ", "), Self.note(version),
      ])
    }
    show(table)
    try finish(found)
  }

  private func show(_ table: Table) {
    let lines = Lines()
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { lines.add(line) }
    lines.flush()
  }

  private static func size(_ version: ListedVersion) -> String { version.content.map { Units.bytes($0.size) } ?? "?" }

  private static func note(_ version: ListedVersion) -> String {
    version.published.erasure.map { "erased: \(printable($0.reason))" } ?? printable(version.content?.note ?? "")
  }

  private static func files(_ version: ListedVersion) -> String {
    version.content.map { Units.count($0.fileCount) } ?? "?"
  }

  /// A list with holes says so.
  private func finish(_ found: [ListedVersion]) throws {
    let damaged = found.filter { $0.damage != nil }
    guard let first = damaged.first, let damage = first.damage else { return }
    // What cannot be read just now may be well.
    if damaged.allSatisfy({ $0.damage?.code == .io }) { throw damage }
    let rest = damaged.count > 1 ? " and \(Units.count(damaged.count - 1)) more" : ""
    if !output.json {
      Console.note("warning: \(first.name)@\(first.version)\(rest) cannot be read: \(damage.subject): \(damage.detail)")
    }
    throw Finish(code: ExitCodes.damaged)
  }
}
