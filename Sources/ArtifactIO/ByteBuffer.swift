import CLinux
import Glibc

/// A reusable buffer of fixed capacity that is filled from the front.
public struct ByteBuffer: Sendable {
  /// The storage; the first `count` bytes are the content.
  public private(set) var storage: [UInt8]
  /// Bytes filled.
  public private(set) var count = 0

  /// Creates a buffer of `capacity` bytes.
  public init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

  /// Bytes that still fit without growing.
  public var room: Int { storage.count - count }

  /// Makes the buffer empty.
  public mutating func removeAll() { count = 0 }

  /// Drops bytes from the front and moves the rest there.
  public mutating func removeFirst(_ number: Int) {
    precondition(number <= count, "more bytes dropped than there are")
    storage.moveToFront(from: number, count: count - number)
    count -= number
  }

  /// Appends bytes, growing if need be.
  public mutating func append(_ bytes: Span<UInt8>) {
    reserve(bytes.count)
    storage.put(bytes, at: count)
    count += bytes.count
  }

  /// Appends `number` zero bytes.
  public mutating func appendZeros(_ number: Int) {
    reserve(number)
    unsafe storage.withUnsafeMutableBytes { raw in
      unsafe _ = memset(raw.baseAddress.unsafelyUnwrapped + count, 0, number)
    }
    count += number
  }

  private mutating func reserve(_ number: Int) {
    if room < number {
      storage += [UInt8](repeating: 0, count: max(number - room, storage.count / 2))
    }
  }
}

extension [UInt8] {
  /// Overwrites bytes from `offset` on; they must fit.
  public mutating func put(_ bytes: Span<UInt8>, at offset: Int) {
    precondition(offset >= 0 && offset + bytes.count <= count, "a copy outside its buffer")
    if bytes.isEmpty { return }
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe _ = memcpy(
          target.baseAddress.unsafelyUnwrapped + offset, source.baseAddress.unsafelyUnwrapped, source.count)
      }
    }
  }

  /// Moves `count` bytes from `source` to the front; the ranges may overlap.
  public mutating func moveToFront(from source: Int, count: Int) {
    precondition(source >= 0 && count >= 0 && source + count <= self.count, "a move outside its buffer")
    unsafe withUnsafeMutableBytes { raw in
      let base = unsafe raw.baseAddress.unsafelyUnwrapped
      unsafe _ = memmove(base, base + source, count)
    }
  }
}
