/// The encoding of SSH (RFC 4251 §5): numbers of four bytes, the highest first, and byte strings behind their length.
enum SSHWire {
  /// Appends a number.
  static func put(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }

  /// Appends a byte string; the caller sees to it that it is shorter than 2^32.
  static func put(_ string: [UInt8], to bytes: inout [UInt8]) {
    put(UInt32(truncatingIfNeeded: string.count), to: &bytes)
    bytes += string
  }

  /// Appends the bytes of a text.
  static func put(_ text: String, to bytes: inout [UInt8]) { put(Array(text.utf8), to: &bytes) }
}

/// Takes values of SSH's encoding from the front of bytes.
struct SSHReader {
  /// What is being read, for errors.
  let subject: String
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8], subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset == bytes.count }

  /// What is left.
  var rest: ArraySlice<UInt8> { bytes[offset...] }

  /// Takes `count` bytes.
  mutating func take(_ count: Int) throws(FormatError) -> [UInt8] {
    guard count >= 0, count <= bytes.count - offset else {
      throw FormatError(.length, subject, "it ends inside a value", at: offset)
    }
    let result = Array(bytes[offset..<(offset + count)])
    offset += count
    return result
  }

  /// Takes a number.
  mutating func number() throws(FormatError) -> UInt32 {
    var number: UInt32 = 0
    for byte in try take(4) { number = number << 8 | UInt32(byte) }
    return number
  }

  /// Takes a byte string.
  mutating func string() throws(FormatError) -> [UInt8] { try take(Int(try number())) }

  /// Takes a byte string that is text.
  mutating func text() throws(FormatError) -> String {
    let bytes = try string()
    guard let text = ExactText.string(bytes) else {
      throw FormatError(.syntax, subject, "a name in it is not UTF-8", at: offset)
    }
    return text
  }

  /// Takes exactly these bytes.
  mutating func expect(_ magic: [UInt8]) throws(FormatError) {
    guard try take(magic.count) == magic else {
      throw FormatError(.field, subject, "it does not begin as one", at: offset - magic.count)
    }
  }

  /// Refuses anything that is left.
  func finish() throws(FormatError) {
    guard isAtEnd else { throw FormatError(.length, subject, "\(bytes.count - offset) bytes too many", at: offset) }
  }
}
