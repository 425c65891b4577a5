import ArtifactCore
import ArtifactIO
import Synchronization

/// Reads single objects, with the last few decoded frames kept: trees, recipes and records stand close together.
///
/// Everything it hands out was hashed first.
final class ObjectReader: Sendable {
  private struct Frame {
    let location: Location
    let plain: [UInt8]
    /// Whether the frame's own checksum was looked at.
    let isChecked: Bool
  }

  private struct State: ~Copyable {
    var reader: FrameReader
    var frames: [Frame] = []

    /// An object is hashed by the caller, so one damaged neighbour in its frame does no harm; a recipe cannot be.
    mutating func bytes(
      at location: Location, _ kind: ObjectKind, of store: Store
    ) throws(StoreError) -> [UInt8] {
      let range = location.start..<(location.start + location.length)
      if let kept = frames.firstIndex(where: {
        $0.location.pack == location.pack && $0.location.frame == location.frame
      }) {
        if kind == .object || frames[kept].isChecked { return Array(frames[kept].plain[range]) }
        frames.remove(at: kept)
      }
      reader.setHashesAll(kind == .object)
      try reader.read(location.frame, of: try store.pack(location.pack))
      let plain = Array(reader.plain[..<Int(location.frame.plainSize)])
      if frames.count >= ObjectReader.framesKept { frames.removeFirst() }
      frames.append(Frame(location: location, plain: plain, isChecked: kind == .recipe))
      return Array(plain[range])
    }
  }

  private unowned let store: Store
  private let state: Mutex<State>
  private static let framesKept = 8

  init(_ store: Store) throws(StoreError) {
    self.store = store
    let reader = try FrameReader()
    state = Mutex(State(reader: reader))
  }

  /// Runs `body`, again when it misses something that others may just have moved to another pack.
  private func retrying<R>(_ body: (Index) throws(StoreError) -> R) throws(StoreError) -> R {
    while true {
      let index = store.currentIndex()
      do { return try body(index) } catch  where error.isAbsence {
        if try !store.hasMoved(since: index) { throw error }
      }
    }
  }

  /// The bytes of an object.
  func object(_ digest: Digest) throws(StoreError) -> [UInt8] {
    try retrying { (index) throws(StoreError) in try object(digest, in: index) }
  }

  private func object(_ digest: Digest, in index: Index) throws(StoreError) -> [UInt8] {
    let copies = try index.locations(digest, .object)
    guard !copies.isEmpty else { throw Self.absent("object \(digest.short)") }
    var last: StoreError?
    for copy in copies {
      do {
        let bytes = try bytes(at: copy, .object)
        if Digest.of(bytes) == digest { return bytes }
        last = StoreError(
          .damaged, "pack \(copy.pack.short)",
          "the frame at byte \(copy.frame.offset) holds other bytes than object \(digest.short)")
      } catch { if last == nil || error.isAbsence { last = error } }
    }
    throw last ?? StoreError(.damaged, "object \(digest.short)", "unreadable")
  }

  /// What is said of something that no pack has.
  static func absent(_ subject: String) -> StoreError {
    StoreError(.damaged, subject, "it is in no pack", cause: StoreError.Absence())
  }

  /// A pack that has exactly this recipe of a blob, among what `index` knows; others under its name are only claims.
  func holder(of recipe: Recipe, _ blob: Digest, in index: Index) throws(StoreError) -> Digest? {
    for copy in try index.locations(blob, .recipe) {
      // What cannot be read is not there.
      if let bytes = try? bytes(at: copy, .recipe), let found = try? Recipe(bytes.span), found == recipe {
        return copy.pack
      }
    }
    return nil
  }

  /// Every recipe text stored for a blob; recipes are claims, so none is trusted here.
  func recipes(_ blob: Digest) throws(StoreError) -> [Recipe] {
    try retrying { (index) throws(StoreError) in try recipes(blob, in: index) }
  }

  private func recipes(_ blob: Digest, in index: Index) throws(StoreError) -> [Recipe] {
    var result = [Recipe]()
    var last: StoreError?
    for copy in try index.locations(blob, .recipe) {
      do {
        let recipe = try Self.decode(bytes(at: copy, .recipe), "recipe of \(blob.short)")
        if !result.contains(recipe) { result.append(recipe) }
      } catch { if last == nil || error.isAbsence { last = error } }
    }
    if result.isEmpty, let last { throw last }
    return result
  }

  private static func decode(_ bytes: [UInt8], _ subject: String) throws(StoreError) -> Recipe {
    do { return try Recipe(bytes.span) } catch { throw .damaged(subject, error) }
  }

  /// A recipe's chunks, with nested recipes replaced by what they name.
  func chunks(of recipe: Recipe) throws(StoreError) -> [Recipe.Part] {
    guard recipe.isNested else { return recipe.parts }
    var result = [Recipe.Part]()
    for part in recipe.parts {
      let inner = try Self.decode(object(part.digest), "recipe \(part.digest.short)")
      guard !inner.isNested, inner.size == part.size else {
        throw StoreError(.damaged, "recipe \(part.digest.short)", "it does not cover what the recipe above it says")
      }
      result += inner.parts
    }
    return result
  }

  /// Hands the chunks of a recipe to `sink`, one after the other, in bounded memory.
  ///
  /// - Parameter checkingChunks: Whether each chunk is hashed before `sink` sees it; only for a caller that uses nothing
  ///   before it has compared the digest of the whole may this be false.
  /// - Returns: The digest of the whole, for the caller to compare.
  func stream(
    _ recipe: Recipe, checkingChunks: Bool = true, to sink: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) -> Digest {
    var hasher = BlobHasher()
    for part in try chunks(of: recipe) {
      let bytes = try checkingChunks ? object(part.digest) : unchecked(part.digest)
      guard UInt64(bytes.count) == part.size else {
        throw StoreError(.damaged, "chunk \(part.digest.short)", "\(bytes.count) bytes, its recipe says \(part.size)")
      }
      hasher.update(bytes.span)
      try sink(bytes.span)
    }
    return hasher.finish()
  }

  /// The first copy of an object, whatever it hashes to; another if that cannot be decoded.
  private func unchecked(_ digest: Digest) throws(StoreError) -> [UInt8] {
    if let copy = try store.currentIndex().locations(digest, .object).first, let bytes = try? bytes(at: copy, .object) {
      return bytes
    }
    return try object(digest)
  }

  /// The bytes of a blob or tree that is small enough for memory, checked as a whole.
  func blob(_ digest: Digest, limit: Int) throws(StoreError) -> [UInt8] {
    try retrying { (index) throws(StoreError) in try blob(digest, limit: limit, in: index) }
  }

  private func blob(_ digest: Digest, limit: Int, in index: Index) throws(StoreError) -> [UInt8] {
    var last = Self.absent("blob \(digest.short)")
    if index.contains(digest, .object) {
      do { return try object(digest) } catch { last = error }
    }
    for recipe in try recipes(digest) {
      do {
        let bytes = try assemble(recipe, limit: limit)
        if Digest.of(bytes) == digest { return bytes }
        last = StoreError(.damaged, "blob \(digest.short)", "its recipe makes other bytes")
      } catch { last = error }
    }
    throw last
  }

  private func assemble(_ recipe: Recipe, limit: Int) throws(StoreError) -> [UInt8] {
    guard recipe.size <= UInt64(limit) else {
      throw StoreError(.rejected, "blob", "\(recipe.size) bytes; the limit here is \(limit)")
    }
    var content = ByteBuffer(capacity: Int(recipe.size))
    _ = try stream(recipe) { (bytes) throws(StoreError) in content.append(bytes) }
    return Array(content.storage[..<content.count])
  }

  private func bytes(at location: Location, _ kind: ObjectKind) throws(StoreError) -> [UInt8] {
    try state.withLock { (state) throws(StoreError) in try state.bytes(at: location, kind, of: store) }
  }
}
