import CLinux
import Glibc
import Synchronization

/// The names of a directory in one buffer, NUL-terminated, read with getdents64(2).
///
/// Foundation's listing damages names that are not UTF-8, and an array a name costs more than reading it.
public struct NameList: Sendable {
  /// The names, each followed by a NUL.
  public private(set) var bytes: [UInt8] = []
  /// Where each name starts in `bytes`.
  public private(set) var offsets: [Int] = []
  private var buffer: [UInt8] = []

  /// Creates an empty list; reuse it, its buffers stay.
  public init() {}

  /// Replaces the content by the names in `directory`, without `.` and `..`, sorted bytewise.
  public mutating func readSorted(_ directory: Directory) throws(IOFailure) {
    try read(directory)
    let names = bytes
    unsafe names.withUnsafeBytes { raw in
      let base = unsafe raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
      offsets.sort { unsafe strcmp(base + $0, base + $1) < 0 }
    }
  }

  /// Replaces the content by the names in `directory`, without `.` and `..`, in no order.
  public mutating func read(_ directory: Directory) throws(IOFailure) {
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 64 << 10) }
    try directory.listing.withLock { (_) throws(IOFailure) in try readAll(directory) }
    if bytes.isEmpty { bytes.append(0) }
  }

  private mutating func readAll(_ directory: Directory) throws(IOFailure) {
    guard lseek(directory.descriptor, 0, SEEK_SET) == 0 else {
      throw IOFailure(number: errno, "listing", directory.path.printable)
    }
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { raw in
        retrying { unsafe clinux_getdents(directory.descriptor, raw.baseAddress, raw.count) }
      }
      guard count >= 0 else { throw IOFailure(number: errno, "listing", directory.path.printable) }
      if count == 0 { return }
      takeRecords(count)
    }
  }

  /// linux_dirent64: inode 8, offset 8, record length u16 at 16, type u8 at 18, name from 19, NUL-terminated.
  private mutating func takeRecords(_ count: Int) {
    var record = 0
    while record < count {
      let length = Int(buffer[record + 16]) | Int(buffer[record + 17]) << 8
      var end = record + 19
      while buffer[end] != 0 { end += 1 }
      let name = buffer[(record + 19)..<end]
      let isDot = name.first == 0x2e && (name.count == 1 || (name.count == 2 && name.last == 0x2e))
      if !isDot {
        offsets.append(bytes.count)
        bytes.append(contentsOf: name)
        bytes.append(0)
      }
      record += length
    }
  }

  /// Bytes of the name that starts at `offset` in a buffer of NUL-terminated names.
  public static func length(in bytes: [UInt8], at offset: Int) -> Int {
    var end = offset
    while bytes[end] != 0 { end += 1 }
    return end - offset
  }

  /// The name that starts at `offset` in a buffer of NUL-terminated names.
  public static func name(in bytes: [UInt8], at offset: Int) -> [UInt8] {
    var end = offset
    while bytes[end] != 0 { end += 1 }
    return Array(bytes[offset..<end])
  }
}

extension Directory {
  /// The status of the entry whose NUL-terminated name stands at `offset` in `names`; nil if it is gone.
  public func status(names: [UInt8], at offset: Int) throws(IOFailure) -> FileStatus? {
    var raw = stat()
    let result = unsafe names.withUnsafeBytes { bytes in
      let name = unsafe bytes.baseAddress.unsafelyUnwrapped.advanced(by: offset).assumingMemoryBound(to: CChar.self)
      return unsafe fstatat(descriptor, name, &raw, AT_SYMLINK_NOFOLLOW)
    }
    if result == 0 { return FileStatus(raw) }
    if errno == ENOENT { return nil }
    throw failure("looking at", NameList.name(in: names, at: offset))
  }
}
