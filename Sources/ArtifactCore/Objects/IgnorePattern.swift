/// One rule of an ignore file: what it matches, and whether it brings back.
///
/// Source: gitignore(5), and `parse_path_pattern`, `match_basename`, `match_pathname` of git's dir.c.
struct IgnorePattern: Sendable {
  /// Starts with `!`: what it matches is brought back.
  let isNegated: Bool
  /// Ended with `/`.
  private let isForDirectories: Bool
  private let form: Form

  private enum Form {
    /// No slash inside: the last component equals this.
    case name([UInt8])
    /// `*` and plain bytes: the last component ends so.
    case nameSuffix([UInt8])
    /// No slash inside: the last component matches.
    case nameGlob(Glob)
    /// A slash inside: the path from the base starts with plain bytes, and the rest matches.
    case path([UInt8], Glob)
  }

  /// Reads a line without its line end and trailing spaces; nil for one that can match nothing.
  init?(line: ArraySlice<UInt8>) {
    var text = line
    isNegated = text.first == UInt8(ascii: "!")
    if isNegated { text = text.dropFirst() }
    isForDirectories = text.last == UInt8(ascii: "/")
    if isForDirectories { text = text.dropLast() }
    guard !text.isEmpty else { return nil }
    let isPath = text.contains(UInt8(ascii: "/"))
    if isPath, text.first == UInt8(ascii: "/") { text = text.dropFirst() }
    let plain = text.prefix { !Glob.isSpecial($0) }
    if isPath {
      // The plain start is taken off before the rest is read, as git does: a `**` right behind it counts as if it stood
      // at the start, so `a**/b` matches `ax/y/b`.
      form = .path(Array(plain), Glob(text[plain.endIndex...]))
    } else if plain.endIndex == text.endIndex {
      form = .name(Array(text))
    } else if text.first == UInt8(ascii: "*"), !text.dropFirst().contains(where: Glob.isSpecial) {
      form = .nameSuffix(Array(text.dropFirst()))
    } else {
      form = .nameGlob(Glob(text))
    }
  }

  /// Whether the rule matches `path`, which counts from the base of the rule's file and ends with `name`.
  func matches(path: Span<UInt8>, name: Span<UInt8>, isDirectory: Bool) -> Bool {
    if isForDirectories, !isDirectory { return false }
    switch form {
    case .name(let text):
      return name.count == text.count && Self.equal(name, text)
    case .nameSuffix(let text):
      return name.count >= text.count && Self.equal(name.extracting((name.count - text.count)...), text)
    case .nameGlob(let glob):
      return glob.matches(name)
    case .path(let start, let glob):
      guard path.count >= start.count, Self.equal(path.extracting(..<start.count), start) else { return false }
      return glob.matches(path.extracting(start.count...))
    }
  }

  /// Both have the same count.
  private static func equal(_ bytes: Span<UInt8>, _ text: [UInt8]) -> Bool {
    for index in text.indices where bytes[index] != text[index] { return false }
    return true
  }
}

/// A wildcard pattern over a path, read once and matched in bounded time: no pattern makes it take exponential time.
///
/// Source: git's wildmatch.c with WM_PATHNAME; the tests compare the two.
struct Glob: Sendable {
  private enum Token {
    case byte(UInt8)
    /// One byte of these; never a slash.
    case oneOf(ByteSet)
    /// `*`: any bytes but slashes.
    case star
    /// `**` at the end: any bytes.
    case deep
    /// `**/`: nothing, or any bytes that end with a slash.
    case deepDirectories
    /// A mistake in the pattern; git matches nothing then.
    case never
  }

  private var tokens = [Token]()

  /// Whether the byte may mean something else than itself.
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\\")
  }

  init(_ pattern: ArraySlice<UInt8>) {
    var rest = pattern
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        tokens.append(rest.popFirst().map(Token.byte) ?? .never)
      case UInt8(ascii: "?"):
        tokens.append(.oneOf(.all))
      case UInt8(ascii: "*"):
        let before = rest.startIndex - 2
        let isAtStart = before < pattern.startIndex || pattern[before] == UInt8(ascii: "/")
        tokens.append(Self.stars(&rest, isAtStart: isAtStart))
      case UInt8(ascii: "["):
        tokens.append(ByteSet(&rest).map(Token.oneOf) ?? .never)
      default:
        tokens.append(.byte(byte))
      }
    }
  }

  /// The token for one star, already read, and those behind it.
  ///
  /// Two or more mean more than one only where they are a whole component.
  private static func stars(_ rest: inout ArraySlice<UInt8>, isAtStart: Bool) -> Token {
    guard rest.first == UInt8(ascii: "*") else { return .star }
    rest = rest.drop { $0 == UInt8(ascii: "*") }
    guard isAtStart else { return .star }
    if rest.isEmpty || rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "/")]) { return .deep }
    guard rest.first == UInt8(ascii: "/") else { return .star }
    rest = rest.dropFirst()
    return .deepDirectories
  }

  /// Whether the whole of `text` matches.
  ///
  /// Stars take as little as possible; on a mismatch the latest takes more. Only the latest of each kind need be tried
  /// again: what an earlier one would gain, the later one can take as well. A `*` cannot pass a slash; the latest `**`
  /// goes on then.
  func matches(_ text: Span<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    var token = 0
    var position = 0
    var star: (token: Int, position: Int)?
    var deep: (token: Int, position: Int, wantsSlash: Bool)?
    while true {
      var isMismatch = false
      if token == tokens.count {
        if position == text.count { return true }
        isMismatch = true
      } else {
        switch tokens[token] {
        case .star:
          star = (token + 1, position)
        case .deep:
          deep = (token + 1, position, false)
          star = nil
        case .deepDirectories:
          deep = (token + 1, position, true)
          star = nil
        case .byte(let byte):
          isMismatch = position == text.count || text[position] != byte
          position += 1
        case .oneOf(let set):
          isMismatch = position == text.count || text[position] == slash || !set.contains(text[position])
          position += 1
        case .never:
          return false
        }
      }
      if !isMismatch {
        token += 1
      } else if let latest = star, latest.position < text.count, text[latest.position] != slash {
        star = (latest.token, latest.position + 1)
        (token, position) = (latest.token, latest.position + 1)
      } else if let latest = deep {
        var next = latest.position
        if latest.wantsSlash { while next < text.count, text[next] != slash { next += 1 } }
        guard next < text.count else { return false }
        deep = (latest.token, next + 1, latest.wantsSlash)
        star = nil
        (token, position) = (latest.token, next + 1)
      } else {
        return false
      }
    }
  }
}
