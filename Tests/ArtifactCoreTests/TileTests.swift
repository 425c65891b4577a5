import ArtifactCore
import Testing

/// Exported tiles, and proofs that are made from few hashes.
@Suite struct TileTests {
  @Test(arguments: [
    (0, 256, "tile/0/000"), (67, 256, "tile/0/067"), (1_234_067, 256, "tile/0/x001/x234/067"), (5, 7, "tile/0/005.p/7"),
    (1_000, 1, "tile/0/x001/000.p/1"),
  ])
  func `paths are those of tlog-tiles`(index: Int, count: Int, path: String) throws {
    // The last tile of a log of that size has this index and width.
    let tile = try #require(
      Tile.all(size: index < 10_000 ? index * 256 + count : 5 * 256 + 7).last { $0.level == 0 })
    if index < 10_000 { #expect(tile.path == path && tile.count == count) }
  }

  /// Source: the example of C2SP tlog-tiles.
  @Test func `a log of 70,000 has the tiles of the example`() {
    let tiles = Tile.all(size: 70_000)
    func count(_ level: Int?, whole: Bool) -> Int {
      tiles.count { $0.level == level && ($0.count == 256) == whole }
    }
    #expect(count(nil, whole: true) == 273 && count(0, whole: true) == 273)
    #expect(
      tiles.filter { $0.count < 256 }.map(\.path) == [
        "tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1",
      ])
    #expect(count(1, whole: true) == 1 && count(2, whole: true) == 0 && tiles.allSatisfy { ($0.level ?? 0) < 3 })
  }

  @Test func `a log of 256 has one whole tile and one hash above it`() {
    #expect(Tile.all(size: 256).map(\.path) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"])
    #expect(Tile.all(size: 0).isEmpty)
  }

  @Test func `proofs from roots of stretches are those from all leaves, and few leaves are read`() throws {
    let leaves = (0..<1_900).map { MerkleTree.leafHash(Array("entry \($0)".utf8)) }
    let tiles = (0..<7).map { MerkleTree.root(leaves[($0 * 256)..<($0 * 256 + 256)]) }
    var read = 0
    for size in [1, 255, 256, 257, 511, 512, 513, 1_024, 1_025, 1_535, 1_791, 1_792, 1_900] {
      read = 0
      let hashes = TreeHashes<Never>(
        leaves: { range in
          read += range.count
          return Array(leaves[range])
        }, tiles: { Array(tiles[$0]) })
      #expect(hashes.frontier(0..<size) == MerkleFrontier(leaves.prefix(size)))
      for index in [0, 1, 255, 256, 300, 777, 1_024, 1_791, 1_899] where index < size {
        read = 0
        let proof = hashes.inclusionProof(index: index, size: size)
        #expect(proof == MerkleTree.inclusionProof(index: index, size: size) { leaves[$0] })
        #expect(read < 2 * 256)
      }
      for old in [0, 1, 200, 256, 257, 1_000, 1_024] where old <= size {
        let proof = hashes.consistencyProof(oldSize: old, newSize: size)
        #expect(proof == MerkleTree.consistencyProof(oldSize: old, newSize: size) { leaves[$0] })
      }
    }
  }
}
