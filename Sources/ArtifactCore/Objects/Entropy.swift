/// A quick guess whether bytes are worth compressing.
public enum Entropy {
  /// Bytes that are looked at.
  public static let sampleSize = 4_096
  /// Bits a byte above which a sample of 4 KiB counts as incompressible.
  ///
  /// Uniformly random bytes measure 7.95 on a
  /// sample of this size, trained float32 weights at most 7.6.
  public static let threshold: Float = 7.8

  /// `n · log2 n` for the counts of a sample.
  private static let weights: [Float] = (0...sampleSize).map { count in
    count < 2 ? 0 : Float(count) * log2(Float(count))
  }

  /// Objects below this size are not looked at: zstd gives up on random bytes quickly enough by itself.
  public static let minimumSize = 16 << 10

  /// Whether four kibibytes spread over `bytes` look random.
  ///
  /// Always false below `minimumSize`.
  ///
  /// - Complexity: O(1), about 2 µs.
  public static func looksIncompressible(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= minimumSize else { return false }
    var counts = [Int32](repeating: 0, count: 256)
    let piece = sampleSize / 4
    let stride = (bytes.count - piece) / 3
    for part in 0..<4 {
      let sample = bytes.extracting((part * stride)..<(part * stride + piece))
      for index in sample.indices { counts[Int(sample[index])] += 1 }
    }
    var sum: Float = 0
    for count in counts { sum += weights[Int(count)] }
    return log2(Float(sampleSize)) - sum / Float(sampleSize) > threshold
  }

  /// log2 by repeated squaring, for positive finite values; the library has no Foundation to ask.
  private static func log2(_ value: Float) -> Float {
    var result = Float(value.exponent)
    var rest = value.significand
    var bit: Float = 0.5
    while bit > 1e-6 {
      rest *= rest
      if rest >= 2 {
        rest /= 2
        result += bit
      }
      bit /= 2
    }
    return result
  }
}
