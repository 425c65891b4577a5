import Testing

@testable import ArtifactCore

/// Every proof of every log up to 256 entries, and what is made of it.
@Suite struct EveryProofTests {
  private static let leaves = (0...256).map { MerkleTree.leafHash(Array("leaf \($0)".utf8)) }
  private static let roots = (0...256).map { MerkleTree.root(leaves.prefix($0)) }

  /// The roots over ranges, each computed once.
  private struct Memory {
    private var known = [Range<Int>: Digest]()

    mutating func root(_ range: Range<Int>) -> Digest {
      if let root = known[range] { return root }
      let root = MerkleTree.root(EveryProofTests.leaves[range])
      known[range] = root
      return root
    }
  }

  @Test func `every inclusion proof up to 256 verifies, and no change of it does`() throws {
    var memory = Memory()
    for size in 1...256 {
      for index in 0..<size {
        let proof = try #require(MerkleTree.inclusionProof(index: index, size: size, rootOf: { memory.root($0) }))
        let (leaf, root) = (Self.leaves[index], Self.roots[size])
        guard proof.verifies(leaf: leaf, root: root) else {
          Issue.record("leaf \(index) of \(size)")
          continue
        }
        func holds(_ index: Int, _ size: Int, _ path: [Digest]) -> Bool {
          InclusionProof(index: index, size: size, path: path).verifies(leaf: leaf, root: root)
        }
        var wrong = 0
        for path in Self.changes(of: proof.path, seed: size &* 257 &+ index) where holds(index, size, path) {
          wrong += 1
        }
        for other in [index - 1, index + 1, index ^ 1, index ^ 2, size - 1 - index, -1, size]
        where other != index && holds(other, size, proof.path) {
          wrong += 1
        }
        if proof.verifies(leaf: Self.leaves[(index + 1) % 257], root: root) { wrong += 1 }
        if proof.verifies(leaf: leaf, root: Self.roots[size - 1]) { wrong += 1 }
        #expect(wrong == 0, "leaf \(index) of \(size)")
      }
    }
  }

  @Test func `every consistency proof up to 256 verifies, and no change of it does`() throws {
    var memory = Memory()
    for size in 1...256 {
      for old in 0...size {
        let proof = try #require(MerkleTree.consistencyProof(oldSize: old, newSize: size, rootOf: { memory.root($0) }))
        let (oldRoot, newRoot) = (Self.roots[old], Self.roots[size])
        guard proof.verifies(oldRoot: oldRoot, newRoot: newRoot) else {
          Issue.record("\(old) of \(size)")
          continue
        }
        func holds(_ path: [Digest]) -> Bool {
          ConsistencyProof(oldSize: old, newSize: size, path: path).verifies(oldRoot: oldRoot, newRoot: newRoot)
        }
        var wrong = 0
        for path in Self.changes(of: proof.path, seed: size &* 257 &+ old) where holds(path) { wrong += 1 }
        for other in [old - 1, old + 1, old ^ 1] where other != old && other > 0 {
          let moved = ConsistencyProof(oldSize: other, newSize: size, path: proof.path)
          if moved.verifies(oldRoot: oldRoot, newRoot: newRoot) { wrong += 1 }
        }
        if proof.verifies(oldRoot: Self.roots[(old + 1) % 257], newRoot: newRoot) { wrong += 1 }
        if old > 0, proof.verifies(oldRoot: oldRoot, newRoot: Self.roots[(size + 1) % 257]) { wrong += 1 }
        #expect(wrong == 0, "\(old) of \(size)")
      }
    }
  }

  /// The path with one bit of each hash changed, each hash missing, doubled or swapped with the next, and one too many.
  private static func changes(of path: [Digest], seed: Int) -> [[Digest]] {
    var result = [path + [leaves[0]], [leaves[0]] + path]
    for index in path.indices {
      var words = path[index].words
      words.2 ^= 1 << UInt64((seed &+ 31 &* index) & 63)
      var changed = path
      changed[index] = Digest(words: words)
      result.append(changed)
      changed.remove(at: index)
      result.append(changed)
      result.append(Array(path[...index]) + path[index...])
      if index + 1 < path.count {
        var swapped = path
        swapped.swapAt(index, index + 1)
        result.append(swapped)
      }
    }
    return result
  }
}
