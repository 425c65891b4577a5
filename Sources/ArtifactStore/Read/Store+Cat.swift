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
      let bytes: [UInt8]
      do { bytes = try reader.object(entry.digest) } catch {
        // Somebody may have stored the same bytes in chunks.
        guard currentIndex().contains(entry.digest, .recipe) else { throw error }
        return try cat(byRecipe: entry, reader, to: sink)
      }
      try checkSize(UInt64(bytes.count), entry)
      return try sink(bytes.span)
    }
    try cat(byRecipe: entry, reader, to: sink)
  }

  private func cat(
    byRecipe entry: TreeEntry, _ reader: ObjectReader, to sink: (Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    let index = currentIndex()
    let recipe: Recipe
    do { recipe = try self.recipe(for: entry, reader) } catch  where error.isAbsence {
      guard try hasMoved(since: index) else { throw error }
      return try cat(entry, to: sink)
    }
    let digest = try reader.stream(recipe, to: sink)
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
      let subject = "blob \(entry.digest.short)"
      if recipes.isEmpty { throw ObjectReader.absent(subject) }
      throw StoreError(.damaged, subject, "no recipe makes \(entry.size) bytes, as its tree says")
    }
    if fitting.count == 1 { return first }
    for recipe in fitting {
      // A recipe that cannot be followed is passed over; if none can, the first one tells why.
      if let digest = try? reader.stream(recipe, to: { _ in }), digest == entry.digest { return recipe }
    }
    return first
  }

  private func checkSize(_ size: UInt64, _ entry: TreeEntry) throws(StoreError) {
    guard size == entry.size else {
      throw StoreError(.damaged, "blob \(entry.digest.short)", "\(size) bytes, its tree says \(entry.size)")
    }
  }
}
