import ArtifactCore
import TestSupport
import Testing

/// The file that is handed over.
@Suite struct ProofFileTests {
  private static let statement = Array(#"{"decision":"approve"}"#.utf8)

  private static func signer(_ number: UInt8) throws -> PrivateKey {
    try PrivateKey(seed: [UInt8](repeating: number, count: 32))
  }

  /// A log of 11 entries, two of which are proven, with a statement signed in both ways.
  private static func file(signedBy number: UInt8 = 1) throws -> ProofFile {
    var history = MerkleFrontier()
    var entries = [LogEntry]()
    for number in 0..<11 {
      let event: Event =
        number == 0
        ? .start(store: String(repeating: "0", count: 32), config: Digest.of([]))
        : .report(record: Digest.of([UInt8(number)]))
      let entry = try LogEntry(
        event: event, id: String(repeating: "a", count: 32), time: Timestamp(milliseconds: 1_000 * Int64(number)),
        actor: "mori", after: history)
      history.append(entry.leafHash)
      entries.append(entry)
    }
    var note = try SignedNote(
      text: Checkpoint(
        origin: Checkpoint.origin(store: String(repeating: "0", count: 32)), size: 11, root: history.root
      )
      .text)
    try note.sign(name: "log", kind: .log, signer(number))
    var file = ProofFile(claim: ["entry": 3], note: note)
    for index in [3, 10] {
      let path = try #require(MerkleTree.inclusionProof(index: index, size: 11) { entries[$0].leafHash }).path
      file.entries[index] = ProofFile.Entry(json: entries[index].json, path: path)
    }
    file.add(record: Array("a record".utf8))
    let (aiko, min) = try (signer(7), signer(8))
    file.add(
      ProofFile.Statement(
        bytes: statement,
        signatures: [
          .init(key: aiko.key, bytes: try SSHSignature.make(statement, namespace: "artifact", aiko)),
          .init(key: min.key, bytes: try min.sign(statement)),
        ]))
    return file
  }

  @Test func `a file is read as it was written, and proves its entries`() throws {
    let file = try Self.file()
    let read = try ProofFile(file.bytes())
    #expect(read == file)
    let proven = try read.verify(keys: [Self.signer(1).key])
    #expect(proven.checkpoint.size == 11)
    #expect(proven.entries.keys.sorted() == [3, 10])
    #expect(proven.signers.count == 1)
  }

  @Test func `a file that nobody trusted signed proves nothing`() throws {
    let error = #expect(throws: FormatError.self) { try Self.file().verify(keys: [Self.signer(2).key]) }
    #expect(error?.code == .checksum)
    #expect(throws: FormatError.self) { try Self.file().verify(keys: []) }
  }

  @Test func `a file with any byte changed is refused`() throws {
    let file = try Self.file()
    let bytes = try file.bytes()
    let key = try Self.signer(1).key
    // A claim of the file itself is not what it proves; whoever reads claims compares them with the entries.
    let claim = Array(#"{"entry":3}"#.utf8)
    let start = try #require((0..<bytes.count).first { Array(bytes[$0...].prefix(claim.count)) == claim })
    var accepted = [Int]()
    for position in bytes.indices where !(start..<(start + claim.count)).contains(position) {
      var changed = bytes
      changed[position] ^= 0x04
      if let read = try? ProofFile(changed), (try? read.verify(keys: [key])) != nil { accepted.append(position) }
    }
    #expect(accepted == [])
    for count in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: FormatError.self) { try ProofFile(Array(bytes.prefix(count))) }
    }
    #expect(throws: FormatError.self) { try ProofFile(bytes + [0]) }
  }

  @Test func `an entry under another's number, and a signature of another statement, are refused`() throws {
    let key = try Self.signer(1).key
    var moved = try Self.file()
    moved.entries[2] = moved.entries[3]
    #expect(throws: FormatError.self) { try moved.verify(keys: [key]) }
    var other = try Self.file()
    let signatures = try #require(other.statements.values.first).signatures
    other.add(ProofFile.Statement(bytes: Array("{}".utf8), signatures: signatures))
    #expect(throws: FormatError.self) { try other.verify(keys: [key]) }
  }

  @Test func `its parts are checked by sha256sum, ssh-keygen and openssl`() throws {
    let folder = try TestFolder()
    try folder.write("all.proof", Self.file().bytes())
    let words = try folder.sh(
      """
      tar xf all.proof
      cd records; for f in *; do echo "$f  $f" | sha256sum -c; done; cd ../signed
      ssh-keygen -Y check-novalidate -n artifact -s *.0.sig < *.txt
      openssl pkeyutl -verify -pubin -inkey *.1.pem -rawin -in *.txt -sigfile *.1.raw
      """)
    #expect(words.contains(": OK") && words.contains("Good \"artifact\" signature"))
    #expect(words.contains("Signature Verified Successfully"))
  }
}
