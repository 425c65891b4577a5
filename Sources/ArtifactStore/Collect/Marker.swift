import ArtifactCore
import ArtifactIO

/// Marks everything that the log's roots need (store-layout.md §2.4), in memory that hardly grows with the store.
///
/// What has to be read (records, trees, recipes) is read in waves, in the order in which it lies in the packs, so that each
/// frame is decoded about once.
struct Marker: ~Copyable {
  private let store: Store
  private let progress: Progress
  /// What is needed.
  private(set) var map: LiveMap
  /// Entries of the log whose roots are marked.
  private(set) var size = 0
  /// Entries of the log whose roots are marked, or were to be when something was missing.
  private(set) var triedSize = 0
  private var index: Index
  /// Whether packs came into the map while something was marked.
  private var isExtended = false
  /// Whether what is missing is no loss: so are the remains of erased versions looked at.
  private let isLenient: Bool
  private var erasures: Erasures
  private var pending: [Item] = []
  private var reader: FrameReader
  /// The frame that `reader` has decoded.
  private var decoded: FrameKey?
  /// Most items in a wave: with 20 bytes each this bounds a wave's memory.
  private static let waveLimit = 1 << 20

  /// What an item is read as.
  private enum Role: UInt8 {
    case tree, outline, record, recipe
  }

  /// Something that is to be read: where it is, in the order of packs.
  private struct Item {
    let part: UInt32
    let frame: UInt32
    let start: UInt32
    let position: UInt32
    let role: Role
  }

  /// Starts with nothing marked, on the index as the store has loaded it.
  init(_ store: Store, _ progress: Progress) throws(StoreError) {
    self.store = store
    self.progress = progress
    isLenient = false
    index = store.currentIndex()
    erasures = Erasures()
    map = LiveMap(index)
    reader = try FrameReader()
  }

  /// Starts with nothing marked, on what another marker goes by, and takes nothing that is missing for a loss.
  init(besides other: borrowing Marker) throws(StoreError) {
    store = other.store
    progress = other.progress
    isLenient = true
    index = other.index
    erasures = Erasures()
    // The index as the store has it by now may be another, with other segments in another order.
    map = other.map.emptied()
    reader = try FrameReader()
  }

  /// Marks everything that a state needs, in every copy of an index.
  ///
  /// - Throws: As `mark`.
  mutating func markAll(_ fold: Fold) throws(StoreError) {
    while true {
      try mark(fold)
      if !isExtended { return }
      // What was marked before is not marked in the packs that came meanwhile: they would look dead.
      isExtended = false
      map = LiveMap(index)
      erasures = Erasures()
      size = 0
    }
  }

  /// Marks what the roots of a state need that are new since the last time.
  ///
  /// - Throws: `.damaged` if something that is needed is in no pack or cannot be read.
  mutating func mark(_ fold: Fold) throws(StoreError) {
    triedSize = fold.size
    if fold.size == size { return }
    let now = isLenient ? Erasures() : Erasures(store, fold)
    // What was read as an erased version's is read again: its content is needed from now on.
    for record in erasures.revived(by: now) { map.forgetVisits(of: record, .record) }
    erasures = now
    var roots = [Fold.Root]()
    fold.forEachRoot(since: size) { roots.append($0) }
    for root in roots {
      switch root {
      case .whole(let record): try need(record, as: .record)
      case .record(let record): try need(record)
      }
      if pending.count >= Self.waveLimit { try drain() }
    }
    try drain()
    size = fold.size
  }

  /// Marks what a record needs, as far as it is there.
  mutating func mark(remainsOf record: Digest) throws(StoreError) {
    try need(record, as: .record)
    try drain()
  }

  /// Lets go of packs that are gone; the store has read its index since.
  mutating func release(_ gone: Set<Digest>) {
    map.release(gone)
    index = store.currentIndex()
    map.extend(with: index)
  }

  /// Forgets which packs were touched so far.
  mutating func forgetTouched() { map.forgetTouched() }

  /// Marks a blob, and has it read if it is more than bytes.
  private mutating func need(_ digest: Digest, as role: Role? = nil) throws(StoreError) {
    while true {
      if let (place, _) = map.mark(digest, .object) { return add(place, role) }
      if let (place, isNew) = map.mark(digest, .recipe) {
        if isNew { push(place, .recipe) }
        return add(place, role)
      }
      if isLenient { return }
      guard try hasMoved() else { throw ObjectReader.absent("object \(digest.short)") }
    }
  }

  private mutating func need(_ reference: RecordReference) throws(StoreError) {
    switch reference.role {
    case .record: try need(reference.digest, as: .record)
    case .tree: try need(reference.digest, as: .tree)
    case .outline: try need(reference.digest, as: .outline)
    case .blob: try need(reference.digest)
    case .elsewhere: break
    }
  }

  /// Takes in what came into the store since; false if that is nothing.
  private mutating func hasMoved() throws(StoreError) -> Bool {
    guard try store.hasMoved(since: index) else { return false }
    index = store.currentIndex()
    map.extend(with: index)
    isExtended = true
    return true
  }

  private mutating func add(_ place: LiveMap.Place, _ role: Role?) {
    switch role {
    case .tree: if map.visit(place, .tree) { push(place, .tree) }
    case .outline: if map.visit(place, .outline) { push(place, .outline) }
    case .record: if map.visit(place, .record) { push(place, .record) }
    case .recipe, nil: break
    }
  }

  private mutating func push(_ place: LiveMap.Place, _ role: Role) {
    // What was just found is there.
    guard let found = map.entry(at: place) else { return }
    pending.append(
      Item(
        part: UInt32(place.part), frame: found.entry.frame, start: found.entry.start, position: UInt32(place.position),
        role: role))
  }

  private mutating func drain() throws(StoreError) {
    while !pending.isEmpty {
      var wave = Array(pending.suffix(Self.waveLimit))
      pending.removeLast(wave.count)
      wave.sort { ($0.part, $0.frame, $0.start) < ($1.part, $1.frame, $1.start) }
      for item in wave {
        try progress.checkCancelled()
        do { try read(item) } catch {
          guard isLenient, error.code == .damaged else { throw error }
        }
        progress.add(progress.filesDone, 1)
      }
    }
  }

  private mutating func read(_ item: Item) throws(StoreError) {
    let place = LiveMap.Place(part: Int(item.part), position: Int(item.position))
    guard let found = map.entry(at: place) else { throw ObjectReader.absent("an object") }
    let digest = found.entry.digest
    switch item.role {
    case .recipe: try follow(digest)
    case .record:
      let record: Record
      do { record = try Record(bytes(found)) } catch { throw .damaged("record \(digest.short)", error) }
      for reference in erasures.needed(record.references, of: digest) { try need(reference) }
    case .tree, .outline:
      let text = try bytes(found)
      do {
        var parser = try TreeParser(text.span)
        while let entry = try parser.next(in: text.span) {
          if entry.kind == .directory {
            try need(entry.digest, as: item.role)
          } else if item.role == .tree || entry.kind == .link {
            try need(entry.digest)
          }
        }
      } catch let error as StoreError { throw error } catch { throw .damaged("tree \(digest.short)", error) }
    }
  }

  /// The bytes of something small that was just looked up.
  private mutating func bytes(
    _ found: (entry: SegmentIndex.Entry, frame: SegmentIndex.Frame, pack: Digest)
  ) throws(StoreError) -> [UInt8] {
    let (entry, frame, pack) = found
    if entry.kind == .recipe { return try store.objects.blob(entry.digest, limit: Tree.sizeLimit) }
    let key = FrameKey(pack: pack, offset: frame.offset)
    do {
      if decoded != key {
        decoded = nil
        try reader.read(frame, of: store.pack(pack))
        decoded = key
      }
      let end = Int(entry.start) + Int(entry.length)
      if end <= Int(frame.plainSize) {
        let bytes = Array(reader.plain[Int(entry.start)..<end])
        if Digest.of(bytes) == entry.digest { return bytes }
      }
    } catch  where error.code == .damaged {
      // Another copy may be good, or it was moved.
    }
    return try store.objects.object(entry.digest)
  }

  /// Marks the chunks of every recipe of a blob; it is lost if none has them all.
  private mutating func follow(_ blob: Digest) throws(StoreError) {
    var isWhole = false
    repeat {
      for recipe in try store.objects.recipes(blob) where try follow(recipe) { isWhole = true }
      if isWhole || isLenient { return }
    } while try hasMoved()
    throw ObjectReader.absent("blob \(blob.short)")
  }

  private mutating func follow(_ recipe: Recipe) throws(StoreError) -> Bool {
    var isWhole = true
    for part in recipe.parts {
      guard map.mark(part.digest, .object) != nil else {
        isWhole = false
        continue
      }
      if !recipe.isNested { continue }
      // One text at a time: a blob may have millions of chunks.
      guard let text = try? store.objects.object(part.digest), let inner = try? Recipe(text.span), !inner.isNested,
        inner.size == part.size
      else {
        isWhole = false
        continue
      }
      for chunk in inner.parts where map.mark(chunk.digest, .object) == nil { isWhole = false }
    }
    return isWhole
  }
}
