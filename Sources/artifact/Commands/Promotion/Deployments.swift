import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact deploy`.
struct Deploy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy", abstract: "Note that a version works at a target.",
    discussion: """
      The target is any name: a server, a country, a device. Without a weight the version takes all the work, in place of \
      what was there; with one it takes that share, and the others give way in proportion.

        artifact deploy fraud/model@prod --target eu/scoring
        artifact deploy fraud/model@4 --target eu/scoring --weight 0.1
      """)

  @Argument(help: ArgumentHelp("The version.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("Where.", valueName: "name"))
  var target: RawArgument

  @Option(help: ArgumentHelp("realtime, batch or embedded.", valueName: "mode"))
  var mode: DeploymentMode = .realtime

  @Option(help: ArgumentHelp("Its share of the work, above 0 and up to 1.", valueName: "share"))
  var weight: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let target = try TargetName(bytes: target.bytes)
    let share = try weight.map { word throws in
      guard let share = Share(try word.text("the weight")) else {
        throw CommandFailure.usage(
          "the weight \"\(printable(word.bytes))\" cannot be used",
          "it is a number above 0 and up to 1 with at most six digits behind the point")
      }
      return share
    }
    let store = try store.open()
    try clock.apply(to: store, actor)
    let (name, version) = try reference.version(in: store, "deployed")
    let deployment = Deployment(name: name, version: version, target: target, mode: mode, share: share)
    let (entry, working) = try store.deploy(deployment, actor: actor.name)
    if output.json {
      return try Console.result([
        "log": .integer(Int64(entry.sequence)), "name": .string(name.text), "target": .string(target.text),
        "version": .integer(Int64(version)), "working": Describe.working(working),
      ])
    }
    Console.result("\(name)@\(version) at \(target)")
    let shares =
      working.count > 1 ? working.map { "@\($0.version) \($0.share.text)" }.joined(separator: ", ") + "  " : ""
    Console.note("\(shares)log entry \(entry.sequence)  next: artifact deployments")
  }
}

/// The command `artifact retire`.
struct Retire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire", abstract: "Note that a version works at a target no more.",
    discussion: """
        artifact retire fraud/model@3 --target eu/scoring
        artifact retire fraud/model --target eu/scoring     every version of it
      """)

  @Argument(help: "The version, or a name for all of its versions.", completion: .reference)
  var reference: RawArgument

  @Option(help: ArgumentHelp("Where.", valueName: "name"))
  var target: RawArgument

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let target = try TargetName(bytes: target.bytes)
    let reason = try reason?.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let (name, version) = try wanted(store)
    let retired = try store.retire(name, version, from: target, reason: reason, actor: actor.name)
    if output.json {
      let list = retired.map { item -> JSON in
        ["log": .integer(Int64(item.entry.sequence)), "version": .integer(Int64(item.version))]
      }
      return try Console.result([
        "name": .string(name.text), "retired": .array(list), "target": .string(target.text),
      ])
    }
    for item in retired { Console.result("\(name)@\(item.version) retired from \(target)") }
    if let last = retired.last { Console.note("log entry \(last.entry.sequence)  next: artifact deployments") }
  }

  private func wanted(_ store: Store) throws -> (PackageName, Int?) {
    if case .name(let name, .latest) = try reference.reference().target, !reference.bytes.contains(0x40) {
      return (name, nil)
    }
    return try reference.version(in: store, "retired")
  }
}

/// The command `artifact deployments`.
struct Deployments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deployments", abstract: "Which versions work where, now or at a time.",
    discussion: """
        artifact deployments
        artifact deployments --at 2026-03-15
      """)

  @Option(help: ArgumentHelp("At this time, such as 2026-03-15 or 2026-03-15T12:00:00Z.", valueName: "time"))
  var at: RawArgument?

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let time = try at.map { try Timestamp(userInput: try $0.text("the time")) }
    let fold = try store.open().refresh()
    var rows = [(place: Fold.Place, staffing: Fold.Staffing)]()
    for place in fold.places {
      let found = time.map { fold.staffing(at: place, by: $0) } ?? fold.deployments[place]?.last
      if let found, !found.working.isEmpty { rows.append((place, found)) }
    }
    if output.json {
      let list = rows.map { row -> JSON in
        [
          "actor": .string(row.staffing.actor), "log": .integer(Int64(row.staffing.sequence)),
          "name": .string(row.place.name), "target": .string(row.place.target),
          "time": .string(row.staffing.time.text), "working": Describe.working(row.staffing.working),
        ]
      }
      var object: JSONObject = ["deployments": .array(list)]
      if let time { object["at"] = .string(time.text) }
      return try Console.result(object)
    }
    var table = Table([
      .init(title: "TARGET"), .init(title: "VERSION"), .init(title: "MODE"), .init(title: "SHARE", isNumber: true),
      .init(title: "CHANGED"), .init(title: "WHO", mayShrink: true),
    ])
    for (place, staffing) in rows {
      for working in staffing.working {
        table.add([
          place.target, "\(place.name)@\(working.version)", working.mode.rawValue, working.share.text,
          "\(staffing.time.text.prefix(10)) \(staffing.time.text.dropFirst(11).prefix(5))", printable(staffing.actor),
        ])
      }
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if rows.isEmpty { Console.note("nothing is deployed\(time == nil ? "" : " at that time")") }
  }
}
