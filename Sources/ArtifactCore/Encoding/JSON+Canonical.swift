extension JSON {
  /// The one byte string of this value (RFC 8785, no floats, no null).
  ///
  /// - Throws: `.notCanonical` for `null`, a number that is not an integer, or an integer outside `integerRange`;
  ///   `.limit` beyond `depthLimit` or `limit`, so that whatever is stored can be read again.
  public func canonicalBytes(subject: String = "JSON", limit: Int = byteLimit) throws(FormatError) -> [UInt8] {
    try checkCanonical(depth: 0, subject: subject)
    let result = plainBytes()
    guard result.count <= limit else {
      throw FormatError(.limit, subject, "\(result.count) bytes, more than \(limit)")
    }
    return result
  }

  /// The value in the canonical manner, but with `null` and every number as it is: for documents that others read.
  public func plainBytes() -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(256)
    append(to: &result)
    return result
  }

  private func checkCanonical(depth: Int, subject: String) throws(FormatError) {
    switch self {
    case .string, .boolean:
      break
    case .integer(let value):
      guard Self.integerRange.contains(value) else {
        throw FormatError(.notCanonical, subject, "the integer \(value) is beyond 2^53 - 1; write it as a string")
      }
    case .null:
      throw FormatError(.notCanonical, subject, "null has no place in a record; leave the field out")
    case .number(let number):
      throw FormatError(.notCanonical, subject, "the number \(number) is not an integer; write it as a string")
    case .array(let elements):
      guard depth < Self.depthLimit else { throw Self.tooDeep(subject) }
      for element in elements { try element.checkCanonical(depth: depth + 1, subject: subject) }
    case .object(let members):
      guard depth < Self.depthLimit else { throw Self.tooDeep(subject) }
      for (_, value) in members { try value.checkCanonical(depth: depth + 1, subject: subject) }
    }
  }

  static func tooDeep(_ subject: String, at offset: Int? = nil) -> FormatError {
    FormatError(.limit, subject, "more than \(depthLimit) arrays and objects inside each other", at: offset)
  }

  private func append(to buffer: inout [UInt8]) {
    switch self {
    case .string(let text):
      Self.append(text, to: &buffer)
    case .integer(let value):
      Self.append(value, to: &buffer)
    case .boolean(let value):
      buffer.append(contentsOf: (value ? "true" : "false").utf8)
    case .null:
      buffer.append(contentsOf: "null".utf8)
    case .number(let number):
      buffer.append(contentsOf: number.text.utf8)
    case .array(let elements):
      buffer.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { buffer.append(UInt8(ascii: ",")) }
        element.append(to: &buffer)
      }
      buffer.append(UInt8(ascii: "]"))
    case .object(let members):
      buffer.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { buffer.append(UInt8(ascii: ",")) }
        Self.append(member.key, to: &buffer)
        buffer.append(UInt8(ascii: ":"))
        member.value.append(to: &buffer)
      }
      buffer.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ value: Int64, to buffer: inout [UInt8]) {
    if value < 0 { buffer.append(UInt8(ascii: "-")) }
    let start = buffer.count
    var rest = value.magnitude
    repeat {
      buffer.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    buffer[start...].reverse()
  }

  private static func append(_ text: String, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "\""))
    let bytes = text.utf8.span
    var needsEscape = false
    for index in bytes.indices where mustEscape(bytes[index]) {
      needsEscape = true
      break
    }
    if needsEscape {
      for index in bytes.indices { appendEscaped(bytes[index], to: &buffer) }
    } else {
      buffer.append(contentsOf: text.utf8)
    }
    buffer.append(UInt8(ascii: "\""))
  }

  private static func mustEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// RFC 8785 §3.2.2.2: short escapes where JSON has them, `\u00xx` in lower case for other controls, all else as it is.
  private static func appendEscaped(_ byte: UInt8, to buffer: inout [UInt8]) {
    guard mustEscape(byte) else {
      buffer.append(byte)
      return
    }
    buffer.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: buffer.append(UInt8(ascii: "b"))
    case 0x09: buffer.append(UInt8(ascii: "t"))
    case 0x0A: buffer.append(UInt8(ascii: "n"))
    case 0x0C: buffer.append(UInt8(ascii: "f"))
    case 0x0D: buffer.append(UInt8(ascii: "r"))
    case 0x00..<0x20:
      buffer.append(contentsOf: "u00".utf8)
      buffer.append(Hex.digit(byte >> 4))
      buffer.append(Hex.digit(byte & 15))
    default: buffer.append(byte)
    }
  }
}
