import ArtifactCore
import ArtifactIO

/// Merges many indexes into one segment, reading them in place and writing in one pass (store-layout.md §3.3).
///
/// Memory does not grow with the number of entries.
struct SegmentMerge {
  /// A look-up asks at most this many indexes.
  static let limit = 16
  /// After a merge about this many are left, so that merges are rare.
  static let remaining = 8

  /// Merges the smallest indexes of a store if there are more than `limit`.
  static func runIfNeeded(_ store: Store, _ session: WriteSession) throws(StoreError) {
    let segments = store.currentIndex().segments.sorted { $0.header.entryCount < $1.header.entryCount }
    guard segments.count > limit else { return }
    let chosen = Array(segments.prefix(segments.count - remaining + 1))
    var merge = try SegmentMerge(chosen)
    try merge.write(to: store, session)
  }

  /// One input: which of its frames are taken and how they are numbered in the output.
  private struct Input {
    let segment: Segment
    /// New number of each frame; nil for the frames of a pack that an earlier input covers.
    var frames: [UInt32?] = []
    var position = 0
    var entry: SegmentIndex.Entry?
  }

  private var inputs: [Input] = []
  private var frames: [SegmentIndex.Frame] = []
  private var packs: [SegmentIndex.Pack] = []
  private var bucketSizes = [Int](repeating: 0, count: 256)

  private init(_ segments: [Segment]) throws(StoreError) {
    var taken = Set<Digest>()
    for segment in segments {
      var input = Input(segment: segment)
      var numbers = [UInt32?]()
      for pack in segment.packs {
        numbers.append(taken.contains(pack.digest) ? nil : UInt32(packs.count))
        if taken.insert(pack.digest).inserted { packs.append(pack) }
      }
      let header = segment.header
      let added: (frames: [UInt32?], new: [SegmentIndex.Frame], counts: [Int])
      let base = frames.count
      do {
        added = try segment.withBytes { (bytes) throws(FormatError) in
          var map = [UInt32?]()
          var new = [SegmentIndex.Frame]()
          for position in 0..<header.frameCount {
            var frame = try SegmentIndex.frame(position, header, bytes)
            guard let pack = numbers[Int(frame.pack)] else {
              map.append(nil)
              continue
            }
            frame.pack = pack
            map.append(UInt32(base + new.count))
            new.append(frame)
          }
          var counts = [Int](repeating: 0, count: 256)
          for position in 0..<header.entryCount {
            let entry = try SegmentIndex.entry(position, header, bytes)
            if map[Int(entry.frame)] != nil { counts[entry.digest.firstByte] += 1 }
          }
          return (map, new, counts)
        }
      } catch { throw .damaged("index \(segment.name)", error) }
      input.frames = added.frames
      frames += added.new
      for bucket in 0..<256 { bucketSizes[bucket] += added.counts[bucket] }
      inputs.append(input)
    }
  }

  private mutating func write(to store: Store, _ session: WriteSession) throws(StoreError) {
    let name = session.temporaryName()
    let digest = try writeFile(name, in: session.temporary)
    let finalName = Array(digest.hex.utf8)
    do {
      try store.packs.sync()
      do { try Durability.publish(name, in: session.temporary, as: finalName, in: store.segments) } catch
        where error.code == .exists
      {
        // Another writer merged the same indexes.
        try session.temporary.remove(name)
      }
      try store.segments.sync()
      for input in inputs where !input.segment.isInPack && input.segment.name != digest.hex {
        do { try store.segments.remove(Array(input.segment.name.utf8)) } catch  where error.code == .notFound {}
      }
    } catch { throw StoreError(error) }
    try store.reloadIndex()
  }

  private mutating func writeFile(_ name: [UInt8], in directory: Directory) throws(StoreError) -> Digest {
    let file = try wrapping { () throws(IOFailure) in try directory.create(name) }
    var hasher = SHA256Hasher()
    var crc: UInt32 = 0
    var bytes = SegmentIndex.head(bucketSizes: bucketSizes, frames: frames.count, packs: packs.count)
    for index in inputs.indices { try advance(index) }
    while let index = smallest() {
      if let entry = inputs[index].entry { SegmentIndex.append(entry, to: &bytes) }
      try advance(index)
      if bytes.count >= 1 << 20 { try Self.flush(&bytes, &hasher, &crc, file) }
    }
    bytes += SegmentIndex.tables(frames: frames, packs: packs)
    try Self.flush(&bytes, &hasher, &crc, file)
    LittleEndian.append(crc, to: &bytes)
    try Self.flush(&bytes, &hasher, &crc, file)
    try wrapping { () throws(IOFailure) in try file.sync() }
    return hasher.finish()
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
          if let frame = map[Int(entry.frame)] {
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
