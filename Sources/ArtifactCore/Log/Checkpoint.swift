/// The size and root of a log, as the text of a note (C2SP tlog-checkpoint).
///
///     <origin>
///     <size>
///     <base64 of the root>
public struct Checkpoint: Sendable, Hashable {
  /// Which log it is of.
  public let origin: String
  /// The number of entries.
  public let size: Int
  /// The Merkle root over them.
  public let root: Digest

  private static let subject = "checkpoint"

  /// States a size and a root.
  public init(origin: String, size: Int, root: Digest) {
    self.origin = origin
    self.size = size
    self.root = root
  }

  /// The origin of a store's log: nobody else's has the store's 128 random bits.
  public static func origin(store id: String) -> String { "artifact-store/\(id)" }

  /// The store's id in an origin that `origin(store:)` made.
  public static func store(origin: String) -> String? {
    let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "artifact-store", parts[1].utf8.count == 32, Hex.bytes(parts[1]) != nil else {
      return nil
    }
    return String(parts[1])
  }

  /// The text of the note.
  public var text: String { "\(origin)\n\(size)\n\(Base64.text(root.bytes))\n" }

  /// Reads the text of a note; further lines, which the format permits, are refused: nobody could say what they mean.
  public init(text: String) throws(FormatError) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].isEmpty, !lines[0].isEmpty else {
      throw FormatError(.syntax, Self.subject, "it is not three lines: origin, size, root")
    }
    guard let size = Int(lines[1]), size >= 0, size < 1 << 53, ExactText.equal(String(size), String(lines[1])) else {
      throw FormatError(.syntax, Self.subject, "its second line is not a size")
    }
    guard let root = Base64.bytes(lines[2]), root.count == Digest.byteCount else {
      throw FormatError(.syntax, Self.subject, "its third line is not a root in base64")
    }
    self.init(origin: String(lines[0]), size: size, root: Digest(root.span))
    guard size > 0 || self.root == MerkleTree.emptyRoot else {
      throw FormatError(.field, Self.subject, "it is of no entries, and its root is not that of none")
    }
  }
}
