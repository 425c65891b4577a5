/// Bytes as text between two marked lines, as keys and signatures are kept in files (RFC 7468 and its cousins).
enum Armor {
  /// The label of a text that begins with a marked line.
  static func label(of text: [UInt8]) -> String? {
    guard let end = text.firstIndex(of: 0x0a) else { return nil }
    var line = text[..<end]
    if line.last == 0x0d { line = line.dropLast() }
    let (start, stop) = (Array("-----BEGIN ".utf8), Array("-----".utf8))
    guard line.count > start.count + stop.count, line.starts(with: start), line.suffix(stop.count) == stop[...] else {
      return nil
    }
    return ExactText.string(Array(line.dropFirst(start.count).dropLast(stop.count)))
  }

  /// The bytes between the lines; nothing may stand before, after or between but line ends.
  static func bytes(_ text: [UInt8], label: String, subject: String) throws(FormatError) -> [UInt8] {
    var lines = text.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
      line.last == 0x0d ? line.dropLast() : line
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count >= 2, lines[0].elementsEqual("-----BEGIN \(label)-----".utf8),
      lines[lines.count - 1].elementsEqual("-----END \(label)-----".utf8)
    else { throw FormatError(.syntax, subject, "it is not one text between the lines of \(label)") }
    let digits = lines[1..<(lines.count - 1)].flatMap { $0 }
    guard let bytes = Base64.bytes(String(decoding: digits, as: UTF8.self)), !bytes.isEmpty else {
      throw FormatError(.syntax, subject, "what stands between its lines is not base64")
    }
    return bytes
  }

  /// The text of bytes, `width` digits a line.
  static func text(_ bytes: [UInt8], label: String, width: Int) -> [UInt8] {
    let digits = Array(Base64.text(bytes).utf8)
    var result = Array("-----BEGIN \(label)-----\n".utf8)
    for start in stride(from: 0, to: digits.count, by: width) {
      result += digits[start..<min(start + width, digits.count)]
      result.append(0x0a)
    }
    return result + Array("-----END \(label)-----\n".utf8)
  }
}
