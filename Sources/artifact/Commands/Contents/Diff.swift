import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact diff`.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "What differs between two versions, and why. Exit code 3 if anything does.",
    discussion: """
      A folder that only one side has is one line, unless -r is given. Of versions that runs made, the causes follow: data, \
      code, environment, parameters, and what the metrics came to.

        artifact diff customers@3 customers@4
        artifact diff fraud/model@6 fraud/model@7 --patch
        artifact diff customers@prod:train customers:train
      """)

  @Argument(help: ArgumentHelp("The first version, folder or file.", valueName: "a"), completion: .reference)
  var before: RawArgument

  @Argument(help: ArgumentHelp("The second.", valueName: "b"), completion: .reference)
  var after: RawArgument

  @Flag(name: .shortAndLong, help: "Every file of a folder that only one side has.")
  var recursive = false

  @Flag(help: "The lines of code that differ.")
  var patch = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let one = try store.resolve(before.reference())
    let other = try store.resolve(after.reference())
    let causes = try causes(one, other, store)
    var counts = [TreeChange.Kind: Int]()
    var changes = [JSON]()
    let lines = Lines()
    let style = Settings.output.style
    try store.diff(one.entry, other.entry, expanding: recursive) { (change) throws(StoreError) in
      counts[change.kind, default: 0] += 1
      if output.json { changes.append(.object(Self.json(change))) } else { lines.add(Self.line(change, style)) }
    }
    if output.json {
      var object: JSONObject = [
        "after": .object(Describe.resolved(other)), "before": .object(Describe.resolved(one)),
        "changes": .array(changes), "equal": .boolean(counts.isEmpty),
      ]
      if let causes { object["causes"] = .object(CausesText(causes: causes, showsPatch: patch).json) }
      try Console.result(object)
    } else {
      if let causes { CausesText(causes: causes, showsPatch: patch).show(lines, style) }
      lines.flush()
      Console.note(summary(counts, one, other))
    }
    if !counts.isEmpty { throw Finish(code: ExitCodes.differs) }
  }

  private func causes(_ one: Resolved, _ other: Resolved, _ store: Store) throws(StoreError) -> Causes? {
    guard one.path.isEmpty, other.path.isEmpty, let before = one.content, let after = other.content else { return nil }
    return try store.causes(before, after)
  }

  private func summary(_ counts: [TreeChange.Kind: Int], _ one: Resolved, _ other: Resolved) -> String {
    let places = "\(Describe.fixed(one)) and \(Describe.fixed(other))"
    if counts.isEmpty { return "\(places) are equal" }
    let parts = TreeChange.Kind.allCases.compactMap { kind in
      counts[kind].map { "\(Units.count($0)) \(kind.rawValue)" }
    }
    return "\(places): \(parts.joined(separator: ", "))"
  }

  static func line(_ change: TreeChange, _ style: Style) -> String {
    func size(_ entry: TreeEntry?) -> String { entry.map { Units.bytes($0.size) } ?? "" }
    func type(_ entry: TreeEntry?) -> String { entry.map { Describe.type($0.kind) } ?? "" }
    let what: String
    var word = change.kind.rawValue.padded(to: 8)
    switch change.kind {
    case .added:
      what = "\("".padded(to: 11))\(size(change.after).leftPadded(to: 8))"
      word = style.green(word)
    case .removed:
      what = "\(size(change.before).leftPadded(to: 8))\("".padded(to: 11))"
      word = style.red(word)
    case .changed:
      what = "\(size(change.before).leftPadded(to: 8)) ->\(size(change.after).leftPadded(to: 8))"
      word = style.yellow(word)
    case .mode, .type:
      what = "\(type(change.before)) -> \(type(change.after))".padded(to: 19)
      word = style.yellow(word)
    }
    let isFolder = (change.after ?? change.before)?.kind == .directory
    let path = change.path.isEmpty ? "." : printable(change.path) + (isFolder ? "/" : "")
    return "\(word) \(what)  \(path)"
  }

  static func json(_ change: TreeChange) -> JSONObject {
    var object: JSONObject = ["change": .string(change.kind.rawValue), "path": .bytes(change.path)]
    if let before = change.before { object["before"] = .object(Describe.entry(before)) }
    if let after = change.after { object["after"] = .object(Describe.entry(after)) }
    return object
  }
}

extension String {
  /// The text with spaces behind it.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
