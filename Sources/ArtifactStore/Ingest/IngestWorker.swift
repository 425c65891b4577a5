import ArtifactCore
import ArtifactIO
import Synchronization

/// One thread's share of a push: reads files, cuts, hashes, and stores what is new.
struct IngestWorker {
  private let session: WriteSession
  private let queue: IngestQueue
  private let ownPacker: PackWriter
  private let firstPacker: PackWriter
  private let root: Path
  private var buffer: [UInt8] = []

  /// Files up to this size are read whole; larger ones in segments that other workers may help with.
  static let wholeLimit: UInt64 = 8 << 20
  static let segmentSize = 4 << 20
  /// Bytes of small files that are read before they are hashed together.
  private static let batchSize = 1 << 20
  /// How often a file that changes while it is read is read again.
  static let attempts = 3

  /// Plain bytes up to which all workers write to one pack: small pushes leave few files.
  private static let sharedPackLimit = 8 << 20

  init(_ session: WriteSession, queue: IngestQueue, packer: PackWriter, firstPacker: PackWriter, root: Path) {
    self.session = session
    self.queue = queue
    ownPacker = packer
    self.firstPacker = firstPacker
    self.root = root
  }

  private var packer: PackWriter {
    let progress = session.progress
    let unknown =
      progress.bytesSeen.load(ordering: .relaxed) - progress.bytesShared.load(ordering: .relaxed)
    return unknown > Self.sharedPackLimit ? ownPacker : firstPacker
  }

  /// Works until nothing is left or something failed.
  mutating func run() {
    while let task = queue.next() {
      do throws(StoreError) {
        try session.progress.checkCancelled()
        switch task {
        case .unit(let unit):
          try take(unit)
          queue.finishUnit()
        case .chunks(let job):
          try take(job)
        }
      } catch { queue.fail(error) }
    }
  }

  /// Stores a unit's files.
  ///
  /// Small ones are read one after the other into the buffer and hashed together.
  private mutating func take(_ unit: IngestUnit) throws(StoreError) {
    var results = [ScanEntry?](repeating: nil, count: unit.items.count)
    var batch = SmallFiles()
    for (number, item) in unit.items.enumerated() {
      if item.size <= UInt64(ChunkerProfile.wholeLimit), let entry = try readSmall(item, unit, &batch) {
        batch.numbers.append(number)
        results[number] = entry
        if batch.byteCount >= Self.batchSize { try store(&batch, &results) }
      } else {
        try store(&batch, &results)
        results[number] = try take(item, unit)
        session.progress.add(session.progress.filesDone, 1)
      }
    }
    try store(&batch, &results)
    unit.folder.entries.withLock { entries in
      for (item, result) in zip(unit.items, results) {
        if let result { entries[item.position] = result }
      }
    }
  }

  /// Small files that stand in the buffer, read but not yet hashed.
  private struct SmallFiles {
    var numbers: [Int] = []
    var ranges: [Range<Int>] = []
    var byteCount: Int { ranges.last?.upperBound ?? 0 }
  }

  /// Reads a small file behind the others in the buffer; nil if it changed or is no longer small.
  private mutating func readSmall(
    _ item: IngestUnit.Item, _ unit: IngestUnit, _ batch: inout SmallFiles
  ) throws(StoreError) -> ScanEntry? {
    let file = try wrapping { () throws(IOFailure) in
      try unit.directory.open(names: unit.folder.names, at: item.nameOffset)
    }
    let hashedAt = Platform.now()
    let start = batch.byteCount
    let size = Int(item.size)
    reserve(start + size + 1)
    let count: Int
    // One byte more than expected tells a file that has grown.
    do { count = try file.read(into: &buffer, at: start, count: size + 1) } catch { throw StoreError(error) }
    let after = try wrapping { () throws(IOFailure) in try file.status() }
    guard count == size, after.kind == .file, after.size == item.size, after.modified == item.modified,
      after.changed == item.changed
    else { return nil }
    batch.ranges.append(start..<(start + size))
    var entry = ScanEntry(after, kind: after.isExecutable ? .executable : .file, nameOffset: item.nameOffset)
    entry.hashedAt = hashedAt
    return entry
  }

  private func store(_ batch: inout SmallFiles, _ results: inout [ScanEntry?]) throws(StoreError) {
    let bytes = buffer
    let digests = Digest.of(batch.ranges, in: bytes.span)
    let writer = BlobWriter(session, packer)
    for (position, digest) in digests.enumerated() {
      try writer.storeWhole(digest, bytes.span.extracting(batch.ranges[position]))
      results[batch.numbers[position]]?.digest = digest
    }
    session.progress.add(session.progress.filesDone, digests.count)
    batch = SmallFiles()
  }

  private mutating func reserve(_ count: Int) {
    if buffer.count < count { buffer += [UInt8](repeating: 0, count: max(count - buffer.count, 1 << 20)) }
  }

  /// Stores one file, again if it changed meanwhile.
  private mutating func take(_ item: IngestUnit.Item, _ unit: IngestUnit) throws(StoreError) -> ScanEntry {
    for _ in 0..<Self.attempts {
      if let entry = try attempt(item, unit) { return entry }
    }
    throw StoreError(
      .changing, subject(item, unit), "it changed each of the \(Self.attempts) times that it was read")
  }

  private func subject(_ item: IngestUnit.Item, _ unit: IngestUnit) -> String {
    root.appending(unit.folder.path(item.nameOffset)).printable
  }

  private mutating func attempt(_ item: IngestUnit.Item, _ unit: IngestUnit) throws(StoreError) -> ScanEntry? {
    let file = try wrapping { () throws(IOFailure) in
      try unit.directory.open(names: unit.folder.names, at: item.nameOffset)
    }
    let before = try wrapping { () throws(IOFailure) in try file.status() }
    guard before.kind == .file else { throw StoreError(.changing, subject(item, unit), "it is no longer a file") }
    let hashedAt = Platform.now()
    let content: (digest: Digest, size: UInt64)
    if before.size <= Self.wholeLimit {
      guard let digest = try takeWhole(file, size: Int(before.size), item, unit) else { return nil }
      content = (digest, before.size)
    } else {
      content = try takeLarge(file, before.size, item, unit)
    }
    let after = try wrapping { () throws(IOFailure) in try file.status() }
    guard after == before, content.size == before.size else { return nil }
    var entry = ScanEntry(after, kind: after.isExecutable ? .executable : .file, nameOffset: item.nameOffset)
    entry.digest = content.digest
    entry.hashedAt = hashedAt
    return entry
  }

  /// Reads a file into the buffer and stores it; nil if its length is not `size`.
  private mutating func takeWhole(
    _ file: borrowing File, size: Int, _ item: IngestUnit.Item, _ unit: IngestUnit
  ) throws(StoreError) -> Digest? {
    reserve(size + 1)
    let count: Int
    // One byte more than expected tells a file that has grown.
    do { count = try file.read(into: &buffer, at: 0, count: size + 1) } catch { throw StoreError(error) }
    guard count == size else { return nil }
    let bytes = buffer
    let content = bytes.span.extracting(0..<size)
    return try BlobWriter(session, packer).store(
      content, cuts: TensorCuts(fileName: unit.folder.name(at: item), head: content))
  }

  /// Stores a large file segment by segment.
  private mutating func takeLarge(
    _ file: borrowing File, _ size: UInt64, _ item: IngestUnit.Item, _ unit: IngestUnit
  ) throws(StoreError) -> (Digest, UInt64) {
    let large = LargeFile()
    let before = session.previous?.chunks(path: unit.folder.path(item.nameOffset)) ?? []
    let profile = PreviousVersion.profile(size: size, before: before)
    var cutter: LargeFileCutter?
    var carry = [UInt8]()
    var segment = 0
    var total: UInt64 = 0
    while true {
      try session.progress.checkCancelled()
      var bytes = queue.spareBuffer() ?? []
      let wanted = carry.count + Self.segmentSize
      if bytes.count < wanted { bytes = [UInt8](repeating: 0, count: wanted + (256 << 10)) }
      bytes.put(carry.span, at: 0)
      let count: Int
      do { count = try file.read(into: &bytes, at: carry.count, count: Self.segmentSize) } catch {
        throw StoreError(error)
      }
      total += UInt64(count)
      let end = carry.count + count
      var current =
        cutter
        ?? LargeFileCutter(
          planner: CutPlanner(
            profile: profile,
            cuts: TensorCuts(fileName: unit.folder.name(at: item), head: bytes.span.extracting(0..<end))),
          before: before)
      let (cuts, digests) = current.take(bytes.span.extracting(0..<end), isLast: count < Self.segmentSize)
      cutter = current
      let used = cuts.last ?? 0
      carry = Array(bytes[used..<end])
      if !cuts.isEmpty {
        try submit(ChunkJob(file: large, segment: segment, bytes: bytes, cuts: cuts, digests: digests))
        segment += 1
      }
      if count < Self.segmentSize { break }
    }
    while let job = queue.nextJob() { try take(job) }
    if let failure = queue.failure { throw failure }
    let digest = cutter?.finish() ?? BlobHasher().finish()
    try BlobWriter(session, packer).storeRecipe(of: digest, large.chunks(segments: segment))
    return (digest, total)
  }

  /// The chunks between cuts.
  static func ranges(_ cuts: [Int]) -> [Range<Int>] {
    var start = 0
    return cuts.map { cut in
      defer { start = cut }
      return start..<cut
    }
  }

  private func submit(_ job: ChunkJob) throws(StoreError) {
    if queue.offer(job) { return }
    try store(job)
    queue.giveBack(job.bytes)
  }

  private func take(_ job: ChunkJob) throws(StoreError) {
    try store(job)
    queue.finishJob(job)
  }

  private func store(_ job: ChunkJob) throws(StoreError) {
    let writer = BlobWriter(session, packer)
    var parts = [Recipe.Part]()
    parts.reserveCapacity(job.cuts.count)
    var start = 0
    for (cut, digest) in zip(job.cuts, job.digests) {
      parts.append(try writer.storeChunk(digest, job.bytes.span.extracting(start..<cut)))
      start = cut
    }
    job.file.set(job.segment, parts)
  }
}

extension ScanFolder {
  /// The raw name of an item.
  func name(at item: IngestUnit.Item) -> [UInt8] { NameList.name(in: names, at: item.nameOffset) }
}
