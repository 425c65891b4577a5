import CLinux
import Glibc
import Synchronization

/// An open directory; names are resolved below it, so nobody can move it away underneath.
public final class Directory: Sendable {
  let descriptor: Int32
  /// The path, for messages.
  public let path: Path
  /// Held while the names are read: threads share the place in the list.
  let listing = Mutex<Void>(())

  init(descriptor: Int32, path: Path) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { _ = Glibc.close(descriptor) }

  /// Opens a directory; a symbolic link at the end is followed.
  public convenience init(_ path: Path) throws(IOFailure) {
    let descriptor = unsafe path.withCString { pointer in
      retrying { unsafe clinux_open(AT_FDCWD, pointer, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
    }
    guard descriptor >= 0 else { throw IOFailure(number: errno, "opening", path.printable) }
    self.init(descriptor: descriptor, path: path)
  }

  /// Opens a directory below this one; no component may be a symbolic link.
  public func directory(_ name: [UInt8]) throws(IOFailure) -> Directory {
    let descriptor = unsafe Path.withCString(name) { pointer in
      retrying { unsafe clinux_open_beneath(self.descriptor, pointer, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
    }
    guard descriptor >= 0 else { throw failure("opening", name) }
    return Directory(descriptor: descriptor, path: path.appending(name))
  }

  /// Opens a file below this directory for reading; no component may be a symbolic link.
  public func open(_ name: [UInt8]) throws(IOFailure) -> File {
    let descriptor = unsafe Path.withCString(name) { pointer in
      retrying {
        unsafe clinux_open_beneath(self.descriptor, pointer, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0)
      }
    }
    guard descriptor >= 0 else { throw failure("opening", name) }
    return File(descriptor: descriptor, path: path.appending(name))
  }

  /// Opens a file in this directory for reading; `name` is NUL-terminated at `offset` in `names`.
  public func open(names: [UInt8], at offset: Int) throws(IOFailure) -> File {
    let descriptor = unsafe names.withUnsafeBytes { raw in
      let name = unsafe raw.baseAddress.unsafelyUnwrapped.advanced(by: offset).assumingMemoryBound(to: CChar.self)
      return retrying { unsafe clinux_open(self.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0) }
    }
    guard descriptor >= 0 else { throw failure("opening", NameList.name(in: names, at: offset)) }
    return File(descriptor: descriptor, path: path)
  }

  /// Creates a file in this directory that must not exist yet.
  public func create(_ name: [UInt8], mode: UInt32 = 0o666) throws(IOFailure) -> File {
    let descriptor = unsafe Path.withCString(name) { pointer in
      retrying {
        unsafe clinux_open(self.descriptor, pointer, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      }
    }
    guard descriptor >= 0 else { throw failure("creating", name) }
    return File(descriptor: descriptor, path: path.appending(name))
  }

  /// Opens a file in this directory for reading and writing.
  public func openForWriting(_ name: [UInt8]) throws(IOFailure) -> File {
    let descriptor = unsafe Path.withCString(name) { pointer in
      retrying { unsafe clinux_open(self.descriptor, pointer, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0) }
    }
    guard descriptor >= 0 else { throw failure("opening", name) }
    return File(descriptor: descriptor, path: path.appending(name))
  }

  /// Opens a file in this directory for adding to its end; it is made if it is not there.
  public func append(to name: [UInt8], mode: UInt32 = 0o600) throws(IOFailure) -> File {
    let descriptor = unsafe Path.withCString(name) { pointer in
      retrying {
        unsafe clinux_open(self.descriptor, pointer, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode)
      }
    }
    guard descriptor >= 0 else { throw failure("opening", name) }
    return File(descriptor: descriptor, path: path.appending(name))
  }

  /// Creates a directory.
  public func makeDirectory(_ name: [UInt8], mode: UInt32 = 0o777) throws(IOFailure) {
    guard unsafe Path.withCString(name, { unsafe mkdirat(descriptor, $0, mode) }) == 0 else {
      throw failure("creating", name)
    }
  }

  /// Creates a symbolic link.
  public func makeLink(_ name: [UInt8], to target: [UInt8]) throws(IOFailure) {
    let result = unsafe Path.withCString(name) { name in
      unsafe Path.withCString(target) { unsafe symlinkat($0, descriptor, name) }
    }
    guard result == 0 else { throw failure("linking", name) }
  }

  /// The target of a symbolic link.
  public func linkTarget(_ name: [UInt8]) throws(IOFailure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4_097)
    let count = unsafe Path.withCString(name) { name in
      unsafe buffer.withUnsafeMutableBytes { raw in
        unsafe readlinkat(
          descriptor, name, raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), raw.count)
      }
    }
    guard count >= 0 else { throw failure("reading the link", name) }
    guard count <= 4_096 else {
      throw IOFailure(.limit, "reading the link", path.appending(name).printable, "its target is over 4,096 bytes")
    }
    return Array(buffer[..<count])
  }

  /// The status of an entry; a symbolic link itself, not what it points to.
  public func status(_ name: [UInt8]) throws(IOFailure) -> FileStatus {
    var raw = stat()
    let result = unsafe Path.withCString(name) { unsafe fstatat(descriptor, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    guard result == 0 else { throw failure("looking at", name) }
    return FileStatus(raw)
  }

  /// The directory's own status.
  public func status() throws(IOFailure) -> FileStatus {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { throw IOFailure(number: errno, "looking at", path.printable) }
    return FileStatus(raw)
  }

  /// The status of an entry, or nil if there is none.
  public func statusIfPresent(_ name: [UInt8]) throws(IOFailure) -> FileStatus? {
    do { return try status(name) } catch  where error.code == .notFound { return nil }
  }

  /// Gives a file a second name; fails with `.exists` if that is taken.
  public func link(_ name: [UInt8], to directory: Directory, as newName: [UInt8]) throws(IOFailure) {
    let result = unsafe Path.withCString(name) { old in
      unsafe Path.withCString(newName) { unsafe linkat(descriptor, old, directory.descriptor, $0, 0) }
    }
    guard result == 0 else { throw directory.failure("linking", newName) }
  }

  /// Moves an entry, replacing what has the new name.
  public func rename(_ name: [UInt8], to directory: Directory, as newName: [UInt8]) throws(IOFailure) {
    let result = unsafe Path.withCString(name) { old in
      unsafe Path.withCString(newName) { unsafe renameat(descriptor, old, directory.descriptor, $0) }
    }
    guard result == 0 else { throw directory.failure("renaming", newName) }
  }

  /// Moves an entry; fails with `.exists` if the new name is taken.
  public func renameNoReplace(_ name: [UInt8], to directory: Directory, as newName: [UInt8]) throws(IOFailure) {
    let result = unsafe Path.withCString(name) { old in
      unsafe Path.withCString(newName) { unsafe clinux_rename_no_replace(descriptor, old, directory.descriptor, $0) }
    }
    guard result == 0 else { throw directory.failure("renaming", newName) }
  }

  /// Swaps two entries atomically.
  public func exchange(_ name: [UInt8], with directory: Directory, _ other: [UInt8]) throws(IOFailure) {
    let result = unsafe Path.withCString(name) { first in
      unsafe Path.withCString(other) { unsafe clinux_rename_exchange(descriptor, first, directory.descriptor, $0) }
    }
    guard result == 0 else { throw directory.failure("exchanging", other) }
  }

  /// Removes a file or link.
  public func remove(_ name: [UInt8]) throws(IOFailure) {
    guard unsafe Path.withCString(name, { unsafe unlinkat(descriptor, $0, 0) }) == 0 else {
      throw failure("removing", name)
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ name: [UInt8]) throws(IOFailure) {
    guard unsafe Path.withCString(name, { unsafe unlinkat(descriptor, $0, AT_REMOVEDIR) }) == 0 else {
      throw failure("removing", name)
    }
  }

  /// Sets permission bits of an entry that is not a link.
  public func setMode(_ name: [UInt8], _ mode: UInt32) throws(IOFailure) {
    guard unsafe Path.withCString(name, { unsafe fchmodat(descriptor, $0, mode, 0) }) == 0 else {
      throw failure("setting the mode of", name)
    }
  }

  /// Makes the directory's entries durable.
  public func sync() throws(IOFailure) {
    guard retrying({ fsync(descriptor) }) == 0 else {
      throw IOFailure(number: errno, "syncing", path.printable, isFailedSync: true)
    }
  }

  /// Makes the directory's entries durable, for a reader; false if that failed.
  ///
  /// A file system that is read-only, or has no such call because it always is, has nothing to lose.
  public func syncForReading() -> Bool {
    retrying { fsync(descriptor) } == 0 || errno == EROFS || errno == EINVAL
  }

  /// Makes everything on the directory's file system durable.
  public func syncFileSystem() throws(IOFailure) {
    guard retrying({ clinux_syncfs(descriptor) }) == 0 else {
      throw IOFailure(number: errno, "syncing", path.printable, isFailedSync: true)
    }
  }

  /// Raw names of all entries, unsorted, without `.` and `..`.
  public func names() throws(IOFailure) -> [[UInt8]] {
    var list = NameList()
    try list.read(self)
    return list.offsets.map { NameList.name(in: list.bytes, at: $0) }
  }

  /// Removes an entry and everything below it; nothing there is no error.
  public func removeTree(_ name: [UInt8]) throws(IOFailure) {
    guard let status = try statusIfPresent(name) else { return }
    guard status.kind == .directory else { return try remove(name) }
    let below = try directory(name)
    for child in try below.names() { try below.removeTree(child) }
    try removeDirectory(name)
  }

  func failure(_ verb: String, _ name: [UInt8]) -> IOFailure {
    IOFailure(number: errno, verb, path.appending(name).printable)
  }
}
