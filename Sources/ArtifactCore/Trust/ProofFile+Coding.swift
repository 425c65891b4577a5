extension ProofFile {
  /// The bytes of the archive.
  public func bytes() throws(FormatError) -> [UInt8] {
    var result = [UInt8]()
    for (name, content) in try members() {
      result += TarHeader.block(name: Array(name.utf8), size: content.count)
      result += content
      result += [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
    }
    result += [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)
    guard result.count <= Self.byteLimit else {
      throw FormatError(.limit, Self.subject, "\(result.count) bytes; the limit is \(Self.byteLimit)")
    }
    return result
  }

  /// All members in their order.
  private func members() throws(FormatError) -> [(name: String, content: [UInt8])] {
    var result = [(name: String, content: [UInt8])]()
    result.append(("README", Array(Self.readme.utf8)))
    result.append(("claim.json", try JSON.object(claim).canonicalBytes(subject: Self.subject)))
    result.append(("checkpoint", note.bytes))
    for (index, entry) in entries.sorted(by: { $0.key < $1.key }) {
      result.append(("entries/\(index).json", entry.json))
      result.append(("entries/\(index).tlog-proof", LogProof(index: index, path: entry.path, note: note).bytes))
    }
    for (digest, record) in records.sorted(by: { $0.key < $1.key }) {
      result.append(("records/\(digest.hex)", record))
    }
    for (digest, statement) in statements.sorted(by: { $0.key < $1.key }) {
      result.append(("signed/\(digest.hex).txt", statement.bytes))
      for (number, signature) in statement.signatures.enumerated() {
        let stem = "signed/\(digest.hex).\(number)"
        result.append(("\(stem).\(signature.isPlain ? "raw" : "sig")", signature.bytes))
        result.append(("\(stem).pub", Array("\(signature.key.openSSH)\n".utf8)))
        result.append(("\(stem).pem", signature.key.pem))
      }
    }
    return result
  }

  /// Reads an archive; whatever would not be written in the same bytes is refused.
  public init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= Self.byteLimit else {
      throw FormatError(.limit, Self.subject, "\(bytes.count) bytes; the limit is \(Self.byteLimit)")
    }
    let members = try Self.members(of: bytes)
    guard let claim = members["claim.json"], let note = members["checkpoint"] else {
      throw FormatError(.syntax, Self.subject, "it has no claim.json or no checkpoint")
    }
    guard let object = try JSON.canonical(claim, subject: Self.subject).object else {
      throw FormatError(.syntax, Self.subject, "claim.json is not an object")
    }
    self.init(claim: object, note: try SignedNote(note))
    for (name, content) in members {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "entries": try readEntry(String(parts[1]), content, members)
      case "records": add(record: content)
      case "signed": try readStatement(String(parts[1]), content, members)
      default: break
      }
    }
    // Names, order, what is doubled, missing or too much: all of it shows here.
    guard try self.bytes() == bytes else {
      throw FormatError(.notCanonical, Self.subject, "it is not in its one form, or something in it belongs nowhere")
    }
  }

  private static func members(of bytes: [UInt8]) throws(FormatError) -> [String: [UInt8]] {
    var result = [String: [UInt8]]()
    var offset = 0
    while let (name, size) = try TarHeader.parse(bytes.span, at: offset) {
      let start = offset + TarHeader.blockSize
      guard size <= bytes.count - start, let name = ExactText.string(name) else {
        throw FormatError(.length, subject, "a member is cut off, or its name is not UTF-8", at: offset)
      }
      guard result.updateValue(Array(bytes[start..<(start + size)]), forKey: name) == nil else {
        throw FormatError(.notCanonical, subject, "it has \(printable(name)) twice", at: offset)
      }
      offset = start + size + TarHeader.padding(after: size)
    }
    return result
  }

  private mutating func readEntry(
    _ name: String, _ content: [UInt8], _ members: [String: [UInt8]]
  ) throws(FormatError) {
    guard name.hasSuffix(".json"), let index = Int(name.dropLast(5)), index >= 0 else { return }
    guard let text = members["entries/\(index).tlog-proof"] else {
      throw FormatError(.syntax, Self.subject, "entry \(index) has no path")
    }
    entries[index] = Entry(json: content, path: try LogProof(text).path)
  }

  private mutating func readStatement(
    _ name: String, _ content: [UInt8], _ members: [String: [UInt8]]
  ) throws(FormatError) {
    guard name.hasSuffix(".txt") else { return }
    let stem = "signed/\(name.dropLast(4))"
    var signatures = [Signature]()
    while let bytes = members["\(stem).\(signatures.count).sig"] ?? members["\(stem).\(signatures.count).raw"] {
      guard let key = members["\(stem).\(signatures.count).pub"] else {
        throw FormatError(.syntax, Self.subject, "a signature in it has no key")
      }
      signatures.append(Signature(key: try PublicKey(file: key), bytes: bytes))
    }
    add(Statement(bytes: content, signatures: signatures))
  }

  /// What the archive says about itself.
  static let readme = """
    This archive proves what claim.json says. `artifact verify-proof FILE --key KEY` checks all of it; by hand:

    - checkpoint is a C2SP signed note: `<origin>`, `<number of entries>`, `<base64 of the root>`. A line under it is
      `- <name> <base64>`: 4 bytes that number the key, then a plain Ed25519 signature of the text above the empty line
      (or, for a witness, 8 bytes of time and a signature of "cosignature/v1", "time <seconds>" and that text).
    - entries/N.json is an entry of the log; its leaf hash is SHA-256 of a zero byte and the file. entries/N.tlog-proof
      has the path: from the leaf up, a parent is SHA-256 of a byte 1, the left hash and the right hash; the last one is
      the root. (RFC 6962; the bits of N, and where the tree ends, say on which side each hash stands.)
    - records/HEX has the SHA-256 that it is named by: sha256sum records/*
    - signed/HEX.txt was signed by the key in signed/HEX.0.pub:
      ssh-keygen -Y check-novalidate -n artifact -s signed/HEX.0.sig < signed/HEX.txt
      openssl pkeyutl -verify -pubin -inkey signed/HEX.0.pem -rawin -in signed/HEX.txt -sigfile signed/HEX.0.raw

    """
}
