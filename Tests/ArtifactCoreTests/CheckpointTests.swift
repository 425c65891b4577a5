import ArtifactCore
import Testing

/// Notes, checkpoints and cosignatures (C2SP).
@Suite struct CheckpointTests {
  private static func signer(_ number: UInt8) throws -> PrivateKey {
    try PrivateKey(seed: [UInt8](repeating: number, count: 32))
  }

  @Test func `key and checkpoint are those that others computed`() throws {
    let vectors = try Vectors.recordsLogSignatures()
    let digits = try #require(vectors["log_seed_hex"]?.string)
    let signer = try PrivateKey(seed: #require(Hex.bytes(digits)))
    let origin = "artifact.example/store1"
    let key = try NoteKey(name: origin, kind: .log, key: signer.key)
    #expect(key.text == vectors["log_vkey"]?.string)
    #expect(try NoteKey(text: key.text) == key)

    let text = try #require(vectors["checkpoint"]?.string)
    let note = try SignedNote(Array(text.utf8))
    #expect(note.bytes == Array(text.utf8))
    let checkpoint = try Checkpoint(text: note.text)
    #expect(checkpoint.origin == origin && checkpoint.size == 3)
    #expect(checkpoint.root.hex == vectors["root_size3"]?.string)
    #expect(checkpoint.text == note.text)
    #expect(try note.verified(by: [signer.key]).map(\.key) == [key])
    #expect(try note.verified(by: [Self.signer(1).key]).isEmpty)
    var ours = try SignedNote(text: note.text)
    try ours.sign(name: origin, kind: .log, signer)
    #expect(try ours.verified(by: [signer.key]).map(\.key) == [key])
  }

  @Test func `the bundle of entries is the one that others computed`() throws {
    let vectors = try Vectors.recordsLogSignatures()
    let entries = try #require(vectors["log_entries"]?.array).map { try Array(#require($0.string).utf8) }
    #expect(Digest.of(Tile.bundle(entries)).hex == vectors["entry_bundle_sha256"]?.string)
  }

  @Test func `a cosignature carries its time, and signs it`() throws {
    let log = try Self.signer(1)
    let witness = try Self.signer(2)
    var note = try SignedNote(text: Checkpoint(origin: "example.com/log", size: 1, root: Digest.of([1])).text)
    try note.sign(name: "example.com/log", kind: .log, log)
    try note.sign(name: "witness.example/1", kind: .cosignature, time: 1_679_315_147, witness)
    let read = try SignedNote(note.bytes)
    #expect(read == note)
    let found = try read.verified(by: [log.key, witness.key])
    #expect(found.map(\.time) == [nil, 1_679_315_147])
    // The message as C2SP tlog-cosignature states it.
    let message = Array("cosignature/v1\ntime 1679315147\n\(note.text)".utf8)
    #expect(witness.key.verifies(Array(read.signatures[1].bytes.dropFirst(8)), of: message))
    #expect(Array(read.signatures[1].bytes.prefix(8)) == [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb])
    // A second one takes the place of the first.
    try note.sign(name: "witness.example/1", kind: .cosignature, time: 1_679_315_148, witness)
    #expect(note.signatures.count == 2)
    #expect(try note.verified(by: [witness.key]).map(\.time) == [1_679_315_148])
  }

  @Test func `a note with any bit changed is refused, or nobody we know signed it`() throws {
    let signer = try Self.signer(3)
    var note = try SignedNote(text: Checkpoint(origin: "a/b", size: 7, root: Digest.of([7])).text)
    try note.sign(name: "a/b", kind: .log, signer)
    try note.sign(name: "w", kind: .cosignature, time: 12, signer)
    let bytes = note.bytes
    #expect(try note.verified(by: [signer.key]).count == 2)
    for position in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[position] ^= 1 << UInt8(bit)
        let read = try? SignedNote(changed)
        #expect((try? read?.verified(by: [signer.key]))??.count != 2, "byte \(position), bit \(bit)")
      }
    }
  }

  @Test(arguments: [
    "", "a\n", "a\n\n", "a\n\n\n", "a\n— b AAAAAAAA\n", "a\n\n- b AAAAAAAA\n", "a\n\n— b AAAAA\n", "a\n\n— b AAAA\n",
    "a\n\n— b  AAAAAAAA\n", "a\n\n— b+c AAAAAAAA\n", "a\n\n—  AAAAAAAA\n", "a\n\n— b AAAAAAAA",
    "a\tb\n\n— b AAAAAAAA\n",
    "\n\n— b AAAAAAAA\n", "a\n\n— b\u{a0}c AAAAAAAA\n", "a\n\n— b AAAAAAAA\n\n", "a\r\n\n— b AAAAAAAA\n",
  ])
  func `what is no note is refused`(text: String) {
    #expect(throws: FormatError.self) { try SignedNote(Array(text.utf8)) }
  }

  @Test func `a text with empty lines, and many signatures, are a note`() throws {
    let line = "— b AAAAAAA=\n"
    #expect(try SignedNote(Array("a\n\nb\n\n\(line)".utf8)).text == "a\n\nb\n")
    #expect(try SignedNote(Array("a\n\n\(String(repeating: line, count: 64))".utf8)).signatures.count == 64)
    #expect(throws: FormatError.self) { try SignedNote(Array("a\n\n\(String(repeating: line, count: 65))".utf8)) }
    #expect(throws: FormatError.self) { try SignedNote([0xff, 0x0a, 0x0a] + Array(line.utf8)) }
  }

  @Test(arguments: [
    "o\n1\n", "o\n1\nAAAA\n", "o\n01\n\(zero)\n", "o\n-1\n\(zero)\n", "o\n+1\n\(zero)\n", "\n1\n\(zero)\n",
    "o\n1\n\(zero)\nmore\n", "o\n1\n\(zero)", "o\n9007199254740992\n\(zero)\n", "o\n0\n\(zero)\n", "o\n1 \n\(zero)\n",
  ])
  func `what is no checkpoint is refused`(text: String) {
    #expect(throws: FormatError.self) { try Checkpoint(text: text) }
  }

  private static let zero = Base64.text([UInt8](repeating: 0, count: 32))

  @Test(arguments: ["", "a b", "a+b", "a\nb", "a\u{2003}b", String(repeating: "x", count: 256)])
  func `a name that would break a line is refused`(name: String) throws {
    #expect(throws: FormatError.self) { try NoteKey(name: name, kind: .log, key: Self.signer(1).key) }
  }

  @Test func `a verifier key whose number is another's is refused`() throws {
    let text = try NoteKey(name: "a/b", kind: .cosignature, key: Self.signer(1).key).text
    for changed in [text.replacing("a/b", with: "a/c"), text + "=", String(text.dropLast()), "a/b", "a+b+c"] {
      #expect(throws: FormatError.self) { try NoteKey(text: changed) }
    }
  }

  @Test func `the store's id comes out of the origin`() {
    let id = String(repeating: "0a", count: 16)
    #expect(Checkpoint.store(origin: Checkpoint.origin(store: id)) == id)
    for other in ["artifact-store/", "artifact-store/\(id)/", "other/\(id)", "artifact-store/\(id.uppercased())"] {
      #expect(Checkpoint.store(origin: other) == nil)
    }
  }
}
