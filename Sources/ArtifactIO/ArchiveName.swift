/// Rules for names that come from, or go into, an archive.
enum ArchiveName {
  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")

  /// A stored name as a relative path: `./a//b/` becomes `a/b`.
  ///
  /// - Returns: The path; empty only for the root itself (`.` or `./`).
  static func normalised(
    _ raw: [UInt8], limits: ArchiveReader.Limits, verb: String, subject: String
  ) throws(IOFailure) -> [UInt8] {
    func refuse(_ code: IOFailure.Code, _ detail: String) -> IOFailure {
      IOFailure(code, verb, subject, "\(detail): '\(printable(raw))'")
    }
    guard !raw.isEmpty else { throw refuse(.escapes, "an entry has no name") }
    guard !raw.contains(0) else { throw refuse(.escapes, "a name holds a NUL byte") }
    guard raw[0] != slash else { throw refuse(.escapes, "a name is absolute") }

    var path: [UInt8] = []
    var depth = 0
    for component in raw.split(separator: slash) where !component.elementsEqual([dot]) {
      if component.elementsEqual([dot, dot]) { throw refuse(.escapes, "a name leads through '..'") }
      guard component.count <= limits.componentBytes else {
        throw refuse(.limit, "a part of a name has more than \(limits.componentBytes) bytes")
      }
      depth += 1
      guard depth <= limits.depth else { throw refuse(.limit, "a path is deeper than \(limits.depth)") }
      if !path.isEmpty { path.append(slash) }
      path += component
      guard path.count <= limits.pathBytes else {
        throw refuse(.limit, "a path has more than \(limits.pathBytes) bytes")
      }
    }
    return path
  }

  /// Whether following `target` from the entry at `path` can lead above the root; see `Entry.linkLeavesRoot`.
  static func leavesRoot(_ target: [UInt8], from path: [UInt8]) -> Bool {
    guard let first = target.first, first != slash else { return true }
    let parents = path.split(separator: slash).count - 1
    var climbed = 0
    var descended = false
    for component in target.split(separator: slash) where !component.elementsEqual([dot]) {
      if component.elementsEqual([dot, dot]) {
        if descended { return true }
        climbed += 1
      } else {
        descended = true
      }
    }
    return climbed > parents
  }

  /// Bytes as text for a person: on one line, with control characters and what is not UTF-8 escaped, and not long.
  static func printable(_ bytes: [UInt8]) -> String {
    guard bytes.count <= 200 else {
      return printable(Array(bytes.prefix(120))) + "…" + printable(Array(bytes.suffix(40)))
    }
    func escaped(_ byte: UInt8) -> String {
      let digits = Array("0123456789abcdef")
      return "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return bytes.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : escaped($0) }.joined()
    }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      // Controls, and the invisible ones that turn text around.
      case .control, .format, .lineSeparator, .paragraphSeparator:
        result += String(scalar).utf8.map(escaped).joined()
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
