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
  }

  private struct State: ~Copyable {
    var reader: FrameReader
    var frames: [Frame] = []

    mutating func bytes(at location: Location, of store: Store) throws(StoreError) -> [UInt8] {
      let range = location.start..<(location.start + location.length)
      if let kept = frames.first(where: { $0.location.pack == location.pack && $0.location.frame == location.frame }) {
        return Array(kept.plain[range])
      }
      try reader.read(location.frame, of: try store.pack(location.pack))
      let plain = Array(reader.plain[..<Int(location.frame.plainSize)])
      if frames.count >= ObjectReader.framesKept { frames.removeFirst() }
      frames.append(Frame(location: location, plain: plain))
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

  /// The bytes of an object.
  func object(_ digest: Digest) throws(StoreError) -> [UInt8] {
    let copies = try store.currentIndex().locations(digest, .object)
    guard !copies.isEmpty else { throw StoreError(.damaged, "object \(digest.short)", "it is in no pack") }
    var last: StoreError?
    for copy in copies {
      do {
        let bytes = try bytes(at: copy)
        if Digest.of(bytes) == digest { return bytes }
        last = StoreError(
          .damaged, "pack \(copy.pack.short)",
          "the frame at byte \(copy.frame.offset) holds other bytes than object \(digest.short)")
      } catch { last = error }
    }
    throw last ?? StoreError(.damaged, "object \(digest.short)", "unreadable")
  }

  /// Every recipe text stored for a blob; recipes are claims, so none is trusted here.
  func recipes(_ blob: Digest) throws(StoreError) -> [Recipe] {
    var result = [Recipe]()
    var last: StoreError?
    for copy in try store.currentIndex().locations(blob, .recipe) {
      do {
        let recipe = try Self.decode(bytes(at: copy), "recipe of \(blob.short)")
        if !result.contains(recipe) { result.append(recipe) }
      } catch { last = error }
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

  /// The bytes of a blob or tree that is small enough for memory, checked as a whole.
  func blob(_ digest: Digest, limit: Int) throws(StoreError) -> [UInt8] {
    if store.currentIndex().contains(digest, .object) { return try object(digest) }
    var last = StoreError(.damaged, "blob \(digest.short)", "it is in no pack")
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
    var bytes = [UInt8]()
    bytes.reserveCapacity(Int(recipe.size))
    for part in try chunks(of: recipe) { bytes += try object(part.digest) }
    return bytes
  }

  private func bytes(at location: Location) throws(StoreError) -> [UInt8] {
    try state.withLock { (state) throws(StoreError) in try state.bytes(at: location, of: store) }
  }
}
