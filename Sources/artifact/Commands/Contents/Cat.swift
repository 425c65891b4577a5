import ArgumentParser
import ArtifactCore
import ArtifactStore

/// The command `artifact cat`.
struct Cat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Print the bytes of one file.",
    discussion: """
      Of a large file each piece is checked before it is printed and the whole at the end: exit code 4 means that what \
      was printed is not the file.

        artifact cat customers@4:train/part-0.csv | head
      """)

  @Argument(help: ArgumentHelp("The file, as in customers:a.csv.", valueName: "ref"), completion: .reference)
  var reference: RawArgument

  @OptionGroup var store: StoreOption

  func run() throws {
    let store = try store.open()
    let found = try store.resolve(reference.reference())
    try store.checkHeld(found)
    var entry = found.entry
    if entry.kind == .directory {
      entry = try onlyFile(of: found, store)
    } else if entry.kind == .link {
      var target = [UInt8]()
      try store.cat(entry) { (bytes) throws(StoreError) in for index in bytes.indices { target.append(bytes[index]) } }
      throw CommandFailure.isLink(printable(reference.bytes), target: printable(target))
    }
    try store.reading(found) { () throws(StoreError) in
      try store.cat(entry) { (bytes) throws(StoreError) in Console.put(bytes) }
    }
  }

  /// A version that is one pushed file needs no path.
  private func onlyFile(of found: Resolved, _ store: Store) throws -> TreeEntry {
    let entries = found.path.isEmpty ? try store.tree(found.entry.digest) : []
    guard entries.count == 1, let entry = entries.first, entry.kind.isFile else {
      throw CommandFailure.isFolder(printable(reference.bytes))
    }
    return entry
  }
}
