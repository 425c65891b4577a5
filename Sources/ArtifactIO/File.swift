import CLinux
import Glibc

/// An open file.
///
/// Closing is explicit where a failure matters (`close()`), silent otherwise.
public struct File: ~Copyable, Sendable {
  private(set) var descriptor: Int32
  /// The path, for messages.
  public let path: Path

  init(descriptor: Int32, path: Path) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  /// Opens a file for reading.
  ///
  /// A symbolic link at the end is followed only with `followLinks`.
  public static func open(_ path: Path, followLinks: Bool = true) throws(IOFailure) -> File {
    try open(path, flags: O_RDONLY | (followLinks ? 0 : O_NOFOLLOW), mode: 0, "opening")
  }

  /// Creates a file that must not exist yet, for reading and writing.
  public static func create(_ path: Path, mode: UInt32 = 0o666) throws(IOFailure) -> File {
    try open(path, flags: O_RDWR | O_CREAT | O_EXCL, mode: mode, "creating")
  }

  private static func open(_ path: Path, flags: Int32, mode: UInt32, _ verb: String) throws(IOFailure) -> File {
    let descriptor = unsafe path.withCString { pointer in
      retrying { unsafe clinux_open(AT_FDCWD, pointer, flags | O_CLOEXEC, mode) }
    }
    guard descriptor >= 0 else { throw IOFailure(number: errno, verb, path.printable) }
    return File(descriptor: descriptor, path: path)
  }

  /// The file's status.
  public func status() throws(IOFailure) -> FileStatus {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { throw failure("reading the status of") }
    return FileStatus(raw)
  }

  /// Reads up to `count` bytes at the file position into `buffer` from `start` on.
  ///
  /// - Returns: Bytes read; fewer than `count` only at the end of the file.
  public func read(into buffer: inout [UInt8], at start: Int, count: Int) throws(IOFailure) -> Int {
    precondition(start >= 0 && count >= 0 && start + count <= buffer.count, "a read outside its buffer")
    var done = 0
    while done < count {
      let result = unsafe buffer.withUnsafeMutableBytes { raw in
        retrying { unsafe Glibc.read(descriptor, raw.baseAddress.unsafelyUnwrapped + start + done, count - done) }
      }
      guard result >= 0 else { throw failure("reading") }
      if result == 0 { break }
      done += result
    }
    return done
  }

  /// Reads exactly `count` bytes at `offset`; fewer is an error.
  public func read(
    into buffer: inout [UInt8], at start: Int = 0, count: Int, offset: UInt64
  ) throws(IOFailure) {
    precondition(start >= 0 && count >= 0 && start + count <= buffer.count, "a read outside its buffer")
    guard let place = off_t(exactly: offset), place <= off_t.max - off_t(count) else { throw endsEarly }
    var done = 0
    while done < count {
      let result = unsafe buffer.withUnsafeMutableBytes { raw in
        retrying {
          unsafe pread(
            descriptor, raw.baseAddress.unsafelyUnwrapped + start + done, count - done, place + off_t(done))
        }
      }
      guard result >= 0 else { throw failure("reading") }
      guard result > 0 else { throw endsEarly }
      done += result
    }
  }

  private var endsEarly: IOFailure { IOFailure(.malformed, "reading", path.printable, "it ends too early") }

  /// Writes all of `bytes` at the file position.
  public func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let result = unsafe bytes.withUnsafeBytes { raw in
        retrying { unsafe Glibc.write(descriptor, raw.baseAddress.unsafelyUnwrapped + done, raw.count - done) }
      }
      guard result >= 0 else { throw failure("writing") }
      done += result
    }
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: Span<UInt8>, offset: UInt64) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let result = unsafe bytes.withUnsafeBytes { raw in
        retrying {
          unsafe pwrite(
            descriptor, raw.baseAddress.unsafelyUnwrapped + done, raw.count - done, off_t(offset) + off_t(done))
        }
      }
      guard result >= 0 else { throw failure("writing") }
      done += result
    }
  }

  /// Sets the file's length.
  public func truncate(to size: UInt64) throws(IOFailure) {
    guard retrying({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw failure("resizing") }
  }

  /// Sets the permission bits.
  public func setMode(_ mode: UInt32) throws(IOFailure) {
    guard fchmod(descriptor, mode) == 0 else { throw failure("setting the mode of") }
  }

  /// Makes the bytes durable.
  ///
  /// Never retried after a failure: the kernel may have dropped them (store-layout.md §6). An interruption is none.
  public func sync() throws(IOFailure) {
    guard retrying({ fsync(descriptor) }) == 0 else { throw failure("syncing") }
  }

  /// Makes everything on the file's file system durable.
  public func syncFileSystem() throws(IOFailure) {
    guard retrying({ clinux_syncfs(descriptor) }) == 0 else { throw failure("syncing") }
  }

  /// Shares the blocks of `source`; false where the file system cannot.
  public func clone(from source: borrowing File) -> Bool { clinux_clone(descriptor, source.descriptor) == 0 }

  /// Closes the file and reports what close(2) says.
  public consuming func close() throws(IOFailure) {
    let open = descriptor
    descriptor = -1
    guard Glibc.close(open) == 0 || errno == EINTR else { throw failure("closing") }
  }

  private func failure(_ verb: String) -> IOFailure { IOFailure(number: errno, verb, path.printable) }
}

/// Calls again while a signal interrupts.
@inline(__always)
func retrying<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
