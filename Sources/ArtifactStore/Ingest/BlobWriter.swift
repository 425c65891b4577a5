import ArtifactCore
import ArtifactIO

/// Stores blobs and trees: whole up to 64 KiB, larger ones as chunks and a recipe (store-layout.md §3.1).
struct BlobWriter {
  private let session: WriteSession
  private let packer: PackWriter

  init(_ session: WriteSession, _ packer: PackWriter) {
    self.session = session
    self.packer = packer
  }

  /// Stores the text of a tree and returns its id.
  ///
  /// - Throws: `.rejected` if it is larger than what readers read.
  func store(tree text: Span<UInt8>) throws(StoreError) -> Digest {
    guard text.count <= Tree.sizeLimit else {
      throw StoreError(
        .rejected, "a folder", "its list of names would have \(text.count) bytes; the limit is \(Tree.sizeLimit)")
    }
    return try store(text)
  }

  /// Stores bytes that are in memory and returns their id.
  func store(_ content: Span<UInt8>, cuts: TensorCuts? = nil) throws(StoreError) -> Digest {
    if content.count <= ChunkerProfile.wholeLimit { return try storeWhole(content) }
    var planner = CutPlanner(profile: .forBlob(size: UInt64(content.count)), cuts: cuts)
    let ranges = IngestWorker.ranges(planner.cuts(in: content, isLast: true))
    if ranges.count == 1 { return try storeWhole(content) }
    var hasher = BlobHasher()
    let digests = hasher.update(content, hashing: ranges, in: content)
    let digest = hasher.finish()
    var parts = [Recipe.Part]()
    for (range, chunk) in zip(ranges, digests) { parts.append(try storeChunk(chunk, content.extracting(range))) }
    try storeRecipe(of: digest, parts)
    return digest
  }

  private func storeWhole(_ content: Span<UInt8>) throws(StoreError) -> Digest {
    let digest = Digest.of(content)
    try put(digest, content)
    return digest
  }

  /// Stores a blob that is one object and whose digest is known.
  func storeWhole(_ digest: Digest, _ content: Span<UInt8>) throws(StoreError) { try put(digest, content) }

  /// Stores one chunk whose digest is known.
  func storeChunk(_ digest: Digest, _ bytes: Span<UInt8>) throws(StoreError) -> Recipe.Part {
    try put(digest, bytes)
    return Recipe.Part(digest: digest, size: UInt64(bytes.count))
  }

  private func put(_ digest: Digest, _ bytes: Span<UInt8>) throws(StoreError) {
    let progress = session.progress
    progress.add(progress.bytesDone, bytes.count)
    guard session.claim(digest, .object) else {
      progress.add(progress.bytesShared, bytes.count)
      return
    }
    try packer.add(.object, digest, bytes)
  }

  /// Stores the recipe of a large blob, unless one equal to it is there already.
  ///
  /// Somebody else's recipe is only a claim, so one that differs does not count as stored (store-layout.md §2.2).
  func storeRecipe(of blob: Digest, _ chunks: [Recipe.Part]) throws(StoreError) {
    if chunks.count == 1 { return }
    var recipe = Recipe(isNested: false, parts: chunks)
    if chunks.count > Recipe.lineLimit {
      var parts = [Recipe.Part]()
      for start in stride(from: 0, to: chunks.count, by: Recipe.lineLimit) {
        let inner = Recipe(isNested: false, parts: Array(chunks[start..<min(start + Recipe.lineLimit, chunks.count)]))
        let text = inner.text
        let digest = Digest.of(text)
        if session.claim(digest, .object) { try packer.addRecipe(.object, digest, text.span) }
        parts.append(Recipe.Part(digest: digest, size: inner.size))
      }
      recipe = Recipe(isNested: true, parts: parts)
    }
    if try session.claim(recipe, of: blob) {
      try packer.addRecipe(.recipe, blob, recipe.text.span)
      session.noteProven(recipe, of: blob)
    }
  }
}

/// Where a blob is cut: by content, or at the tensors of a weight file.
struct CutPlanner {
  let profile: ChunkerProfile
  private var cuts: TensorCuts?
  private var position: UInt64 = 0
  /// Whether the cuts follow tensors, not content.
  var isByTensor: Bool { cuts != nil }

  init(profile: ChunkerProfile, cuts: TensorCuts?) {
    self.profile = profile
    self.cuts = cuts
  }

  /// The ends of the chunks that are certain in `bytes`, at most `limit`; they go on where the last cut was.
  mutating func cuts(in bytes: Span<UInt8>, isLast: Bool, limit: Int = .max) -> [Int] {
    var ends = [Int]()
    var start = 0
    while start < bytes.count, ends.count < limit {
      let rest = bytes.extracting(start..<bytes.count)
      let length: Int
      if cuts != nil {
        let next = cuts?.nextCut(after: position) ?? rest.count
        if next > rest.count && !isLast { break }
        length = min(next, rest.count)
      } else {
        if rest.count < profile.maximum && !isLast { break }
        length = Chunker.nextCut(in: rest, profile: profile)
      }
      start += length
      position += UInt64(length)
      ends.append(start)
    }
    return ends
  }
}
