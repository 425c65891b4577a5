import ArtifactCore
import ArtifactIO
import Synchronization

/// A pack that was written, synced and linked to its name.
struct FinishedPack: Sendable {
  let digest: Digest
  let size: UInt64
  let entries: [SegmentIndex.Entry]
}

/// Writes packs, one after the other, as objects come in (store-layout.md §3.2).
///
/// Each worker of a push has its own, so the lock is uncontended and compression runs in parallel.
final class PackWriter: Sendable {
  private let state: Mutex<State>
  private unowned let session: WriteSession

  init(session: WriteSession) throws(StoreError) {
    self.session = session
    let level = session.level(forNext: 0)
    let compressor = try wrapping { () throws(IOFailure) in try Compressor(.level(level)) }
    let store = try wrapping { () throws(IOFailure) in try Compressor(.raw) }
    state = Mutex(State(compressor: compressor, store: store))
  }

  /// Appends an object that the caller has claimed.
  func add(_ kind: ObjectKind, _ digest: Digest, _ bytes: Span<UInt8>) throws(StoreError) {
    do {
      try state.withLock { (state) throws(IOFailure) in try state.add(kind, digest, bytes, session) }
    } catch { throw StoreError(error) }
  }

  /// Appends a recipe, or a part of one, that the caller has claimed.
  ///
  /// They have frames of their own: a reader needs all of a tree's recipes before any content.
  func addRecipe(_ kind: ObjectKind, _ digest: Digest, _ text: Span<UInt8>) throws(StoreError) {
    do {
      try state.withLock { (state) throws(IOFailure) in try state.addRecipe(kind, digest, text, session) }
    } catch { throw StoreError(error) }
  }

  /// Appends a frame as it stands in another pack; `entries` tell where its members lie.
  func addFrame(_ stored: Span<UInt8>, plainSize: UInt32, entries: [SegmentIndex.Entry]) throws(StoreError) {
    do {
      try state.withLock { (state) throws(IOFailure) in
        try state.addFrame(stored, plainSize: plainSize, entries: entries, session)
      }
    } catch { throw StoreError(error) }
  }

  /// Completes the pack in progress, if there is one.
  func finish() throws(StoreError) {
    do {
      try state.withLock { (state) throws(IOFailure) in try state.finish(session) }
    } catch { throw StoreError(error) }
  }

  /// Objects on their way into one frame.
  private struct Batch {
    var plain: ByteBuffer
    var entries: [SegmentIndex.Entry] = []
    var bytes: [UInt8] { plain.storage }

    /// A batch that is sealed at `target` plain bytes.
    init(target: Int) { plain = ByteBuffer(capacity: target + target / 4) }

    mutating func removeAll() {
      plain.removeAll()
      entries.removeAll(keepingCapacity: true)
    }
  }

  private struct State: ~Copyable {
    var pack: OpenPack?
    var text = Batch(target: PackLayout.frameTarget)
    var random = Batch(target: PackLayout.frameTarget)
    var recipes = Batch(target: PackLayout.recipeFrameTarget)
    let compressor: Compressor
    let store: Compressor
    var output: [UInt8] = []
    var level = 0

    init(compressor: consuming Compressor, store: consuming Compressor) {
      self.compressor = compressor
      self.store = store
    }

    mutating func add(
      _ kind: ObjectKind, _ digest: Digest, _ bytes: Span<UInt8>, _ session: WriteSession
    ) throws(IOFailure) {
      if Entropy.looksIncompressible(bytes) {
        Self.append(kind, digest, bytes, to: &random)
        if random.plain.count >= PackLayout.frameTarget { try sealRandom(session) }
      } else {
        Self.append(kind, digest, bytes, to: &text)
        if text.plain.count >= PackLayout.frameTarget { try sealText(session) }
      }
    }

    private static func append(_ kind: ObjectKind, _ digest: Digest, _ bytes: Span<UInt8>, to batch: inout Batch) {
      let header = TarHeader.block(name: MemberName.content(kind, digest).bytes, size: bytes.count)
      batch.plain.append(header.span)
      batch.entries.append(
        SegmentIndex.Entry(
          digest: digest, frame: 0, start: UInt32(batch.plain.count), length: UInt32(bytes.count), kind: kind))
      batch.plain.append(bytes)
      batch.plain.appendZeros(TarHeader.padding(after: bytes.count))
    }

    mutating func addRecipe(
      _ kind: ObjectKind, _ digest: Digest, _ text: Span<UInt8>, _ session: WriteSession
    ) throws(IOFailure) {
      Self.append(kind, digest, text, to: &recipes)
      if recipes.plain.count >= PackLayout.recipeFrameTarget { try sealRecipes(session) }
    }

    private mutating func sealText(_ session: WriteSession) throws(IOFailure) {
      try compress(text, session)
      text.removeAll()
    }

    private mutating func sealRecipes(_ session: WriteSession) throws(IOFailure) {
      try compress(recipes, session)
      recipes.removeAll()
    }

    private mutating func compress(_ batch: Batch, _ session: WriteSession) throws(IOFailure) {
      if batch.entries.isEmpty { return }
      let wanted = session.level(forNext: batch.plain.count)
      if wanted != level { try compressor.change(level: wanted) }
      level = wanted
      let count = try compressor.compress(batch.bytes.span.extracting(0..<batch.plain.count), into: &output)
      try appendOutput(count, plainSize: batch.plain.count, batch.entries, session)
    }

    private mutating func sealRandom(_ session: WriteSession) throws(IOFailure) {
      if random.entries.isEmpty { return }
      let batch = random
      let count = try store.compress(batch.bytes.span.extracting(0..<batch.plain.count), into: &output)
      try appendOutput(count, plainSize: batch.plain.count, batch.entries, session)
      random.removeAll()
    }

    private mutating func appendOutput(
      _ count: Int, plainSize: Int, _ entries: [SegmentIndex.Entry], _ session: WriteSession
    ) throws(IOFailure) {
      let frame = output
      try addFrame(frame.span.extracting(0..<count), plainSize: UInt32(plainSize), entries: entries, session)
    }

    mutating func addFrame(
      _ stored: Span<UInt8>, plainSize: UInt32, entries: [SegmentIndex.Entry], _ session: WriteSession
    ) throws(IOFailure) {
      let pack: OpenPack
      if let open = self.pack {
        pack = open
      } else {
        pack = try OpenPack(session, compressor)
        self.pack = pack
      }
      try pack.append(stored, plainSize: plainSize)
      pack.add(entries)
      session.progress.add(session.progress.bytesWritten, stored.count)
      if pack.size >= session.packTarget || pack.entries.count >= PackLayout.entryLimit {
        self.pack = nil
        try pack.finish(session, compressor)
      }
    }

    mutating func finish(_ session: WriteSession) throws(IOFailure) {
      try sealText(session)
      try sealRandom(session)
      try sealRecipes(session)
      guard let pack else { return }
      self.pack = nil
      try pack.finish(session, compressor)
    }
  }
}
