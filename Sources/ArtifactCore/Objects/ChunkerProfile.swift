/// The sizes that steer the chunker, in bytes (store-layout.md §3.1).
public struct ChunkerProfile: Sendable, Equatable {
  /// No cut before this many bytes.
  public let minimum: Int
  /// The size that most chunks are near to; a power of two.
  public let target: Int
  /// Always a cut after this many bytes.
  public let maximum: Int
  /// A cut before `target` needs these bits of the hash to be zero.
  let strictMask: UInt64
  /// A cut after `target` needs these bits of the hash to be zero.
  let looseMask: UInt64

  /// Creates a profile: minimum a quarter and maximum four times the target.
  public init(target: Int) {
    let bits = target.trailingZeroBitCount
    precondition(target == 1 << bits && bits > 6, "the target is a power of two above 64")
    self.target = target
    minimum = target / 4
    maximum = target * 4
    strictMask = ~0 << UInt64(64 - (bits + 2))
    looseMask = ~0 << UInt64(64 - (bits - 2))
  }

  /// 64 KiB on average: blobs up to 1 GiB.
  public static let small = ChunkerProfile(target: 64 << 10)
  /// 256 KiB on average: blobs up to 64 GiB.
  public static let medium = ChunkerProfile(target: 256 << 10)
  /// 1 MiB on average: anything larger.
  public static let large = ChunkerProfile(target: 1 << 20)

  /// Blobs up to this size are one object and are not cut.
  public static let wholeLimit = 64 << 10

  /// The profile for a blob of `size` bytes.
  public static func forBlob(size: UInt64) -> ChunkerProfile {
    if size <= 1 << 30 { return .small }
    return size <= 64 << 30 ? .medium : .large
  }
}
