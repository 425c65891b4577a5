import ArtifactCore
import ArtifactIO
import ArtifactStore

/// An input that is in its place and is what it should be.
struct PlacedInput: Sendable {
  /// What the request named.
  let resolved: Resolved
  /// Where the command finds it, as the plan says.
  let path: [UInt8]
  /// The same, absolute.
  let place: Path
  /// The state of its files before the command starts.
  let state: Digest

  /// What the plan says.
  var planned: PlanRecord.Input {
    let entry = resolved.entry
    return PlanRecord.Input(
      path: path, content: entry.kind == .directory ? .tree(entry.digest) : .blob(entry.digest),
      name: resolved.name?.text, isReference: !resolved.references.isEmpty)
  }

  /// What the result says.
  var origin: ResultRecord.Input? {
    resolved.record.map {
      ResultRecord.Input(path: path, record: $0, name: resolved.name?.text, version: resolved.version)
    }
  }

  /// Checks an input that is there already, or pulls it.
  init(_ input: RunRequest.Input, in folder: Path, _ store: Store, _ intake: Intake) throws {
    resolved = try store.resolve(input.reference)
    path = Self.path(input, resolved)
    place = folder.appending(path)
    if try File.status(place) == nil {
      _ = try store.pull(resolved.entry, to: place, references: resolved.references, Progress())
    } else {
      try Self.check(place, is: resolved, input.reference, store, intake)
    }
    state = try Self.state(of: place)
  }

  static func path(_ input: RunRequest.Input, _ resolved: Resolved) -> [UInt8] {
    if let path = input.path {
      // `data` and `./data/` are one place.
      let parts = path.split(separator: 0x2f).filter { !$0.elementsEqual([0x2e]) }
      return (path.first == 0x2f ? [0x2f] : []) + Array(parts.joined(separator: [0x2f]))
    }
    if !resolved.path.isEmpty { return Path(resolved.path).lastComponent }
    return resolved.name.map { Path($0.text).lastComponent } ?? Array(resolved.entry.digest.short.utf8)
  }

  private static func check(
    _ place: Path, is resolved: Resolved, _ reference: Reference, _ store: Store, _ intake: Intake
  ) throws {
    let entry = resolved.entry
    let isFolder = try File.status(place)?.kind == .directory
    guard isFolder == (entry.kind == .directory) else {
      throw RunError(.changed, place.printable, "\(reference) is a \(isFolder ? "file" : "folder")")
    }
    guard isFolder else {
      if try File.digest(place).digest == entry.digest { return }
      throw RunError(.changed, place.printable, "its content is not that of \(reference)")
    }
    if !resolved.references.isEmpty {
      guard let complaint = try ReferredFiles(resolved.references).complaint(at: place) else { return }
      throw RunError(.changed, place.printable, "its content is not that of \(reference): \(complaint)")
    }
    let found = try intake.look(at: place, rules: ScanRules(readsIgnoreFiles: false))
    if found.tree == entry.digest { return }
    try intake.flush()
    var changes = [String]()
    try store.diff(
      entry, TreeEntry(kind: .directory, size: found.size, digest: found.tree, name: []), expanding: true
    ) { (change) throws(StoreError) in
      changes.append("\(change.kind.rawValue) \(printable(change.path))")
    }
    let more = changes.count > 3 ? " and \(changes.count - 3) more" : ""
    throw RunError(
      .changed, place.printable,
      "its content is not that of \(reference): \(changes.prefix(3).joined(separator: ", "))\(more)")
  }

  /// A digest over the names, sizes and times of all files at a place.
  static func state(of place: Path) throws -> Digest {
    guard let status = try File.status(place) else { return Digest.of([]) }
    if status.kind == .directory { return try FileList(place).state }
    return Digest.of(Array("\(status.size) \(status.modified) \(status.changed) \(status.inode)".utf8))
  }
}
