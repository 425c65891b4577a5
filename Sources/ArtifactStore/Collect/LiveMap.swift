import ArtifactCore

/// One bit for each of many things.
struct Bitmap: Sendable {
  private var words: [UInt64]

  /// All bits clear.
  init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  /// Whether a bit is set.
  func contains(_ position: Int) -> Bool { words[position >> 6] & (1 << UInt64(position & 63)) != 0 }

  /// Sets a bit; false if it was set before.
  @discardableResult
  mutating func insert(_ position: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(position & 63)
    if words[position >> 6] & bit != 0 { return false }
    words[position >> 6] |= bit
    return true
  }

  /// Clears a bit.
  mutating func remove(_ position: Int) { words[position >> 6] &= ~(1 << UInt64(position & 63)) }
}

/// Which entries of an index are needed: five bits an entry, so that ten million objects take six megabytes.
///
/// It keeps to the segments that it was made of; those that come later are added behind them. Copies in condemned packs
/// are not seen.
struct LiveMap {
  /// An entry: the segment's number and the position in it.
  struct Place: Sendable, Equatable {
    let part: Int
    let position: Int
  }

  /// What an entry was read for.
  enum Visit: Int, CaseIterable {
    case tree, outline, record
  }

  private struct Part {
    /// Nil when its pack is gone: a file that is mapped keeps its room on the disk.
    var segment: Segment?
    /// For each pack of the segment its number here; -1 for one whose copies count as absent.
    let numbers: [Int32]
    /// For each pack of the segment whether this is the part that stands for it in sums.
    let isFirst: [Bool]
    /// Entries that are needed, every copy.
    var live: Bitmap
    /// Of several copies of a needed object the one that was found first.
    var chosen: Bitmap
    var visited: [Bitmap]
  }

  private var parts: [Part] = []
  /// The packs, in the order of their numbers.
  private(set) var packs: [SegmentIndex.Pack] = []
  private var numbers: [Digest: Int32] = [:]
  /// Packs in which something was found to be needed, by number.
  private(set) var touched: Set<Int32> = []

  /// Starts with nothing needed.
  init(_ index: Index) { extend(with: index) }

  /// A map of the same segments under the same numbers, with nothing needed.
  func emptied() -> LiveMap {
    var map = self
    map.touched = []
    for number in parts.indices {
      let none = Bitmap(count: parts[number].segment?.header.entryCount ?? 0)
      map.parts[number].live = none
      map.parts[number].chosen = none
      map.parts[number].visited = Visit.allCases.map { _ in none }
    }
    return map
  }

  /// Adds the segments of an index that are not here yet, and packs with them.
  mutating func extend(with index: Index) {
    for segment in index.segments where !parts.contains(where: { $0.segment.map { $0 === segment } ?? false }) {
      var isFirst = [Bool]()
      let known = segment.packs.map { pack -> Int32 in
        let isAbsent = index.condemned.contains(pack.digest)
        isFirst.append(!isAbsent && numbers[pack.digest] == nil)
        if isAbsent { return -1 }
        if let number = numbers[pack.digest] { return number }
        numbers[pack.digest] = Int32(packs.count)
        packs.append(pack)
        return Int32(packs.count - 1)
      }
      // What only repeats known packs has nothing to add.
      if !parts.isEmpty, !isFirst.contains(true) { continue }
      let count = segment.header.entryCount
      parts.append(
        Part(
          segment: segment, numbers: known, isFirst: isFirst, live: Bitmap(count: count),
          chosen: Bitmap(count: count), visited: Visit.allCases.map { _ in Bitmap(count: count) }))
    }
  }

  /// The number of a pack.
  func number(of pack: Digest) -> Int32? { numbers[pack] }

  /// Lets go of the packs that are gone, whose own indexes are looked at.
  mutating func release(_ gone: Set<Digest>) {
    for number in parts.indices {
      guard let segment = parts[number].segment, segment.isInPack else { continue }
      if segment.packs.allSatisfy({ gone.contains($0.digest) }) { parts[number].segment = nil }
    }
  }

  /// Forgets which packs were touched.
  mutating func forgetTouched() { touched.removeAll() }

  /// Marks every copy of an object as needed.
  ///
  /// - Returns: The copy that was found first, and whether it was not needed before; nil if there is no copy.
  mutating func mark(_ digest: Digest, _ kind: ObjectKind) -> (place: Place, isNew: Bool)? {
    var first: Place?
    for number in parts.indices {
      guard let segment = parts[number].segment, var position = segment.position(of: digest, kind) else { continue }
      while let (entry, frame) = segment.entry(at: position), entry.digest == digest, entry.kind == kind {
        let pack = parts[number].numbers[Int(frame.pack)]
        if pack >= 0 {
          if first == nil {
            first = Place(part: number, position: position)
            if parts[number].live.contains(position) { return first.map { ($0, false) } }
            parts[number].chosen.insert(position)
          }
          parts[number].live.insert(position)
          // Recipes under one name may differ, so each is the only one.
          if kind == .recipe { parts[number].chosen.insert(position) }
          touched.insert(pack)
        }
        position += 1
      }
    }
    return first.map { ($0, true) }
  }

  /// Whether any copy of an object is needed.
  func isLive(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    for part in parts {
      guard let segment = part.segment, var position = segment.position(of: digest, kind) else { continue }
      while let (entry, frame) = segment.entry(at: position), entry.digest == digest, entry.kind == kind {
        if part.numbers[Int(frame.pack)] >= 0 { return part.live.contains(position) }
        position += 1
      }
    }
    return false
  }

  /// Notes that an entry is read in a role; false if it was before.
  mutating func visit(_ place: Place, _ visit: Visit) -> Bool {
    parts[place.part].visited[visit.rawValue].insert(place.position)
  }

  /// Forgets that an object was read in a role.
  mutating func forgetVisits(of digest: Digest, _ visit: Visit) {
    for (number, part) in parts.enumerated() {
      for kind in ObjectKind.allCases {
        guard let segment = part.segment, var position = segment.position(of: digest, kind) else { continue }
        while let (entry, _) = segment.entry(at: position), entry.digest == digest, entry.kind == kind {
          parts[number].visited[visit.rawValue].remove(position)
          position += 1
        }
      }
    }
  }

  /// The entry at a place, its frame and its pack.
  func entry(at place: Place) -> (entry: SegmentIndex.Entry, frame: SegmentIndex.Frame, pack: Digest)? {
    guard let segment = parts[place.part].segment, let (entry, frame) = segment.entry(at: place.position) else {
      return nil
    }
    return (entry, frame, segment.packs[Int(frame.pack)].digest)
  }

  /// The entries and frames of a pack, as a segment lists them.
  func listing(of pack: Digest) throws(StoreError) -> (entries: [SegmentIndex.Entry], frames: [SegmentIndex.Frame]) {
    for part in parts {
      guard let segment = part.segment, segment.packs.contains(where: { $0.digest == pack }) else { continue }
      return try segment.listing(of: pack)
    }
    return ([], [])
  }

  /// How much of a pack is needed.
  struct Use: Sendable {
    /// Stored bytes of all members, by their share of their frames.
    var content: UInt64 = 0
    /// Of these the bytes of chosen copies.
    var live: UInt64 = 0
    /// Whether it has a copy, chosen or not, of anything that is needed.
    var isNeeded = false
    /// Whether it has an object of an erased version that nothing needs.
    var hasErased = false
  }

  /// How much of each pack is needed, by number; `erased` marks what erased versions needed, in a map that was `emptied()`.
  func use(erased: LiveMap?) throws(StoreError) -> [Use] {
    var uses = [Use](repeating: Use(), count: packs.count)
    for (number, part) in parts.enumerated() {
      guard let segment = part.segment else { continue }
      let erased = erased.flatMap { number < $0.parts.count ? $0.parts[number].live : nil }
      let header = segment.header
      do {
        try segment.withBytes { (bytes) throws(FormatError) in
          for position in 0..<header.entryCount {
            let entry = try SegmentIndex.entry(position, header, bytes)
            let frame = try SegmentIndex.frame(Int(entry.frame), header, bytes)
            let pack = Int(part.numbers[Int(frame.pack)])
            guard pack >= 0, part.isFirst[Int(frame.pack)] else { continue }
            let plain = UInt64(TarHeader.blockSize) + UInt64(entry.length)
            let stored = plain * UInt64(frame.storedSize) / UInt64(max(1, frame.plainSize))
            uses[pack].content += stored
            if part.live.contains(position) {
              uses[pack].isNeeded = true
              if part.chosen.contains(position) { uses[pack].live += stored }
            } else if erased?.contains(position) ?? false {
              uses[pack].hasErased = true
            }
          }
        }
      } catch { throw .damaged("index \(segment.name)", error) }
    }
    return uses
  }
}
