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
        [(ZSTD_c_compressionLevel, Int32(clamping: level))]
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

  /// Compresses `plain` into the front of `output`, which grows if it is too small.
  ///
  /// - Returns: Bytes of the frame.
  public func compress(_ plain: Span<UInt8>, into output: inout [UInt8]) throws(IOFailure) -> Int {
    let bound = Zstd.bound(plain.count)
    if output.count < bound { output.append(contentsOf: repeatElement(0, count: bound - output.count)) }
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
    if ignoresChecksums {
      let ignore = Int32(ZSTD_d_ignoreChecksum.rawValue)
      unsafe _ = ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam3, ignore)
    }
    return unsafe context
  }

  deinit { unsafe _ = ZSTD_freeDCtx(context) }

  /// Decompresses one whole frame into `output` from `start` on; it must come to exactly `plainSize` bytes.
  public func decompress(
    _ frame: Span<UInt8>, into output: inout [UInt8], at start: Int = 0, plainSize: Int, _ subject: String
  ) throws(IOFailure) {
    precondition(start >= 0 && plainSize >= 0, "a frame outside its buffer")
    let end = start + plainSize
    if output.count < end { output.append(contentsOf: repeatElement(0, count: end - output.count)) }
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
}

enum Zstd {
  /// Most bytes a frame of `count` plain bytes can take.
  static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

  static func failure(_ result: Int, _ verb: String, _ subject: String) -> IOFailure {
    let text = unsafe String(cString: ZSTD_getErrorName(result))
    return IOFailure(.malformed, verb, subject, text.prefix(1).lowercased() + text.dropFirst())
  }
}
