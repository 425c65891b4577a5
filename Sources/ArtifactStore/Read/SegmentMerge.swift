import ArtifactCore
import ArtifactIO

/// Merges many indexes into one segment, reading them in place and writing in one pass (store-layout.md §3.3).
///
/// Memory does not grow with the number of entries. What is said of condemned packs is left out.
struct SegmentMerge {
  /// A look-up asks at most this many indexes.
  static let limit = 16
  /// After a merge about this many are left, so that merges are rare.
  static let remaining = 8

  /// Merges the smallest indexes of a store if there are more than `limit`.
  static func runIfNeeded(_ store: Store, _ session: WriteSession) throws(StoreError) {
    let segments = store.currentIndex().segments.sorted { $0.header.entryCount < $1.header.entryCount }
    guard segments.count > limit else { return }
    // What a damaged one says must not go on under another sum.
    let chosen = segments.prefix(segments.count - remaining + 1).filter(\.isWhole)
    guard chosen.count > 1 else { return }
    var merge = try SegmentMerge(Array(chosen), without: store.log.fold.condemned)
    try merge.write(to: store, session)
  }

  /// Rewrites the segments that name condemned packs, all together as one.
  ///
  /// - Returns: The number of segments that were replaced.
  static func dropCondemned(_ store: Store, _ session: WriteSession) throws(StoreError) -> Int {
    let condemned = store.log.fold.condemned
    let stale = store.currentIndex().segments.filter { segment in
      !segment.isInPack && segment.packs.contains { condemned.contains($0.digest) }
    }
    if stale.isEmpty { return 0 }
    var merge = try SegmentMerge(stale, without: condemned)
    try merge.write(to: store, session)
    return stale.count
  }

  /// One input: which of its frames are taken and how they are numbered in the output.
  private struct Input {
    let segment: Segment
    /// New number of each frame; `leftOut` for the frames of a pack that an earlier input covers or that is condemned.
    var frames: [UInt32] = []
    static let leftOut = UInt32.max
    /// New number of each pack; nil for one that is left out.
    var packs: [UInt32?] = []
    var position = 0
    var entry: SegmentIndex.Entry?
  }

  private var inputs: [Input] = []
  private var frameCount = 0
  private var packs: [SegmentIndex.Pack] = []
  private var bucketSizes = [Int](repeating: 0, count: 256)

  private init(_ segments: [Segment], without condemned: Set<Digest>) throws(StoreError) {
    var taken = condemned
    for segment in segments {
      var input = Input(segment: segment)
      var numbers = [UInt32?]()
      for pack in segment.packs {
        numbers.append(taken.contains(pack.digest) ? nil : UInt32(packs.count))
        if taken.insert(pack.digest).inserted { packs.append(pack) }
      }
      let header = segment.header
      let added: (frames: [UInt32], count: Int, counts: [Int])
      let base = frameCount
      do {
        added = try segment.withBytes { (bytes) throws(FormatError) in
          var map = [UInt32]()
          map.reserveCapacity(header.frameCount)
          var count = 0
          for position in 0..<header.frameCount {
            let frame = try SegmentIndex.frame(position, header, bytes)
            if numbers[Int(frame.pack)] == nil {
              map.append(Input.leftOut)
            } else {
              map.append(UInt32(base + count))
              count += 1
            }
          }
          var counts = [Int](repeating: 0, count: 256)
          for position in 0..<header.entryCount {
            let entry = try SegmentIndex.entry(position, header, bytes)
            if map[Int(entry.frame)] != Input.leftOut { counts[entry.digest.firstByte] += 1 }
          }
          return (map, count, counts)
        }
      } catch { throw .damaged("index \(segment.name)", error) }
      input.frames = added.frames
      input.packs = numbers
      frameCount += added.count
      for bucket in 0..<256 { bucketSizes[bucket] += added.counts[bucket] }
      inputs.append(input)
    }
  }

  private mutating func write(to store: Store, _ session: WriteSession) throws(StoreError) {
    if packs.isEmpty {
      try remove(except: "", from: store)
      return try store.reloadIndex()
    }
    let name = session.temporaryName()
    let digest = try writeFile(name, in: session.temporary)
    let finalName = Array(digest.hex.utf8)
    let segments = try store.segments
    do {
      try store.packs.sync()
      do { try Durability.publish(name, in: session.temporary, as: finalName, in: segments) } catch
        where error.code == .exists
      {
        // Another writer merged the same indexes.
        try session.temporary.remove(name)
      }
      try segments.sync()
    } catch { throw StoreError(error) }
    try remove(except: digest.hex, from: store)
    try store.reloadIndex()
  }

  /// Removes the files of the inputs, but for one that is the output too.
  private func remove(except name: String, from store: Store) throws(StoreError) {
    let segments = try store.segments
    do {
      for input in inputs where !input.segment.isInPack && input.segment.name != name {
        do { try segments.remove(Array(input.segment.name.utf8)) } catch  where error.code == .notFound {}
      }
    } catch { throw StoreError(error) }
  }

  private mutating func writeFile(_ name: [UInt8], in directory: Directory) throws(StoreError) -> Digest {
    let file = try wrapping { () throws(IOFailure) in try directory.create(name) }
    var hasher = SHA256Hasher()
    var crc: UInt32 = 0
    var bytes = SegmentIndex.head(bucketSizes: bucketSizes, frames: frameCount, packs: packs.count)
    for index in inputs.indices { try advance(index) }
    while let index = smallest() {
      if let entry = inputs[index].entry { SegmentIndex.append(entry, to: &bytes) }
      try advance(index)
      if bytes.count >= 1 << 20 { try Self.flush(&bytes, &hasher, &crc, file) }
    }
    for input in inputs { try Self.writeFrames(of: input, &bytes, &hasher, &crc, file) }
    bytes += SegmentIndex.tables(frames: [], packs: packs)
    try Self.flush(&bytes, &hasher, &crc, file)
    LittleEndian.append(crc, to: &bytes)
    try Self.flush(&bytes, &hasher, &crc, file)
    try wrapping { () throws(IOFailure) in try file.sync() }
    return hasher.finish()
  }

  /// Appends the frames of an input that are taken, some thousands at a time.
  private static func writeFrames(
    of input: Input, _ bytes: inout [UInt8], _ hasher: inout SHA256Hasher, _ crc: inout UInt32, _ file: borrowing File
  ) throws(StoreError) {
    let segment = input.segment
    let step = 1 << 14
    for start in stride(from: 0, to: segment.header.frameCount, by: step) {
      var frames = [SegmentIndex.Frame]()
      do {
        frames = try segment.withBytes { (all) throws(FormatError) in
          var frames = [SegmentIndex.Frame]()
          for position in start..<min(start + step, segment.header.frameCount) {
            var frame = try SegmentIndex.frame(position, segment.header, all)
            guard let pack = input.packs[Int(frame.pack)] else { continue }
            frame.pack = pack
            frames.append(frame)
          }
          return frames
        }
      } catch { throw .damaged("index \(segment.name)", error) }
      bytes += SegmentIndex.tables(frames: frames, packs: [])
      try flush(&bytes, &hasher, &crc, file)
    }
  }

  private static func flush(
    _ bytes: inout [UInt8], _ hasher: inout SHA256Hasher, _ crc: inout UInt32, _ file: borrowing File
  ) throws(StoreError) {
    do { try file.write(bytes.span) } catch { throw StoreError(error) }
    hasher.update(bytes.span)
    crc = CRC32.update(crc, bytes.span)
    bytes.removeAll(keepingCapacity: true)
  }

  private func smallest() -> Int? {
    var best: Int?
    for (index, input) in inputs.enumerated() {
      guard let entry = input.entry else { continue }
      if let chosen = best, let other = inputs[chosen].entry, !SegmentIndex.Entry.precedes(entry, other) { continue }
      best = index
    }
    return best
  }

  /// Moves an input to its next entry that is taken, renumbered for the output.
  private mutating func advance(_ index: Int) throws(StoreError) {
    let segment = inputs[index].segment
    let map = inputs[index].frames
    var position = inputs[index].position
    var found: SegmentIndex.Entry?
    do {
      found = try segment.withBytes { (bytes) throws(FormatError) in
        while position < segment.header.entryCount {
          var entry = try SegmentIndex.entry(position, segment.header, bytes)
          position += 1
          let frame = map[Int(entry.frame)]
          if frame != Input.leftOut {
            entry.frame = frame
            return entry
          }
        }
        return nil
      }
    } catch { throw .damaged("index \(segment.name)", error) }
    inputs[index].position = position
    inputs[index].entry = found
  }
}
