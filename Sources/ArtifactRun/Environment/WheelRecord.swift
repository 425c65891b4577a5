import ArtifactCore
import ArtifactIO

/// A `RECORD` file: the files of a wheel or an installed package with their digests (PyPA, "Recording installed
/// projects").
struct WheelRecord {
  /// One file.
  struct Line: Equatable {
    /// Relative to where packages are installed.
    let path: String
    /// SHA-256; nil where the line has none.
    let digest: Digest?
    let size: UInt64?
  }

  var lines: [Line]

  init(lines: [Line]) { self.lines = lines }

  /// Reads the comma-separated lines; nil if they are no text.
  init?(_ bytes: [UInt8]) {
    guard let text = ExactText.string(bytes.span) else { return nil }
    lines = text.split(whereSeparator: \.isNewline).compactMap { line in
      let fields = Self.fields(line)
      guard let path = fields.first, !path.isEmpty else { return nil }
      return Line(
        path: path, digest: fields.count > 1 ? Self.digest(fields[1]) : nil,
        size: fields.count > 2 ? UInt64(fields[2]) : nil)
    }
  }

  /// RFC 4180: a field in quotes may hold commas, and quotes written twice.
  private static func fields(_ line: Substring) -> [String] {
    guard line.contains("\"") else {
      return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    var fields = [""]
    var isQuoted = false
    var previous: Character?
    for character in line {
      if character == "\"" {
        if !isQuoted, previous == "\"" { fields[fields.count - 1].append("\"") }
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
      previous = character
    }
    return fields
  }

  /// `sha256=` and URL-safe base64 without padding.
  static func digest(_ text: String) -> Digest? {
    guard text.hasPrefix("sha256=") else { return nil }
    var plain = Array(text.utf8.dropFirst(7)).map { byte in
      byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
    }
    while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
    guard let bytes = Base64.bytes(String(decoding: plain, as: UTF8.self)), bytes.count == Digest.byteCount else {
      return nil
    }
    return Digest(bytes.span)
  }

  /// The reverse of `digest`.
  static func text(_ digest: Digest) -> String {
    let plain = Base64.text(digest.bytes).utf8.filter { $0 != UInt8(ascii: "=") }.map { byte in
      byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
    }
    return "sha256=" + String(decoding: plain, as: UTF8.self)
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var result = [UInt8]()
    for line in lines {
      let doubled = line.path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      let path = line.path.contains { ",\"".contains($0) } ? "\"\(doubled)\"" : line.path
      result += "\(path),\(line.digest.map(Self.text) ?? ""),\(line.size.map { String($0) } ?? "")\n".utf8
    }
    return result
  }

  /// By path; of two lines for one path the first.
  var byPath: [String: Line] { Dictionary(lines.map { ($0.path, $0) }) { one, _ in one } }
}

/// Headers as in `METADATA` and `WHEEL`: `Name: value` up to the first empty line.
enum Headers {
  /// All values of a header.
  static func values(of name: String, in bytes: [UInt8]) -> [String] {
    var result = [String]()
    for line in String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else { continue }
      result.append(String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    return result
  }
}

/// A program that a package wants to have installed (`entry_points.txt`).
struct EntryPoint: Equatable {
  let name: String
  let module: String
  /// What to call, as `main` or `app.run`.
  let callable: String

  /// The lines of the sections `console_scripts` and `gui_scripts`.
  static func all(in bytes: [UInt8]) -> [EntryPoint] {
    var result = [EntryPoint]()
    var isScripts = false
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let line = line.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("[") {
        isScripts = line.hasPrefix("[console_scripts]") || line.hasPrefix("[gui_scripts]")
      } else if isScripts, let match = line.wholeMatch(of: /([^=\s\/][^=\/]*?)\s*=\s*([\w.]+)\s*:\s*([\w.]+)\s*(\[.*)?/)
      {
        result.append(EntryPoint(name: String(match.1), module: String(match.2), callable: String(match.3)))
      }
    }
    return result
  }

  /// The program's text.
  func script(python: Path) -> [UInt8] {
    let first = callable.prefix { $0 != "." }
    let text = """

      from sys import exit as finish
      from \(module) import \(first)

      if __name__ == "__main__":
          finish(\(callable)())

      """
    return Array("#!".utf8) + python.bytes + Array(text.utf8)
  }
}
