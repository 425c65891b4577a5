import ArtifactCore
import ArtifactIO
import Synchronization

/// A large file in progress: its chunks are hashed and stored by any worker, in any order.
final class LargeFile: Sendable {
  private let parts = Mutex<[Int: [Recipe.Part]]>([:])

  /// Notes the chunks of one segment.
  func set(_ segment: Int, _ chunks: [Recipe.Part]) { parts.withLock { $0[segment] = chunks } }

  /// All chunks in order; every segment must have been set.
  func chunks(segments: Int) -> [Recipe.Part] {
    parts.withLock { parts in (0..<segments).flatMap { parts[$0] ?? [] } }
  }
}

/// Bytes of a large file whose cuts are known.
struct ChunkJob: Sendable {
  let file: LargeFile
  let segment: Int
  let bytes: [UInt8]
  /// Where each chunk ends in `bytes`.
  let cuts: [Int]
  /// The digest of each chunk.
  let digests: [Digest]
}

/// What the workers of a push have to do; bounded, so that a fast walker does not fill the memory.
final class IngestQueue: Sendable {
  enum Task {
    case unit(IngestUnit)
    case chunks(ChunkJob)
  }

  private struct State: Sendable {
    var units: [IngestUnit] = []
    var next = 0
    var jobs: [ChunkJob] = []
    var openJobs = 0
    var busy = 0
    var isScanned = false
    var failure: StoreError?
    var spare: [[UInt8]] = []
  }

  private let state = Monitor(State())
  private let workers: Int
  private static let unitLimit = 64

  init(workers: Int) { self.workers = workers }

  /// Adds a unit; waits while the workers are far behind.
  func add(_ unit: IngestUnit) throws(StoreError) {
    let failure: StoreError?? = state.wait { state in
      if let failure = state.failure { return .some(failure) }
      guard state.units.count - state.next < Self.unitLimit else { return nil }
      state.units.append(unit)
      return .some(nil)
    }
    if let failure, let failure { throw failure }
  }

  /// Says that no more units will come.
  func finishScan() { state.withLock { $0.isScanned = true } }

  /// Stops everybody.
  func fail(_ error: StoreError) { state.withLock { if $0.failure == nil { $0.failure = error } } }

  /// What stopped the work, if anything did.
  var failure: StoreError? { state.withLock { $0.failure } }

  /// The next thing to do, or nil when all is done or failed.
  func next() -> Task? {
    let task: Task?? = state.wait { state in
      if state.failure != nil { return .some(nil) }
      if let job = state.jobs.popLast() { return .some(.chunks(job)) }
      if state.next < state.units.count {
        let unit = state.units[state.next]
        state.next += 1
        if state.next == state.units.count || state.next > 1_024 {
          state.units.removeFirst(state.next)
          state.next = 0
        }
        state.busy += 1
        return .some(.unit(unit))
      }
      return state.isScanned && state.busy == 0 && state.openJobs == 0 ? .some(nil) : nil
    }
    return task ?? nil
  }

  /// Says that a unit is done.
  func finishUnit() { state.withLock { $0.busy -= 1 } }

  /// Offers a job to the other workers; false if the caller had better do it itself.
  func offer(_ job: ChunkJob) -> Bool {
    if workers < 2 { return false }
    return state.withLock { state in
      guard state.jobs.count < workers else { return false }
      state.jobs.append(job)
      state.openJobs += 1
      return true
    }
  }

  /// Says that an offered job is done and gives its buffer back.
  func finishJob(_ job: ChunkJob) {
    giveBack(job.bytes)
    state.withLock { $0.openJobs -= 1 }
  }

  /// Keeps a buffer for the next segment.
  func giveBack(_ buffer: [UInt8]) { state.withLock { if $0.spare.count < 4 { $0.spare.append(buffer) } } }

  /// A used buffer, if there is one.
  func spareBuffer() -> [UInt8]? { state.withLock { $0.spare.popLast() } }

  /// A job to help with, or nil when no offered job is open any more.
  func nextJob() -> ChunkJob? {
    let job: ChunkJob?? = state.wait { state in
      if let job = state.jobs.popLast() { return .some(job) }
      return state.openJobs == 0 || state.failure != nil ? .some(nil) : nil
    }
    return job ?? nil
  }
}
