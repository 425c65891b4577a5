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
  /// What is known to be wrong, beside what is not there.
  struct Damage: Sendable {
    /// Objects that are in the index but whose every copy is bad, and why.
    var objects: [Digest: String] = [:]
    /// Blobs that none of their recipes makes.
    var blobs: Set<Digest> = []
    /// Packs that an index names but that are not there.
    var missingPacks: Set<Digest> = []
  }

  /// A blob that only recipes make.
  struct RecipeBlob: Sendable {
    /// Its size.
    var size: UInt64
    /// What is remembered of each recipe that can be followed, if it is known to be right.
    var keys: [Digest] = []
  }

  private let store: Store
  private var index: Index
  /// The same without what the caller knows to be missing.
  private var indexAsRead: Index
  /// Looks in a row that brought nothing new.
  private var idleLooks = 0
  private let damage: Damage
  private let erasures: Erasures
  /// Where to look for what is lost here.
  private let other: Store?
  /// Whether `objects` is wanted: it has an element for everything that is needed.
  private let notesObjects: Bool
  /// Most trees and large blobs that are remembered; what is forgotten is visited again when it is met again.
  private let memoryLimit: Int
  /// Everything that was found so far, if that is wanted.
  private(set) var objects: Set<ObjectKey> = []
  /// What was found in the other store only.
  private(set) var elsewhere: Set<ObjectKey> = []
  /// Why the other store could not be read, if it could not: what it has is then not known.
  private(set) var otherFailure: StoreError?
  /// Blobs that only recipes make.
  private(set) var recipeBlobs: [Digest: RecipeBlob] = [:]
  private var records: [Digest: Losses] = [:]
  private var trees: [TreeKey: (loss: Losses, size: UInt64)] = [:]
  private var lossOfBlob: [Digest: Losses] = [:]

  private struct TreeKey: Hashable {
    let digest: Digest
    /// Whether the blobs lie elsewhere.
    let isOutline: Bool
  }

  /// A record whose references are being visited.
  private struct Step {
    let digest: Digest
    /// Why the record before it names it.
    let link: Link
    var references: ArraySlice<RecordReference> = []
    /// Bytes in the tree of a package.
    var size: UInt64?
    var losses = Losses()
  }

  /// Begins with nothing visited.
  ///
  /// - Parameters:
  ///   - other: Counts as a further source of whatever this store has lost.
  ///   - notesObjects: Whether `objects` is wanted.
  ///   - memoryLimit: Bounds the memory, by about 200 bytes each, together with `notesObjects: false`; `recipeBlobs` is then
  ///     not complete.
  init(
    _ store: Store, _ damage: Damage = Damage(), other: Store? = nil, notesObjects: Bool = true,
    memoryLimit: Int = .max
  ) {
    self.store = store
    indexAsRead = store.currentIndex()
    index = indexAsRead
    index.condemned.formUnion(damage.missingPacks)
    self.damage = damage
    erasures = Erasures(store, store.log.fold)
    self.other = other
    self.notesObjects = notesObjects
    self.memoryLimit = memoryLimit
  }

  /// What is lost of a version; of an erased one only the record has to be there.
  mutating func visit(_ version: Fold.Version) -> Losses {
    version.erasure == nil ? visit(record: version.record) : visit(blob: version.record, size: nil)
  }

  /// Visits a record's closure.
  ///
  /// Records form chains of any length, so they are kept on a list and not on the stack.
  mutating func visit(record: Digest) -> Losses {
    if let known = records[record] { return known }
    var steps = [begin(record, .content)]
    while var step = steps.popLast() {
      guard let reference = step.references.popFirst() else {
        records[step.digest] = step.losses
        if steps.isEmpty { return step.losses }
        steps[steps.count - 1].losses.add(step.losses, behind: step.link)
        continue
      }
      if reference.role == .record, records[reference.digest] == nil {
        steps.append(step)
        steps.append(begin(reference.digest, reference.link))
        continue
      }
      step.losses.add(visit(reference, size: step.size), behind: reference.link)
      steps.append(step)
    }
    return Losses()
  }

  /// Visits what a record names; a record must be known already.
  private mutating func visit(_ reference: RecordReference, size: UInt64?) -> Losses {
    switch reference.role {
    case .record: records[reference.digest] ?? Losses()
    case .tree, .outline:
      visit(
        tree: reference.digest, size: reference.link == .content ? size : nil, isOutline: reference.role == .outline)
    case .blob: visit(blob: reference.digest, size: nil)
    case .elsewhere: Losses()
    }
  }

  private mutating func begin(_ record: Digest, _ link: Link) -> Step {
    // No record names itself, however far round: its digest would have to contain itself. Should one claim to, it is not
    // visited twice.
    records[record] = Losses()
    var step = Step(digest: record, link: link)
    step.losses = visit(blob: record, size: nil)
    if !step.losses.isEmpty { return step }
    do {
      let fact = try read(record) { (store) throws(StoreError) in try store.fact(record) }
      step.references = erasures.needed(fact.references, of: record)[...]
      if case .package(let package) = fact { step.size = package.size }
    } catch { step.losses = Losses(record, error.detail) }
    return step
  }

  /// Visits a tree's closure; of an outline only the trees.
  ///
  /// - Parameter size: What whoever names it says; nil if nobody does.
  mutating func visit(tree: Digest, size: UInt64?, isOutline: Bool = false, depth: Int = 0) -> Losses {
    let key = TreeKey(digest: tree, isOutline: isOutline)
    let known = trees[key] ?? below(tree, isOutline, depth: depth)
    makeRoom()
    trees[key] = known
    guard known.loss.isEmpty, let size, known.size != size else { return known.loss }
    return Losses(tree, "it holds \(known.size) bytes, whoever names it says \(size)")
  }

  private mutating func makeRoom() {
    if trees.count + lossOfBlob.count < memoryLimit { return }
    trees.removeAll(keepingCapacity: true)
    lossOfBlob.removeAll(keepingCapacity: true)
    recipeBlobs.removeAll(keepingCapacity: true)
  }

  private mutating func below(_ tree: Digest, _ isOutline: Bool, depth: Int) -> (loss: Losses, size: UInt64) {
    let loss = visit(blob: tree, size: nil)
    if !loss.isEmpty { return (loss, 0) }
    guard depth < 64 else { return (Losses(tree, "it is deeper than 64 folders"), 0) }
    let entries: [TreeEntry]
    do { entries = try read(tree) { (store) throws(StoreError) in try store.tree(tree) } } catch {
      return (Losses(tree, error.detail), 0)
    }
    var losses = Losses()
    var size: UInt64 = 0
    for entry in entries {
      size &+= entry.size
      if entry.kind == .directory {
        losses.add(
          visit(tree: entry.digest, size: entry.size, isOutline: isOutline, depth: depth + 1), below: entry.name)
      } else if isOutline, entry.kind != .link {
        continue
      } else {
        losses.add(visit(blob: entry.digest, size: entry.size), below: entry.name)
      }
    }
    return (losses, size)
  }

  /// Reads a record or tree here, or if it is lost here in the other store.
  private mutating func read<R>(_ digest: Digest, _ body: (Store) throws(StoreError) -> R) throws(StoreError) -> R {
    do { return try body(store) } catch {
      guard let other else { throw error }
      return try asking(other, body)
    }
  }

  // MARK: Blobs

  /// Visits a blob: whole, or by its recipes.
  ///
  /// - Parameter size: What its tree says; nil for records and trees, whose own length nothing states.
  mutating func visit(blob: Digest, size: UInt64?) -> Losses {
    if let length = present(blob) {
      guard let size, UInt64(clamping: length) != size else { return Losses() }
      return Losses(blob, "it has \(length) bytes, its tree says \(size)")
    }
    let known: Losses
    if let loss = lossOfBlob[blob] {
      known = loss
    } else {
      makeRoom()
      known = byRecipe(blob, size: size)
      lossOfBlob[blob] = known
    }
    guard known.isEmpty, let size, let made = recipeBlobs[blob]?.size, made != size else { return known }
    return Losses(blob, "its recipe makes \(made) bytes, its tree says \(size)")
  }

  private mutating func byRecipe(_ blob: Digest, size: UInt64?) -> Losses {
    let key = ObjectKey(digest: blob, kind: .recipe)
    let isThere = index.contains(blob, .recipe) || (hasMoved() && index.contains(blob, .recipe))
    let recipes = isThere ? (try? store.objects.recipes(blob)) ?? [] : []
    let isWrong = damage.blobs.contains(blob)
    // All are visited, whichever is right; the blob is lost only if none can be followed.
    var loss = isWrong ? Losses(blob, "its chunks are whole, but no recipe makes this blob of them") : nil
    for recipe in recipes where !isWrong {
      let found = visit(recipe, of: blob, other: nil)
      if found.isEmpty {
        var known = recipeBlobs[blob] ?? RecipeBlob(size: recipe.size)
        if recipe.size == size { known.size = recipe.size }
        known.keys.append(RecipeMemory.key(recipe, of: blob))
        recipeBlobs[blob] = known
      }
      if loss == nil || found.isEmpty { loss = found }
    }
    if loss?.isEmpty != true, let other {
      if take(blob, from: other) { return Losses() }
      // Without an answer nothing is there; the failure is noted.
      let there = (try? asking(other) { (store) throws(StoreError) in try store.objects.recipes(blob) }) ?? []
      let further = isWrong ? there.filter { !recipes.contains($0) } : recipes + there
      for recipe in further where size == nil || recipe.size == size {
        guard visit(recipe, of: blob, other: other).isEmpty else { continue }
        recipeBlobs[blob] = RecipeBlob(size: recipe.size)
        if !recipes.contains(recipe) { elsewhere.insert(key) } else { note(key) }
        return Losses()
      }
    }
    if !recipes.isEmpty { note(key) }
    return loss ?? Losses(blob, why(blob))
  }

  private mutating func visit(_ recipe: Recipe, of blob: Digest, other: Store?) -> Losses {
    let chunks: [Recipe.Part]
    if recipe.isNested {
      for part in recipe.parts where present(part.digest) == nil && !take(part.digest, from: other) {
        return Losses(part.digest, "\(why(part.digest)); it is part of the recipe of \(blob.short)")
      }
    }
    do { chunks = try self.chunks(of: recipe, other) } catch {
      return Losses(blob, "\(error.subject): \(error.detail)")
    }
    var losses = Losses()
    for chunk in chunks {
      guard let length = present(chunk.digest) else {
        if !take(chunk.digest, from: other) { losses.add(Losses(chunk.digest, why(chunk.digest))) }
        continue
      }
      if UInt64(clamping: length) != chunk.size {
        losses.add(Losses(chunk.digest, "it has \(length) bytes, its recipe says \(chunk.size)"))
      }
    }
    return losses.isEmpty ? losses : losses.asOne
  }

  private mutating func chunks(of recipe: Recipe, _ other: Store?) throws(StoreError) -> [Recipe.Part] {
    do { return try store.objects.chunks(of: recipe) } catch {
      guard let other else { throw error }
      return try asking(other) { (store) throws(StoreError) in try store.objects.chunks(of: recipe) }
    }
  }

  /// Reads from the other store, and notes if that failed for another reason than that it has not got it.
  private mutating func asking<R>(
    _ other: Store, _ body: (Store) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    do { return try body(other) } catch {
      if error.code == .io, otherFailure == nil { otherFailure = error }
      throw error
    }
  }

  // MARK: Objects

  /// Length of an object that is here.
  private mutating func present(_ digest: Digest) -> Int? {
    guard let length = index.length(digest, .object) ?? (hasMoved() ? index.length(digest, .object) : nil) else {
      return nil
    }
    if !damage.objects.isEmpty, damage.objects[digest] != nil { return nil }
    note(ObjectKey(digest: digest, kind: .object))
    return length
  }

  /// Takes in what a collection has moved meanwhile; false if that is nothing.
  ///
  /// Where nothing moves, only the first misses look: what they cost would else grow with what is lost.
  private mutating func hasMoved() -> Bool {
    if idleLooks >= Self.mostIdleLooks { return false }
    // An index that cannot be read again is that of before.
    guard (try? store.hasMoved(since: indexAsRead)) ?? false else {
      idleLooks += 1
      return false
    }
    idleLooks = 0
    indexAsRead = store.currentIndex()
    index = indexAsRead
    index.condemned.formUnion(damage.missingPacks)
    return true
  }

  private static let mostIdleLooks = 1_000

  private mutating func note(_ key: ObjectKey) { if notesObjects { objects.insert(key) } }

  /// Notes that the other store has an object; false if it has not.
  private mutating func take(_ digest: Digest, from other: Store?) -> Bool {
    let key = ObjectKey(digest: digest, kind: .object)
    guard let other, other.currentIndex().contains(digest, .object) else { return false }
    elsewhere.insert(key)
    return true
  }

  /// Why an object that is needed is not there.
  private func why(_ digest: Digest) -> String {
    if let why = damage.objects[digest] { return why }
    for pack in damage.missingPacks.sorted() {
      let named = index.segments.contains { segment in
        var locations = [Location]()
        // A damaged entry is no reason.
        try? segment.locate(digest, .object, into: &locations)
        return locations.contains { $0.pack == pack }
      }
      if named { return "pack \(pack.short), which held it, is missing" }
    }
    return "it is in no pack that can be read"
  }
}
