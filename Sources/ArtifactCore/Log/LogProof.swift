/// That an entry is in a log with a signed checkpoint, as a text that is checked offline (C2SP tlog-proof).
///
///     c2sp.org/tlog-proof@v1
///     index <n>
///     <base64 of each hash of the path, from the leaf up>
///
///     <the checkpoint, a signed note>
public struct LogProof: Sendable, Hashable {
  /// The entry's position.
  public let index: Int
  /// The sibling hashes from the leaf up.
  public let path: [Digest]
  /// The checkpoint as it was signed.
  public let note: SignedNote

  private static let subject = "inclusion proof"
  private static let header = "c2sp.org/tlog-proof@v1"

  /// Puts a proof together; nothing is checked before `checkpoint(of:keys:)`.
  public init(index: Int, path: [Digest], note: SignedNote) {
    self.index = index
    self.path = path
    self.note = note
  }

  /// The text.
  public var bytes: [UInt8] {
    var text = "\(Self.header)\nindex \(index)\n"
    for hash in path { text += Base64.text(hash.bytes) + "\n" }
    return Array("\(text)\n".utf8) + note.bytes
  }

  /// Reads the text; a line `extra`, which nothing vouches for, is refused.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= SignedNote.byteLimit + 8_192 else {
      throw FormatError(.limit, Self.subject, "\(bytes.count) bytes")
    }
    var rest = bytes[...]
    func line() -> String? {
      guard let end = rest.firstIndex(of: 0x0a) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return ExactText.string(Array(rest[..<end]))
    }
    guard line() == Self.header, let second = line(), second.hasPrefix("index "), let index = Int(second.dropFirst(6)),
      index >= 0, ExactText.equal("index \(index)", second)
    else { throw FormatError(.syntax, Self.subject, "it does not begin with the lines of a tlog-proof of version 1") }
    var path = [Digest]()
    while true {
      let text = line()
      if text == "" { break }
      guard path.count < 63, let hash = text.flatMap({ Base64.bytes($0) }), hash.count == Digest.byteCount else {
        throw FormatError(.syntax, Self.subject, "line \(path.count + 3) is not a hash in base64")
      }
      path.append(Digest(hash.span))
    }
    self.init(index: index, path: path, note: try SignedNote(Array(rest)))
  }

  /// The checkpoint, if the entry is proven to be in its tree; `.checksum` if it is not.
  ///
  /// Whoever signed the checkpoint is another question: `note.verified(by:)`.
  public func checkpoint(ofEntry json: [UInt8]) throws(FormatError) -> Checkpoint {
    let checkpoint = try Checkpoint(text: note.text)
    let proof = InclusionProof(index: index, size: checkpoint.size, path: path)
    guard proof.verifies(leaf: MerkleTree.leafHash(json), root: checkpoint.root) else {
      throw FormatError(
        .checksum, Self.subject, "the path does not lead from this entry at \(index) to the root of the checkpoint")
    }
    return checkpoint
  }
}
