import ArtifactCore
import ArtifactIO
import ArtifactStore

/// What the shell may complete a word to, taken from the store.
///
/// Silent about every failure: a person is typing.
enum LiveCompletion {
  /// Names that start with `prefix`.
  static func names(_ words: [String], _ prefix: String) -> [String] {
    guard let store = store(words) else { return [] }
    return store.names().filter { $0.hasPrefix(prefix) }
  }

  /// Names, or what can follow the name that is there already.
  static func references(_ words: [String], _ prefix: String) -> [String] {
    guard let store = store(words) else { return [] }
    if let colon = prefix.firstIndex(of: ":"), !prefix.hasPrefix("sha256:") {
      return paths(store, prefix[..<colon], prefix[prefix.index(after: colon)...])
    }
    guard let at = prefix.firstIndex(of: "@") else { return store.names().filter { $0.hasPrefix(prefix) } }
    let name = String(prefix[..<at])
    // The state that opening the store has read.
    guard let package = (try? store.refresh())?.packages[name] else { return [] }
    let versions = package.versions.indices.reversed().map { "\(name)@\($0 + 1)" }
    return ((Array(package.tags.keys) + Array(package.channels.keys)).sorted().map { "\(name)@\($0)" } + versions)
      .filter {
        $0.hasPrefix(prefix)
      }
  }

  /// Entries of the folder that the path so far leads to; names that a terminal could not show are left out.
  private static func paths(_ store: Store, _ base: Substring, _ path: Substring) -> [String] {
    var folder = path
    while let last = folder.last, last != "/" { folder.removeLast() }
    let place = folder.isEmpty ? String(base) : "\(base):\(folder)"
    guard let reference = try? Reference(bytes: RawArgument.decode(place)), let found = try? store.resolve(reference),
      found.entry.kind == .directory, let entries = try? store.tree(found.entry.digest)
    else { return [] }
    return entries.compactMap { entry in
      let name = printable(entry.name)
      guard Array(name.utf8) == entry.name else { return nil }
      let text = "\(base):\(folder)\(name)\(entry.kind == .directory ? "/" : "")"
      return text.hasPrefix("\(base):\(path)") ? text : nil
    }
  }

  /// The text with a backslash before each colon.
  static func escapingColons(_ text: String) -> String {
    text.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "\\:")
  }

  private static func store(_ words: [String]) -> Store? {
    var option: RawArgument?
    for (position, word) in words.enumerated() {
      if word == "--store", position + 1 < words.count { option = RawArgument(argument: words[position + 1]) }
      if word.hasPrefix("--store=") { option = RawArgument(argument: String(word.dropFirst(8))) }
    }
    guard let path = try? Settings.store(option) else { return nil }
    return try? Store(opening: path, local: Settings.local)
  }
}
