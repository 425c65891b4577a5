/// What a pack member holds (store-layout.md §3.2).
public enum ObjectKind: UInt8, Sendable, CaseIterable {
  /// Bytes named by their SHA-256: a chunk, a whole blob, a tree, a record or a further recipe. Member `o/<hex>`.
  case object = 1
  /// The recipe of the blob it is named after. Member `r/<hex>`.
  case recipe = 2
}

/// The name of a pack member.
public enum MemberName: Sendable, Equatable {
  /// `o/<hex>` or `r/<hex>`.
  case content(ObjectKind, Digest)
  /// `README`: three lines for whoever finds the pack.
  case readme
  /// `nonce`: random bytes, so that no two packs ever have the same name.
  case nonce

  /// The name in the archive.
  public var bytes: [UInt8] {
    switch self {
    case .readme: return Array("README".utf8)
    case .nonce: return Array("nonce".utf8)
    case .content(let kind, let digest):
      var name: [UInt8] = [kind == .object ? 0x6f : 0x72, 0x2f]
      name.reserveCapacity(66)
      digest.appendHex(to: &name)
      return name
    }
  }

  /// Reads a member's name; anything that a pack may not hold is refused.
  public init(_ name: [UInt8]) throws(FormatError) {
    if name == Array("README".utf8) {
      self = .readme
    } else if name == Array("nonce".utf8) {
      self = .nonce
    } else if name.count == 66, name[1] == 0x2f, name[0] == 0x6f || name[0] == 0x72,
      let digest = Digest(hex: name.span.extracting(2..<66))
    {
      self = .content(name[0] == 0x6f ? .object : .recipe, digest)
    } else {
      throw FormatError(.field, "pack member", "a name that is neither o/<hex>, r/<hex>, README nor nonce")
    }
  }
}
