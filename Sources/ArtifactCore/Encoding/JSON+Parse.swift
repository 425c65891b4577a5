extension JSON {
  /// Reads a document of ours: RFC 8259 with string, integer, boolean, array and object only.
  ///
  /// Refused with the byte offset: more than `byteLimit` or `depthLimit`, a byte order mark, invalid UTF-8, half a
  /// surrogate pair, a key that is there twice, `null`, fractions, exponents, `-0`, integers outside `integerRange`.
  public static func parse(_ bytes: Span<UInt8>, subject: String = "JSON") throws(FormatError) -> JSON {
    var parser = JSONParser(isLenient: false, subject: subject)
    return try parser.document(bytes)
  }

  /// Reads a document of ours.
  public static func parse(_ bytes: [UInt8], subject: String = "JSON") throws(FormatError) -> JSON {
    try parse(bytes.span, subject: subject)
  }

  /// Reads a document of others: as `parse`, but `null` and every number are let in.
  public static func parseLenient(_ bytes: Span<UInt8>, subject: String = "JSON") throws(FormatError) -> JSON {
    var parser = JSONParser(isLenient: true, subject: subject)
    return try parser.document(bytes)
  }

  /// Reads a document of others.
  public static func parseLenient(_ bytes: [UInt8], subject: String = "JSON") throws(FormatError) -> JSON {
    try parseLenient(bytes.span, subject: subject)
  }

  /// Reads a record: as `parse`, and the bytes must be the canonical bytes of the value, or it is `.notCanonical`.
  public static func canonical(_ bytes: Span<UInt8>, subject: String = "JSON") throws(FormatError) -> JSON {
    let value = try parse(bytes, subject: subject)
    let canonical = try value.canonicalBytes(subject: subject)
    let shared = min(canonical.count, bytes.count)
    for index in 0..<shared where canonical[index] != bytes[index] {
      throw FormatError(.notCanonical, subject, "not spelled as RFC 8785 demands", at: index)
    }
    guard canonical.count == bytes.count else {
      throw FormatError(.notCanonical, subject, "not spelled as RFC 8785 demands", at: shared)
    }
    return value
  }

  /// Reads a record.
  public static func canonical(_ bytes: [UInt8], subject: String = "JSON") throws(FormatError) -> JSON {
    try canonical(bytes.span, subject: subject)
  }
}

/// A descent through one document.
///
/// The bytes are handed down, for a span cannot be a field.
private struct JSONParser {
  let isLenient: Bool
  let subject: String
  /// The next byte to read.
  var position = 0

  init(isLenient: Bool, subject: String) {
    self.isLenient = isLenient
    self.subject = subject
  }

  mutating func document(_ bytes: Span<UInt8>) throws(FormatError) -> JSON {
    guard bytes.count <= JSON.byteLimit else {
      throw FormatError(.limit, subject, "\(bytes.count) bytes, more than \(JSON.byteLimit)")
    }
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
      throw fault("starts with a byte order mark")
    }
    let result = try value(bytes, depth: 0)
    skipSpace(bytes)
    guard position == bytes.count else { throw fault("goes on after its value") }
    return result
  }

  private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(FormatError) -> JSON {
    skipSpace(bytes)
    guard position < bytes.count else { throw fault("ends where a value should be") }
    switch bytes[position] {
    case UInt8(ascii: "\""): return .string(try string(bytes))
    case UInt8(ascii: "{"): return .object(try object(bytes, depth: depth))
    case UInt8(ascii: "["): return .array(try array(bytes, depth: depth))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
    case UInt8(ascii: "t"):
      try word("true", bytes)
      return .boolean(true)
    case UInt8(ascii: "f"):
      try word("false", bytes)
      return .boolean(false)
    case UInt8(ascii: "n"):
      guard isLenient else { throw fault("null is not permitted here") }
      try word("null", bytes)
      return .null
    default: throw fault("no value starts with this byte")
    }
  }

  private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(FormatError) -> [JSON] {
    guard depth < JSON.depthLimit else { throw JSON.tooDeep(subject, at: position) }
    position += 1
    var result = [JSON]()
    if takes(UInt8(ascii: "]"), bytes) { return result }
    while true {
      result.append(try value(bytes, depth: depth + 1))
      if takes(UInt8(ascii: "]"), bytes) { return result }
      guard takes(UInt8(ascii: ","), bytes) else { throw fault("expected a comma or the end of the array") }
    }
  }

  private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(FormatError) -> JSONObject {
    guard depth < JSON.depthLimit else { throw JSON.tooDeep(subject, at: position) }
    let start = position
    position += 1
    var members = [JSONObject.Element]()
    var isAscending = true
    if takes(UInt8(ascii: "}"), bytes) { return JSONObject() }
    while true {
      skipSpace(bytes)
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw fault("expected a key") }
      let key = try string(bytes)
      if let last = members.last, !ExactText.precedes(last.key, key) { isAscending = false }
      guard takes(UInt8(ascii: ":"), bytes) else { throw fault("expected a colon") }
      members.append((key, try value(bytes, depth: depth + 1)))
      if takes(UInt8(ascii: "}"), bytes) { break }
      guard takes(UInt8(ascii: ","), bytes) else { throw fault("expected a comma or the end of the object") }
    }
    if isAscending { return JSONObject(ascending: members) }
    do {
      return try JSONObject(members: members, subject: subject)
    } catch {
      throw FormatError(error.code, error.subject, error.detail, at: start)
    }
  }

  private mutating func string(_ bytes: Span<UInt8>) throws(FormatError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let result = try text(bytes.extracting(start..<position), at: start)
        position += 1
        return result
      case UInt8(ascii: "\\"): return try escapedString(bytes, from: start)
      case 0..<0x20: throw fault("a control character in a string must be escaped")
      default: position += 1
      }
    }
    throw fault("ends inside a string")
  }

  /// The rest of a string whose first escape is at `position`.
  private mutating func escapedString(_ bytes: Span<UInt8>, from start: Int) throws(FormatError) -> String {
    var result = [UInt8]()
    for index in start..<position { result.append(bytes[index]) }
    // Validated piece by piece at the end: an escape stands for whole characters, so it cannot mend a broken one.
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try text(result.span, at: start)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        try escape(bytes, to: &result)
      case 0..<0x20:
        throw fault("a control character in a string must be escaped")
      default:
        result.append(byte)
        position += 1
      }
    }
    throw fault("ends inside a string")
  }

  private mutating func escape(_ bytes: Span<UInt8>, to result: inout [UInt8]) throws(FormatError) {
    guard position + 1 < bytes.count else { throw fault("ends inside a string") }
    let plain: UInt8
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = bytes[position + 1]
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0C
    case UInt8(ascii: "n"): plain = 0x0A
    case UInt8(ascii: "r"): plain = 0x0D
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      result.append(contentsOf: String(Character(try scalar(bytes))).utf8)
      return
    default: throw fault("no such escape")
    }
    result.append(plain)
    position += 2
  }

  /// The character of `\uXXXX`, or of two of them that make a surrogate pair.
  private mutating func scalar(_ bytes: Span<UInt8>) throws(FormatError) -> Unicode.Scalar {
    let start = position
    let first = try codeUnit(bytes)
    if let scalar = Unicode.Scalar(first) { return scalar }
    if (0xD800..<0xDC00).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      let second = try codeUnit(bytes)
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(first) & 0x3FF) << 10 + UInt32(second) & 0x3FF)
      {
        return scalar
      }
    }
    position = start
    throw fault("half of a surrogate pair")
  }

  private mutating func codeUnit(_ bytes: Span<UInt8>) throws(FormatError) -> UInt16 {
    guard position + 6 <= bytes.count else { throw fault("ends inside an escape") }
    var value: UInt16 = 0
    for index in (position + 2)..<(position + 6) {
      // Both cases are JSON; Hex knows lower case only.
      let digit = bytes[index]
      let lower = (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit) ? digit + 32 : digit
      guard let nibble = Hex.nibble(lower) else { throw fault("an escape needs four hexadecimal digits") }
      value = value << 4 | UInt16(nibble)
    }
    position += 6
    return value
  }

  private func text(_ bytes: Span<UInt8>, at start: Int) throws(FormatError) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes))
    } catch {
      throw FormatError(.syntax, subject, "invalid UTF-8", at: start + error.byteOffsets.lowerBound)
    }
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(FormatError) -> JSON {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let firstDigit = position
    var magnitude: Int64 = 0
    var isInteger = true
    while let digit = digit(bytes) {
      if magnitude <= JSON.integerRange.upperBound { magnitude = magnitude &* 10 &+ Int64(digit) }
      position += 1
    }
    guard position > firstDigit else { throw fault("a digit must follow the minus sign") }
    if position > firstDigit + 1, bytes[firstDigit] == UInt8(ascii: "0") {
      position = firstDigit
      throw fault("a number has no leading zero")
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits(bytes, "a digit must follow the decimal point")
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try digits(bytes, "a digit must follow the exponent")
    }
    if isInteger, magnitude <= JSON.integerRange.upperBound, !(isNegative && magnitude == 0) {
      return .integer(isNegative ? -magnitude : magnitude)
    }
    guard isLenient else {
      position = start
      throw fault("a number here is an integer between -(2^53 - 1) and 2^53 - 1")
    }
    return .number(JSONNumber(checked: try text(bytes.extracting(start..<position), at: start)))
  }

  private func digit(_ bytes: Span<UInt8>) -> UInt8? {
    guard position < bytes.count else { return nil }
    let value = bytes[position] &- UInt8(ascii: "0")
    return value < 10 ? value : nil
  }

  private mutating func digits(_ bytes: Span<UInt8>, _ complaint: String) throws(FormatError) {
    guard digit(bytes) != nil else { throw fault(complaint) }
    while digit(bytes) != nil { position += 1 }
  }

  private mutating func word(_ word: StaticString, _ bytes: Span<UInt8>) throws(FormatError) {
    let expected = Array(word.description.utf8)
    guard position + expected.count <= bytes.count else { throw fault("no value starts like this") }
    for index in expected.indices where bytes[position + index] != expected[index] {
      throw fault("no value starts like this")
    }
    position += expected.count
  }

  private mutating func skipSpace(_ bytes: Span<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// Whether the next byte that is not space is `byte`; if so it is read.
  private mutating func takes(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipSpace(bytes)
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func fault(_ detail: String) -> FormatError { FormatError(.syntax, subject, detail, at: position) }
}
