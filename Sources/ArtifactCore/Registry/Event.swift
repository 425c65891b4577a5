/// What kind of thing a name stands for.
public enum PackageKind: String, Sendable, CaseIterable {
  case dataset, environment, code, model, other
}

/// Something that happened to the store (store-layout.md §5.2).
public enum Event: Sendable, Equatable {
  /// The store was made; commits to the bytes of `store.json`.
  case start(store: String, config: Digest)
  /// A version was published.
  case publish(name: PackageName, version: Int, kind: PackageKind, record: Digest)
  /// A tag was put on a version, or moved to it.
  case tag(name: PackageName, tag: TagName, version: Int)
  /// A tag was taken away.
  case untag(name: PackageName, tag: TagName)
  /// The clock was wrong before; times of earlier entries count as at most this entry's.
  case clock

  /// The value of the member `event`.
  public var name: String {
    switch self {
    case .start: "init"
    case .publish: "publish"
    case .tag: "tag"
    case .untag: "untag"
    case .clock: "clock"
    }
  }

  /// The members that this event adds to an entry.
  var members: JSONObject {
    switch self {
    case .start(let store, let config): ["config": .string(config.text), "store": .string(store)]
    case .publish(let name, let version, let kind, let record):
      [
        "kind": .string(kind.rawValue), "name": .string(name.text), "record": .string(record.text),
        "version": .integer(Int64(version)),
      ]
    case .tag(let name, let tag, let version):
      ["name": .string(name.text), "tag": .string(tag.text), "version": .integer(Int64(version))]
    case .untag(let name, let tag): ["name": .string(name.text), "tag": .string(tag.text)]
    case .clock: [:]
    }
  }

  private static let common: Set<String> = ["actor", "event", "history", "id", "seq", "time"]

  /// Reads an event; an unknown one means a newer program wrote the store.
  init(name: String, members object: JSONObject) throws(FormatError) {
    let subject = "log entry"
    func packageName() throws(FormatError) -> PackageName {
      try PackageName(try object.requiredString("name", in: subject))
    }
    func tagName() throws(FormatError) -> TagName { try TagName(try object.requiredString("tag", in: subject)) }
    func version() throws(FormatError) -> Int {
      let value = try object.requiredInteger("version", in: subject)
      guard value >= 1 else { throw FormatError(.field, subject, "\"version\" is not positive") }
      return Int(value)
    }
    func digest(_ key: String) throws(FormatError) -> Digest {
      guard let digest = Digest(text: try object.requiredString(key, in: subject)) else {
        throw FormatError(.field, subject, "\"\(key)\" is not a digest")
      }
      return digest
    }
    switch name {
    case "init": self = .start(store: try object.requiredString("store", in: subject), config: try digest("config"))
    case "publish":
      guard let kind = PackageKind(rawValue: try object.requiredString("kind", in: subject)) else {
        throw FormatError(.newer, subject, "a kind that this program does not know")
      }
      self = .publish(name: try packageName(), version: try version(), kind: kind, record: try digest("record"))
    case "tag": self = .tag(name: try packageName(), tag: try tagName(), version: try version())
    case "untag": self = .untag(name: try packageName(), tag: try tagName())
    case "clock": self = .clock
    default: throw FormatError(.newer, subject, "the event \"\(printable(name))\", which this program does not know")
    }
    let known = members
    for key in object.keys where !Self.common.contains(key) && known[key] == nil {
      throw FormatError(.newer, subject, "the member \"\(printable(key))\", which this program does not know")
    }
  }
}
