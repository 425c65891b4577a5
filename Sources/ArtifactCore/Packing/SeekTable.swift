/// The seek table of the zstd seekable format 0.1.0, the last frame of every pack.
///
///     skippable frame header   magic 0x184D2A5E, size
///     n × 8                    compressed size u32, decompressed size u32 (0 for a skippable frame)
///     footer 9                 n u32, descriptor u8 = 0 (no checksums), magic 0x8F92EAB1
public struct SeekTable: Sendable, Equatable {
  /// One frame of the pack.
  public struct Frame: Sendable, Equatable {
    /// Bytes in the file.
    public let storedSize: UInt32
    /// Bytes after decompression; 0 for the index.
    public let plainSize: UInt32

    /// Creates an entry.
    public init(storedSize: UInt32, plainSize: UInt32) {
      self.storedSize = storedSize
      self.plainSize = plainSize
    }
  }

  /// Bytes of the footer.
  public static let footerSize = 9
  private static let magic: UInt32 = 0x184D_2A5E
  private static let footerMagic: UInt32 = 0x8F92_EAB1

  /// All frames before the table, the index included.
  public let frames: [Frame]

  /// Creates a table.
  public init(frames: [Frame]) { self.frames = frames }

  /// Bytes of the whole skippable frame for `count` frames.
  public static func byteCount(frames count: Int) -> Int { 8 + count * 8 + footerSize }

  /// The whole skippable frame.
  public var bytes: [UInt8] {
    var payload = [UInt8]()
    for frame in frames {
      LittleEndian.append(frame.storedSize, to: &payload)
      LittleEndian.append(frame.plainSize, to: &payload)
    }
    LittleEndian.append(UInt32(frames.count), to: &payload)
    payload.append(0)
    LittleEndian.append(Self.footerMagic, to: &payload)
    return PackLayout.skippable(magic: Self.magic, payload: payload)
  }

  /// The number of frames that the footer (the file's last nine bytes) states.
  public static func frameCount(footer: Span<UInt8>) throws(FormatError) -> Int {
    guard footer.count == footerSize, LittleEndian.uint32(footer, at: 5) == footerMagic, footer[4] == 0 else {
      throw FormatError(.field, "seek table", "the file does not end with a seek table")
    }
    let count = Int(LittleEndian.uint32(footer, at: 0))
    guard count >= 3, count <= 1 << 24 else { throw FormatError(.limit, "seek table", "\(count) frames") }
    return count
  }

  /// Reads the whole skippable frame.
  public init(_ bytes: Span<UInt8>) throws(FormatError) {
    guard bytes.count >= 8 + Self.footerSize else { throw FormatError(.length, "seek table", "too short") }
    let count = try Self.frameCount(footer: bytes.extracting((bytes.count - Self.footerSize)..<bytes.count))
    guard bytes.count == Self.byteCount(frames: count), LittleEndian.uint32(bytes, at: 0) == Self.magic,
      Int(LittleEndian.uint32(bytes, at: 4)) == bytes.count - 8
    else { throw FormatError(.field, "seek table", "its header does not fit its footer") }
    frames = (0..<count).map { index in
      let offset = 8 + index * 8
      return Frame(
        storedSize: LittleEndian.uint32(bytes, at: offset), plainSize: LittleEndian.uint32(bytes, at: offset + 4))
    }
  }
}
