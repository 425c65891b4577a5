/// A tree that can only grow, held by the roots of its whole subtrees: everything needed to add a leaf or tell the root.
///
/// Encoded (little-endian):
///
///     offset size field
///          0    8 size    leaves so far, below 2^53
///          8 32·n roots   of the whole subtrees from the largest to the smallest; n is the number of one bits of `size`
public struct MerkleFrontier: Sendable, Hashable {
  /// Leaves so far.
  public private(set) var size: Int
  /// Roots of the whole subtrees, from the largest to the smallest: one for each one bit of `size`.
  public private(set) var subtreeRoots: [Digest]

  /// An empty tree.
  public init() {
    size = 0
    subtreeRoots = []
  }

  /// The tree over `leaves`, which are leaf hashes.
  public init(_ leaves: some Sequence<Digest>) {
    self.init()
    for leaf in leaves { append(leaf) }
  }

  /// The tree over whole stretches of 256 leaves, given by their roots, and fewer than 256 leaves after them.
  public init(tiles: [Digest], leaves: [Digest]) {
    let (whole, rest) = (MerkleFrontier(tiles), MerkleFrontier(leaves))
    size = Tile.width * whole.size + rest.size
    subtreeRoots = whole.subtreeRoots + rest.subtreeRoots
  }

  /// Adds a leaf hash.
  ///
  /// - Complexity: One node hash, amortised.
  public mutating func append(_ leaf: Digest) {
    var hash = leaf
    // Each trailing one bit of the size is a whole subtree that the new leaf completes into a larger one.
    for _ in 0..<(~size).trailingZeroBitCount {
      hash = MerkleTree.nodeHash(subtreeRoots.removeLast(), hash)
    }
    subtreeRoots.append(hash)
    size += 1
  }

  /// The root over all leaves so far.
  public var root: Digest {
    guard var hash = subtreeRoots.last else { return MerkleTree.emptyRoot }
    for left in subtreeRoots.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
    return hash
  }

  /// The encoded form.
  public var bytes: [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(8 + Digest.byteCount * subtreeRoots.count)
    for shift in stride(from: 0, to: 64, by: 8) { result.append(UInt8(truncatingIfNeeded: size >> shift)) }
    for root in subtreeRoots { root.append(to: &result) }
    return result
  }

  /// Reads the encoded form; `.length` or `.field` for anything else.
  public init(bytes: Span<UInt8>) throws(FormatError) {
    guard bytes.count >= 8 else {
      throw FormatError(.length, "tree frontier", "\(bytes.count) bytes, at least 8 expected")
    }
    var size: UInt64 = 0
    for index in 0..<8 { size |= UInt64(bytes[index]) << UInt64(8 * index) }
    guard size >> 53 == 0, let size = Int(exactly: size) else {
      throw FormatError(.field, "tree frontier", "a size of 2^53 or more", at: 0)
    }
    let expected = 8 + Digest.byteCount * size.nonzeroBitCount
    guard bytes.count == expected else {
      throw FormatError(.length, "tree frontier", "\(bytes.count) bytes, \(expected) expected for \(size) leaves")
    }
    self.size = size
    subtreeRoots = []
    for start in stride(from: 8, to: expected, by: Digest.byteCount) { subtreeRoots.append(Digest(bytes, at: start)) }
  }
}
