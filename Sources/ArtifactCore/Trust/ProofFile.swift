/// Entries of a log with all that is needed to check them offline: one small file, an ordinary ustar archive
/// (store-layout.md §5.9).
///
///     README                     what it is, and how to check it by hand
///     claim.json                 what is claimed
///     checkpoint                 the signed note that everything leads to
///     entries/<n>.json           an entry's JSON, exactly
///     entries/<n>.tlog-proof     its path to the checkpoint
///     records/<64 hex>           a record or a policy, named by its SHA-256
///     signed/<64 hex>.txt        a statement that somebody signed, named by its SHA-256
///     signed/<64 hex>.<n>.sig    an SSH signature of it, or
///     signed/<64 hex>.<n>.raw    64 bytes, a plain Ed25519 signature of it
///     signed/<64 hex>.<n>.pub    the key that made it, as OpenSSH writes it
///     signed/<64 hex>.<n>.pem    the same key, as openssl writes it
public struct ProofFile: Sendable, Equatable {
  /// One signature under a statement.
  public struct Signature: Sendable, Equatable {
    /// Who is said to have signed.
    public let key: PublicKey
    /// Armored SSHSIG in the namespace `artifact`, or 64 bytes.
    public let bytes: [UInt8]

    /// Takes a signature as it was made.
    public init(key: PublicKey, bytes: [UInt8]) {
      self.key = key
      self.bytes = bytes
    }

    /// Whether it is plain Ed25519.
    public var isPlain: Bool { bytes.count == 64 }

    /// Whether it is the key's signature of `statement`.
    public func verifies(_ statement: [UInt8]) -> Bool {
      if isPlain { return key.verifies(bytes, of: statement) }
      // What cannot be read verifies nothing.
      let signer = try? SSHSignature.verify(bytes, message: statement, namespace: SSHSignature.statements)
      return signer == key
    }
  }

  /// A statement and who signed it.
  public struct Statement: Sendable, Equatable {
    /// What was signed.
    public let bytes: [UInt8]
    /// By whom.
    public let signatures: [Signature]

    /// Takes a statement with its signatures.
    public init(bytes: [UInt8], signatures: [Signature]) {
      self.bytes = bytes
      self.signatures = signatures
    }
  }

  /// What is claimed.
  public var claim: JSONObject
  /// The signed checkpoint.
  public var note: SignedNote
  /// Entries by position: JSON, and the sibling hashes from the leaf up.
  public var entries: [Int: Entry] = [:]
  /// Records by digest.
  public var records: [Digest: [UInt8]] = [:]
  /// Statements by digest.
  public var statements: [Digest: Statement] = [:]

  /// An entry with its path.
  public struct Entry: Sendable, Equatable {
    /// The JSON, exactly.
    public let json: [UInt8]
    /// The sibling hashes from the leaf up.
    public let path: [Digest]

    /// Takes an entry with its path.
    public init(json: [UInt8], path: [Digest]) {
      self.json = json
      self.path = path
    }
  }

  /// Most bytes of a file.
  public static let byteLimit = 64 << 20
  static let subject = "proof file"

  /// Begins a file.
  public init(claim: JSONObject, note: SignedNote) {
    self.claim = claim
    self.note = note
  }

  /// Adds a record.
  public mutating func add(record bytes: [UInt8]) { records[Digest.of(bytes)] = bytes }

  /// Adds a statement.
  public mutating func add(_ statement: Statement) { statements[Digest.of(statement.bytes)] = statement }

  // MARK: Verifying

  /// What a file proves by itself.
  public struct Verified: Sendable {
    /// The checkpoint.
    public let checkpoint: Checkpoint
    /// Which of the trusted keys signed it.
    public let signers: [SignedNote.Verified]
    /// The entries, read.
    public let entries: [Int: LogEntry]
  }

  /// Checks all that does not depend on what the entries mean.
  ///
  /// - Parameter keys: Whose signature under the checkpoint counts; one is enough.
  /// - Throws: `.checksum` for a signature or a path that does not fit.
  public func verify(keys: [PublicKey]) throws(FormatError) -> Verified {
    let checkpoint = try Checkpoint(text: note.text)
    let signers = try note.verified(by: keys)
    guard !signers.isEmpty else {
      throw FormatError(.checksum, Self.subject, "none of the given keys signed its checkpoint")
    }
    var read = [Int: LogEntry]()
    for (index, entry) in entries {
      _ = try LogProof(index: index, path: entry.path, note: note).checkpoint(ofEntry: entry.json)
      let whole = entry.json + [0x0a] + Array(MerkleTree.leafHash(entry.json).hex.utf8) + [0x0a]
      let parsed = try LogEntry(fileBytes: whole)
      guard parsed.sequence == index else {
        throw FormatError(.field, Self.subject, "entry \(index) says that it is entry \(parsed.sequence)")
      }
      read[index] = parsed
    }
    for (digest, statement) in statements {
      for signature in statement.signatures where !signature.verifies(statement.bytes) {
        throw FormatError(
          .checksum, Self.subject, "the signature of \(signature.key.fingerprint) under \(digest.short) does not verify"
        )
      }
    }
    return Verified(checkpoint: checkpoint, signers: signers, entries: read)
  }
}
