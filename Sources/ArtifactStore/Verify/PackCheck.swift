import ArtifactCore
import ArtifactIO
import Synchronization

/// Reads one pack to the last byte: its name, its index, every frame, every object.
final class PackCheck: Sendable {
  struct Result: Sendable {
    var problems: [VerifyReport.Problem] = []
    /// Objects in frames that are not as they should be, and what is wrong; another copy may be good, or even this one.
    var doubtful: [Digest: String] = [:]
    /// Frames that cannot be decoded at all.
    var badFrames: Set<FrameKey> = []
    /// Whether the file hashes to its name; true when that was not asked.
    var isIntact = true
    var objectCount = 0
    var byteCount = 0
  }

  private let pack: PackFile
  private let progress: Progress
  /// The pack's entries by frame, then start.
  let entries: [SegmentIndex.Entry]
  let frames: [SegmentIndex.Frame]
  private let result = Mutex(Result())
  /// Whose turn it is to go on with the hash of the file.
  private struct Turn {
    var group = 0
    /// The hash of all groups before; nil if one of them could not be decoded.
    var hasher: BlobHasher? = BlobHasher()
  }
  private let turn = Monitor(Turn())
  private let next = Atomic<Int>(0)

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

  /// Checks everything, on several threads; with `wanted` only the frames at these offsets, and not the file's name.
  func run(workers: Int, only wanted: Set<UInt64>? = nil) -> Result {
    let numbers = frames.indices.filter { wanted?.contains(frames[$0].offset) ?? true }
    let hashing: Hashing = wanted != nil ? .none : workers <= Self.mostInTurn && isContiguous ? .inTurn : .alone
    // In turn the file itself is the second message; else several frames give messages to hash in pairs.
    let framesAtOnce = hashing == .inTurn ? 1 : 4
    let groups = (numbers.count + framesAtOnce - 1) / framesAtOnce
    let tasks = hashing == .alone ? groups + 1 : groups
    Threads.run(min(workers, max(tasks, 1))) { [self] _ in
      var check: FrameCheck
      do throws(StoreError) {
        check = FrameCheck(reader: try FrameReader(hashesAll: true))
      } catch { return report(error.detail) }
      while true {
        if progress.isCancelled { return }
        // Whoever takes a task ends it: others may wait for their turn behind it.
        let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if task >= tasks { return }
        if hashing == .alone, task == 0 {
          checkName()
          continue
        }
        let group = hashing == .alone ? task - 1 : task
        let first = group * framesAtOnce
        checkFrames(
          numbers[first..<min(first + framesAtOnce, numbers.count)], &check, turn: hashing == .inTurn ? group : nil
        )
      }
    }
    if hashing == .inTurn, !progress.isCancelled {
      let turn = turn.withLock { $0 }
      // Whoever could not begin, or not decode, has left a gap.
      if turn.group == groups, let hasher = turn.hasher { checkName(from: framesEnd, hasher) } else { checkName() }
    }
    return result.withLock { $0 }
  }

  /// How the file's name is checked.
  private enum Hashing {
    case none
    /// By a thread that reads the file a second time.
    case alone
    /// By all in turn, from the bytes of the frames that they have read, beside the objects in them. Two messages at once are
    /// hashed faster than one after the other (`PairedHashing`), but many threads would wait for each other.
    case inTurn
  }

  private static let mostInTurn = 3

  private var framesEnd: UInt64 { frames.last.map { $0.offset + UInt64($0.storedSize) } ?? 0 }

  /// Whether the frames lie one behind the other from the file's beginning on.
  private var isContiguous: Bool {
    var offset: UInt64 = 0
    for frame in frames {
      if frame.offset != offset { return false }
      offset += UInt64(frame.storedSize)
    }
    return offset <= pack.size
  }

  private func report(_ detail: String) {
    result.withLock { $0.problems.append(VerifyReport.Problem(subject: pack.name, detail: detail)) }
  }

  private func checkName(from start: UInt64 = 0, _ before: BlobHasher = BlobHasher()) {
    do {
      guard let found = try pack.hash(progress, from: start, before), found != pack.digest else { return }
      result.withLock { $0.isIntact = false }
      report("its bytes hash to \(found.short)…, not to its name")
    } catch {
      result.withLock { $0.isIntact = false }
      report(error.detail)
    }
  }

  private func checkFrames(_ numbers: ArraySlice<Int>, _ check: inout FrameCheck, turn group: Int?) {
    var areWell = true
    for number in numbers {
      if !check.add(frames[number], pack, entries[range(of: UInt32(number))]) { areWell = false }
    }
    let problems: [UInt64: String]
    let undecodable: Set<UInt64>
    if let group {
      var hasher = turn.wait { $0.group == group ? .some($0.hasher) : nil }
      // What could not be read is not in the reader; then the file is read again.
      if !areWell { hasher = nil }
      (problems, undecodable) = check.finish(beside: &hasher)
      turn.withLock { $0 = Turn(group: group + 1, hasher: hasher) }
    } else {
      var hasher: BlobHasher?
      (problems, undecodable) = check.finish(beside: &hasher)
    }
    result.withLock { result in
      for number in numbers {
        let frame = frames[number]
        let listed = entries[range(of: UInt32(number))]
        progress.add(progress.bytesDone, Int(frame.storedSize))
        result.objectCount += listed.count
        result.byteCount += Int(frame.plainSize)
        guard let problem = problems[frame.offset] else { continue }
        let place = "the frame at byte \(frame.offset): \(problem)"
        result.problems.append(VerifyReport.Problem(subject: pack.name, detail: place))
        for entry in listed where entry.kind == .object { result.doubtful[entry.digest] = "\(pack.name), \(place)" }
        if undecodable.contains(frame.offset) {
          result.badFrames.insert(FrameKey(pack: pack.digest, offset: frame.offset))
        }
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

/// Checks the members of frames: decodes several, then hashes all their objects together.
private struct FrameCheck: ~Copyable {
  private var reader: FrameReader
  private var used = 0
  /// Stored bytes of the frame added last.
  private var stored = 0
  private var problems: [UInt64: String] = [:]
  private var undecodable: Set<UInt64> = []
  private var ranges: [Range<Int>] = []
  private var wanted: [(name: Digest, frame: UInt64)] = []

  init(reader: consuming FrameReader) { self.reader = reader }

  /// Decodes a frame and compares its members with what the index lists; false if it could not be decoded.
  mutating func add(
    _ frame: SegmentIndex.Frame, _ pack: PackFile, _ expected: ArraySlice<SegmentIndex.Entry>
  ) -> Bool {
    stored = Int(frame.storedSize)
    do {
      // Objects are hashed below; for what a recipe says there is only the frame's own checksum.
      reader.setHashesAll(!expected.contains { $0.kind == .recipe })
      try reader.read(frame, of: pack, at: used)
    } catch {
      problems[frame.offset] = error.cause.flatMap { ($0 as? IOFailure)?.detail } ?? error.detail
      reader.setHashesAll(true)
      do { try reader.read(frame, of: pack, at: used) } catch { undecodable.insert(frame.offset) }
      return false
    }
    let end = used + Int(frame.plainSize)
    do { problems[frame.offset] = try members(frame, expected) } catch {
      problems[frame.offset] = "\(error.subject): \(error.detail)"
    }
    used = end
    return true
  }

  /// What is wrong with the frames added since the last time, by their offset, and which of them cannot be decoded.
  ///
  /// With a hasher, the stored bytes of the last one are added to it.
  mutating func finish(
    beside hasher: inout BlobHasher?
  ) -> (problems: [UInt64: String], undecodable: Set<UInt64>) {
    let plain = reader.plain
    let bytes = reader.storedBytes
    let digests =
      hasher?.update(bytes.span.extracting(0..<stored), hashing: ranges, in: plain.span)
      ?? Digest.of(ranges, in: plain.span)
    for (found, wanted) in zip(digests, wanted) where found != wanted.name {
      problems[wanted.frame] = "object \(wanted.name.short) has other bytes than its name"
    }
    let result = (problems, undecodable)
    used = 0
    problems.removeAll()
    undecodable.removeAll()
    ranges.removeAll(keepingCapacity: true)
    wanted.removeAll(keepingCapacity: true)
    return result
  }

  /// Notes what is to be hashed; what is wrong with the rest, or nil.
  private mutating func members(
    _ frame: SegmentIndex.Frame, _ expected: ArraySlice<SegmentIndex.Entry>
  ) throws(FormatError) -> String? {
    let plain = reader.plain
    let bytes = plain.span.extracting(used..<(used + Int(frame.plainSize)))
    var offset = 0
    var remaining = expected
    while offset < bytes.count {
      guard let member = try TarHeader.parse(bytes, at: offset) else {
        // Stock tar stops at a block of zeros: it may only be the end of the archive.
        guard bytes.count == PackLayout.endSize, expected.isEmpty else { return "an end of the archive before its end" }
        offset += TarHeader.blockSize
        continue
      }
      let start = offset + TarHeader.blockSize
      guard member.size <= bytes.count - start else { return "a member reaches beyond the frame" }
      guard TarHeader.isPadded(bytes, after: start..<(start + member.size)) else { return "padding that is not zero" }
      if case .content(let kind, let digest) = try MemberName(member.name) {
        guard let entry = remaining.popFirst(), entry.digest == digest, entry.kind == kind, Int(entry.start) == start,
          Int(entry.length) == member.size
        else { return "the index does not list object \(digest.short) as it stands here" }
        if kind == .recipe {
          _ = try Recipe(bytes.extracting(start..<(start + member.size)))
        } else {
          ranges.append((used + start)..<(used + start + member.size))
          wanted.append((digest, frame.offset))
        }
      }
      offset = start + member.size + TarHeader.padding(after: member.size)
    }
    return remaining.isEmpty ? nil : "the index lists \(remaining.count) objects that are not here"
  }
}
