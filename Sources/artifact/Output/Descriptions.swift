import ArtifactCore
import ArtifactStore

/// The JSON of things that several commands show.
///
/// Keys are stable; new ones may come.
enum Describe {
  /// One version of a name.
  static func version(_ version: ListedVersion) -> JSONObject {
    var object: JSONObject = [
      "actor": .string(version.published.actor), "kind": .string(version.kind.rawValue),
      "log": .integer(Int64(version.published.sequence)), "name": .string(version.name.text),
      "record": .string(version.published.record.text), "tags": .array(version.tags.map { .string($0) }),
      "time": .string(version.published.time.text), "version": .integer(Int64(version.version)),
    ]
    if !version.channels.isEmpty { object["channels"] = .array(version.channels.map { .string($0) }) }
    if let content = version.content { add(content, to: &object) }
    if let erasure = version.published.erasure {
      object["erased"] = [
        "actor": .string(erasure.actor), "log": .integer(Int64(erasure.sequence)), "reason": .string(erasure.reason),
        "time": .string(erasure.time.text),
      ]
    }
    if let damage = version.damage { object["damage"] = .string("\(damage.subject): \(damage.detail)") }
    return object
  }

  /// What a record says, beside its kind.
  static func add(_ content: PackageRecord, to object: inout JSONObject) {
    object["tree"] = .string(content.tree.text)
    object["size"] = JSON(content.size)
    object["files"] = JSON(content.fileCount)
    if let note = content.note { object["note"] = .string(note) }
    var meta = JSONObject()
    for (key, value) in content.meta { meta[key] = .string(value) }
    object["meta"] = .object(meta)
  }

  /// An entry of a tree, without its name.
  static func entry(_ entry: TreeEntry) -> JSONObject {
    var object: JSONObject = ["digest": .string(entry.digest.text), "type": .string(type(entry.kind))]
    object["size"] = JSON(entry.size)
    return object
  }

  /// What a reference led to.
  static func resolved(_ found: Resolved) -> JSONObject {
    var object = entry(found.entry)
    if let name = found.name { object["name"] = .string(name.text) }
    if let version = found.version { object["version"] = .integer(Int64(version)) }
    if let record = found.record { object["record"] = .string(record.text) }
    if !found.path.isEmpty { object["path"] = .bytes(found.path) }
    return object
  }

  /// The word for an entry's type.
  static func type(_ kind: EntryKind) -> String {
    switch kind {
    case .directory: "folder"
    case .file: "file"
    case .executable: "executable"
    case .link: "link"
    }
  }

  /// A reference that leads to the same place for ever: with the version, or the digest where there is no name.
  static func fixed(_ found: Resolved) -> String {
    var text: String
    if let name = found.name, let version = found.version {
      text = "\(name.text)@\(version)"
    } else {
      text = "sha256:\(found.entry.digest.short)"
    }
    if !found.path.isEmpty { text += ":\(printable(found.path))" }
    return text
  }
}
