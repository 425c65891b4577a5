/// What a tree line names.
public enum EntryKind: UInt8, Sendable, CaseIterable {
  /// A directory, `d`.
  case directory = 0x64
  /// A file, `f`.
  case file = 0x66
  /// A symbolic link, `l`; its blob is the target.
  case link = 0x6c
  /// A file whose owner may execute it, `x`.
  case executable = 0x78

  /// Whether the entry's digest names a file's bytes.
  public var isFile: Bool { self == .file || self == .executable }
}

/// The canonical text of one directory (store-layout.md §2.1).
///
///     tree 1
///     d 73400320 <64 hex>  images
///     f 1024 <64 hex>  labels.csv
///
/// One line an entry, in strictly ascending bytewise order of the raw names; `\` and newline in a name are written
/// `\\` and `\n`; the last line ends with a newline too.
public enum Tree {
  /// The first line.
  public static let header: [UInt8] = Array("tree 1\n".utf8)
  /// Longest text, in bytes: some six million entries of one folder.
  public static let sizeLimit = 512 << 20
  /// Longest name, in raw bytes.
  public static let nameLimit = 255

  /// Appends one line to `text`.
  ///
  /// The caller keeps names in ascending order and below `nameLimit`.
  public static func appendLine(
    to text: inout [UInt8], kind: EntryKind, size: UInt64, digest: Digest, name: Span<UInt8>
  ) {
    text.append(kind.rawValue)
    text.append(0x20)
    Decimal.append(size, to: &text)
    text.append(0x20)
    digest.appendHex(to: &text)
    text.append(0x20)
    text.append(0x20)
    for index in name.indices {
      switch name[index] {
      case 0x5c:
        text.append(0x5c)
        text.append(0x5c)
      case 0x0a:
        text.append(0x5c)
        text.append(0x6e)
      case let byte: text.append(byte)
      }
    }
    text.append(0x0a)
  }

  /// Why a raw name may not stand in a tree, or nil if it may.
  public static func objection(toName name: Span<UInt8>) -> String? {
    if name.isEmpty { return "an empty name" }
    if name.count > nameLimit { return "a name of \(name.count) bytes; the limit is \(nameLimit)" }
    if name[0] == 0x2e && (name.count == 1 || (name.count == 2 && name[1] == 0x2e)) { return "the name . or .." }
    for index in name.indices where name[index] == 0x2f || name[index] == 0 {
      return name[index] == 0 ? "a NUL in a name" : "a slash in a name"
    }
    return nil
  }
}

/// One entry of a tree.
public struct TreeEntry: Sendable, Equatable {
  /// What the entry is.
  public let kind: EntryKind
  /// Bytes of the file or link target; for a directory the sum of everything below it.
  public let size: UInt64
  /// The blob's or the tree's id.
  public let digest: Digest
  /// The raw name.
  public let name: [UInt8]

  /// Creates an entry.
  public init(kind: EntryKind, size: UInt64, digest: Digest, name: [UInt8]) {
    self.kind = kind
    self.size = size
    self.digest = digest
    self.name = name
  }
}

/// Reads a tree's text line by line and refuses whatever is not canonical.
public struct TreeParser: ~Copyable {
  private var offset: Int
  private var previous: [UInt8] = []
  private var isFirst = true
  /// Sum of the sizes read so far: what the parent must state for this directory.
  public private(set) var totalSize: UInt64 = 0

  /// Checks the first line.
  public init(_ text: Span<UInt8>) throws(FormatError) {
    let header = Tree.header
    guard text.count >= header.count else { throw FormatError(.length, "tree", "it is shorter than its first line") }
    for index in header.indices where text[index] != header[index] {
      throw FormatError(.field, "tree", "the first line is not `tree 1`", at: index)
    }
    offset = header.count
  }

  /// The next entry, or nil after the last.
  public mutating func next(in text: Span<UInt8>) throws(FormatError) -> TreeEntry? {
    if offset == text.count { return nil }
    let start = offset
    guard let kind = EntryKind(rawValue: text[offset]) else {
      throw FormatError(.field, "tree", "a line starts with an unknown type", at: offset)
    }
    offset += 1
    try skipSpace(in: text)
    let size = try Decimal.parse(text, &offset, subject: "tree")
    try skipSpace(in: text)
    guard offset + 66 <= text.count, let digest = Digest(hex: text.extracting(offset..<(offset + 64))) else {
      throw FormatError(.syntax, "tree", "a line has no digest", at: offset)
    }
    offset += 64
    try skipSpace(in: text)
    try skipSpace(in: text)
    let name = try readName(in: text)
    if let objection = Tree.objection(toName: name.span) { throw FormatError(.syntax, "tree", objection, at: start) }
    guard isFirst || previous.lexicographicallyPrecedes(name) else {
      throw FormatError(.notCanonical, "tree", "names are not in ascending order", at: start)
    }
    isFirst = false
    let (sum, overflow) = totalSize.addingReportingOverflow(size)
    guard !overflow else { throw FormatError(.limit, "tree", "sizes add up beyond 64 bits", at: start) }
    totalSize = sum
    previous = name
    return TreeEntry(kind: kind, size: size, digest: digest, name: name)
  }

  private mutating func skipSpace(in text: Span<UInt8>) throws(FormatError) {
    guard offset < text.count, text[offset] == 0x20 else {
      throw FormatError(.syntax, "tree", "a space is missing", at: offset)
    }
    offset += 1
  }

  private mutating func readName(in text: Span<UInt8>) throws(FormatError) -> [UInt8] {
    var name = [UInt8]()
    while offset < text.count {
      let byte = text[offset]
      offset += 1
      if byte == 0x0a { return name }
      if byte != 0x5c {
        name.append(byte)
        continue
      }
      guard offset < text.count, text[offset] == 0x5c || text[offset] == 0x6e else {
        throw FormatError(.syntax, "tree", "a backslash that escapes nothing", at: offset)
      }
      name.append(text[offset] == 0x6e ? 0x0a : 0x5c)
      offset += 1
    }
    throw FormatError(.length, "tree", "the last line has no end", at: offset)
  }
}

extension Tree {
  /// Reads all entries of a tree.
  public static func entries(of text: Span<UInt8>) throws(FormatError) -> [TreeEntry] {
    var parser = try TreeParser(text)
    var result = [TreeEntry]()
    while let entry = try parser.next(in: text) { result.append(entry) }
    return result
  }
}
