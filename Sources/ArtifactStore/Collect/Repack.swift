import ArtifactCore
import ArtifactIO

/// Copies what is needed out of packs that are to go.
struct Repack: ~Copyable {
  private let store: Store
  private var mover: FrameMove
  /// Frames with fewer plain bytes are packed anew: thousands of tiny ones compress badly and bloat the index.
  private static let smallestFrame = PackLayout.frameTarget / 8

  /// Prepares to copy into a session that does not see the packs that are to go.
  init(_ store: Store, to session: WriteSession) throws(StoreError) {
    self.store = store
    mover = try FrameMove.make(from: store, to: session, smallest: Self.smallestFrame) {
      (member, bytes) throws(StoreError) in
      if try session.claim(member, bytes) { return true }
      // Another pack has it, so this copy may go, but only if that one is good.
      guard member.kind == .object, let copy = try session.sharedCopy(of: member.digest) else { return false }
      return try !Self.isGood(copy, member.digest, store)
    }
  }

  /// What was copied so far.
  var moved: Moved { mover.moved }

  private static func isGood(_ copy: Location, _ digest: Digest, _ store: Store) throws(StoreError) -> Bool {
    do {
      var reader = try FrameReader()
      try reader.read(copy.frame, of: store.pack(copy.pack))
      return Digest.of(reader.plain.span.extracting(copy.start..<(copy.start + copy.length))) == digest
    } catch  where error.code == .damaged { return false }
  }

  /// Copies what is needed of one pack.
  mutating func copy(_ pack: Digest, _ map: LiveMap) throws(StoreError) {
    let (entries, frames) = try listing(of: pack, map)
    let sorted = entries.filter { map.isLive($0.digest, $0.kind) }.sorted {
      ($0.frame, $0.start) < ($1.frame, $1.start)
    }
    var start = 0
    while start < sorted.count {
      let number = sorted[start].frame
      let end = sorted[start...].firstIndex { $0.frame != number } ?? sorted.count
      try mover.move(Array(sorted[start..<end]), of: frames[Int(number)], in: pack)
      start = end
    }
  }

  /// By the pack's own index, or if that is damaged by what a segment says.
  private func listing(
    of pack: Digest, _ map: LiveMap
  ) throws(StoreError) -> (entries: [SegmentIndex.Entry], frames: [SegmentIndex.Frame]) {
    let file = try PackFile(pack, in: store.packs)
    if let (_, segment) = try? file.readIndex(), let listing = try? segment.listing(of: pack) { return listing }
    return try map.listing(of: pack)
  }
}
