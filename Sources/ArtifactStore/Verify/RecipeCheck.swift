import ArtifactCore
import ArtifactIO
import Synchronization

/// Puts large blobs together and compares the whole with its digest, several at a time.
///
/// That every chunk is right says nothing about their order, and a recipe is only somebody's claim. One that was proven
/// before, or that this user's own push has made, is not followed again (see `RecipeMemory`): the chunks are checked by
/// themselves each time, and the same chunks make the same whole.
final class RecipeCheck: Sendable {
  private struct Blob {
    let digest: Digest
    let size: UInt64
    let place: FrameKey
  }

  private struct State {
    var wrong: Set<Digest> = []
    var proven: [Digest] = []
    var provenBytes: UInt64 = 0
    var failure: StoreError?
  }

  private let store: Store
  private let blobs: [Blob]
  private let memory: RecipeMemory?
  private let progress: Progress
  private let next = Atomic<Int>(0)
  private let rebuilt = Atomic<Int>(0)
  private let state = Mutex(State())
  /// What was found out is remembered whenever so many bytes were read for it.
  private static let bytesBetweenNotes: UInt64 = 1 << 30

  /// - Parameter rebuildsAll: Whether recipes that are known to be right are followed too.
  init(_ store: Store, _ blobs: [Digest: Closure.RecipeBlob], rebuildsAll: Bool, _ progress: Progress) {
    self.store = store
    self.progress = progress
    let memory = blobs.isEmpty ? nil : store.local.map { RecipeMemory($0) }
    self.memory = memory
    let index = store.currentIndex()
    // Recipes lie near their chunks, so this is about the order of the packs.
    self.blobs = blobs.filter { blob in
      rebuildsAll || !blob.value.keys.contains { memory?.knows($0) ?? false }
    }.map { digest, blob in
      // A recipe that is not found is looked for again below.
      let copy = (try? index.locations(digest, .recipe))?.first
      return Blob(
        digest: digest, size: blob.size, place: FrameKey(pack: copy?.pack ?? digest, offset: copy?.frame.offset ?? 0))
    }.sorted { ($0.place.pack, $0.place.offset) < ($1.place.pack, $1.place.offset) }
  }

  /// Number of blobs that were put together.
  var rebuiltCount: Int { rebuilt.load(ordering: .relaxed) }

  /// The blobs that none of their recipes makes.
  func run(workers: Int) throws(StoreError) -> Set<Digest> {
    if blobs.isEmpty { return [] }
    Threads.run(min(workers, blobs.count)) { [self] _ in work() }
    remember(atLeast: 0)
    if let failure = state.withLock({ $0.failure }) { throw failure }
    try progress.checkCancelled()
    return state.withLock { $0.wrong }
  }

  private func work() {
    do throws(StoreError) {
      let reader = try ObjectReader(store)
      while true {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if number >= blobs.count || progress.isCancelled { return }
        let blob = blobs[number]
        // Recipes that cannot be read were found by the closure.
        let recipes = ((try? reader.recipes(blob.digest)) ?? []).filter { $0.size == blob.size }
        rebuilt.wrappingAdd(1, ordering: .relaxed)
        progress.add(progress.bytesSeen, Int(clamping: blob.size))
        guard let right = try firstRight(recipes, blob.digest, reader) else {
          state.withLock { _ = $0.wrong.insert(blob.digest) }
          continue
        }
        let key = RecipeMemory.key(right, of: blob.digest)
        if memory?.knows(key) ?? true { continue }
        state.withLock {
          $0.proven.append(key)
          $0.provenBytes += blob.size
        }
        remember(atLeast: Self.bytesBetweenNotes)
      }
    } catch { state.withLock { if $0.failure == nil { $0.failure = error } } }
  }

  private func firstRight(_ recipes: [Recipe], _ blob: Digest, _ reader: ObjectReader) throws(StoreError) -> Recipe? {
    for checksChunks in [false, true] {
      // The second time each chunk is looked for until a good copy is found.
      for recipe in recipes {
        do {
          let digest = try reader.stream(recipe, checkingChunks: checksChunks) { (bytes) throws(StoreError) in
            try progress.checkCancelled()
            progress.add(progress.bytesDone, checksChunks ? 0 : bytes.count)
          }
          if digest == blob { return recipe }
        } catch  where error.code == .damaged {
          // The next one may do better.
        }
      }
    }
    return nil
  }

  private func remember(atLeast bytes: UInt64) {
    let keys = state.withLock { state -> [Digest] in
      guard state.provenBytes >= bytes else { return [] }
      let keys = state.proven
      state.proven = []
      state.provenBytes = 0
      return keys
    }
    RecipeMemory.add(keys, to: store.local)
  }
}
