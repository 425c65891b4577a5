import CZstd

/// How hard to compress.
public enum Compression: Sendable, Equatable {
  /// Store as raw blocks, for bytes known to be incompressible.
  case raw
  /// A zstd level, 1 to 12 (libzstd 1.5.4 has a rare fault above: facebook/zstd#3517).
  case level(Int)
}

/// A reusable zstd compression context.
///
/// Frames carry content size and checksum.
@safe public struct Compressor: ~Copyable {
  private let context: OpaquePointer

  /// Creates a context; the window stays below 8 MiB at every permitted level.
  public init(_ compression: Compression) throws(IOFailure) { unsafe context = try Self.make(compression) }

  private static func make(_ compression: Compression) throws(IOFailure) -> OpaquePointer {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw IOFailure(.other, "preparing", "compression", "out of memory")
    }
    let settings: [(ZSTD_cParameter, Int32)] =
      switch compression {
      case .raw:
        [(ZSTD_c_compressionLevel, -1_000), (ZSTD_c_experimentalParam5, Int32(ZSTD_lcm_uncompressed.rawValue))]
      case .level(let level):
        parameters(level)
      }
    for (parameter, value) in settings + [(ZSTD_c_checksumFlag, 1), (ZSTD_c_contentSizeFlag, 1)] {
      let result = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
      if ZSTD_isError(result) != 0 {
        unsafe _ = ZSTD_freeCCtx(context)
        throw Zstd.failure(result, "setting up", "compression")
      }
    }
    return unsafe context
  }

  deinit { unsafe _ = ZSTD_freeCCtx(context) }

  /// Settings of a level.
  ///
  /// Frames of 1 MiB fill the 2^17 places of the table of levels 3 and 4: with 2^18 small files shrink by another 0.4 %
  /// for 4 % of the time. 0 is the level's own.
  private static func parameters(_ level: Int) -> [(ZSTD_cParameter, Int32)] {
    [(ZSTD_c_compressionLevel, Int32(clamping: level)), (ZSTD_c_hashLog, (3...4).contains(level) ? 18 : 0)]
  }

  /// Compresses the next frames at another level.
  public func change(level: Int) throws(IOFailure) {
    for (parameter, value) in Self.parameters(level) {
      let result = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
      if ZSTD_isError(result) != 0 { throw Zstd.failure(result, "setting up", "compression") }
    }
  }

  /// Compresses `plain` into the front of `output`, which grows if it is too small.
  ///
  /// - Returns: Bytes of the frame.
  public func compress(_ plain: Span<UInt8>, into output: inout [UInt8]) throws(IOFailure) -> Int {
    let bound = Zstd.bound(plain.count)
    if output.count < bound { output += [UInt8](repeating: 0, count: bound - output.count) }
    let result = unsafe output.withUnsafeMutableBytes { target in
      unsafe plain.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    if ZSTD_isError(result) != 0 { throw Zstd.failure(result, "compressing", "a frame") }
    return result
  }
}

/// A reusable zstd decompression context; the window is limited to 2^27 bytes.
@safe public struct Decompressor: ~Copyable {
  private let context: OpaquePointer

  /// Creates a context.
  ///
  /// - Parameter ignoresChecksums: Only for readers that hash what comes out.
  public init(ignoresChecksums: Bool = false) throws(IOFailure) { unsafe context = try Self.make(ignoresChecksums) }

  private static func make(_ ignoresChecksums: Bool) throws(IOFailure) -> OpaquePointer {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw IOFailure(.other, "preparing", "decompression", "out of memory")
    }
    unsafe _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
    if ignoresChecksums { unsafe setIgnoresChecksums(true, context) }
    return unsafe context
  }

  private static func setIgnoresChecksums(_ ignores: Bool, _ context: OpaquePointer) {
    let value = Int32((ignores ? ZSTD_d_ignoreChecksum : ZSTD_d_validateChecksum).rawValue)
    unsafe _ = ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam3, value)
  }

  /// Changes whether checksums are looked at, from the next frame on.
  public func setIgnoresChecksums(_ ignores: Bool) {
    unsafe _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    unsafe Self.setIgnoresChecksums(ignores, context)
  }

  deinit { unsafe _ = ZSTD_freeDCtx(context) }

  /// Decompresses one whole frame into `output` from `start` on; it must come to exactly `plainSize` bytes.
  public func decompress(
    _ frame: Span<UInt8>, into output: inout [UInt8], at start: Int = 0, plainSize: Int, _ subject: String
  ) throws(IOFailure) {
    precondition(start >= 0 && plainSize >= 0, "a frame outside its buffer")
    let end = start + plainSize
    if output.count < end { output += [UInt8](repeating: 0, count: end - output.count) }
    let result = unsafe output.withUnsafeMutableBytes { target in
      unsafe frame.withUnsafeBytes { source in
        unsafe ZSTD_decompressDCtx(
          context, target.baseAddress.map { unsafe $0 + start }, plainSize, source.baseAddress, source.count)
      }
    }
    if ZSTD_isError(result) != 0 { throw Zstd.failure(result, "decompressing", subject) }
    guard result == plainSize else {
      throw IOFailure(.malformed, "decompressing", subject, "\(result) bytes came out where \(plainSize) were promised")
    }
  }

  /// Decompresses as much of a damaged frame as comes out, and no more than `limit` bytes.
  ///
  /// The frame's own checksum is not looked at: the caller has to hash what it uses.
  ///
  /// - Returns: Bytes at the front of `output`.
  public func decompressPrefix(_ frame: Span<UInt8>, into output: inout [UInt8], limit: Int) -> Int {
    unsafe _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    // Handed over at once, a frame comes out whole or not at all.
    var (given, read, made) = (0, 0, 0)
    while made < limit {
      // Few frames are as large as they may be.
      let room = min(limit, made + Self.prefixStep)
      if output.count < room { output += [UInt8](repeating: 0, count: room - output.count) }
      if read == given {
        if given == frame.count { return made }
        given = min(frame.count, given + 4_096)
      }
      let before = (read, made)
      let state = unsafe output.withUnsafeMutableBytes { target in
        unsafe frame.withUnsafeBytes { source in
          var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: given, pos: read)
          var result = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: room, pos: made)
          let state = unsafe ZSTD_decompressStream(context, &result, &input)
          unsafe (read, made) = (input.pos, result.pos)
          return state
        }
      }
      if ZSTD_isError(state) != 0 || state == 0 || before == (read, made) { return made }
    }
    return made
  }

  /// Bytes by which the output of `decompressPrefix` grows.
  private static let prefixStep = 256 << 10
}

/// A zstd frame as its header and the headers of its blocks describe it.
public struct FrameShape: Sendable, Equatable {
  /// Bytes in the file.
  public let storedSize: Int
  /// Bytes after decompression.
  public let plainSize: Int

  /// The first bytes of every zstd frame (RFC 8878 §3.1.1).
  public static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  /// Follows the frame at the front of `bytes`; nil if there is none, it does not end in them, or it does not state its
  /// size.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count >= Self.magic.count else { return nil }
    for index in Self.magic.indices where bytes[index] != Self.magic[index] { return nil }
    let sizes = unsafe bytes.withUnsafeBytes { raw in
      (
        unsafe ZSTD_findFrameCompressedSize(raw.baseAddress, raw.count),
        unsafe ZSTD_getFrameContentSize(raw.baseAddress, raw.count)
      )
    }
    // The two largest numbers stand for "not stated" and "no frame".
    guard ZSTD_isError(sizes.0) == 0, sizes.1 < UInt64(Int.max) else { return nil }
    storedSize = sizes.0
    plainSize = Int(sizes.1)
  }
}

enum Zstd {
  /// Most bytes a frame of `count` plain bytes can take.
  static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

  static func failure(_ result: Int, _ verb: String, _ subject: String) -> IOFailure {
    let text = unsafe String(cString: ZSTD_getErrorName(result))
    return IOFailure(.malformed, verb, subject, text.prefix(1).lowercased() + text.dropFirst())
  }
}
