import CLinux
import Glibc

/// A file mapped for reading.
///
/// The pages are the kernel's, not anonymous memory.
///
/// Only for files that are never changed in place (packs and index segments): a file that shrinks under a mapping kills
/// the reader.
@safe public final class MappedFile: Sendable {
  nonisolated(unsafe) private let base: UnsafeMutableRawPointer?
  /// Bytes in the file.
  public let count: Int

  /// Maps a whole file.
  public init(_ file: borrowing File) throws(IOFailure) {
    let size = Int(try file.status().size)
    count = size
    if size == 0 {
      unsafe base = nil
      return
    }
    let address = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw IOFailure(number: errno, "mapping", file.path.printable)
    }
    unsafe base = address
  }

  deinit { if let base = unsafe base { unsafe _ = munmap(base, count) } }

  /// Calls `body` with the bytes.
  @inline(__always)
  public func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    let buffer = unsafe UnsafeBufferPointer(
      start: UnsafePointer(base?.assumingMemoryBound(to: UInt8.self)), count: count)
    return try unsafe body(Span(_unsafeElements: buffer))
  }
}
