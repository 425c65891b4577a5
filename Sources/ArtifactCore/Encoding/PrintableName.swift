/// A raw name as it may be shown on a terminal or in a message: nothing in it moves the cursor, reverses text or hides.
///
/// - Bytes that are not UTF-8 and the controls below U+0080 become `\xNN`.
/// - Other controls (U+0080…U+009F), line separators, bidirectional marks and overrides, zero-width and other invisible
///   characters become `\u{…}`.
/// - A backslash stays, but is doubled where what follows it in the result is a backslash, an `x` or a `u`. So no two
///   names look the same.
public func printable(_ name: [UInt8]) -> String {
  if name.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) {
    return String(decoding: name, as: UTF8.self)
  }
  var pieces = [String]()
  var rest = name[...]
  while !rest.isEmpty {
    let length = scalarLength(rest)
    if length == 0 {
      pieces.append(escaped(byte: rest[rest.startIndex]))
      rest = rest.dropFirst()
      continue
    }
    let text = String(decoding: rest.prefix(length), as: UTF8.self)
    for scalar in text.unicodeScalars { pieces.append(isHarmless(scalar) ? text : escaped(scalar)) }
    rest = rest.dropFirst(length)
  }
  for index in pieces.indices.dropLast().reversed() where pieces[index] == "\\" {
    if let next = pieces[index + 1].utf8.first, "\\xu".utf8.contains(next) { pieces[index] = "\\\\" }
  }
  return pieces.joined()
}

/// Text as it may be shown on a terminal or in a message.
public func printable(_ text: String) -> String { printable(Array(text.utf8)) }

/// How many columns a terminal gives to `text`.
///
/// 2 for East Asian wide characters and emoji, 0 for combining marks and controls, 1 for the rest.
public func displayWidth(_ text: String) -> Int {
  if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
  var width = 0
  for scalar in text.unicodeScalars {
    width += (0x20..<0x7F).contains(scalar.value) ? 1 : columns(scalar)
  }
  return width
}

private func columns(_ scalar: Unicode.Scalar) -> Int {
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .control, .format, .lineSeparator, .paragraphSeparator: return 0
  default: break
  }
  // Vowels and final consonants of decomposed Hangul are drawn into the syllable's two columns.
  if (0x1160...0x11FF).contains(scalar.value) || (0xD7B0...0xD7FB).contains(scalar.value) { return 0 }
  var low = 0
  var high = wideRanges.count
  while low < high {
    let middle = (low + high) / 2
    if wideRanges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
  }
  return low < wideRanges.count && wideRanges[low].contains(scalar.value) ? 2 : 1
}

/// The bytes of the UTF-8 character that `bytes` start with, or 0 if they start with none (Unicode, table 3-7).
private func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
  guard let lead = bytes.first else { return 0 }
  let second: ClosedRange<UInt8>
  let length: Int
  switch lead {
  case 0x00...0x7F: return 1
  case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
  case 0xE0: (length, second) = (3, 0xA0...0xBF)
  case 0xED: (length, second) = (3, 0x80...0x9F)
  case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
  case 0xF0: (length, second) = (4, 0x90...0xBF)
  case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
  case 0xF4: (length, second) = (4, 0x80...0x8F)
  default: return 0
  }
  guard bytes.count >= length, second.contains(bytes[bytes.startIndex + 1]) else { return 0 }
  for index in 2..<max(2, length) where bytes[bytes.startIndex + index] & 0xC0 != 0x80 { return 0 }
  return length
}

private func escaped(byte: UInt8) -> String { "\\x" + Hex.text([byte]) }

private func escaped(_ scalar: Unicode.Scalar) -> String {
  scalar.value < 0x80 ? escaped(byte: UInt8(scalar.value)) : "\\u{" + String(scalar.value, radix: 16) + "}"
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x20..<0x7F: true
  case 0x00...0x9F: false
  case 0xAD, 0x034F, 0x061C, 0x180E: false  // soft hyphen, grapheme joiner, Arabic mark, Mongolian separator
  case 0x115F, 0x1160, 0x3164, 0xFFA0: false  // Hangul fillers, blank
  case 0x200B...0x200F: false  // zero width, direction marks
  case 0x2028...0x202E: false  // line separators, embeddings and overrides
  case 0x2060...0x206F: false  // invisible operators, isolates, deprecated format characters
  case 0xFEFF, 0xFFF9...0xFFFB: false  // byte order mark, annotations
  case 0xFDD0...0xFDEF: false  // not characters
  case 0x1D173...0x1D17A: false  // invisible musical controls
  case 0xE0000...0xE00FF: false  // tags
  default: scalar.value & 0xFFFE != 0xFFFE
  }
}

/// Two columns wide: East_Asian_Width W or F in Unicode 14, gaps of unassigned characters closed.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
  0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1,
  0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
  0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
  0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
  0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
  0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAD9,
  0xFE10...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FB, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF,
  0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393,
  0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E, 0x1F440...0x1F440,
  0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A, 0x1F595...0x1F596,
  0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC, 0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6DF,
  0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945, 0x1F947...0x1F9FF,
  0x1FA70...0x1FAF6, 0x20000...0x3FFFD,
]
