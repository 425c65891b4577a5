import ArtifactCore
import ArtifactIO
import Synchronization

/// Reads one pack to the last byte: its name, its index, every frame, every object.
final class PackCheck: Sendable {
  struct Result: Sendable {
    var problems: [VerifyReport.Problem] = []
    /// Objects whose copy in this pack is not good.
    var bad: Set<Digest> = []
    var objectCount = 0
    var byteCount = 0
  }

  private let pack: PackFile
  private let progress: Progress
  /// The pack's entries by frame, then start.
  private let entries: [SegmentIndex.Entry]
  private let frames: [SegmentIndex.Frame]
  private let result = Mutex(Result())
  private let next = Atomic<Int>(0)
  private static let framesAtOnce = 8

  /// Uses what a merged segment says about the pack, for a pack whose own index is damaged.
  init(
    _ pack: PackFile, listed: (entries: [SegmentIndex.Entry], frames: [SegmentIndex.Frame]), _ progress: Progress
  ) {
    self.pack = pack
    self.progress = progress
    entries = listed.entries.sorted { ($0.frame, $0.start) < ($1.frame, $1.start) }
    frames = listed.frames
  }

  /// Opens the pack's own index; damage there is thrown.
  init(_ pack: PackFile, _ progress: Progress) throws(StoreError) {
    self.pack = pack
    self.progress = progress
    let (table, segment) = try pack.readIndex()
    do {
      (entries, frames) = try segment.withBytes { (bytes) throws(FormatError) in
        try SegmentIndex.verify(bytes)
        let header = segment.header
        var entries = [SegmentIndex.Entry]()
        entries.reserveCapacity(header.entryCount)
        for position in 0..<header.entryCount { entries.append(try SegmentIndex.entry(position, header, bytes)) }
        entries.sort { ($0.frame, $0.start) < ($1.frame, $1.start) }
        var frames = [SegmentIndex.Frame]()
        for position in 0..<header.frameCount { frames.append(try SegmentIndex.frame(position, header, bytes)) }
        return (entries, frames)
      }
      try Self.compare(frames, table)
    } catch { throw .damaged(pack.name, error) }
  }

  private static func compare(_ frames: [SegmentIndex.Frame], _ table: SeekTable) throws(FormatError) {
    guard table.frames.count == frames.count + 1 else {
      throw FormatError(.field, "seek table", "\(table.frames.count - 1) frames, the index has \(frames.count)")
    }
    var offset: UInt64 = 0
    for (frame, entry) in zip(frames, table.frames) {
      guard frame.offset == offset, frame.storedSize == entry.storedSize, frame.plainSize == entry.plainSize else {
        throw FormatError(.field, "seek table", "the frame at byte \(offset) is another than in the index")
      }
      offset += UInt64(entry.storedSize)
    }
  }

  /// Checks everything, on several threads.
  func run(workers: Int) -> Result {
    let tasks = (frames.count + Self.framesAtOnce - 1) / Self.framesAtOnce
    Threads.run(min(workers, tasks + 1)) { [self] _ in
      while true {
        // Task 0 hashes the file; the others decode frames.
        let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if task > tasks || progress.isCancelled { return }
        if task == 0 { checkName() } else { checkFrames((task - 1) * Self.framesAtOnce) }
      }
    }
    return result.withLock { $0 }
  }

  private func report(_ detail: String) {
    result.withLock { $0.problems.append(VerifyReport.Problem(subject: pack.name, detail: detail)) }
  }

  private func checkName() {
    var hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset: UInt64 = 0
    while offset < pack.size, !progress.isCancelled {
      let count = Int(min(UInt64(buffer.count), pack.size - offset))
      do { try pack.read(offset: offset, count: count, into: &buffer) } catch { return report(error.detail) }
      hasher.update(buffer.span.extracting(0..<count))
      offset += UInt64(count)
    }
    let found = hasher.finish()
    if found != pack.digest, !progress.isCancelled {
      report("its bytes hash to \(found.short)…, its name promises \(pack.digest.short)…")
    }
  }

  private func checkFrames(_ first: Int) {
    let reader: FrameReader
    do { reader = try FrameReader() } catch { return report(error.detail) }
    var check = FrameCheck(reader: reader)
    for number in first..<min(first + Self.framesAtOnce, frames.count) {
      let frame = frames[number]
      let expected = entries[range(of: UInt32(number))]
      let problem = check.run(frame, pack, expected)
      progress.add(progress.bytesDone, Int(frame.plainSize))
      result.withLock { result in
        result.objectCount += expected.count
        result.byteCount += Int(frame.plainSize)
        guard let problem else { return }
        result.problems.append(VerifyReport.Problem(subject: pack.name, detail: "the frame at byte \(frame.offset): \(problem)"))
        result.bad.formUnion(expected.map(\.digest))
      }
    }
  }

  /// The entries of a frame, by bisection.
  private func range(of frame: UInt32) -> Range<Int> {
    func lowerBound(_ wanted: UInt32) -> Int {
      var low = 0
      var high = entries.count
      while low < high {
        let middle = (low + high) / 2
        if entries[middle].frame < wanted { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return lowerBound(frame)..<lowerBound(frame + 1)
  }
}

/// Checks the members of frames.
private struct FrameCheck: ~Copyable {
  private var reader: FrameReader

  init(reader: consuming FrameReader) { self.reader = reader }

  /// What is wrong with a frame, or nil.
  mutating func run(
    _ frame: SegmentIndex.Frame, _ pack: PackFile, _ expected: ArraySlice<SegmentIndex.Entry>
  ) -> String? {
    do { try reader.read(frame, of: pack) } catch { return error.detail }
    do { return try members(reader.plain, Int(frame.plainSize), expected) } catch { return "\(error.subject): \(error.detail)" }
  }

  private func members(
    _ plain: [UInt8], _ size: Int, _ expected: ArraySlice<SegmentIndex.Entry>
  ) throws(FormatError) -> String? {
    let bytes = plain.span.extracting(0..<size)
    var offset = 0
    var remaining = expected
    var ranges = [Range<Int>]()
    var names = [Digest]()
    while offset < size {
      guard let member = try TarHeader.parse(bytes, at: offset) else {
        offset += TarHeader.blockSize
        continue
      }
      let start = offset + TarHeader.blockSize
      guard member.size <= size - start else { return "a member reaches beyond the frame" }
      if case .content(let kind, let digest) = try MemberName(member.name) {
        guard let entry = remaining.popFirst(), entry.digest == digest, entry.kind == kind, Int(entry.start) == start,
          Int(entry.length) == member.size
        else { return "the index does not list object \(digest.short) as it stands here" }
        let content = bytes.extracting(start..<(start + member.size))
        if kind == .recipe { _ = try Recipe(content) } else {
          ranges.append(start..<(start + member.size))
          names.append(digest)
        }
      }
      offset = start + member.size + TarHeader.padding(after: member.size)
    }
    for (found, name) in zip(Digest.of(ranges, in: bytes), names) where found != name {
      return "object \(name.short) has other bytes than its name"
    }
    return remaining.isEmpty ? nil : "the index lists \(remaining.count) objects that are not here"
  }
}
