/// What a person names: `name`, `name@4`, `name@prod`, `name@sha256:ab12…` or `sha256:ab12…`, each with `:path` or not.
///
///     reference = (name ["@" selector] / digest) [":" path]
///     selector  = version / tag / digest / "latest"
///     digest    = "sha256:" 8*64 lower-case hexadecimal digits
///
/// Only the first `@` or `:` outside a digest separates: a path may hold both. It may hold any other byte too, hence
/// bytes and not text.
public struct Reference: Sendable, Hashable {
  /// What is named before the path.
  public enum Target: Sendable, Hashable {
    /// A version of a name.
    case name(PackageName, Selector)
    /// Content by itself.
    case digest(DigestPrefix)
  }

  /// Which version of a name.
  public enum Selector: Sendable, Hashable {
    /// The last one published: nothing after the name, or `@latest`.
    case latest
    /// The version of this number, from 1.
    case version(Int)
    /// The version that a tag or channel points at.
    case tag(TagName)
    /// The version with this content.
    case digest(DigestPrefix)
  }

  /// What is named before the path.
  public let target: Target
  /// The path inside, without a slash at either end; empty for the whole.
  public let path: [UInt8]

  /// Path limits of store-layout.md §9: bytes in all, bytes in a component, components.
  public static let pathLimits = (bytes: 4_096, component: 255, depth: 64)

  /// Puts a reference together; the path is checked and loses one slash at its end.
  ///
  /// An empty path means the whole.
  public init(_ target: Target, path: [UInt8] = []) throws(FormatError) {
    self.target = target
    self.path = path.isEmpty ? [] : try Self.checkedPath(path[...])
  }

  /// Reads a reference.
  public init(_ text: String) throws(FormatError) { try self.init(bytes: Array(text.utf8)) }

  /// Reads a reference given as bytes, as a command line gives it.
  public init(bytes: [UInt8]) throws(FormatError) {
    var rest = bytes[...]
    if Self.startsWithDigest(rest) {
      target = .digest(try Self.takeDigest(&rest))
    } else {
      let isSeparator = { (byte: UInt8) in byte == UInt8(ascii: "@") || byte == UInt8(ascii: ":") }
      let name = try PackageName(bytes: Array(Self.take(&rest, until: isSeparator)))
      target = .name(name, try Self.takeSelector(&rest))
    }
    // All of the above stop at a colon or at the end.
    path = rest.isEmpty ? [] : try Self.checkedPath(rest.dropFirst())
  }

  /// The components of the path.
  public var pathComponents: [ArraySlice<UInt8>] { path.split(separator: UInt8(ascii: "/")) }

  /// The reference as it can be typed again.
  public var bytes: [UInt8] {
    let base =
      switch target {
      case .name(let name, .latest): name.text
      case .name(let name, .version(let number)): "\(name)@\(number)"
      case .name(let name, .tag(let tag)): "\(name)@\(tag)"
      case .name(let name, .digest(let prefix)): "\(name)@\(prefix.text)"
      case .digest(let prefix): prefix.text
      }
    return Array(base.utf8) + (path.isEmpty ? [] : [UInt8(ascii: ":")] + path)
  }

  private static let digestMark = Array("sha256:".utf8)

  private static func startsWithDigest(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.starts(with: digestMark) }

  private static func take(_ bytes: inout ArraySlice<UInt8>, until stop: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let end = bytes.firstIndex(where: stop) ?? bytes.endIndex
    defer { bytes = bytes[end...] }
    return bytes[..<end]
  }

  private static func takeDigest(_ bytes: inout ArraySlice<UInt8>) throws(FormatError) -> DigestPrefix {
    bytes = bytes.dropFirst(digestMark.count)
    let start = bytes.startIndex
    let digits = take(&bytes) { $0 == UInt8(ascii: ":") }
    guard let prefix = DigestPrefix(hex: digits) else {
      throw FormatError(
        .syntax, "reference",
        "sha256: is followed by \(DigestPrefix.minimumDigits) to 64 of 0-9a-f, not \"\(printable(Array(digits)))\"",
        at: start)
    }
    return prefix
  }

  private static func takeSelector(_ bytes: inout ArraySlice<UInt8>) throws(FormatError) -> Selector {
    guard bytes.first == UInt8(ascii: "@") else { return .latest }
    bytes = bytes.dropFirst()
    if startsWithDigest(bytes) { return .digest(try takeDigest(&bytes)) }
    let start = bytes.startIndex
    let word = Array(take(&bytes) { $0 == UInt8(ascii: ":") })
    guard !word.isEmpty else {
      throw FormatError(.syntax, "reference", "a version, tag or channel must follow the @", at: start)
    }
    if word.allSatisfy(NamePart.isDigit) {
      let text = String(decoding: word, as: UTF8.self)
      guard word[0] != UInt8(ascii: "0"), let number = Int(text), number <= JSON.integerRange.upperBound else {
        throw FormatError(.syntax, "reference", "\(text) is not a version: they count 1, 2, 3, …", at: start)
      }
      return .version(number)
    }
    return word == Array("latest".utf8) ? .latest : .tag(try TagName(bytes: word))
  }

  private static func checkedPath(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    let path = bytes.last == slash ? bytes.dropLast() : bytes
    guard !path.isEmpty else {
      throw FormatError(.syntax, "path", "is empty; leave the colon out to name the whole", at: bytes.startIndex)
    }
    guard path.count <= pathLimits.bytes else {
      throw FormatError(.limit, "path", "\(path.count) bytes, at most \(pathLimits.bytes)")
    }
    let components = path.split(separator: slash, omittingEmptySubsequences: false)
    guard components.count <= pathLimits.depth else {
      throw FormatError(.limit, "path", "\(components.count) components, at most \(pathLimits.depth)")
    }
    for component in components {
      guard component.count <= pathLimits.component else {
        throw FormatError(
          .limit, "path", "a component of \(component.count) bytes, at most \(pathLimits.component)",
          at: component.startIndex)
      }
      guard !component.isEmpty, !component.contains(0), component != [UInt8(ascii: ".")],
        component != [UInt8(ascii: "."), UInt8(ascii: ".")]
      else {
        throw FormatError(
          .syntax, "path", "\"\(printable(Array(path)))\" has a component that is empty, . or .., or holds a zero byte",
          at: component.startIndex)
      }
    }
    return Array(path)
  }
}

extension Reference: CustomStringConvertible {
  /// The reference, printable as it stands.
  public var description: String { printable(bytes) }
}

/// The first digits of a digest, enough for people: 8 to 64 of them.
public struct DigestPrefix: Sendable, Hashable {
  /// The smallest digest that starts so.
  public let lowest: Digest
  /// The largest digest that starts so.
  public let highest: Digest
  /// How many digits were given.
  public let digitCount: Int

  /// Fewer digits are refused.
  public static let minimumDigits = 8

  /// Takes 8 to 64 lower-case hexadecimal digits; anything else gives nil.
  public init?(hex: some Collection<UInt8>) {
    guard (Self.minimumDigits...64).contains(hex.count) else { return nil }
    let rest = 64 - hex.count
    let low = Array(hex) + [UInt8](repeating: UInt8(ascii: "0"), count: rest)
    let high = Array(hex) + [UInt8](repeating: UInt8(ascii: "f"), count: rest)
    guard let lowest = Digest(hex: low.span), let highest = Digest(hex: high.span) else { return nil }
    self.lowest = lowest
    self.highest = highest
    digitCount = hex.count
  }

  /// The digest, if all of it was given.
  public var digest: Digest? { digitCount == 64 ? lowest : nil }

  /// The digits that were given.
  public var hex: String { String(lowest.hex.prefix(digitCount)) }

  /// `sha256:` and the digits that were given.
  public var text: String { "sha256:" + hex }

  /// Whether `digest` starts so.
  public func matches(_ digest: Digest) -> Bool { lowest <= digest && digest <= highest }
}
