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

/// The bytes that a segment stands in.
enum SegmentBytes: Sendable {
  /// A file of `artifact/index`, or a pack.
  case mapped(MappedFile)
  /// Made from a damaged pack's frames, and nowhere else.
  case memory([UInt8])

  @inline(__always)
  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    switch self {
    case .mapped(let map): try map.withBytes(body)
    case .memory(let bytes): try body(bytes.span)
    }
  }
}

/// An index segment, mapped unless it was made in memory.
final class Segment: Sendable {
  private let map: SegmentBytes
  private let range: Range<Int>
  let header: SegmentIndex.Header
  /// The packs it covers.
  let packs: [SegmentIndex.Pack]
  /// The file's name, for messages.
  let name: String
  /// Whether it is the index inside a pack.
  let isInPack: Bool

  /// Maps a file of `artifact/index/`.
  convenience init(_ digest: Digest, in folder: Directory) throws(StoreError) {
    let map = try wrapping { () throws(IOFailure) in try MappedFile(try folder.stored(Array(digest.hex.utf8))) }
    try self.init(map: .mapped(map), range: 0..<map.count, name: digest.hex, itself: nil)
  }

  /// Uses the index inside a pack; `itself` is the pack.
  init(map: SegmentBytes, range: Range<Int>, name: String, itself: SegmentIndex.Pack?) throws(StoreError) {
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

  /// The length of an entry, nil if there is none; one that does not read well has the length that nothing has.
  func length(_ digest: Digest, _ kind: ObjectKind) -> Int? {
    map.withBytes { (bytes) -> Int? in
      let segment = bytes.extracting(range)
      guard let position = SegmentIndex.find(digest, kind, header, segment) else { return nil }
      return (try? SegmentIndex.entry(position, header, segment)).map { Int($0.length) } ?? -1
    }
  }

  /// The first pack outside of `condemned` in which the segment has the object; a damaged entry is as good as none.
  func holder(of digest: Digest, _ kind: ObjectKind, without condemned: Set<Digest>) -> Digest? {
    map.withBytes { bytes in
      let segment = bytes.extracting(range)
      guard var position = SegmentIndex.find(digest, kind, header, segment) else { return nil }
      while position < header.entryCount {
        guard let entry = try? SegmentIndex.entry(position, header, segment), entry.digest == digest,
          entry.kind == kind, let frame = try? SegmentIndex.frame(Int(entry.frame), header, segment)
        else { return nil }
        let pack = packs[Int(frame.pack)].digest
        if condemned.isEmpty || !condemned.contains(pack) { return pack }
        position += 1
      }
      return nil
    }
  }

  /// The position of the first entry of an object.
  func position(of digest: Digest, _ kind: ObjectKind) -> Int? {
    map.withBytes { SegmentIndex.find(digest, kind, header, $0.extracting(range)) }
  }

  /// The entry at a position, with its frame; nil behind the last one, or if it is damaged.
  func entry(at position: Int) -> (entry: SegmentIndex.Entry, frame: SegmentIndex.Frame)? {
    guard position < header.entryCount else { return nil }
    return map.withBytes { bytes in
      let segment = bytes.extracting(range)
      guard let entry = try? SegmentIndex.entry(position, header, segment),
        let frame = try? SegmentIndex.frame(Int(entry.frame), header, segment)
      else { return nil }
      return (entry, frame)
    }
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

  /// Whether the segment's checksum and everything else in it fits.
  var isWhole: Bool {
    (try? withBytes { (bytes) throws(FormatError) in try SegmentIndex.verify(bytes) }) != nil
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
  /// Why a pack could not be read that may hold more, if there was one.
  var failure: StoreError?

  /// Whether an object is there.
  func contains(_ digest: Digest, _ kind: ObjectKind) -> Bool {
    if condemned.isEmpty { return segments.contains { $0.contains(digest, kind) } }
    // A damaged entry is as good as none; reading it reports the damage.
    return holder(of: digest, kind) != nil
  }

  /// A pack that has an object.
  func holder(of digest: Digest, _ kind: ObjectKind) -> Digest? {
    for segment in segments {
      if let pack = segment.holder(of: digest, kind, without: condemned) { return pack }
    }
    return nil
  }

  /// The length of an object's first copy, or nil if it is not there.
  func length(_ digest: Digest, _ kind: ObjectKind) -> Int? {
    if condemned.isEmpty {
      for segment in segments { if let length = segment.length(digest, kind) { return length } }
      return nil
    }
    // A damaged entry is as good as none; reading it reports the damage.
    return (try? locations(digest, kind))?.first?.length
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

extension Index: Equatable {
  /// Whether both look things up in the same files.
  static func == (left: Index, right: Index) -> Bool {
    left.condemned == right.condemned && left.segments.elementsEqual(right.segments) { $0 === $1 }
  }
}
