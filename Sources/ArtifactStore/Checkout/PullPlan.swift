import ArtifactCore
import ArtifactIO

/// What a tree holds, flat, and where the bytes lie: everything that is known before the first file is written.
struct PullPlan: Sendable {
  struct Folder: Sendable {
    /// Path below the destination, empty for the root.
    let path: [UInt8]
  }

  struct Item: Sendable {
    let folder: Int32
    let kind: EntryKind
    let size: UInt64
    let digest: Digest
    let name: [UInt8]

    /// Permissions of a new file, before the user's mask.
    var mode: UInt32 { kind == .executable ? 0o777 : 0o666 }
  }

  /// One object's bytes on their way to a place in a file.
  struct Read: Sendable {
    let frame: Int32
    let start: UInt32
    let length: UInt32
    let item: Int32
    /// Number of the chunk in a large file, -1 for a whole file.
    let chunk: Int32
  }

  /// One frame with the reads that it serves.
  struct FrameTask: Sendable {
    let pack: Digest
    let frame: SegmentIndex.Frame
    var reads: Range<Int>
  }

  private(set) var folders: [Folder] = []
  /// Files, then links are kept apart: they are made last.
  private(set) var files: [Item] = []
  private(set) var links: [Item] = []
  /// Chunks of the large files, by position in `files`.
  private(set) var chunks: [Int32: [Recipe.Part]] = [:]
  /// Large files with the content of another: copied from it at the end.
  private(set) var copies: [(from: Int32, to: Int32)] = []
  private(set) var tasks: [FrameTask] = []
  private(set) var reads: [Read] = []
  private(set) var byteCount: UInt64 = 0

  /// Most entries of a whole tree: a few trees that name each other many times would unfold without end.
  static let entryLimit = 100_000_000

  /// Lists a tree.
  init(tree: Digest, size: UInt64, of store: Store) throws(StoreError) {
    try add(tree, path: [], size: size, store, depth: 0)
  }

  /// Lists a single entry, to be written as `name`.
  init(file entry: TreeEntry, name: [UInt8]) {
    folders = [Folder(path: [])]
    add(Item(folder: 0, kind: entry.kind, size: entry.size, digest: entry.digest, name: name))
  }

  private mutating func add(_ item: Item) {
    if item.kind == .link { links.append(item) } else { files.append(item) }
    byteCount += item.size
  }

  private mutating func add(
    _ tree: Digest, path: [UInt8], size: UInt64, _ store: Store, depth: Int
  ) throws(StoreError) {
    let subject = "tree \(tree.short)"
    guard depth < 64, path.count <= 4_096 else {
      throw StoreError(.rejected, subject, "it is deeper than 64 folders, or its paths are longer than 4,096 bytes")
    }
    let text = try store.objects.blob(tree, limit: Tree.sizeLimit)
    let folder = Int32(folders.count)
    folders.append(Folder(path: path))
    var below = [TreeEntry]()
    var total: UInt64 = 0
    do throws(FormatError) {
      var parser = try TreeParser(text.span)
      while let entry = try parser.next(in: text.span) {
        if entry.kind == .directory {
          below.append(entry)
        } else {
          guard path.count + entry.name.count < 4_096 else {
            throw FormatError(.limit, "tree", "a path of more than 4,096 bytes")
          }
          add(Item(folder: folder, kind: entry.kind, size: entry.size, digest: entry.digest, name: entry.name))
        }
      }
      total = parser.totalSize
    } catch { throw .damaged(subject, error) }
    guard folders.count + files.count + links.count <= Self.entryLimit else {
      throw StoreError(.rejected, subject, "it unfolds to more than \(Self.entryLimit) entries")
    }
    if size != total {
      throw StoreError(.damaged, subject, "it holds \(total) bytes, whoever names it says \(size)")
    }
    for entry in below {
      let inner = path.isEmpty ? entry.name : path + [0x2f] + entry.name
      try add(entry.digest, path: inner, size: entry.size, store, depth: depth + 1)
    }
  }

  /// Takes links out of the plan.
  mutating func removeLinks(where isUnwanted: (Item) -> Bool) { links.removeAll(where: isUnwanted) }

  /// Path of an item below the destination.
  func path(of item: Item) -> [UInt8] {
    let folder = folders[Int(item.folder)].path
    return folder.isEmpty ? item.name : folder + [0x2f] + item.name
  }

  /// Finds the frames for all files but those in `skipped`, in the order of the packs.
  mutating func locate(in store: Store, skipping skipped: Set<Int32> = []) throws(StoreError) {
    while true {
      let index = store.currentIndex()
      var plan = self
      do {
        try plan.locate(in: store, index, skipping: skipped)
        self = plan
        return
      } catch  where error.isAbsence {
        // Others may have moved it to another pack.
        guard try store.hasMoved(since: index) else { throw error }
      }
    }
  }

  private mutating func locate(in store: Store, _ index: Index, skipping skipped: Set<Int32>) throws(StoreError) {
    var numbers = [FrameKey: Int32]()
    var frames = [(pack: Digest, frame: SegmentIndex.Frame)]()
    var seenLarge = [Digest: Int32]()
    func add(
      _ digest: Digest, size: UInt64, item: Int32, chunk: Int32, _ path: @autoclosure () -> String
    ) throws(StoreError) -> Read {
      let copies = try index.locations(digest, .object)
      guard let first = copies.first else {
        throw Self.absent(path(), "object \(digest.short)")
      }
      guard let copy = copies.first(where: { UInt64($0.length) == size }) else {
        let who = chunk < 0 ? "its tree" : "its recipe"
        throw StoreError(
          .damaged, path(), "object \(digest.short) of it has \(first.length) bytes, \(who) says \(size)")
      }
      let key = FrameKey(pack: copy.pack, offset: copy.frame.offset)
      let number: Int32
      if let known = numbers[key] {
        number = known
      } else {
        number = Int32(frames.count)
        numbers[key] = number
        frames.append((copy.pack, copy.frame))
      }
      return Read(frame: number, start: UInt32(copy.start), length: UInt32(copy.length), item: item, chunk: chunk)
    }
    reads.reserveCapacity(files.count)
    for position in files.indices {
      let number = Int32(position)
      let item = files[position]
      if skipped.contains(number) { continue }
      func path() -> String { Path.printable(self.path(of: item)) }
      if item.size <= UInt64(PackLayout.objectLimit), index.contains(item.digest, .object) {
        reads.append(try add(item.digest, size: item.size, item: number, chunk: -1, path()))
        continue
      }
      if let first = seenLarge[item.digest] {
        copies.append((first, number))
        continue
      }
      seenLarge[item.digest] = number
      let parts = try Self.recipe(for: item, store, index, path())
      chunks[number] = parts
      for (position, part) in parts.enumerated() {
        reads.append(try add(part.digest, size: part.size, item: number, chunk: Int32(position), path()))
      }
    }
    group(frames)
  }

  /// A recipe that promises the right size; whether it keeps the promise shows at the end.
  private static func recipe(
    for item: Item, _ store: Store, _ index: Index, _ path: @autoclosure () -> String
  ) throws(StoreError) -> [Recipe.Part] {
    let reader = try store.objects
    for recipe in try reader.recipes(item.digest) where recipe.size == item.size {
      // A recipe is only a claim: one that cannot be followed is passed over for the next.
      guard let chunks = try? reader.chunks(of: recipe) else { continue }
      if chunks.allSatisfy({ index.contains($0.digest, .object) }) { return chunks }
    }
    throw absent(path(), "blob \(item.digest.short)")
  }

  private static func absent(_ path: String, _ bytes: String) -> StoreError {
    StoreError(.damaged, path, "its bytes (\(bytes)) are in no pack of this store", cause: StoreError.Absence())
  }

  private mutating func group(_ frames: [(pack: Digest, frame: SegmentIndex.Frame)]) {
    reads.sort { left, right in
      if left.frame != right.frame {
        let one = frames[Int(left.frame)]
        let other = frames[Int(right.frame)]
        if one.pack != other.pack { return one.pack < other.pack }
        return one.frame.offset < other.frame.offset
      }
      return (left.start, left.item) < (right.start, right.item)
    }
    for (position, read) in reads.enumerated() {
      let frame = frames[Int(read.frame)]
      if let last = tasks.last, last.pack == frame.pack, last.frame == frame.frame {
        tasks[tasks.count - 1].reads = last.reads.lowerBound..<(position + 1)
      } else {
        tasks.append(FrameTask(pack: frame.pack, frame: frame.frame, reads: position..<(position + 1)))
      }
    }
  }
}

/// A frame's place.
struct FrameKey: Hashable, Sendable {
  let pack: Digest
  let offset: UInt64
}
