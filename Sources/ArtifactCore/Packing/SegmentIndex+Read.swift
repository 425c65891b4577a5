extension SegmentIndex {
  /// The checked dimensions of a segment; every read goes through one.
  public struct Header: Sendable, Equatable {
    /// Entries in the segment.
    public let entryCount: Int
    /// Frames in the segment.
    public let frameCount: Int
    /// Packs in the segment.
    public let packCount: Int

    var framesOffset: Int { SegmentIndex.entriesOffset + entryCount * SegmentIndex.entrySize }
    var packsOffset: Int { framesOffset + frameCount * SegmentIndex.frameSize }

    /// Reads a segment's dimensions and its fan-out.
    ///
    /// Everything that a look-up relies on to stay in bounds is checked here; the checksum is not (see `verify`).
    public init(_ bytes: Span<UInt8>) throws(FormatError) {
      let subject = "pack index"
      guard bytes.count >= SegmentIndex.entriesOffset + 4 else {
        throw FormatError(.length, subject, "\(bytes.count) bytes are too few")
      }
      for (index, byte) in SegmentIndex.magic.enumerated() where bytes[index] != byte {
        throw FormatError(.field, subject, "it does not start with ARTINDEX", at: index)
      }
      let version = LittleEndian.uint32(bytes, at: 8)
      guard version == SegmentIndex.version else {
        throw FormatError(
          version > SegmentIndex.version ? .newer : .field, subject, "version \(version); this program reads 1", at: 8)
      }
      packCount = Int(LittleEndian.uint32(bytes, at: 12))
      frameCount = Int(LittleEndian.uint32(bytes, at: 16))
      entryCount = Int(LittleEndian.uint32(bytes, at: 20))
      let total = SegmentIndex.byteCount(entries: entryCount, frames: frameCount, packs: packCount)
      guard total == bytes.count, LittleEndian.uint64(bytes, at: 24) == UInt64(total) else {
        throw FormatError(.length, subject, "\(bytes.count) bytes, where its counts ask for \(total)", at: 24)
      }
      for index in 32..<SegmentIndex.headerSize where bytes[index] != 0 {
        throw FormatError(.field, subject, "a reserved byte is not zero", at: index)
      }
      var previous: UInt32 = 0
      for bucket in 0..<256 {
        let offset = SegmentIndex.headerSize + bucket * 4
        let count = LittleEndian.uint32(bytes, at: offset)
        guard count >= previous else { throw FormatError(.field, subject, "the fan-out goes down", at: offset) }
        previous = count
      }
      guard previous == UInt32(entryCount) else {
        throw FormatError(.field, subject, "the fan-out ends at \(previous) of \(entryCount) entries", at: 1084)
      }
    }
  }

  /// Checks everything: checksum, order, fan-out, reserved bytes, bounds of every entry and frame.
  public static func verify(_ bytes: Span<UInt8>) throws(FormatError) {
    let header = try Header(bytes)
    let stated = LittleEndian.uint32(bytes, at: bytes.count - 4)
    guard CRC32.of(bytes.extracting(0..<(bytes.count - 4))) == stated else {
      throw FormatError(.checksum, "pack index", "its CRC-32 does not match", at: bytes.count - 4)
    }
    for position in 0..<header.frameCount { _ = try frame(position, header, bytes) }
    var previous: Entry?
    var bucketSizes = [UInt32](repeating: 0, count: 256)
    for position in 0..<header.entryCount {
      let entry = try self.entry(position, header, bytes)
      let limit = try frame(Int(entry.frame), header, bytes).plainSize
      guard UInt64(entry.start) + UInt64(entry.length) <= UInt64(limit) else {
        throw FormatError(.field, "pack index", "entry \(position) reaches beyond its frame")
      }
      if let previous, !Entry.precedes(previous, entry) {
        throw FormatError(.notCanonical, "pack index", "entry \(position) is out of order")
      }
      bucketSizes[entry.digest.firstByte] += 1
      previous = entry
    }
    var sum: UInt32 = 0
    for bucket in 0..<256 {
      sum += bucketSizes[bucket]
      guard LittleEndian.uint32(bytes, at: headerSize + bucket * 4) == sum else {
        throw FormatError(.field, "pack index", "the fan-out does not lead to its entries", at: headerSize + bucket * 4)
      }
    }
  }

  /// The entry at a position below `header.entryCount`.
  public static func entry(_ position: Int, _ header: Header, _ bytes: Span<UInt8>) throws(FormatError) -> Entry {
    let offset = entriesOffset + position * entrySize
    guard let kind = ObjectKind(rawValue: bytes[offset + 44]) else {
      throw FormatError(.field, "pack index", "an unknown kind", at: offset + 44)
    }
    for index in 45..<48 where bytes[offset + index] != 0 {
      throw FormatError(.field, "pack index", "a reserved byte is not zero", at: offset + index)
    }
    let entry = Entry(
      digest: Digest(bytes, at: offset), frame: LittleEndian.uint32(bytes, at: offset + 32),
      start: LittleEndian.uint32(bytes, at: offset + 36), length: LittleEndian.uint32(bytes, at: offset + 40),
      kind: kind)
    guard entry.frame < UInt32(header.frameCount) else {
      throw FormatError(.field, "pack index", "entry \(position) names no frame", at: offset + 32)
    }
    guard Int(entry.length) <= PackLayout.objectLimit, Int(entry.start) <= PackLayout.frameLimit else {
      throw FormatError(.limit, "pack index", "entry \(position) is too large", at: offset + 36)
    }
    return entry
  }

  /// The frame at a position; out of range or impossible sizes are refused.
  public static func frame(_ position: Int, _ header: Header, _ bytes: Span<UInt8>) throws(FormatError) -> Frame {
    guard position < header.frameCount else {
      throw FormatError(.field, "pack index", "frame \(position) is not there")
    }
    let offset = header.framesOffset + position * frameSize
    let frame = Frame(
      pack: LittleEndian.uint32(bytes, at: offset), plainSize: LittleEndian.uint32(bytes, at: offset + 4),
      offset: LittleEndian.uint64(bytes, at: offset + 8), storedSize: LittleEndian.uint32(bytes, at: offset + 16))
    guard frame.pack < UInt32(header.packCount), LittleEndian.uint32(bytes, at: offset + 20) == 0 else {
      throw FormatError(.field, "pack index", "frame \(position) names no pack", at: offset)
    }
    guard Int(frame.plainSize) <= PackLayout.frameLimit, Int(frame.storedSize) <= 2 * PackLayout.frameLimit else {
      throw FormatError(.limit, "pack index", "frame \(position) is too large", at: offset)
    }
    // No file is longer; what is computed from a frame's place does not overflow.
    guard frame.offset <= UInt64(Int64.max) - UInt64(frame.storedSize) else {
      throw FormatError(.limit, "pack index", "frame \(position) ends beyond any file", at: offset)
    }
    return frame
  }

  /// The pack at a position below `header.packCount`.
  public static func pack(_ position: Int, _ header: Header, _ bytes: Span<UInt8>) -> Pack {
    let offset = header.packsOffset + position * packSize
    return Pack(digest: Digest(bytes, at: offset), size: LittleEndian.uint64(bytes, at: offset + 32))
  }

  /// The position of the first entry with this digest and kind, or nil.
  ///
  /// - Complexity: O(log log n) steps for uniform digests (interpolation), O(log n) at worst.
  public static func find(
    _ digest: Digest, _ kind: ObjectKind, _ header: Header, _ bytes: Span<UInt8>
  ) -> Int? {
    let bucket = digest.firstByte
    let fan = headerSize + bucket * 4
    var low = bucket == 0 ? 0 : Int(LittleEndian.uint32(bytes, at: fan - 4))
    var high = Int(LittleEndian.uint32(bytes, at: fan))
    let wanted = digest.words.0
    var lowKey = UInt64(bucket) << 56
    var highKey = lowKey | 0x00FF_FFFF_FFFF_FFFF
    var halve = false
    while high - low > 8 {
      let middle: Int
      if halve {
        middle = low + (high - low) / 2
      } else {
        let share = Double(wanted - lowKey) / (Double(highKey - lowKey) + 1)
        middle = min(high - 1, max(low, low + Int(share * Double(high - low))))
      }
      halve.toggle()
      let key = firstWord(bytes, at: entriesOffset + middle * entrySize)
      if key < wanted {
        low = middle + 1
        lowKey = key
      } else {
        high = middle + (key == wanted ? 1 : 0)
        highKey = key
        if key == wanted { return firstMatch(low, middle, digest, kind, header, bytes) }
      }
      if highKey <= lowKey { break }
    }
    while low < high {
      let offset = entriesOffset + low * entrySize
      let key = firstWord(bytes, at: offset)
      if key > wanted { return nil }
      if key == wanted, Digest(bytes, at: offset) == digest, bytes[offset + 44] == kind.rawValue { return low }
      low += 1
    }
    return nil
  }

  /// Among the entries around `found` with the wanted first word, the first with this digest and kind.
  private static func firstMatch(
    _ low: Int, _ found: Int, _ digest: Digest, _ kind: ObjectKind, _ header: Header, _ bytes: Span<UInt8>
  ) -> Int? {
    var position = found
    while position > low, firstWord(bytes, at: entriesOffset + (position - 1) * entrySize) == digest.words.0 {
      position -= 1
    }
    while position < header.entryCount {
      let offset = entriesOffset + position * entrySize
      if firstWord(bytes, at: offset) != digest.words.0 { return nil }
      if Digest(bytes, at: offset) == digest, bytes[offset + 44] == kind.rawValue { return position }
      position += 1
    }
    return nil
  }

  @inline(__always)
  private static func firstWord(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    LittleEndian.uint64(bytes, at: offset).byteSwapped
  }
}
