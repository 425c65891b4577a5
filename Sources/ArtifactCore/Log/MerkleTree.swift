/// The hash tree over the log (RFC 6962 §2.1, RFC 9162 §2.1): hashes, roots and proofs.
///
/// A leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right); the left subtree of a tree is the largest power
/// of two below its size. The empty tree's root is the SHA-256 of nothing.
public enum MerkleTree {
  /// The root of a tree without leaves.
  public static let emptyRoot = Digest.of([])

  /// The hash of an entry's bytes.
  public static func leafHash(_ entry: Span<UInt8>) -> Digest {
    var hasher = SHA256Hasher()
    let prefix: [UInt8] = [0]
    hasher.update(prefix.span)
    hasher.update(entry)
    return hasher.finish()
  }

  /// The hash of an entry's bytes.
  public static func leafHash(_ entry: [UInt8]) -> Digest { leafHash(entry.span) }

  /// The hash of an inner node.
  public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
    var hasher = SHA256Hasher()
    let prefix: [UInt8] = [1]
    hasher.update(prefix.span)
    hasher.update(left)
    hasher.update(right)
    return hasher.finish()
  }

  /// The root over `leaves`, which are leaf hashes.
  public static func root(_ leaves: some Sequence<Digest>) -> Digest { MerkleFrontier(leaves).root }

  /// Proves that leaf `index` is in the tree of the first `size` leaves.
  ///
  /// - Parameters:
  ///   - index: The leaf's position, from 0.
  ///   - size: The number of leaves of the tree.
  ///   - leafAt: Gives the leaf hash at a position below `size`; asked once for each but `index`.
  /// - Returns: The proof, or nil unless `0 <= index < size`.
  /// - Throws: What `leafAt` throws.
  /// - Complexity: O(size) hashes.
  public static func inclusionProof<E: Error>(
    index: Int, size: Int, leafAt: (Int) throws(E) -> Digest
  ) throws(E) -> InclusionProof? {
    try inclusionProof(index: index, size: size) { (range) throws(E) in try root(of: range, leafAt) }
  }

  /// The same from a function that tells the root over a range of leaves.
  static func inclusionProof<E: Error>(
    index: Int, size: Int, rootOf subtreeRoot: (Range<Int>) throws(E) -> Digest
  ) throws(E) -> InclusionProof? {
    guard index >= 0, index < size else { return nil }
    var path = [Digest]()
    var leaves = 0..<size
    // From the root down, so the path comes out in reverse.
    while leaves.count > 1 {
      let middle = leaves.lowerBound + leftCount(leaves.count)
      if index < middle {
        path.append(try subtreeRoot(middle..<leaves.upperBound))
        leaves = leaves.lowerBound..<middle
      } else {
        path.append(try subtreeRoot(leaves.lowerBound..<middle))
        leaves = middle..<leaves.upperBound
      }
    }
    return InclusionProof(index: index, size: size, path: path.reversed())
  }

  /// Proves that the tree of `oldSize` leaves is a prefix of that of `newSize`.
  ///
  /// - Parameters:
  ///   - oldSize: The number of leaves of the earlier tree.
  ///   - newSize: The number of leaves of the later tree.
  ///   - leafAt: Gives the leaf hash at a position below `newSize`; asked at most once for each.
  /// - Returns: The proof, without hashes when the sizes are equal or the old tree is empty; nil unless
  ///   `0 <= oldSize <= newSize`.
  /// - Throws: What `leafAt` throws.
  /// - Complexity: O(newSize) hashes.
  public static func consistencyProof<E: Error>(
    oldSize: Int, newSize: Int, leafAt: (Int) throws(E) -> Digest
  ) throws(E) -> ConsistencyProof? {
    try consistencyProof(oldSize: oldSize, newSize: newSize) { (range) throws(E) in try root(of: range, leafAt) }
  }

  /// The same from a function that tells the root over a range of leaves.
  static func consistencyProof<E: Error>(
    oldSize: Int, newSize: Int, rootOf subtreeRoot: (Range<Int>) throws(E) -> Digest
  ) throws(E) -> ConsistencyProof? {
    guard oldSize >= 0, oldSize <= newSize else { return nil }
    var path = [Digest]()
    if oldSize > 0, oldSize < newSize {
      var leaves = 0..<newSize
      // While the old tree ends inside this subtree; SUBPROOF of RFC 6962 §2.1.2 without recursion.
      while leaves.upperBound != oldSize {
        let middle = leaves.lowerBound + leftCount(leaves.count)
        if oldSize <= middle {
          path.append(try subtreeRoot(middle..<leaves.upperBound))
          leaves = leaves.lowerBound..<middle
        } else {
          path.append(try subtreeRoot(leaves.lowerBound..<middle))
          leaves = middle..<leaves.upperBound
        }
      }
      // The old root itself is known to the verifier and left out.
      if leaves.lowerBound > 0 { path.append(try subtreeRoot(leaves)) }
    }
    return ConsistencyProof(oldSize: oldSize, newSize: newSize, path: path.reversed())
  }

  /// The largest power of two below `count`, which is at least 2.
  private static func leftCount(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }

  private static func root<E: Error>(
    of leaves: Range<Int>, _ leafAt: (Int) throws(E) -> Digest
  ) throws(E) -> Digest {
    var frontier = MerkleFrontier()
    for index in leaves { frontier.append(try leafAt(index)) }
    return frontier.root
  }
}

/// That an entry stands at a position of a tree.
public struct InclusionProof: Sendable, Hashable {
  /// The entry's position, from 0.
  public let index: Int
  /// The number of leaves of the tree.
  public let size: Int
  /// The sibling hashes from the leaf up.
  public let path: [Digest]

  /// Creates a proof as it was received; nothing is checked before `verifies`.
  public init(index: Int, size: Int, path: [Digest]) {
    self.index = index
    self.size = size
    self.path = path
  }

  /// Whether the proof leads from `leaf`, a leaf hash, to `root` (RFC 9162 §2.1.3.2).
  public func verifies(leaf: Digest, root: Digest) -> Bool {
    guard index >= 0, index < size else { return false }
    var position = index
    var last = size - 1
    var hash = leaf
    for sibling in path {
      guard last > 0 else { return false }
      if position & 1 == 1 || position == last {
        hash = MerkleTree.nodeHash(sibling, hash)
        while position & 1 == 0, position > 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        hash = MerkleTree.nodeHash(hash, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }
}

/// That one tree is a prefix of another.
public struct ConsistencyProof: Sendable, Hashable {
  /// Leaves of the earlier tree.
  public let oldSize: Int
  /// Leaves of the later tree.
  public let newSize: Int
  /// The hashes of RFC 6962 §2.1.2.
  public let path: [Digest]

  /// Creates a proof as it was received; nothing is checked before `verifies`.
  public init(oldSize: Int, newSize: Int, path: [Digest]) {
    self.oldSize = oldSize
    self.newSize = newSize
    self.path = path
  }

  /// Whether the proof leads to both roots (RFC 9162 §2.1.4.2).
  public func verifies(oldRoot: Digest, newRoot: Digest) -> Bool {
    guard oldSize >= 0, oldSize <= newSize else { return false }
    // The empty tree is a prefix of every tree, and a tree is a prefix of itself: no hashes, but the roots must be right.
    if oldSize == newSize {
      return path.isEmpty && oldRoot == newRoot && (oldSize > 0 || oldRoot == MerkleTree.emptyRoot)
    }
    if oldSize == 0 { return path.isEmpty && oldRoot == MerkleTree.emptyRoot }

    var hashes = path[...]
    // A whole left subtree is not sent: the verifier has it, as its old root.
    if oldSize & (oldSize - 1) == 0 { hashes = [oldRoot] + hashes }
    guard let first = hashes.popFirst() else { return false }
    var position = oldSize - 1
    var last = newSize - 1
    while position & 1 == 1 {
      position >>= 1
      last >>= 1
    }
    var oldHash = first
    var newHash = first
    for sibling in hashes {
      guard last > 0 else { return false }
      if position & 1 == 1 || position == last {
        oldHash = MerkleTree.nodeHash(sibling, oldHash)
        newHash = MerkleTree.nodeHash(sibling, newHash)
        while position & 1 == 0, position > 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        newHash = MerkleTree.nodeHash(newHash, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && oldHash == oldRoot && newHash == newRoot
  }
}
