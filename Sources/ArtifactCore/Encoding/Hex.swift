/// Lower-case hexadecimal, the only spelling that is read or written.
public enum Hex {
  /// The digit of a value in 0...15.
  public static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 48 : nibble &+ 87 }

  /// The value of a digit, or nil for anything but `0-9a-f`.
  public static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit &- 48
    case 97...102: digit &- 87
    default: nil
    }
  }

  /// Two digits a byte.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    var result = [UInt8]()
    for byte in bytes {
      result.append(digit(byte &>> 4))
      result.append(digit(byte & 15))
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The bytes of an even number of lower-case digits, or nil.
  public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var result = [UInt8]()
    result.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
      result.append(high &<< 4 | low)
    }
    return result
  }
}
