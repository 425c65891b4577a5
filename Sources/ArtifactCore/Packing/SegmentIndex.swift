/// An index of objects: which frame of which pack holds what (store-layout.md §3.3).
///
/// The same layout stands inside a pack (one pack, its name left zero) and in `artifact/index/` (any number of packs).
/// All integers are little-endian. Readers look things up in place; the file is mapped, never loaded.
///
///     offset        size  field
///          0           8  magic "ARTINDEX"
///          8           4  version, 1
///         12           4  P, packs
///         16           4  F, frames
///         20           4  N, entries
///         24           8  bytes of the whole segment
///         32          32  reserved, zero
///         64        1024  fan-out: 256 × u32, entries whose digest's first byte is at most i
///       1088      N × 48  entries, ascending by (digest, kind, frame, start)
///          …      F × 24  frames
///          …      P × 40  packs
///          …           4  CRC-32 of everything before
public enum SegmentIndex {
  /// One entry, 48 bytes.
  ///
  ///     offset size field
  ///          0   32 digest   SHA-256 of the plain object; for a recipe that of the blob it makes
  ///         32    4 frame    position in the frame table
  ///         36    4 start    byte offset inside the decoded frame
  ///         40    4 length   bytes; 0 is legal
  ///         44    1 kind     1 object, 2 recipe; others: refuse
  ///         45    3 reserved must be zero
  public struct Entry: Sendable, Equatable {
    /// The object's name.
    public var digest: Digest
    /// Position in the segment's frame table.
    public var frame: UInt32
    /// Byte offset inside the decoded frame.
    public var start: UInt32
    /// Bytes.
    public var length: UInt32
    /// Object or recipe.
    public var kind: ObjectKind

    /// Creates an entry.
    public init(digest: Digest, frame: UInt32, start: UInt32, length: UInt32, kind: ObjectKind) {
      self.digest = digest
      self.frame = frame
      self.start = start
      self.length = length
      self.kind = kind
    }

    /// The order in a segment.
    public static func precedes(_ left: Entry, _ right: Entry) -> Bool {
      if left.digest != right.digest { return left.digest < right.digest }
      if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
      return (left.frame, left.start) < (right.frame, right.start)
    }
  }

  /// One frame, 24 bytes: pack u32, decoded size u32, offset in the pack u64, stored size u32, reserved u32.
  public struct Frame: Sendable, Equatable {
    /// Position in the segment's pack table.
    public var pack: UInt32
    /// Bytes after decompression.
    public var plainSize: UInt32
    /// Offset in the pack file.
    public var offset: UInt64
    /// Bytes in the pack file.
    public var storedSize: UInt32

    /// Creates a frame.
    public init(pack: UInt32, plainSize: UInt32, offset: UInt64, storedSize: UInt32) {
      self.pack = pack
      self.plainSize = plainSize
      self.offset = offset
      self.storedSize = storedSize
    }
  }

  /// One pack, 40 bytes: name 32, bytes of the file u64.
  ///
  /// Inside a pack both are zero.
  public struct Pack: Sendable, Equatable {
    /// SHA-256 of the pack file.
    public var digest: Digest
    /// Bytes of the pack file.
    public var size: UInt64

    /// Creates a pack.
    public init(digest: Digest, size: UInt64) {
      self.digest = digest
      self.size = size
    }

    /// The pack that the index stands in.
    public static let itself = Pack(digest: Digest(words: (0, 0, 0, 0)), size: 0)
  }

  static let magic: [UInt8] = Array("ARTINDEX".utf8)
  /// The format's version.
  public static let version: UInt32 = 1
  static let headerSize = 64
  static let fanOutSize = 1_024
  static let entrySize = 48
  static let frameSize = 24
  static let packSize = 40
  static let entriesOffset = headerSize + fanOutSize

  /// Bytes of a segment.
  public static func byteCount(entries: Int, frames: Int, packs: Int) -> Int {
    entriesOffset + entries * entrySize + frames * frameSize + packs * packSize + 4
  }

  /// The bytes of a segment; `entries` must be sorted by `Entry.precedes`.
  public static func encode(entries: [Entry], frames: [Frame], packs: [Pack]) -> [UInt8] {
    var counts = [Int](repeating: 0, count: 256)
    for entry in entries { counts[entry.digest.firstByte] += 1 }
    var bytes = head(bucketSizes: counts, frames: frames.count, packs: packs.count)
    bytes.reserveCapacity(byteCount(entries: entries.count, frames: frames.count, packs: packs.count))
    for entry in entries { append(entry, to: &bytes) }
    bytes += tables(frames: frames, packs: packs)
    LittleEndian.append(CRC32.of(bytes.span), to: &bytes)
    return bytes
  }

  /// Header and fan-out, for a segment with so many entries for each first byte.
  public static func head(bucketSizes: [Int], frames: Int, packs: Int) -> [UInt8] {
    let entries = bucketSizes.reduce(0, +)
    var bytes = magic
    LittleEndian.append(version, to: &bytes)
    LittleEndian.append(UInt32(packs), to: &bytes)
    LittleEndian.append(UInt32(frames), to: &bytes)
    LittleEndian.append(UInt32(entries), to: &bytes)
    LittleEndian.append(UInt64(byteCount(entries: entries, frames: frames, packs: packs)), to: &bytes)
    bytes += [UInt8](repeating: 0, count: headerSize - bytes.count)
    var running = 0
    for size in bucketSizes {
      running += size
      LittleEndian.append(UInt32(running), to: &bytes)
    }
    return bytes
  }

  /// The tables behind the entries, without the checksum.
  public static func tables(frames: [Frame], packs: [Pack]) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(frames.count * frameSize + packs.count * packSize)
    for frame in frames {
      LittleEndian.append(frame.pack, to: &bytes)
      LittleEndian.append(frame.plainSize, to: &bytes)
      LittleEndian.append(frame.offset, to: &bytes)
      LittleEndian.append(frame.storedSize, to: &bytes)
      LittleEndian.append(UInt32(0), to: &bytes)
    }
    for pack in packs {
      pack.digest.append(to: &bytes)
      LittleEndian.append(pack.size, to: &bytes)
    }
    return bytes
  }

  /// Appends the 48 bytes of an entry.
  public static func append(_ entry: Entry, to bytes: inout [UInt8]) {
    entry.digest.append(to: &bytes)
    LittleEndian.append(entry.frame, to: &bytes)
    LittleEndian.append(entry.start, to: &bytes)
    LittleEndian.append(entry.length, to: &bytes)
    LittleEndian.append(UInt32(entry.kind.rawValue), to: &bytes)
  }
}
