import ArtifactCore
import ArtifactIO

/// Packs what was found in a damaged pack anew.
struct Salvage {
  private let session: WriteSession
  private let writer: PackWriter
  /// Recipes from frames whose checksum is wrong: right only if they make their blob.
  private var doubtful: [(blob: Digest, recipe: Recipe)] = []
  /// Objects and recipes that no other pack had.
  private(set) var count = 0

  init(_ session: WriteSession) throws(StoreError) {
    self.session = session
    writer = try session.packer(0)
  }

  /// Takes what no other pack has; a frame of nothing else as it stands.
  mutating func take(_ frame: PackWalk.Frame, _ stored: Span<UInt8>, _ plain: Span<UInt8>) throws(StoreError) {
    var new = [PackWalk.Member]()
    for member in frame.members where try claim(member, plain, isCertain: frame.isWhole) { new.append(member) }
    count += new.count
    if frame.isFull, new.count == frame.members.count {
      let entries = new.map { $0.entry(frame: 0) }
      return try writer.addFrame(stored, plainSize: UInt32(frame.plainSize), entries: entries)
    }
    for member in new { try writer.add(member.kind, member.digest, plain.extracting(member.range)) }
  }

  private mutating func claim(
    _ member: PackWalk.Member, _ plain: Span<UInt8>, isCertain: Bool
  ) throws(StoreError) -> Bool {
    if member.kind == .object { return session.claim(member.digest, .object) }
    // The walk has read it before.
    guard let recipe = try? Recipe(plain.extracting(member.range)) else { return false }
    if isCertain { return try session.claim(recipe, of: member.digest) }
    doubtful.append((member.digest, recipe))
    return false
  }

  /// Takes the doubtful recipes that turn out to be right, now that the chunks are there.
  mutating func finish() throws(StoreError) {
    if doubtful.isEmpty { return }
    try session.finishPacks()
    let reader = try session.store.objects
    for (blob, recipe) in doubtful {
      // One that cannot be followed is as good as a wrong one.
      let made = try? reader.stream(recipe) { (_) throws(StoreError) in try session.progress.checkCancelled() }
      guard made == blob, try session.claim(recipe, of: blob) else { continue }
      try writer.add(.recipe, blob, recipe.text.span)
      count += 1
    }
  }
}

/// Notes what would be found in a damaged pack, as an index in memory.
struct Foresight {
  private var entries: [SegmentIndex.Entry] = []
  private var frames: [SegmentIndex.Frame] = []
  /// Everything that was found.
  private(set) var found: Set<ObjectKey> = []

  /// Takes note of a frame.
  mutating func take(_ frame: PackWalk.Frame) {
    for member in frame.members { found.insert(ObjectKey(digest: member.digest, kind: member.kind)) }
    // Others are found too, but readers have no way to them before they are packed anew.
    guard frame.isWhole else { return }
    entries += frame.members.map { $0.entry(frame: frames.count) }
    frames.append(
      SegmentIndex.Frame(
        pack: 0, plainSize: UInt32(frame.plainSize), offset: frame.offset, storedSize: UInt32(frame.storedSize)))
  }

  /// The index; nil if there is nothing in it.
  func segment(of pack: Digest) throws(StoreError) -> Segment? {
    if entries.isEmpty { return nil }
    let sorted = entries.sorted(by: SegmentIndex.Entry.precedes)
    let bytes = SegmentIndex.encode(entries: sorted, frames: frames, packs: [.itself])
    return try Segment(
      map: .memory(bytes), range: bytes.indices, name: "found in pack \(pack.hex)",
      itself: SegmentIndex.Pack(digest: pack, size: 0))
  }
}
