import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact stats`.
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "What the store holds and what it costs.")

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let stats = try store.stats()
    if output.json { try Console.result(json(stats, store)) } else { print(stats, store) }
    if stats.unreadableVersions > 0 {
      if !output.json {
        Console.note("warning: \(Units.count(stats.unreadableVersions, "version")) not readable and not in the sums")
      }
      throw Finish(code: ExitCodes.damaged)
    }
  }

  private func print(_ stats: StoreStats, _ store: Store) {
    let all = stats.published
    var table = Table([
      .init(title: "KIND"), .init(title: "NAMES", isNumber: true), .init(title: "VERSIONS", isNumber: true),
      .init(title: "SIZE", isNumber: true),
    ])
    for kind in PackageKind.allCases {
      guard let part = stats.kinds[kind] else { continue }
      table.add([kind.rawValue, Units.count(part.names), Units.count(part.versions), Units.bytes(part.size)])
    }
    if stats.kinds.count > 1 {
      table.add(["all", Units.count(all.names), Units.count(all.versions), Units.bytes(all.size)])
    }
    if all.names > 0 {
      for line in table.lines(width: nil, style: Settings.output.style) { Console.result(line) }
      Console.result("")
    }
    if stats.erasedVersions > 0 {
      Console.result("erased   \(Units.count(stats.erasedVersions)) of these versions; their size is not counted")
    }
    let ratio = stats.storedSize == 0 ? 0 : Double(all.size) / Double(stats.storedSize)
    let saved = all.size > stats.storedSize ? ", \(Units.decimal(ratio, places: 1)) times smaller" : ""
    Console.result("stored   \(Units.bytes(stats.storedSize)) in \(Units.count(stats.packs, "pack"))\(saved)")
    Console.result(
      "parts    \(Units.count(stats.objects, "object")) in \(Units.count(stats.frames, "frame")), "
        + Units.count(stats.segments, "index part"))
    let void = stats.voidEntries == 0 ? "" : ", \(Units.count(stats.voidEntries)) of them void"
    Console.result("log      \(stats.logEntries == 1 ? "1 entry" : "\(Units.count(stats.logEntries)) entries")\(void)")
    Console.result("store    \(store.path.printable)")
    Console.result("id       \(store.config.id)")
  }

  private func json(_ stats: StoreStats, _ store: Store) -> JSONObject {
    var kinds = JSONObject()
    for (kind, part) in stats.kinds { kinds[kind.rawValue] = .object(Self.json(part)) }
    var object = Self.json(stats.published)
    object["id"] = .string(store.config.id)
    object["path"] = .bytes(store.path.bytes)
    object["kinds"] = .object(kinds)
    object["stored"] = JSON(stats.storedSize)
    object["packs"] = JSON(stats.packs)
    object["objects"] = JSON(stats.objects)
    object["frames"] = JSON(stats.frames)
    object["segments"] = JSON(stats.segments)
    object["logEntries"] = JSON(stats.logEntries)
    object["voidEntries"] = JSON(stats.voidEntries)
    object["erasedVersions"] = JSON(stats.erasedVersions)
    object["unreadableVersions"] = JSON(stats.unreadableVersions)
    return object
  }

  private static func json(_ part: StoreStats.Published) -> JSONObject {
    var object = JSONObject()
    object["names"] = JSON(part.names)
    object["versions"] = JSON(part.versions)
    object["size"] = JSON(part.size)
    return object
  }
}
