/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed everywhere.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a sequence.
  public init(_ seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A number below `limit`.
  public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  /// Bytes that do not compress.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(count + 8)
    while result.count < count {
      let word = next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) { result.append(UInt8(truncatingIfNeeded: word &>> shift)) }
    }
    result.removeLast(result.count - count)
    return result
  }

  /// Bytes that compress: words of a small vocabulary.
  public mutating func text(_ count: Int) -> [UInt8] {
    let words = ["tensor", "label", "epoch", "0.5", "train", "loss", "\n", ",", "batch", "é"].map { Array($0.utf8) }
    var result = [UInt8]()
    result.reserveCapacity(count + 8)
    while result.count < count {
      result += words[below(words.count)]
      result.append(0x20)
    }
    result.removeLast(result.count - count)
    return result
  }
}
