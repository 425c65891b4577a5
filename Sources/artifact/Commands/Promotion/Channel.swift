import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact channel`.
struct ChannelGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channel", abstract: "What is in the channels, and how it came there.",
    discussion: """
        artifact channel list
        artifact channel show prod
        artifact channel log prod fraud/model
      """,
    subcommands: [ChannelList.self, ChannelShow.self, ChannelLog.self])
}

/// The command `artifact channel list`.
struct ChannelList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The channels in their order, with how many names are in each.")

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let fold = try store.open().refresh()
    var table = Table([
      .init(title: "CHANNEL"), .init(title: "NAMES", isNumber: true), .init(title: "RULES", isNumber: true),
    ])
    var list = [JSON]()
    for channel in fold.channelOrder {
      let count = fold.packages.values.count { $0.channels[channel] != nil }
      let rules = fold.policy?.policy.lines(channel).count ?? 0
      table.add([channel, Units.count(count), Units.count(rules)])
      list.append([
        "channel": .string(channel), "names": .integer(Int64(count)), "rules": .integer(Int64(rules)),
      ])
    }
    if output.json { return try Console.result(["channels": .array(list)]) }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if fold.policy == nil { Console.note("there is no policy; next: artifact policy set FILE") }
  }
}

/// The command `artifact channel show`.
struct ChannelShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "What is in a channel now.")

  @Argument(help: "The channel.")
  var channel: RawArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let channel = try TagName(bytes: channel.bytes).text
    let fold = try store.open().refresh()
    try ChannelLog.check(channel, fold)
    let names = fold.packages.filter { $0.value.channels[channel] != nil }.keys.sorted()
    if output.json {
      let list = names.compactMap { name in fold.current(name, in: channel).map { Describe.move($0, of: name, fold) } }
      return try Console.result(["channel": .string(channel), "versions": .array(list.map { .object($0) })])
    }
    var table = Table([
      .init(title: "VERSION"), .init(title: "SINCE"), .init(title: "HOW"), .init(title: "WHO", mayShrink: true),
      .init(title: "WHY", mayShrink: true),
    ])
    for name in names {
      guard let move = fold.current(name, in: channel) else { continue }
      table.add(["\(name)@\(move.version)"] + ChannelLog.cells(move))
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if names.isEmpty { Console.note("nothing is in \(channel)  next: artifact promote REF --to \(channel)") }
  }
}

/// The command `artifact channel log`.
struct ChannelLog: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Every move in a channel, newest first.")

  @Argument(help: "The channel.")
  var channel: RawArgument

  @Argument(help: "Of this name alone.", completion: .packageName)
  var name: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let channel = try TagName(bytes: channel.bytes).text
    let wanted = try name.map { (name) throws(FormatError) in try PackageName(bytes: name.bytes).text }
    let fold = try store.open().refresh()
    try Self.check(channel, fold)
    var moves = [(name: String, move: Fold.Move)]()
    for (name, package) in fold.packages where wanted.map({ ExactText.equal($0, name) }) ?? true {
      moves += (package.channels[channel] ?? []).map { (name, $0) }
    }
    moves.sort { $0.move.sequence > $1.move.sequence }
    if output.json {
      return try Console.result([
        "channel": .string(channel), "moves": .array(moves.map { .object(Describe.move($0.move, of: $0.name, fold)) }),
      ])
    }
    var table = Table([
      .init(title: "ENTRY", isNumber: true), .init(title: "VERSION"), .init(title: "SINCE"), .init(title: "HOW"),
      .init(title: "WHO", mayShrink: true), .init(title: "WHY", mayShrink: true),
    ])
    for (name, move) in moves { table.add(["\(move.sequence)", "\(name)@\(move.version)"] + Self.cells(move)) }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if moves.isEmpty { Console.note("nothing ever was in \(channel)") }
  }

  /// Refuses a word that is neither a channel now nor was one.
  static func check(_ channel: String, _ fold: Fold) throws {
    if fold.channelOrder.contains(channel) || fold.packages.values.contains(where: { $0.channels[channel] != nil }) {
      return
    }
    throw StoreError(
      .notFound, "the channel \(channel)", "the channels are \(fold.channelOrder.joined(separator: ", "))",
      candidates: DidYouMean.candidates(for: channel, among: fold.channelOrder))
  }

  static func cells(_ move: Fold.Move) -> [String] {
    [
      "\(move.time.text.prefix(10)) \(move.time.text.dropFirst(11).prefix(5))", Describe.way(move.way),
      printable(move.person ?? move.actor), printable(move.reason ?? ""),
    ]
  }
}
