/// Content-defined cuts: FastCDC with a gear hash, normalised at level 2 (store-layout.md §3.1).
///
/// Source: Xia et al., FastCDC, USENIX ATC 2016. Four bytes are looked at together, which shortens the dependency from
/// one hash to the next; the cuts are those of the byte-by-byte definition.
public enum Chunker {
  /// `gear[b]` is the first eight bytes, big-endian, of SHA-256 of the single byte `b`.
  ///
  /// Changing a value changes every later recipe; stored recipes stay readable.
  static let gear = InlineArray<256, UInt64> { index in Digest.of([UInt8(index)]).words.0 }

  /// Finds where the next chunk ends.
  ///
  /// - Parameters:
  ///   - bytes: Unread input; all of the rest, or at least `profile.maximum` bytes of it.
  ///   - profile: Sizes in bytes.
  /// - Returns: A cut in `1...min(bytes.count, profile.maximum)`; 0 only for no bytes.
  /// - Complexity: O(cut). The first `profile.minimum` bytes are not hashed.
  public static func nextCut(in bytes: Span<UInt8>, profile: ChunkerProfile) -> Int {
    let limit = min(bytes.count, profile.maximum)
    if limit <= profile.minimum { return limit }
    let normal = min(limit, profile.target)
    var hash: UInt64 = 0
    var position = profile.minimum
    if let cut = scan(bytes, &position, until: normal, mask: profile.strictMask, &hash) { return cut }
    if let cut = scan(bytes, &position, until: limit, mask: profile.looseMask, &hash) { return cut }
    return limit
  }

  /// Rolls over `position..<end`; returns the position behind the byte at which the masked hash is zero.
  @inline(__always)
  private static func scan(
    _ bytes: Span<UInt8>, _ position: inout Int, until end: Int, mask: UInt64, _ hash: inout UInt64
  ) -> Int? {
    let table = gear.span
    var rolling = hash
    var index = position
    let window = bytes.extracting(0..<end)
    while index &+ 4 <= window.count {
      let first = table[Int(window[index])]
      let second = table[Int(window[index &+ 1])] &+ (first &<< 1)
      let third = table[Int(window[index &+ 2])] &+ (second &<< 1)
      let fourth = table[Int(window[index &+ 3])] &+ (third &<< 1)
      if ((rolling &<< 1) &+ first) & mask == 0 { return index &+ 1 }
      if ((rolling &<< 2) &+ second) & mask == 0 { return index &+ 2 }
      if ((rolling &<< 3) &+ third) & mask == 0 { return index &+ 3 }
      rolling = (rolling &<< 4) &+ fourth
      if rolling & mask == 0 { return index &+ 4 }
      index &+= 4
    }
    while index < window.count {
      rolling = (rolling &<< 1) &+ table[Int(window[index])]
      index &+= 1
      if rolling & mask == 0 { return index }
    }
    position = index
    hash = rolling
    return nil
  }
}
