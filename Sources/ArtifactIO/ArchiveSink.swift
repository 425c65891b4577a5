import Glibc

/// Takes the bytes of an archive, or of a part of it.
protocol ArchiveOutput: AnyObject {
  /// Takes the next bytes.
  func put(_ bytes: Span<UInt8>) throws(IOFailure)
  /// Ends the stream; nothing may follow.
  func finish() throws(IOFailure)
}

/// The descriptor an archive is written to, behind a buffer.
final class ArchiveSink: ArchiveOutput {
  /// Its name for a person.
  let name: String
  /// Bytes taken so far.
  private(set) var position: Int64 = 0
  private let descriptor: Int32
  private let isOwned: Bool
  private var buffer: [UInt8] = []
  private static let bufferSize = 256 << 10

  /// Creates a file; it is an error if there is one already.
  init(path: [UInt8]) throws(IOFailure) {
    name = ArchiveName.printable(path)
    guard !path.contains(0) else { throw IOFailure(.notFound, "creating", name, "the path holds a NUL byte") }
    descriptor = unsafe (path + [0]).withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { text in
        guard let start = text.baseAddress else { return -1 }
        return retrying { unsafe open(start, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0o666) }
      }
    }
    guard descriptor >= 0 else { throw IOFailure(number: errno, "creating", name) }
    isOwned = true
    buffer.reserveCapacity(Self.bufferSize)
  }

  /// Writes to a descriptor that stays the caller's.
  init(descriptor: Int32, name: [UInt8]) {
    self.name = ArchiveName.printable(name)
    self.descriptor = descriptor
    isOwned = false
    buffer.reserveCapacity(Self.bufferSize)
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  func put(_ bytes: Span<UInt8>) throws(IOFailure) {
    position += Int64(bytes.count)
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize { return try write(bytes) }
    unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  func finish() throws(IOFailure) { try flush() }

  private func flush() throws(IOFailure) {
    // Held here while it is lent out: a span of a class's property may not leave the statement.
    var full: [UInt8] = []
    swap(&full, &buffer)
    defer { swap(&full, &buffer) }
    try write(full.span)
    full.removeAll(keepingCapacity: true)
  }

  /// write(2), repeated until all is written; an interruption is no failure.
  private func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw IOFailure(number: errno, "writing", name) }
      done += count
    }
  }
}
