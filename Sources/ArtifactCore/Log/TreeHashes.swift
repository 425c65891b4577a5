/// What is needed to tell the root of any part of a log: leaf hashes, and the roots of whole stretches of 256 of them.
///
/// A proof then reads two stretches of leaf hashes and the roots between, however long the log is.
public struct TreeHashes<Failure: Error> {
  /// Leaves that share one root.
  public let leafRoots: (Range<Int>) throws(Failure) -> [Digest]
  /// The roots of whole stretches, by their number.
  public let tileRoots: (Range<Int>) throws(Failure) -> [Digest]

  /// Takes two readers; each is asked only for what lies below the size that a caller names.
  public init(
    leaves: @escaping (Range<Int>) throws(Failure) -> [Digest],
    tiles: @escaping (Range<Int>) throws(Failure) -> [Digest]
  ) {
    leafRoots = leaves
    tileRoots = tiles
  }

  /// The frontier over a range that begins at a multiple of 256, or is shorter than that.
  public func frontier(_ range: Range<Int>) throws(Failure) -> MerkleFrontier {
    guard range.count >= Tile.width, range.lowerBound % Tile.width == 0 else {
      return MerkleFrontier(try leafRoots(range))
    }
    let middle = range.upperBound / Tile.width
    let whole = try tileRoots((range.lowerBound / Tile.width)..<middle)
    return MerkleFrontier(tiles: whole, leaves: try leafRoots((middle * Tile.width)..<range.upperBound))
  }

  /// Proves that leaf `index` is in the tree of the first `size` leaves; nil unless `0 <= index < size`.
  public func inclusionProof(index: Int, size: Int) throws(Failure) -> InclusionProof? {
    try MerkleTree.inclusionProof(index: index, size: size) { (range) throws(Failure) in try frontier(range).root }
  }

  /// Proves that the tree of `oldSize` leaves is a prefix of that of `newSize`; nil unless `0 <= oldSize <= newSize`.
  public func consistencyProof(oldSize: Int, newSize: Int) throws(Failure) -> ConsistencyProof? {
    try MerkleTree.consistencyProof(oldSize: oldSize, newSize: newSize) { (range) throws(Failure) in
      try frontier(range).root
    }
  }
}
