/// Base64 with the standard alphabet and padding (RFC 4648 §4), one spelling for each byte string.
public enum Base64 {
  /// The padded text of `bytes`.
  public static func text(_ bytes: [UInt8]) -> String {
    var result = [UInt8]()
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = UInt32(bytes[start]) << 16
      if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { group |= UInt32(bytes[start + 2]) }
      for position in 0..<4 {
        let value = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * position)) & 63
        result.append(position <= count ? digit(value) : padding)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The bytes of a text that `text(_:)` could have written, or nil: no line breaks, no missing padding, and the bits
  /// that stand for nothing are zero.
  public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 4) else { return nil }
    var result = [UInt8]()
    result.reserveCapacity(digits.count / 4 * 3)
    for start in stride(from: 0, to: digits.count, by: 4) {
      let isLast = start + 4 == digits.count
      let paddingCount = !isLast || digits[start + 3] != padding ? 0 : digits[start + 2] != padding ? 1 : 2
      var group: UInt32 = 0
      for position in 0..<(4 - paddingCount) {
        guard let value = value(digits[start + position]) else { return nil }
        group |= UInt32(value) << UInt32(18 - 6 * position)
      }
      let unused: UInt32 = paddingCount == 0 ? 0 : paddingCount == 1 ? 0xFF : 0xFFFF
      guard group & unused == 0 else { return nil }
      for position in 0..<(3 - paddingCount) {
        result.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * position)))
      }
    }
    return result
  }

  private static let padding = UInt8(ascii: "=")

  private static func digit(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: value + UInt8(ascii: "A")
    case 26..<52: value - 26 + UInt8(ascii: "a")
    case 52..<62: value - 52 + UInt8(ascii: "0")
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
