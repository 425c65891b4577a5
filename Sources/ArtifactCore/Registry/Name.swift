/// The name under which versions are published: parts of `[a-z0-9][a-z0-9._-]{0,63}` joined by `/` (store-layout.md §6).
///
/// Names are ASCII, so equal texts are equal bytes.
public struct PackageName: Sendable, Hashable, Comparable {
  /// The name.
  public let text: String

  /// Bytes in a name, slashes included.
  public static let byteLimit = 255

  /// Checks a name; `.syntax` or `.limit` says what is wrong with it.
  public init(_ text: String) throws(FormatError) { try self.init(bytes: Array(text.utf8)) }

  /// Checks a name given as bytes.
  public init(bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= Self.byteLimit else {
      throw FormatError(.limit, "name", "\(bytes.count) bytes, at most \(Self.byteLimit)")
    }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      try NamePart.check(part, of: bytes, subject: "name")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text != "sha256" else {
      throw FormatError(.syntax, "name", "\"sha256\" is reserved: a reference that starts with it is a digest")
    }
    self.text = text
  }

  /// The parts between the slashes.
  public var parts: [Substring] { text.split(separator: "/") }

  /// Order by bytes.
  public static func < (left: PackageName, right: PackageName) -> Bool {
    ExactText.precedesBytewise(left.text, right.text)
  }
}

/// A tag or a channel: one name part, not all digits (those are versions), not `latest`, not `sha256`.
public struct TagName: Sendable, Hashable, Comparable {
  /// The tag.
  public let text: String

  /// Checks a tag; `.syntax` or `.limit` says what is wrong with it.
  public init(_ text: String) throws(FormatError) { try self.init(bytes: Array(text.utf8)) }

  /// Checks a tag given as bytes.
  public init(bytes: [UInt8]) throws(FormatError) {
    try NamePart.check(bytes[...], of: bytes, subject: "tag")
    guard !bytes.allSatisfy(NamePart.isDigit) else {
      throw FormatError(.syntax, "tag", "\"\(printable(bytes))\" is all digits, which means a version")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text != "latest", text != "sha256" else {
      throw FormatError(.syntax, "tag", "\"\(text)\" is reserved")
    }
    self.text = text
  }

  /// Order by bytes.
  public static func < (left: TagName, right: TagName) -> Bool { ExactText.precedesBytewise(left.text, right.text) }
}

/// Where something is deployed: a server, a country, a device; spelled as a package's name is.
public struct TargetName: Sendable, Hashable, Comparable {
  /// The name.
  public let text: String

  /// Checks a target; `.syntax` or `.limit` says what is wrong with it.
  public init(_ text: String) throws(FormatError) { try self.init(bytes: Array(text.utf8)) }

  /// Checks a target given as bytes.
  public init(bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= PackageName.byteLimit else {
      throw FormatError(.limit, "target", "\(bytes.count) bytes, at most \(PackageName.byteLimit)")
    }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      try NamePart.check(part, of: bytes, subject: "target")
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// Order by bytes.
  public static func < (left: TargetName, right: TargetName) -> Bool {
    ExactText.precedesBytewise(left.text, right.text)
  }
}

extension TargetName: CustomStringConvertible {
  /// The name.
  public var description: String { text }
}

extension PackageName: CustomStringConvertible {
  /// The name.
  public var description: String { text }
}

extension TagName: CustomStringConvertible {
  /// The tag.
  public var description: String { text }
}

/// The rule that name parts and tags share.
enum NamePart {
  static let byteLimit = 64

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  static func check(_ part: ArraySlice<UInt8>, of whole: [UInt8], subject: String) throws(FormatError) {
    guard let first = part.first else {
      let what = whole.isEmpty ? "is empty" : "\"\(printable(whole))\" has an empty part"
      throw FormatError(.syntax, subject, what, at: part.startIndex)
    }
    guard part.count <= byteLimit else {
      throw FormatError(.limit, subject, "a part of \(part.count) bytes, at most \(byteLimit)", at: part.startIndex)
    }
    guard isStart(first) else {
      throw FormatError(
        .syntax, subject, "\"\(printable(Array(part)))\" must start with a-z or 0-9", at: part.startIndex)
    }
    if let wrong = part.firstIndex(where: { !isStart($0) && !isInner($0) }) {
      throw FormatError(
        .syntax, subject, "\"\(printable(Array(part)))\" may hold a-z, 0-9, dot, underscore and hyphen only", at: wrong)
    }
  }

  private static func isStart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isInner(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
