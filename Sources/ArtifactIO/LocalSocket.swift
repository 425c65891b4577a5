import CLinux
import Glibc

/// A connection to another process of this machine.
public struct LocalSocket: Sendable {
  private let descriptor: Descriptor
  private let path: Path

  /// Connects to the socket at a path.
  public init(_ path: Path) throws(IOFailure) {
    self.path = path
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The last byte ends the path.
    let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
    let bytes = path.bytes
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw IOFailure(number: errno, "connecting to", path.printable) }
    descriptor = Descriptor(owning: number)
    guard bytes.count <= capacity, !bytes.contains(0) else {
      throw IOFailure(.other, "connecting to", path.printable, "the path of a socket has at most \(capacity) bytes")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let result = unsafe withUnsafeBytes(of: &address) { raw in
      let start = unsafe raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self)
      return retrying { unsafe connect(number, start, socklen_t(raw.count)) }
    }
    guard result == 0 else { throw IOFailure(number: errno, "connecting to", path.printable) }
  }

  /// Sends all bytes.
  public func write(_ bytes: [UInt8]) throws(IOFailure) { try descriptor.write(bytes.span) }

  /// Waits for exactly `count` bytes.
  public func read(_ count: Int) throws(IOFailure) -> [UInt8] {
    var result = [UInt8]()
    while result.count < count {
      var buffer = [UInt8](repeating: 0, count: count - result.count)
      let read = try descriptor.read(into: &buffer)
      guard read > 0 else { throw IOFailure(.malformed, "reading from", path.printable, "it hung up") }
      result += buffer[..<read]
    }
    return result
  }
}
