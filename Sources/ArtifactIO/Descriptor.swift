import CLinux
import Glibc
import Synchronization

/// An open descriptor that other processes may get: an end of a pipe, memory, the null device.
///
/// Closed with its owner, or before.
public final class Descriptor: Sendable {
  private let value: Atomic<Int32>

  private init(_ number: Int32) { value = Atomic(number) }

  deinit { close() }

  /// The number, for a process to be started; -1 once it is closed.
  public var number: Int32 { value.load(ordering: .relaxed) }

  /// Takes over a descriptor that the caller has; its number must be open.
  public convenience init(owning number: Int32) { self.init(number) }

  /// A pipe: what is written to one end comes out of the other.
  public static func pipe() throws(IOFailure) -> (reader: Descriptor, writer: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw IOFailure(number: errno, "making", "a pipe") }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// A file without a name, in memory.
  public static func memory() throws(IOFailure) -> Descriptor {
    let number = unsafe memfd_create("artifact", UInt32(MFD_CLOEXEC))
    guard number >= 0 else { throw IOFailure(number: errno, "making", "a file in memory") }
    return Descriptor(number)
  }

  /// `/dev/null`, for reading and writing.
  public static func null() throws(IOFailure) -> Descriptor {
    let number = unsafe clinux_open(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0)
    guard number >= 0 else { throw IOFailure(number: errno, "opening", "/dev/null") }
    return Descriptor(number)
  }

  /// Closes it; again is no error.
  public func close() {
    let number = value.exchange(-1, ordering: .relaxed)
    if number >= 0 { _ = Glibc.close(number) }
  }

  /// Reads once, as much as there is; 0 at the end.
  public func read(into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let number = number
    let count = unsafe buffer.withUnsafeMutableBytes { raw in
      retrying { unsafe Glibc.read(number, raw.baseAddress, raw.count) }
    }
    // A terminal whose other end is gone says so with EIO.
    guard count >= 0 || errno == EIO else { throw IOFailure(number: errno, "reading", "a pipe") }
    return max(0, count)
  }

  /// Writes all bytes.
  public func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let result = unsafe bytes.withUnsafeBytes { raw in
        retrying { unsafe Glibc.write(number, raw.baseAddress.unsafelyUnwrapped + done, raw.count - done) }
      }
      guard result >= 0 else { throw IOFailure(number: errno, "writing", "a pipe") }
      done += result
    }
  }

  /// Everything in a file in memory.
  public func contents() throws(IOFailure) -> [UInt8] {
    guard lseek(number, 0, SEEK_SET) == 0 else { throw IOFailure(number: errno, "reading", "a file in memory") }
    var result = [UInt8]()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = try read(into: &buffer)
      if count == 0 { return result }
      result += buffer[..<count]
    }
  }

  /// Waits until something can be read, or an end is reached, of any of them; which of them, nothing if the time is up.
  ///
  /// A negative time means no limit.
  public static func wait(_ descriptors: [Descriptor], milliseconds: Int32) -> [Int] {
    var requests = descriptors.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
    let count = nfds_t(requests.count)
    let ready = retrying { unsafe poll(&requests, count, milliseconds) }
    return ready <= 0 ? [] : requests.indices.filter { requests[$0].revents != 0 }
  }
}

extension Path {
  /// The path without symbolic links, `.` and `..`; nil if it leads nowhere.
  public var real: Path? {
    guard let text = unsafe withCString({ unsafe realpath($0, nil) }) else { return nil }
    defer { unsafe free(text) }
    return unsafe Path(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
  }

  /// Whether this user may execute it.
  public var isExecutable: Bool { unsafe withCString { unsafe access($0, X_OK) } == 0 }

  /// Whether the path is `folder` or below it.
  public func isBelow(_ folder: Path) -> Bool {
    if folder.bytes == [0x2f] { return bytes.first == 0x2f }
    return bytes.starts(with: folder.bytes) && (bytes.count == folder.bytes.count || bytes[folder.bytes.count] == 0x2f)
  }

  /// The path below `folder`; nil if it is not there, empty for the folder itself.
  public func below(_ folder: Path) -> [UInt8]? {
    guard isBelow(folder) else { return nil }
    if folder.bytes == [0x2f] { return Array(bytes.dropFirst()) }
    return Array(bytes.dropFirst(folder.bytes.count + 1))
  }
}

extension File {
  /// All bytes of a small file; more than `limit` are refused.
  public static func contents(_ path: Path, limit: Int) throws(IOFailure) -> [UInt8] {
    let file = try open(path)
    let status = try file.status()
    guard status.kind == .file else {
      throw IOFailure(.other, "reading", path.printable, "it is not a file")
    }
    guard status.size <= UInt64(limit) else {
      throw IOFailure(.limit, "reading", path.printable, "\(status.size) bytes; the limit is \(limit)")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.size))
    let count = try file.read(into: &bytes, at: 0, count: bytes.count)
    return count == bytes.count ? bytes : Array(bytes[..<count])
  }

  /// The status of what is at a path; nil if there is nothing.
  public static func status(_ path: Path, followLinks: Bool = true) throws(IOFailure) -> FileStatus? {
    var raw = stat()
    let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
    let result = unsafe path.withCString { unsafe fstatat(AT_FDCWD, $0, &raw, flags) }
    if result == 0 { return FileStatus(raw) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw IOFailure(number: errno, "looking at", path.printable)
  }

  /// Adds bytes to the end of a file that must be there, in one write.
  public static func append(_ bytes: Span<UInt8>, to path: Path) throws(IOFailure) {
    let number = unsafe path.withCString { pointer in
      retrying { unsafe clinux_open(AT_FDCWD, pointer, O_WRONLY | O_APPEND | O_CLOEXEC, 0) }
    }
    guard number >= 0 else { throw IOFailure(number: errno, "opening", path.printable) }
    try Descriptor(owning: number).write(bytes)
  }
}
