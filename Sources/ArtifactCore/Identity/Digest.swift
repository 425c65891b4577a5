/// A SHA-256 value over plain bytes: the only kind of identity there is (store-layout.md §1).
///
/// Held as four words in big-endian reading order, so comparing digests compares their hexadecimal text.
public struct Digest: Hashable, Sendable, Comparable {
  /// The 32 bytes, as four big-endian words.
  public let words: (UInt64, UInt64, UInt64, UInt64)

  /// Bytes in a digest.
  public static let byteCount = 32

  /// Creates a digest from four big-endian words.
  public init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// Reads 32 bytes starting at `offset`; the caller guarantees that they are there.
  public init(_ bytes: Span<UInt8>, at offset: Int = 0) {
    func word(_ start: Int) -> UInt64 {
      var value: UInt64 = 0
      for index in start..<(start + 8) { value = value &<< 8 | UInt64(bytes[index]) }
      return value
    }
    words = (word(offset), word(offset + 8), word(offset + 16), word(offset + 24))
  }

  /// Reads 64 lower-case hexadecimal digits; anything else gives nil.
  public init?(hex: Span<UInt8>) {
    guard hex.count == 64 else { return nil }
    func word(_ start: Int) -> UInt64? {
      var value: UInt64 = 0
      for index in start..<(start + 16) {
        guard let nibble = Hex.nibble(hex[index]) else { return nil }
        value = value &<< 4 | UInt64(nibble)
      }
      return value
    }
    guard let first = word(0), let second = word(16), let third = word(32), let fourth = word(48) else { return nil }
    words = (first, second, third, fourth)
  }

  /// Reads 64 lower-case hexadecimal digits; anything else gives nil.
  public init?(hex: some StringProtocol) {
    let bytes = Array(hex.utf8)
    self.init(hex: bytes.span)
  }

  /// Reads the text form, `sha256:` and 64 lower-case hexadecimal digits; anything else gives nil.
  public init?(text: some StringProtocol) {
    guard text.utf8.count == 71, text.hasPrefix("sha256:") else { return nil }
    self.init(hex: text.dropFirst(7))
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(Self.byteCount)
    append(to: &result)
    return result
  }

  /// Appends the 32 bytes to `buffer`.
  public func append(to buffer: inout [UInt8]) {
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: 56, through: 0, by: -8) {
        buffer.append(UInt8(truncatingIfNeeded: word &>> UInt64(shift)))
      }
    }
  }

  /// Appends 64 lower-case hexadecimal digits to `buffer`.
  public func appendHex(to buffer: inout [UInt8]) {
    func put(_ word: UInt64) {
      for shift in stride(from: 60, through: 0, by: -4) {
        buffer.append(Hex.digit(UInt8(truncatingIfNeeded: word &>> UInt64(shift)) & 15))
      }
    }
    put(words.0)
    put(words.1)
    put(words.2)
    put(words.3)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    var buffer = [UInt8]()
    buffer.reserveCapacity(64)
    appendHex(to: &buffer)
    return String(decoding: buffer, as: UTF8.self)
  }

  /// The text form, `sha256:` and 64 hexadecimal digits.
  public var text: String { "sha256:" + hex }

  /// The first 12 hexadecimal digits, for people.
  public var short: String { String(hex.prefix(12)) }

  /// The first byte, which selects an index bucket.
  public var firstByte: Int { Int(words.0 &>> 56) }

  /// Whether the four words are equal.
  public static func == (left: Digest, right: Digest) -> Bool {
    left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
      && left.words.3 == right.words.3
  }

  /// Bytewise order, which is also the order of the hexadecimal texts.
  public static func < (left: Digest, right: Digest) -> Bool {
    if left.words.0 != right.words.0 { return left.words.0 < right.words.0 }
    if left.words.1 != right.words.1 { return left.words.1 < right.words.1 }
    if left.words.2 != right.words.2 { return left.words.2 < right.words.2 }
    return left.words.3 < right.words.3
  }

  /// Digests are uniform already: one word is hash enough.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }
}

extension Digest: CustomStringConvertible {
  /// The text form.
  public var description: String { text }
}
