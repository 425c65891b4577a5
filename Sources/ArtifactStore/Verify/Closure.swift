import ArtifactCore

/// An object in a role: recipes are found under the id of the blob that they make.
struct ObjectKey: Hashable, Sendable {
  let digest: Digest
  let kind: ObjectKind
}

/// Visits everything that versions need: record, trees, blobs, recipes, chunks (store-layout.md §2.4).
///
/// Presence is asked object by object: a present tree or recipe never implies its children.
struct Closure {
  private let store: Store
  private let index: Index
  /// Objects that are in the index but whose every copy is damaged.
  private let bad: Set<Digest>
  /// Everything that was found so far.
  private(set) var objects: Set<ObjectKey> = []
  /// What is lost in each tree that was visited: nil if it is whole.
  private var lossOfTree: [Digest: Loss?] = [:]
  private var lossOfBlob: [Digest: Digest] = [:]

  /// The first thing that is lost below a tree.
  struct Loss: Sendable {
    let path: [UInt8]
    let object: Digest
  }

  /// Starts with nothing visited; copies in `missing` packs and `bad` objects count as absent.
  init(_ store: Store, bad: Set<Digest> = [], missing: Set<Digest> = []) {
    self.store = store
    var index = store.currentIndex()
    index.condemned.formUnion(missing)
    self.index = index
    self.bad = bad
  }

  /// Visits a record's closure; the first loss, or nil if everything is there.
  mutating func visit(record: Digest) -> Loss? {
    if let lost = visit(blob: record) { return Loss(path: [], object: lost) }
    guard let content = try? store.record(record) else { return Loss(path: [], object: record) }
    return visit(tree: content.tree, depth: 0)
  }

  /// Visits a tree's closure.
  mutating func visit(tree: Digest, depth: Int) -> Loss? {
    if let known = lossOfTree[tree] { return known }
    let loss = lossBelow(tree, depth: depth)
    lossOfTree[tree] = .some(loss)
    return loss
  }

  private mutating func lossBelow(_ tree: Digest, depth: Int) -> Loss? {
    if let lost = visit(blob: tree) { return Loss(path: [], object: lost) }
    guard depth < 64, let entries = try? store.tree(tree) else { return Loss(path: [], object: tree) }
    var first: Loss?
    for entry in entries {
      let loss: Loss?
      if entry.kind == .directory {
        loss = visit(tree: entry.digest, depth: depth + 1).map {
          Loss(path: $0.path.isEmpty ? entry.name : entry.name + [0x2f] + $0.path, object: $0.object)
        }
      } else {
        loss = visit(blob: entry.digest).map { Loss(path: entry.name, object: $0) }
      }
      if first == nil { first = loss }
    }
    return first
  }

  /// Visits a blob: whole, or by its recipes; the first object that is lost.
  private mutating func visit(blob: Digest) -> Digest? {
    if objects.contains(ObjectKey(digest: blob, kind: .object)) { return nil }
    if objects.contains(ObjectKey(digest: blob, kind: .recipe)) { return lossOfBlob[blob] }
    if isPresent(blob) { return nil }
    guard index.contains(blob, .recipe), let recipes = try? store.objects.recipes(blob), !recipes.isEmpty else {
      return blob
    }
    // All are visited, whichever is right; the blob is lost only if none can be followed.
    var losses = [Digest?]()
    for recipe in recipes { losses.append(visit(recipe)) }
    let lost = losses.contains(nil) ? nil : losses[0]
    objects.insert(ObjectKey(digest: blob, kind: .recipe))
    lossOfBlob[blob] = lost
    return lost
  }

  private mutating func visit(_ recipe: Recipe) -> Digest? {
    if recipe.isNested { for part in recipe.parts where !isPresent(part.digest) { return part.digest } }
    guard let chunks = try? store.objects.chunks(of: recipe) else { return recipe.parts.first?.digest }
    var lost: Digest?
    for chunk in chunks where !isPresent(chunk.digest) && lost == nil { lost = chunk.digest }
    return lost
  }

  private mutating func isPresent(_ digest: Digest) -> Bool {
    let key = ObjectKey(digest: digest, kind: .object)
    if objects.contains(key) { return true }
    guard index.contains(digest, .object), !bad.contains(digest) else { return false }
    objects.insert(key)
    return true
  }
}
