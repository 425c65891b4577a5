import ArtifactCore
import Testing

@Suite struct PairedHashingTests {
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  @Test(arguments: [0, 1, 2, 3, 7, 9, 10, 16, 17, 40, 300])
  func `several digests at once are those of one at a time`(count: Int) {
    let buffer = Self.bytes(200_000, seed: UInt64(count) + 1)
    var ranges = [Range<Int>]()
    for index in 0..<count {
      // Lengths around every boundary of a 64-byte block and its 9 bytes of padding.
      let length = index < 260 ? index : index * 531 % 100_000
      let start = index * 97 % (buffer.count - length)
      ranges.append(start..<(start + length))
    }
    let expected = ranges.map { Digest.of(Array(buffer[$0])) }
    #expect(Digest.of(ranges, in: buffer.span) == expected)
  }

  @Test(arguments: [1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 4_096, 70_001])
  func `a whole hashed in pieces beside its chunks has the digest of the whole`(piece: Int) {
    let buffer = Self.bytes(150_000, seed: UInt64(piece))
    var hasher = BlobHasher()
    var start = 0
    while start < buffer.count {
      let end = min(start + piece, buffer.count)
      let middle = (start + end) / 2
      let ranges = [start..<middle, middle..<end]
      let digests = hasher.update(buffer.span.extracting(start..<end), hashing: ranges, in: buffer.span)
      #expect(digests == ranges.map { Digest.of(Array(buffer[$0])) })
      start = end
    }
    #expect(hasher.finish() == Digest.of(buffer))
    #expect(BlobHasher().finish().hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test(arguments: [9, 10, 16, 25, 40], [0, 63, 64, 1_024, 40_000, 140_000])
  func `a whole beside many chunks has its digest, as they have theirs`(count: Int, piece: Int) {
    let buffer = Self.bytes(150_000, seed: UInt64(count))
    let ranges = (0..<count).map { index in
      let length = [0, 64, 1_000 + index, 5_000, 9_999][index % 5] + index
      return (index * 3_000 + 1)..<(index * 3_000 + 1 + length)
    }
    let expected = ranges.map { Digest.of(Array(buffer[$0])) }
    var hasher = BlobHasher()
    for round in 0..<2 {
      let bytes = buffer.span.extracting((round * 7)..<(round * 7 + piece))
      #expect(hasher.update(bytes, hashing: ranges, in: buffer.span) == expected)
    }
    #expect(hasher.finish() == Digest.of(Array(buffer[..<piece]) + Array(buffer[7..<(7 + piece)])))
  }
}
