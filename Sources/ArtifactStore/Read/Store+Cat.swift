public import ArtifactCore
import ArtifactIO

extension Store {
  /// Hands the bytes of a file or link to `sink`, piece by piece, in bounded memory.
  ///
  /// A small blob is checked before `sink` sees it. Of a large one each chunk is checked first and the whole at the end:
  /// when that fails, `.damaged` is thrown after the bytes are out.
  public func cat(
    _ entry: TreeEntry, to sink: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    let reader = try objects
    if currentIndex().contains(entry.digest, .object) {
      let bytes = try reader.object(entry.digest)
      try checkSize(UInt64(bytes.count), entry)
      return try sink(bytes.span)
    }
    let recipe = try recipe(for: entry, reader)
    let digest = try stream(recipe, reader, to: sink)
    guard digest == entry.digest else {
      throw StoreError(
        .damaged, "blob \(entry.digest.short)", "its chunks are whole, but together they hash to \(digest.short)")
    }
  }

  /// Of several recipes the first that makes the right bytes: nothing is handed out that would be wrong at the end.
  private func recipe(for entry: TreeEntry, _ reader: ObjectReader) throws(StoreError) -> Recipe {
    let recipes = try reader.recipes(entry.digest)
    let fitting = recipes.filter { $0.size == entry.size }
    guard let first = fitting.first else {
      let why = recipes.isEmpty ? "it is in no pack" : "no recipe makes \(entry.size) bytes, as its tree says"
      throw StoreError(.damaged, "blob \(entry.digest.short)", why)
    }
    if fitting.count == 1 { return first }
    for recipe in fitting {
      // A recipe that cannot be followed is passed over; if none can, the first one tells why.
      if let digest = try? stream(recipe, reader, to: { _ in }), digest == entry.digest { return recipe }
    }
    return first
  }

  private func stream(
    _ recipe: Recipe, _ reader: ObjectReader, to sink: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) -> Digest {
    var hasher = SHA256Hasher()
    for part in try reader.chunks(of: recipe) {
      let bytes = try reader.object(part.digest)
      guard UInt64(bytes.count) == part.size else {
        throw StoreError(.damaged, "chunk \(part.digest.short)", "\(bytes.count) bytes, its recipe says \(part.size)")
      }
      hasher.update(bytes.span)
      try sink(bytes.span)
    }
    return hasher.finish()
  }

  private func checkSize(_ size: UInt64, _ entry: TreeEntry) throws(StoreError) {
    guard size == entry.size else {
      throw StoreError(.damaged, "blob \(entry.digest.short)", "\(size) bytes, its tree says \(entry.size)")
    }
  }
}
