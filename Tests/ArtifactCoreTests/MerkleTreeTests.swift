import ArtifactCore
import Testing

@Suite struct MerkleTreeTests {
  /// The tree hash as RFC 6962 §2.1 defines it, word for word.
  private static func reference(_ leaves: ArraySlice<Digest>) -> Digest {
    if leaves.isEmpty { return Digest.of([]) }
    if leaves.count == 1 { return leaves[leaves.startIndex] }
    var left = 1
    while left * 2 < leaves.count { left *= 2 }
    let middle = leaves.startIndex + left
    return MerkleTree.nodeHash(reference(leaves[..<middle]), reference(leaves[middle...]))
  }

  /// Small trees, and those around a larger power of two.
  private static let sizes = Array(1...17) + [31, 32, 33]

  private static let leaves = (0..<70).map { MerkleTree.leafHash(Array("entry \($0)".utf8)) }

  @Test func `leaf hashes, roots and the inclusion proof are those that others computed`() throws {
    let vectors = try Vectors.recordsLogSignatures()
    let entries = try #require(vectors["log_entries"]?.array).map { try Array(#require($0.string).utf8) }
    let leaves = entries.map { MerkleTree.leafHash($0) }

    #expect(leaves.map { JSON.string($0.hex) } == vectors["leaf_hashes"]?.array)
    for size in 1...3 {
      #expect(MerkleTree.root(leaves.prefix(size)).hex == vectors["root_size\(size)"]?.string)
    }
    let proof = try #require(MerkleTree.inclusionProof(index: 1, size: 3) { leaves[$0] })
    #expect(proof.path.map { JSON.string($0.hex) } == vectors["inclusion_proof_index1_size3"]?.array)
    #expect(proof.verifies(leaf: leaves[1], root: MerkleTree.root(leaves)))
  }

  /// Source: the reference vectors of certificate-transparency (merkle_tree_test.cc).
  @Test func `the roots of certificate transparency's test tree come out`() throws {
    let entries = try [
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    .map { try #require(Hex.bytes($0)) }
    let roots = [
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    for (size, root) in roots.enumerated() {
      #expect(MerkleTree.root(entries.prefix(size).map { MerkleTree.leafHash($0) }).hex == root)
    }
  }

  @Test func `the frontier has the root of the definition at every size and survives its encoding`() throws {
    var frontier = MerkleFrontier()
    for size in 0...Self.leaves.count {
      #expect(frontier.size == size)
      #expect(frontier.root == Self.reference(Self.leaves[..<size]))
      #expect(frontier.subtreeRoots.count == size.nonzeroBitCount)
      #expect(try MerkleFrontier(bytes: frontier.bytes.span) == frontier)
      if size < Self.leaves.count { frontier.append(Self.leaves[size]) }
    }
  }

  @Test func `a frontier of another length or of an impossible size is refused`() {
    let good = MerkleFrontier(Self.leaves.prefix(5)).bytes
    #expect(good.count == 8 + 2 * 32)
    for bytes in [[], Array(good.prefix(7)), Array(good.dropLast()), good + [0], Array(good.prefix(40))] {
      let error = #expect(throws: FormatError.self) { try MerkleFrontier(bytes: bytes.span) }
      #expect(error?.code == .length)
    }
    for highByte: UInt8 in [0x20, 0x80] {
      let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, highByte, highByte]
      let error = #expect(throws: FormatError.self) { try MerkleFrontier(bytes: bytes.span) }
      #expect(error?.code == .field)
    }
  }

  @Test func `every leaf of every small tree has a proof, which fits nothing else`() throws {
    for size in Self.sizes {
      let root = Self.reference(Self.leaves[..<size])
      for index in 0..<size {
        var asked = Set<Int>()
        let proof = try #require(
          MerkleTree.inclusionProof(index: index, size: size) { position in
            asked.insert(position)
            return Self.leaves[position]
          })
        #expect(proof.verifies(leaf: Self.leaves[index], root: root))
        #expect(asked == Set(0..<size).subtracting([index]))

        #expect(!proof.verifies(leaf: Self.leaves[index + 1], root: root))
        #expect(!proof.verifies(leaf: Self.leaves[index], root: Self.leaves[69]))
        for other in 0..<size where other != index {
          let moved = InclusionProof(index: other, size: size, path: proof.path)
          #expect(!moved.verifies(leaf: Self.leaves[index], root: root), "\(index) as \(other) of \(size)")
        }
        for path in Self.damaged(proof.path) {
          #expect(!InclusionProof(index: index, size: size, path: path).verifies(leaf: Self.leaves[index], root: root))
        }
      }
    }
  }

  @Test func `every small tree is proven a prefix of every later one, and of nothing else`() throws {
    for newSize in [0] + Self.sizes {
      let newRoot = Self.reference(Self.leaves[..<newSize])
      for oldSize in 0...newSize {
        let oldRoot = Self.reference(Self.leaves[..<oldSize])
        let proof = try #require(MerkleTree.consistencyProof(oldSize: oldSize, newSize: newSize) { Self.leaves[$0] })
        #expect(proof.verifies(oldRoot: oldRoot, newRoot: newRoot), "\(oldSize) of \(newSize)")
        #expect(!proof.verifies(oldRoot: Self.leaves[69], newRoot: newRoot))
        if oldSize > 0 { #expect(!proof.verifies(oldRoot: oldRoot, newRoot: Self.leaves[69])) }
        for path in Self.damaged(proof.path) {
          let damaged = ConsistencyProof(oldSize: oldSize, newSize: newSize, path: path)
          #expect(!damaged.verifies(oldRoot: oldRoot, newRoot: newRoot), "\(oldSize) of \(newSize)")
        }
        for other in 1..<max(1, newSize) where other != oldSize {
          let moved = ConsistencyProof(oldSize: other, newSize: newSize, path: proof.path)
          #expect(!moved.verifies(oldRoot: oldRoot, newRoot: newRoot), "\(oldSize) as \(other) of \(newSize)")
        }
      }
    }
  }

  @Test func `a proof of a history rewritten before the old size does not verify`() throws {
    var rewritten = Self.leaves
    rewritten[3] = Self.leaves[69]
    let proof = try #require(MerkleTree.consistencyProof(oldSize: 6, newSize: 11) { rewritten[$0] })
    #expect(
      !proof.verifies(oldRoot: MerkleTree.root(Self.leaves.prefix(6)), newRoot: MerkleTree.root(rewritten.prefix(11))))
  }

  @Test func `proofs of positions and sizes that cannot be are nil or refused, never a trap`() {
    let leafAt = { (index: Int) -> Digest in Self.leaves[index] }
    for (index, size) in [(0, 0), (-1, 3), (3, 3), (4, 3)] {
      #expect(MerkleTree.inclusionProof(index: index, size: size, leafAt: leafAt) == nil)
    }
    for (oldSize, newSize) in [(-1, 3), (4, 3)] {
      #expect(MerkleTree.consistencyProof(oldSize: oldSize, newSize: newSize, leafAt: leafAt) == nil)
    }
    let any = Self.leaves[0]
    for first in [Int.min, -1, 0, 1, 2, .max - 1, .max] {
      for second in [Int.min, -1, 0, 2, .max] {
        for count in [0, 1, 63, 70] {
          let path = Array(Self.leaves.prefix(count))
          #expect(!InclusionProof(index: first, size: second, path: path).verifies(leaf: any, root: Self.leaves[1]))
          #expect(
            !ConsistencyProof(oldSize: first, newSize: second, path: path).verifies(
              oldRoot: any, newRoot: Self.leaves[1]))
        }
      }
    }
  }

  @Test func `what the reader of leaves throws comes out of the proof`() {
    struct Unreadable: Error {}
    #expect(throws: Unreadable.self) {
      try MerkleTree.inclusionProof(index: 0, size: 2) { _ in throw Unreadable() }
    }
  }

  /// The path with each hash changed, dropped or doubled, and with one more at the end.
  private static func damaged(_ path: [Digest]) -> [[Digest]] {
    var result = [path + [leaves[0]]]
    for index in path.indices {
      var changed = path
      changed[index] = MerkleTree.nodeHash(path[index], path[index])
      result.append(changed)
      var shorter = path
      shorter.remove(at: index)
      result.append(shorter)
      result.append(Array(path[...index]) + path[index...])
    }
    return result
  }
}
