import ArtifactCore
import ArtifactIO
import Synchronization

/// Writes a plan's files below a staging folder, in parallel, frame by frame.
final class PullJob: Sendable {
  private let store: Store
  private let plan: PullPlan
  private let staging: Directory
  private let progress: Progress
  private let next = Atomic<Int>(0)
  private let failure = Mutex<StoreError?>(nil)
  private let outputs: [Int32: LargeOutput]
  private let files = LargeFiles()

  /// Makes the folders; `plan` has its frames located.
  init(_ store: Store, _ plan: PullPlan, into staging: Directory, _ progress: Progress) throws(StoreError) {
    self.store = store
    self.plan = plan
    self.staging = staging
    self.progress = progress
    var outputs = [Int32: LargeOutput]()
    do {
      for folder in plan.folders where !folder.path.isEmpty {
        do { try staging.makeDirectory(folder.path) } catch  where error.code == .exists {}
      }
    } catch { throw StoreError(error) }
    for (number, chunks) in plan.chunks {
      outputs[number] = LargeOutput(digest: plan.files[Int(number)].digest, chunks: chunks)
    }
    self.outputs = outputs
  }

  private static func folder(_ plan: PullPlan, _ item: PullPlan.Item, _ staging: Directory) throws(StoreError)
    -> Directory
  {
    let path = plan.folders[Int(item.folder)].path
    return path.isEmpty ? staging : try wrapping { () throws(IOFailure) in try staging.directory(path) }
  }

  private static func create(_ item: PullPlan.Item, in folder: Directory) throws(StoreError) -> File {
    try wrapping { () throws(IOFailure) in try folder.create(item.name, mode: item.mode) }
  }

  /// Writes everything; afterwards every file was checked against its digest.
  func run(workers: Int) throws(StoreError) {
    Threads.run(min(workers, max(1, plan.tasks.count))) { [self] _ in work() }
    if let failure = failure.withLock({ $0 }) { throw failure }
    for (number, output) in outputs where !output.isRight { try rebuild(plan.files[Int(number)]) }
    for copy in plan.copies {
      let item = plan.files[Int(copy.to)]
      try self.copy(plan.files[Int(copy.from)], to: item)
      progress.add(progress.filesDone, 1)
      progress.add(progress.bytesDone, Int(item.size))
    }
    for link in plan.links {
      let target = try store.objects.blob(link.digest, limit: 4_096)
      guard UInt64(target.count) == link.size, !target.isEmpty, !target.contains(0) else {
        throw StoreError(.damaged, Path.printable(plan.path(of: link)), "its target is not what a link can have")
      }
      let folder = try Self.folder(plan, link, staging)
      try wrapping { () throws(IOFailure) in try folder.makeLink(link.name, to: target) }
    }
  }

  /// Makes a file with the bytes of another that is right by now, sharing blocks where the file system can.
  private func copy(_ from: PullPlan.Item, to: PullPlan.Item) throws(StoreError) {
    let folder = try Self.folder(plan, from, staging)
    let source = try wrapping { () throws(IOFailure) in try folder.open(from.name) }
    let file = try Self.create(to, in: Self.folder(plan, to, staging))
    if file.clone(from: source) { return }
    do {
      var buffer = [UInt8](repeating: 0, count: Int(min(1 << 20, from.size)))
      var done: UInt64 = 0
      while done < from.size {
        let count = Int(min(UInt64(buffer.count), from.size - done))
        try source.read(into: &buffer, count: count, offset: done)
        try file.write(buffer.span.extracting(0..<count), offset: done)
        done += UInt64(count)
      }
    } catch { throw StoreError(error) }
  }

  private func work() {
    var worker: PullWorker
    do { worker = try PullWorker(store, plan, outputs, files, staging, progress) } catch { return fail(error) }
    while true {
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard number < plan.tasks.count, failure.withLock({ $0 == nil }) else { return }
      do {
        try progress.checkCancelled()
        try worker.take(plan.tasks[number])
      } catch { return fail(error) }
    }
  }

  private func fail(_ error: StoreError) { failure.withLock { if $0 == nil { $0 = error } } }

  /// A large file whose recipe made other bytes: tries every other recipe, and gives up with the truth.
  private func rebuild(_ item: PullPlan.Item) throws(StoreError) {
    let folder = try Self.folder(plan, item, staging)
    let reader = try store.objects
    var culprit: StoreError?
    for recipe in try reader.recipes(item.digest) where recipe.size == item.size {
      try wrapping { () throws(IOFailure) in try folder.remove(item.name) }
      do {
        let file = try Self.create(item, in: folder)
        let digest = try reader.stream(recipe) { (bytes) throws(StoreError) in
          try wrapping { () throws(IOFailure) in try file.write(bytes) }
        }
        if digest == item.digest { return }
      } catch { culprit = error }
    }
    if let culprit { throw culprit }
    throw StoreError(
      .damaged, Path.printable(plan.path(of: item)),
      "its chunks are whole, but together they are not blob \(item.digest.short)")
  }
}

/// One thread's share of a pull.
struct PullWorker: ~Copyable {
  private let store: Store
  private let plan: PullPlan
  private let outputs: [Int32: LargeOutput]
  private let files: LargeFiles
  private let staging: Directory
  private let progress: Progress
  private var reader: FrameReader
  private var folders: [Int32: Directory] = [:]
  private var buffer: [UInt8] = []
  private static let foldersKept = 32

  init(
    _ store: Store, _ plan: PullPlan, _ outputs: [Int32: LargeOutput], _ files: LargeFiles, _ staging: Directory,
    _ progress: Progress
  ) throws(StoreError) {
    self.store = store
    self.plan = plan
    self.outputs = outputs
    self.files = files
    self.staging = staging
    self.progress = progress
    reader = try FrameReader(hashesAll: true)
  }

  /// Decodes one frame and writes what it serves.
  mutating func take(_ task: PullPlan.FrameTask) throws(StoreError) {
    let isReadable: Bool
    do {
      try reader.read(task.frame, of: store.pack(task.pack))
      isReadable = true
    } catch  where error.code == .damaged || error.code == .io {
      // A bad spot of the disk is no reason to give up either, where another pack has the same.
      isReadable = false
    }
    let plain = reader.plain
    let good = isReadable ? check(task, plain) : []
    for position in task.reads {
      let read = plan.reads[position]
      let item = plan.files[Int(read.item)]
      // A chunk is not hashed by itself: the whole file is, before it becomes visible, and `rebuild` finds the culprit.
      let wanted = digest(of: read)
      if isReadable, read.chunk >= 0 || good.contains(Place(start: read.start, digest: wanted)) {
        try write(plain.span.extracting(Int(read.start)..<Int(read.start + read.length)), read, item)
      } else {
        // This copy is damaged: another pack may have a good one, and if not, the error names the pack.
        let other = try store.objects.object(wanted)
        try write(other.span, read, item)
      }
    }
  }

  private func digest(of read: PullPlan.Read) -> Digest {
    read.chunk < 0
      ? plan.files[Int(read.item)].digest
      : plan.chunks[read.item]?[Int(read.chunk)].digest ?? plan.files[Int(read.item)].digest
  }

  /// An object where a reader was promised it.
  ///
  /// A damaged index may promise two at one place.
  private struct Place: Hashable {
    let start: UInt32
    let digest: Digest
  }

  /// Where the decoded frame holds the small files that its readers were promised.
  private func check(_ task: PullPlan.FrameTask, _ plain: [UInt8]) -> Set<Place> {
    var ranges = [Range<Int>]()
    var places = [Place]()
    for position in task.reads {
      let read = plan.reads[position]
      if read.chunk >= 0 { continue }
      let place = Place(start: read.start, digest: digest(of: read))
      if places.last == place { continue }
      ranges.append(Int(read.start)..<(Int(read.start) + Int(read.length)))
      places.append(place)
    }
    var good = Set<Place>()
    for (place, found) in zip(places, Digest.of(ranges, in: plain.span)) where found == place.digest {
      good.insert(place)
    }
    return good
  }

  private mutating func write(_ bytes: Span<UInt8>, _ read: PullPlan.Read, _ item: PullPlan.Item) throws(StoreError) {
    if read.chunk >= 0 {
      guard let output = outputs[read.item] else { return }
      let handle = try files.handle(read.item, item.name, mode: item.mode) { () throws(StoreError) in
        try folder(item.folder)
      }
      if try output.write(Int(read.chunk), bytes, to: handle.file, &buffer) {
        files.close(read.item)
        progress.add(progress.filesDone, 1)
      }
    } else {
      let folder = try folder(item.folder)
      do {
        let file = try folder.create(item.name, mode: item.mode)
        if !bytes.isEmpty { try file.write(bytes) }
      } catch { throw StoreError(error) }
      progress.add(progress.filesDone, 1)
    }
    progress.add(progress.bytesDone, bytes.count)
  }

  private mutating func folder(_ number: Int32) throws(StoreError) -> Directory {
    if let open = folders[number] { return open }
    let path = plan.folders[Int(number)].path
    let opened = path.isEmpty ? staging : try wrapping { [staging] () throws(IOFailure) in try staging.directory(path) }
    if folders.count >= Self.foldersKept { folders.removeAll(keepingCapacity: true) }
    folders[number] = opened
    return opened
  }
}
