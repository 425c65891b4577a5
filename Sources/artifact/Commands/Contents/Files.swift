import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact files`.
struct Files: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files", abstract: "List the files of a version, or of a folder in it.",
    discussion: """
      The first letter is f for a file, x for an executable one, l for a symbolic link, d for a folder.

        artifact files customers@4:train
        artifact files customers@4 --sums | (cd copy && sha256sum -c)
      """)

  @Argument(help: ArgumentHelp("Whose files.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @Flag(name: .shortAndLong, help: "Everything below too.")
  var recursive = false

  @Flag(help: "All files below with their SHA-256, as sha256sum writes them.")
  var sums = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let store = try store.open()
    let found = try store.resolve(reference.reference())
    let lines = Lines()
    if sums {
      try each(found, store, recursively: true) { path, entry in
        if entry.kind.isFile { lines.add(bytes: Self.sum(path, entry)) }
      }
    } else if output.json {
      var entries = [JSON]()
      try each(found, store, recursively: recursive) { path, entry in
        var object = Describe.entry(entry)
        object["path"] = .bytes(path)
        entries.append(.object(object))
      }
      var object = Describe.resolved(found)
      object["entries"] = .array(entries)
      return try Console.result(object)
    } else {
      let style = Settings.output.style
      try each(found, store, recursively: recursive) { path, entry in
        let name = entry.kind == .directory ? style.bold(printable(path) + "/") : printable(path)
        let letter = String(Unicode.Scalar(entry.kind.rawValue))
        lines.add("\(letter) \(Units.bytes(entry.size).leftPadded(to: 8))  \(name)")
      }
    }
    lines.flush()
  }

  /// Everything in the folder, or the file itself.
  private func each(
    _ found: Resolved, _ store: Store, recursively isRecursive: Bool, _ body: ([UInt8], TreeEntry) -> Void
  ) throws(StoreError) {
    guard found.entry.kind == .directory else { return body(found.entry.name, found.entry) }
    try store.walk(found.entry.digest, recursively: isRecursive) { (path, entry) throws(StoreError) in
      body(path, entry)
    }
  }

  /// A line of sha256sum: a name with a newline or backslash is escaped and the line starts with a backslash.
  private static func sum(_ path: [UInt8], _ entry: TreeEntry) -> [UInt8] {
    var name = [UInt8]()
    for byte in path {
      switch byte {
      case 0x5C: name += [0x5C, 0x5C]
      case 0x0A: name += [0x5C, UInt8(ascii: "n")]
      case 0x0D: name += [0x5C, UInt8(ascii: "r")]
      default: name.append(byte)
      }
    }
    let mark: [UInt8] = name.count == path.count ? [] : [0x5C]
    return mark + Array("\(entry.digest.hex)  ".utf8) + name + [0x0A]
  }
}
