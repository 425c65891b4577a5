import ArtifactCore
import TestSupport
import Testing

/// Where large blobs are cut.
@Suite struct ChunkerTests {
  /// FastCDC as the paper has it, one byte after the other.
  struct Naive {
    let minimum: Int
    let target: Int
    let maximum: Int
    let gear: [UInt64] = (0..<256).map { byte in
      Digest.of([UInt8(byte)]).bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func cut(_ bytes: ArraySlice<UInt8>) -> Int {
      let end = min(bytes.count, maximum)
      if end <= minimum { return end }
      let bits = target.trailingZeroBitCount
      var hash: UInt64 = 0
      for offset in minimum..<end {
        hash = hash << 1 &+ gear[Int(bytes[bytes.startIndex + offset])]
        let zeros = offset < target ? bits + 2 : bits - 2
        if hash >> UInt64(64 - zeros) == 0 { return offset + 1 }
      }
      return end
    }

    func cuts(_ bytes: [UInt8]) -> [Int] {
      var position = 0
      var result = [Int]()
      while position < bytes.count {
        position += cut(bytes[position...])
        result.append(position)
      }
      return result
    }
  }

  static func cuts(_ bytes: [UInt8], _ profile: ChunkerProfile, lookahead: Int = .max) -> [Int] {
    var position = 0
    var result = [Int]()
    while position < bytes.count {
      let end = min(bytes.count, lookahead == .max ? bytes.count : position + lookahead)
      position += Chunker.nextCut(in: bytes.span.extracting(position..<end), profile: profile)
      result.append(position)
    }
    return result
  }

  @Test(arguments: [128, 1_024, 65_536]) func `the cuts are those of the byte-by-byte definition`(target: Int) {
    let profile = ChunkerProfile(target: target)
    let naive = Naive(minimum: target / 4, target: target, maximum: target * 4)
    for seed in UInt64(1)...4 {
      var random = SeededRandom(seed)
      for bytes in [random.bytes(target * 12 + Int(seed)), random.text(target * 6 + Int(seed))] {
        #expect(Self.cuts(bytes, profile) == naive.cuts(bytes), "seed \(seed)")
      }
    }
  }

  @Test func `the largest chunk is all the look-ahead that a cut needs`() {
    var random = SeededRandom(7)
    let bytes = random.bytes(300_000)
    let profile = ChunkerProfile(target: 1_024)
    let whole = Self.cuts(bytes, profile)
    for lookahead in [profile.maximum, profile.maximum + 1, 3 * profile.maximum] {
      #expect(Self.cuts(bytes, profile, lookahead: lookahead) == whole)
    }
  }

  @Test(arguments: [ChunkerProfile.small, .medium])
  func `every chunk but the last is within bounds, and the average is near the target`(
    profile: ChunkerProfile
  ) {
    var random = SeededRandom(11)
    let bytes = random.bytes(profile.target * 64)
    let cuts = Self.cuts(bytes, profile)
    let sizes = zip(cuts, [0] + cuts).map { $0 - $1 }
    #expect(sizes.dropLast().allSatisfy { $0 > profile.minimum && $0 <= profile.maximum })
    #expect(sizes.reduce(0, +) == bytes.count)
    let average = bytes.count / cuts.count
    #expect(average > profile.target / 2 && average < profile.target * 2, "\(average)")
  }

  @Test func `bytes without any structure are cut at the maximum`() {
    let profile = ChunkerProfile(target: 1_024)
    let cuts = Self.cuts([UInt8](repeating: 0x20, count: 10_000), profile)
    #expect(cuts == [4_096, 8_192, 10_000] || Set(zip(cuts, [0] + cuts).map { $0 - $1 }.dropLast()).count == 1)
  }

  @Test(arguments: [0, 1, 255, 256, 257]) func `little input is one chunk`(count: Int) {
    let profile = ChunkerProfile(target: 1_024)
    let cut = Chunker.nextCut(in: [UInt8](repeating: 1, count: count).span, profile: profile)
    #expect(cut == count)
  }

  @Test func `an insertion near the front moves only the first few cuts`() {
    var random = SeededRandom(13)
    let bytes = random.bytes(4 << 20)
    let profile = ChunkerProfile.small
    func chunks(_ bytes: [UInt8]) -> Set<Digest> {
      var start = 0
      return Set(
        Self.cuts(bytes, profile).map { cut in
          defer { start = cut }
          return Digest.of(bytes.span.extracting(start..<cut))
        })
    }
    let before = chunks(bytes)
    let after = chunks(Array(bytes[..<1_000]) + [1, 2, 3, 4, 5] + Array(bytes[1_000...]))
    #expect(before.intersection(after).count >= before.count - 4, "\(before.count) chunks")
    #expect(before != after)
  }

  @Test func `the profile follows the size of the blob`() {
    #expect(ChunkerProfile.forBlob(size: 1 << 30) == .small)
    #expect(ChunkerProfile.forBlob(size: 1 << 30 + 1) == .medium)
    #expect(ChunkerProfile.forBlob(size: 64 << 30) == .medium)
    #expect(ChunkerProfile.forBlob(size: 64 << 30 + 1) == .large)
    #expect(ChunkerProfile.small.minimum == 16 << 10 && ChunkerProfile.small.maximum == 256 << 10)
  }
}

/// What is worth compressing.
@Suite struct EntropyTests {
  @Test(arguments: 1...20) func `random bytes are not worth it and text is`(seed: Int) {
    var random = SeededRandom(UInt64(seed))
    #expect(incompressible(random.bytes(Entropy.minimumSize)))
    #expect(incompressible(random.bytes(1 << 20)))
    #expect(!incompressible(random.text(Entropy.minimumSize)))
    #expect(!incompressible(random.text(1 << 20)))
  }

  @Test func `float32 weights are worth it`() {
    var random = SeededRandom(3)
    var bytes = [UInt8]()
    for _ in 0..<16_384 {
      // A sum of uniform numbers is close to the normal distribution of trained weights.
      let sum = (0..<12).reduce(Float(-6)) { total, _ in total + Float(random.next() >> 40) / Float(1 << 24) }
      LittleEndian.append((sum * 0.02).bitPattern, to: &bytes)
    }
    #expect(!incompressible(bytes))
    #expect(!incompressible(Array(bytes[..<Entropy.minimumSize])))
  }

  @Test func `less than is looked at, zeros and a counter are worth it`() {
    var random = SeededRandom(5)
    #expect(!incompressible(random.bytes(Entropy.minimumSize - 1)))
    #expect(!incompressible([UInt8]()))
    #expect(!incompressible([UInt8](repeating: 0, count: 9_999)))
  }
}
