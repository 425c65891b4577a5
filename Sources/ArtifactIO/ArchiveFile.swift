import Glibc

/// An archive open for reading: the one place that makes system calls for the reader.
final class ArchiveFile {
  /// Its name for a person.
  let name: String
  /// Bytes in the file; nil if it is a pipe or anything else that can only be read once, from front to back.
  let size: Int64?
  private let descriptor: Int32
  private let isOwned: Bool

  /// Opens a file; symbolic links are followed.
  init(path: [UInt8]) throws(IOFailure) {
    name = ArchiveName.printable(path)
    guard !path.contains(0) else { throw IOFailure(.notFound, "opening", name, "the path holds a NUL byte") }
    descriptor = unsafe (path + [0]).withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { text in
        guard let start = text.baseAddress else { return -1 }
        return retrying { unsafe open(start, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
      }
    }
    guard descriptor >= 0 else { throw IOFailure(number: errno, "opening", name) }
    isOwned = true
    size = try Self.size(of: descriptor, name)
  }

  /// Uses a descriptor that stays the caller's.
  init(descriptor: Int32, name: [UInt8]) throws(IOFailure) {
    self.name = ArchiveName.printable(name)
    self.descriptor = descriptor
    isOwned = false
    size = try Self.size(of: descriptor, self.name)
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  private static func size(of descriptor: Int32, _ name: String) throws(IOFailure) -> Int64? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw IOFailure(number: errno, "opening", name) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw IOFailure(.malformed, "opening", name, "it is a directory, not an archive")
    }
    return status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
  }

  /// Fills `buffer` as far as there are bytes: read(2) or, from `offset`, pread(2); repeated when interrupted.
  ///
  /// - Returns: Bytes read, fewer than asked for only at the end of the file; a negated error number on failure.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64?) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count =
        if let offset {
          unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + Int64(filled)))
        } else {
          unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
        }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return -Int(errno) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Up to `count` bytes at `offset`, or the next ones when it is nil; fewer only at the end of the file.
  func bytes(at offset: Int64?, count: Int) throws(IOFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe bytes.withUnsafeMutableBytes { unsafe read(into: $0, at: offset) }
    guard got >= 0 else { throw IOFailure(number: Int32(-got), "reading", name) }
    if got < count { bytes.removeLast(count - got) }
    return bytes
  }
}
