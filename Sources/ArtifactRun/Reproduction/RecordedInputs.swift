import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The inputs of a run that is to be repeated.
struct RecordedInputs {
  let recipe: RunRecipe
  let store: Store

  /// Puts an input where the command will look for it, or checks that it lies where it did.
  ///
  /// - Returns: What a person should know, if anything.
  func place(_ input: PlanRecord.Input, in folder: Path) throws -> String? {
    if input.path.first == 0x2f { return try checkFixed(input) }
    let parent = Path(input.path).parent.bytes
    if parent != [0x2e] { _ = try Directory(folder).making(parent) }
    do throws(StoreError) {
      let (entry, references) = try content(of: input)
      _ = try store.pull(entry, to: folder.appending(input.path), references: references, Progress())
    } catch {
      guard [.damaged, .notFound, .changed].contains(error.code) else { throw error }
      let why = input.isReference ? "its bytes lie elsewhere" : "its bytes are not in this store"
      throw missing(input, "\(why): \(error.subject): \(error.detail)")
    }
    return nil
  }

  private func content(
    of input: PlanRecord.Input
  ) throws(StoreError) -> (TreeEntry, [DatasetFacts.DataReference]) {
    if case .tree(let digest) = input.content, !input.isReference { return (try store.folder(digest), []) }
    let found = try store.resolve(try source(of: input))
    return (found.entry, found.references)
  }

  /// The place in a package where an input came from.
  func source(of input: PlanRecord.Input) throws(StoreError) -> Reference {
    for origin in recipe.result.inputs where origin.path == input.path {
      let tree = try store.record(origin.record).tree
      var found: [UInt8]? = input.content == .tree(tree) ? [] : nil
      try store.walk(tree, recursively: true) { (path, entry) throws(StoreError) in
        let content: Content = entry.kind == .directory ? .tree(entry.digest) : .blob(entry.digest)
        if found == nil, content == input.content, entry.kind != .link { found = path }
      }
      guard let found else { continue }
      let text = Array(origin.record.text.utf8) + (found.isEmpty ? [] : [0x3a] + found)
      do { return try Reference(bytes: text) } catch { throw StoreError(.usage, printable(text), error.detail) }
    }
    throw StoreError(.notFound, "content \(input.content.digest.short)", "no package of this store holds it")
  }

  /// What lies at a fixed place cannot be put into the room; it has to be there and be what it was.
  private func checkFixed(_ input: PlanRecord.Input) throws -> String {
    let place = Path(input.path)
    guard let status = try File.status(place) else {
      throw missing(input, "it was read at this fixed place, and is not there")
    }
    let isEqual: Bool
    switch input.content {
    case .blob(let digest):
      if status.kind == .file { isEqual = try File.digest(place).digest == digest } else { isEqual = false }
    case .tree(let digest) where input.isReference:
      let found = try store.resolve(try source(of: input))
      isEqual = try found.entry.digest == digest && ReferredFiles(found.references).complaint(at: place) == nil
    case .tree(let digest):
      isEqual = try store.recording(Progress()) { intake in
        try intake.look(at: place, rules: ScanRules(readsIgnoreFiles: false)).tree == digest
      }
    }
    guard isEqual else { throw missing(input, "it was read at this fixed place, which holds something else now") }
    return "\(place.printable) was read where it lies; it is what it was"
  }

  private func missing(_ input: PlanRecord.Input, _ why: String) -> RunError {
    RunError(.missing, "the input \(printable(input.path))", "it was \(recipe.origin(of: input)); \(why)")
  }
}

/// Files that a dataset refers to, compared with what lies somewhere.
struct ReferredFiles {
  private let references: [DatasetFacts.DataReference]

  init(_ references: [DatasetFacts.DataReference]) { self.references = references }

  /// What is wrong at a place: nil if it holds exactly these files.
  func complaint(at place: Path) throws(IOFailure) -> String? {
    var rest = Set(try FileList(place).paths)
    for reference in references {
      guard rest.remove(reference.path) != nil else { return "\(printable(reference.path)) is missing" }
      let (digest, size) = try File.digest(place.appending(reference.path))
      guard size == reference.size, digest == reference.digest else {
        return "\(printable(reference.path)) is different"
      }
    }
    return rest.min { $0.lexicographicallyPrecedes($1) }.map { "\(printable($0)) is too much" }
  }
}
