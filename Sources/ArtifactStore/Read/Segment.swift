import ArtifactCore
import ArtifactIO

/// Where an object's bytes lie.
struct Location: Sendable, Equatable {
  /// The pack's name.
  let pack: Digest
  /// The frame's number within its segment, for error messages and for grouping.
  let frame: SegmentIndex.Frame
  /// Offset of the bytes in the decoded frame.
  let start: Int
  /// Number of bytes.
  let length: Int
}

/// A mapped index segment.
final class Segment: Sendable {
  private let map: MappedFile
  private let range: Range<Int>
  let header: SegmentIndex.Header
  /// The packs it covers.
  let packs: [SegmentIndex.Pack]
  /// The file's name, for messages.
  let name: String
  /// Whether it is the index inside a pack.
  let isInPack: Bool

  /// Maps a file of `artifact/index/`.
  convenience init(_ file: borrowing File, name: String) throws(StoreError) {
    let map = try wrapping { () throws(IOFailure) in try MappedFile(file) }
    try self.init(map: map, range: 0..<map.count, name: name, itself: nil)
  }

  /// Uses the index inside a pack; `itself` is the pack.
  init(map: MappedFile, range: Range<Int>, name: String, itself: SegmentIndex.Pack?) throws(StoreError) {
    self.map = map
    self.range = range
    self.name = name
    isInPack = itself != nil
    do {
      let parsed = try map.withBytes { (bytes) throws(FormatError) in
        let segment = bytes.extracting(range)
        let header = try SegmentIndex.Header(segment)
        return (header, (0..<header.packCount).map { SegmentIndex.pack($0, header, segment) })
      }
      header = parsed.0
      packs = itself.map { [$0] } ?? parsed.1
      guard itself == nil || parsed.1 == [.itself] else {
        throw FormatError(.field, "pack index", "the index inside a pack names other packs")
      }
    } catch { throw .damaged("index \(name)", error) }
  }

  /// Whether the segment has an entry.
  func contains(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    map.withBytes { SegmentIndex.find(digest, kind, header, $0.extracting(range)) != nil }
  }

  /// Appends every place where the segment has the object.
  func locate(_ digest: Digest, _ kind: ObjectKind, into locations: inout [Location]) throws(StoreError) {
    do {
      try map.withBytes { (bytes) throws(FormatError) in
        let segment = bytes.extracting(range)
        guard var position = SegmentIndex.find(digest, kind, header, segment) else { return }
        while position < header.entryCount {
          let entry = try SegmentIndex.entry(position, header, segment)
          guard entry.digest == digest, entry.kind == kind else { return }
          let frame = try SegmentIndex.frame(Int(entry.frame), header, segment)
          guard UInt64(entry.start) + UInt64(entry.length) <= UInt64(frame.plainSize) else {
            throw FormatError(.field, "pack index", "entry \(position) reaches beyond its frame")
          }
          locations.append(
            Location(
              pack: packs[Int(frame.pack)].digest, frame: frame, start: Int(entry.start), length: Int(entry.length)))
          position += 1
        }
      }
    } catch { throw .damaged("index \(name)", error) }
  }

  /// All entries and frames of one pack, renumbered as they stand in it.
  func listing(of pack: Digest) throws(StoreError) -> (entries: [SegmentIndex.Entry], frames: [SegmentIndex.Frame]) {
    guard let number = packs.firstIndex(where: { $0.digest == pack }) else { return ([], []) }
    do {
      return try withBytes { (bytes) throws(FormatError) in
        var numbers = [UInt32: UInt32]()
        var frames = [SegmentIndex.Frame]()
        for position in 0..<header.frameCount {
          var frame = try SegmentIndex.frame(position, header, bytes)
          guard frame.pack == UInt32(number) else { continue }
          frame.pack = 0
          numbers[UInt32(position)] = UInt32(frames.count)
          frames.append(frame)
        }
        var entries = [SegmentIndex.Entry]()
        for position in 0..<header.entryCount {
          var entry = try SegmentIndex.entry(position, header, bytes)
          guard let frame = numbers[entry.frame] else { continue }
          entry.frame = frame
          entries.append(entry)
        }
        return (entries, frames)
      }
    } catch { throw .damaged("index \(name)", error) }
  }

  /// Calls `body` with the segment's bytes.
  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try map.withBytes { (bytes) throws(E) in try body(bytes.extracting(range)) }
  }
}

/// What the store holds, as known at one moment.
struct Index: Sendable {
  /// The segments, in no particular order.
  var segments: [Segment] = []
  /// Packs that are not there, or that a `collect` event has condemned: their copies count as absent.
  var condemned: Set<Digest> = []

  /// Whether an object is there.
  func contains(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if condemned.isEmpty { return segments.contains { $0.contains(digest, kind) } }
    // A damaged entry is as good as none; reading it reports the damage.
    return (try? !locations(digest, kind).isEmpty) ?? false
  }

  /// Every place where an object is, condemned copies left out.
  func locations(_ digest: Digest, _ kind: ObjectKind) throws(StoreError) -> [Location] {
    var result = [Location]()
    for segment in segments { try segment.locate(digest, kind, into: &result) }
    if !condemned.isEmpty { result.removeAll { condemned.contains($0.pack) } }
    return result
  }

  /// Every pack that some segment covers.
  var packs: Set<Digest> { Set(segments.flatMap { $0.packs.map(\.digest) }) }
}
