import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact audit`.
struct AuditGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "What was in a channel at a time, who let it in, and on what evidence.",
    discussion: """
        artifact audit prod
        artifact audit prod --at 2026-03-15 --html prod.html
        artifact audit diff prod 2026-03-01 2026-03-15
        artifact audit who ann
      """,
    subcommands: [AuditChannel.self, AuditDiff.self, AuditWho.self], defaultSubcommand: AuditChannel.self)
}

/// Whether the whole log is read.
struct FullOption: ParsableArguments {
  @Flag(help: "Hash and follow the whole log from its first entry, without what is kept of it.")
  var full = false
}

/// The command `artifact audit CHANNEL`.
struct AuditChannel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channel", abstract: "What was in a channel at a time.",
    discussion: """
      Everything that is shown is read again while it is shown: entries and records are hashed, signatures computed. What \
      is not as it should be is named in words: DAMAGED, BAD SIGNATURE, RULE NOT MET, BROKEN GLASS, VOID, GAP.

      The page of --html needs no network, no script and no other file. Ends with 4 if anything is damaged, and with 5 if \
      a signature does not hold.

        artifact audit prod --at 2026-03-15T12:00:00Z
        artifact audit prod --at 2026-03-15 --html prod.html
        artifact audit prod --csv > prod.csv
      """)

  @Argument(help: "The channel.")
  var channel: RawArgument

  @Option(help: ArgumentHelp("At this time: 2026-03-15, 2026-03-15T12:00:00Z, 7d. (default: now)", valueName: "time"))
  var at: RawArgument?

  @Option(help: ArgumentHelp("Only this name.", valueName: "name"), completion: .packageName)
  var name: RawArgument?

  @Option(help: ArgumentHelp("Write a page, which must not exist yet.", valueName: "file"), completion: .file())
  var html: RawArgument?

  @Flag(help: "Print comma-separated values.")
  var csv = false

  @OptionGroup var full: FullOption
  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if csv, output.json { throw ValidationError("--csv and --json contradict each other") }
  }

  func run() throws {
    let store = try store.open()
    let fold = try store.refresh()
    var request = try AuditTime.request(channel, at, "--at", fold)
    if let name {
      let name = try PackageName(bytes: name.bytes).text
      guard fold.packages[name] != nil else {
        throw StoreError(
          .notFound, name, "there is no such name",
          candidates: DidYouMean.candidates(for: name, among: Array(fold.packages.keys)))
      }
      request.name = name
    }
    request.isFull = full.full
    if html != nil || output.json { request.pictureLimit = LineagePicture.nodeLimit }
    let report = try store.audit(request)
    if let html { try SmallFile.put(Array(report.html.utf8), to: html) }
    if output.json {
      try Console.result(report.json)
    } else if csv {
      let bytes = Array(report.csv.utf8)
      Console.put(bytes.span)
    } else {
      AuditText(Settings.output).show(report)
    }
    if let html {
      Console.note("the page is \(html.path.printable)")
    } else if !output.json, !csv {
      Console.note("next: artifact audit \(report.channel) --at \(report.at.text) --html FILE")
    }
    try AuditText.finish(report.findings)
  }
}

/// The command `artifact audit diff`.
struct AuditDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "What was in a channel at one time and not at another.",
    discussion: """
      Ends with 3 if anything differs.

        artifact audit diff prod 2026-03-01 2026-03-15
      """)

  @Argument(help: "The channel.")
  var channel: RawArgument

  @Argument(help: ArgumentHelp("A time: 2026-03-15, 2026-03-15T12:00:00Z, 7d.", valueName: "time"))
  var first: RawArgument

  @Argument(help: ArgumentHelp("Another time.", valueName: "time"))
  var second: RawArgument

  @OptionGroup var full: FullOption
  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let fold = try store.refresh()
    var before = try AuditTime.request(channel, first, "the first time", fold)
    before.isFull = full.full
    let difference = AuditDifference(
      try store.audit(before), try store.audit(try AuditTime.request(channel, second, "the second time", fold)))
    if output.json {
      try Console.result(difference.json)
    } else {
      AuditText(Settings.output).show(difference)
    }
    try AuditText.finish(difference.findings)
    if !difference.isEmpty { throw Finish(code: ExitCodes.differs) }
  }
}

/// The command `artifact audit who`.
struct AuditWho: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "who", abstract: "What a person did: by signature, or as entries claim.",
    discussion: """
      Ends with 10 if nothing is known of the person.

        artifact audit who ann
      """)

  @Argument(help: "The person, as keys and policies name them, or the author of entries.")
  var person: RawArgument

  @OptionGroup var full: FullOption
  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let person = try person.text("the person")
    let store = try store.open()
    let fold = try store.refresh()
    let history = try store.history(of: person, isFull: full.full)
    guard !history.isEmpty else {
      let known = Set(fold.keys.map(\.person.text) + fold.packages.values.flatMap { $0.versions.map(\.actor) })
      throw StoreError(
        .notFound, printable(person), "no key is theirs, and no entry claims to be",
        candidates: DidYouMean.candidates(for: person, among: known.sorted()).map { printable($0) })
    }
    if output.json {
      try Console.result(history.json)
    } else {
      AuditText(Settings.output).show(history)
    }
    try AuditText.finish(history.findings)
  }
}

/// Times that an audit is asked about.
enum AuditTime {
  /// A request for a channel that there is, or was, at a time that is not to come; nil means now.
  static func request(_ channel: RawArgument, _ time: RawArgument?, _ what: String, _ fold: Fold) throws -> AuditRequest
  {
    let channel = try TagName(bytes: channel.bytes).text
    try ChannelLog.check(channel, fold)
    let now = Settings.now
    let end = max(now, fold.latestTime ?? now)
    guard let time else { return AuditRequest(channel: channel, at: end, now: now) }
    let moment = try SinceArgument.moment(time, now: now, what)
    guard moment <= end else {
      throw CommandFailure.usage("\(what) \(printable(time.bytes)) cannot be used", "it is still to come")
    }
    return AuditRequest(channel: channel, at: moment, now: now)
  }
}
