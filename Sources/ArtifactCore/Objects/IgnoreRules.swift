/// Which paths of a folder are left out, by the syntax and precedence of gitignore(5).
///
/// Rules come from files; each file speaks for the directory it lies in (its base) and what is below. The last rule that
/// matches decides, and files in deeper directories decide before those above. Below a directory that is left out
/// nothing can be brought back.
///
/// Paths are bytes, relative to the folder, `/` between components, none at either end.
public struct IgnoreRules: Sendable {
  /// In the order in which they are asked.
  private var files = [File]()

  private struct File {
    let base: [UInt8]
    /// The last line first.
    let patterns: [IgnorePattern]
  }

  /// No rules: nothing is ignored.
  public init() {}

  /// Whether there is no rule at all.
  public var isEmpty: Bool { files.isEmpty }

  /// Adds the rules of one file.
  ///
  /// - Parameters:
  ///   - fileContents: The file's lines. A byte order mark and carriage returns at line ends are dropped, as git does.
  ///   - base: The directory that the file lies in; empty for the folder itself. Among files of one base the last one
  ///     added decides first.
  public mutating func add(fileContents: [UInt8], base: [UInt8] = []) {
    let patterns = Self.lines(fileContents).compactMap { IgnorePattern(line: $0) }
    guard !patterns.isEmpty else { return }
    let place = files.firstIndex { $0.base.count <= base.count } ?? files.endIndex
    files.insert(File(base: base, patterns: patterns.reversed()), at: place)
  }

  /// Whether `path` is left out, by itself or because a directory above it is.
  public func isIgnored(path: [UInt8], isDirectory: Bool) -> Bool {
    guard !files.isEmpty else { return false }
    for index in path.indices where path[index] == UInt8(ascii: "/") {
      if decision(path.span.extracting(..<index), isDirectory: true) == true { return true }
    }
    return decision(path.span, isDirectory: isDirectory) == true
  }

  /// Whether `path` is left out by itself: for a walk that does not enter directories that are left out.
  public func isIgnored(entry path: [UInt8], isDirectory: Bool) -> Bool {
    guard !files.isEmpty else { return false }
    return decision(path.span, isDirectory: isDirectory) == true
  }

  /// True: left out; false: brought back by a `!` rule; nil: no rule matches.
  private func decision(_ path: Span<UInt8>, isDirectory: Bool) -> Bool? {
    var nameStart = path.count
    while nameStart > 0, path[nameStart - 1] != UInt8(ascii: "/") { nameStart -= 1 }
    let name = path.extracting(nameStart...)
    for file in files where Self.isBelow(path, file.base) {
      let inner = file.base.isEmpty ? path : path.extracting((file.base.count + 1)...)
      for pattern in file.patterns where pattern.matches(path: inner, name: name, isDirectory: isDirectory) {
        return !pattern.isNegated
      }
    }
    return nil
  }

  private static func isBelow(_ path: Span<UInt8>, _ base: [UInt8]) -> Bool {
    if base.isEmpty { return true }
    guard path.count > base.count + 1, path[base.count] == UInt8(ascii: "/") else { return false }
    for index in base.indices where path[index] != base[index] { return false }
    return true
  }

  /// The lines that may hold a rule.
  private static func lines(_ contents: [UInt8]) -> [ArraySlice<UInt8>] {
    let text = contents.starts(with: [0xEF, 0xBB, 0xBF]) ? contents.dropFirst(3) : contents[...]
    return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard line.first != UInt8(ascii: "#") else { return nil }
      let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      // git reads lines as C strings.
      return withoutTrailingSpaces(text.prefix { $0 != 0 })
    }
  }

  /// Spaces at the end do not count, unless a backslash stands before them.
  private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end: Int?
    var index = line.startIndex
    while index < line.endIndex {
      switch line[index] {
      case UInt8(ascii: " "):
        if end == nil { end = index }
      case UInt8(ascii: "\\"):
        index += 1
        guard index < line.endIndex else { return line }
        end = nil
      default:
        end = nil
      }
      index += 1
    }
    return line[..<(end ?? line.endIndex)]
  }
}
