/// The fixed parts of a pack (store-layout.md §3.2).
///
///     frame 0            README and nonce
///     frames 1 … n-1     members, each whole in one frame
///     frame n            1,024 zero bytes: the end of the archive
///     skippable frame    the index of this pack
///     skippable frame    the zstd seek table
public enum PackLayout {
  /// The three lines of the member `README`.
  public static let readme = """
    A pack of an artifact store: a zstd-compressed tar archive whose members o/<hex> are named by their SHA-256.
    tar --zstd -xf PACK unpacks it; a file that is no o/ member is the concatenation of those that r/<its SHA-256> lists.
    store-layout.md of the artifact project explains the rest, and its scripts/recover.sh rebuilds whole folders.

    """
  /// Random bytes in the member `nonce`.
  public static let nonceSize = 16
  /// Zero bytes at the end of the archive.
  public static let endSize = 1_024
  /// Magic number of the skippable frame that holds the index.
  public static let indexMagic: UInt32 = 0x184D_2A50
  /// Plain bytes after which a frame is closed.
  public static let frameTarget = 1 << 20
  /// Plain bytes after which a frame of recipes is closed.
  public static let recipeFrameTarget = 128 << 10
  /// Most plain bytes in a frame; a reader refuses more.
  public static let frameLimit = 16 << 20
  /// Most bytes in one object; a reader refuses more.
  public static let objectLimit = 8 << 20
  /// Most entries in one pack; a writer starts the next pack after that.
  public static let entryLimit = 1 << 18
  /// Largest index of a pack; a reader refuses more.
  public static let indexLimit = 64 << 20

  /// Bytes after which a pack is closed, for a push of about `expected` plain bytes: 64 MiB, up to 512 MiB.
  public static func packTarget(expected: UInt64) -> UInt64 {
    min(512 << 20, max(64 << 20, expected / 16))
  }

  /// The plain bytes of frame 0.
  public static func head(nonce: [UInt8]) -> [UInt8] {
    precondition(nonce.count == nonceSize, "a nonce has 16 bytes")
    var bytes = [UInt8]()
    for (name, content) in [(MemberName.readme, Array(readme.utf8)), (.nonce, nonce)] {
      bytes += TarHeader.block(name: name.bytes, size: content.count)
      bytes += content
      bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
    }
    return bytes
  }

  /// A skippable zstd frame around `payload` (RFC 8878 §3.1.2).
  public static func skippable(magic: UInt32, payload: [UInt8]) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(payload.count + 8)
    LittleEndian.append(magic, to: &bytes)
    LittleEndian.append(UInt32(payload.count), to: &bytes)
    bytes += payload
    return bytes
  }
}
