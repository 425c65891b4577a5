/// How a large blob is put together from chunks (store-layout.md §2.2).
///
///     recipe 1                     recipes 1
///     <64 hex> <size>              <64 hex> <size>
///
/// The lines of `recipe 1` name chunks. A blob of more than 8,192 chunks has a `recipes 1` whose lines name further
/// recipe texts, stored as objects, with the number of blob bytes that each covers.
///
/// A recipe is advice about storage and never part of an identity: whoever follows one checks the whole against the
/// blob's id.
public struct Recipe: Sendable, Equatable {
  /// One line.
  public struct Part: Sendable, Equatable {
    /// The chunk, or the further recipe's text.
    public let digest: Digest
    /// Bytes of the blob that it covers.
    public let size: UInt64

    /// Creates a part.
    public init(digest: Digest, size: UInt64) {
      self.digest = digest
      self.size = size
    }
  }

  /// Most lines in one text.
  public static let lineLimit = 8_192

  /// Whether the parts are recipe texts rather than chunks.
  public let isNested: Bool
  /// The lines, in order.
  public let parts: [Part]

  /// Creates a recipe.
  public init(isNested: Bool, parts: [Part]) {
    self.isNested = isNested
    self.parts = parts
  }

  /// Bytes of the whole.
  public var size: UInt64 { parts.reduce(0) { $0 &+ $1.size } }

  /// The canonical text.
  public var text: [UInt8] {
    var text = Array((isNested ? "recipes 1\n" : "recipe 1\n").utf8)
    text.reserveCapacity(text.count + parts.count * 74)
    for part in parts {
      part.digest.appendHex(to: &text)
      text.append(0x20)
      Decimal.append(part.size, to: &text)
      text.append(0x0a)
    }
    return text
  }

  /// Reads a recipe and refuses whatever is not canonical.
  public init(_ text: Span<UInt8>) throws(FormatError) {
    let plain: [UInt8] = Array("recipe 1\n".utf8)
    let nested: [UInt8] = Array("recipes 1\n".utf8)
    var offset: Int
    if Self.starts(text, with: plain) {
      isNested = false
      offset = plain.count
    } else if Self.starts(text, with: nested) {
      isNested = true
      offset = nested.count
    } else {
      throw FormatError(.field, "recipe", "the first line is neither `recipe 1` nor `recipes 1`", at: 0)
    }
    var parts = [Part]()
    var total: UInt64 = 0
    while offset < text.count {
      guard parts.count < Self.lineLimit else { throw FormatError(.limit, "recipe", "more than 8,192 lines") }
      guard offset + 66 <= text.count, let digest = Digest(hex: text.extracting(offset..<(offset + 64))) else {
        throw FormatError(.syntax, "recipe", "a line has no digest", at: offset)
      }
      offset += 64
      guard text[offset] == 0x20 else { throw FormatError(.syntax, "recipe", "a space is missing", at: offset) }
      offset += 1
      let size = try Decimal.parse(text, &offset, subject: "recipe")
      guard offset < text.count, text[offset] == 0x0a else {
        throw FormatError(.length, "recipe", "a line has no end", at: offset)
      }
      offset += 1
      let (sum, overflow) = total.addingReportingOverflow(size)
      guard size > 0, !overflow else {
        throw FormatError(.limit, "recipe", "a part of no or too many bytes", at: offset)
      }
      total = sum
      parts.append(Part(digest: digest, size: size))
    }
    guard !parts.isEmpty else { throw FormatError(.length, "recipe", "it has no parts") }
    self.parts = parts
  }

  private static func starts(_ text: Span<UInt8>, with prefix: [UInt8]) -> Bool {
    guard text.count >= prefix.count else { return false }
    for index in prefix.indices where text[index] != prefix[index] { return false }
    return true
  }
}
