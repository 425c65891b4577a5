import ArtifactCore
import ArtifactIO

/// The files that a command and its children opened.
struct Trace: Sendable {
  /// What was done to one path.
  struct Access: Sendable {
    /// As the process named it, made absolute; links in it are not resolved.
    let path: [UInt8]
    let isRead: Bool
    let isWritten: Bool
    let isExecuted: Bool
    /// Whether it was written before it was first read: the command's own file.
    let isOwn: Bool
    /// Whether it was given another name.
    let isMoved: Bool
    /// Its state when it was first opened for reading.
    let pin: Pin?
  }

  /// The state of a file at one moment.
  struct Pin: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
    let size: UInt64
    let modified: Int64
    let changed: Int64

    init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
      self.device = device
      self.inode = inode
      self.size = size
      self.modified = modified
      self.changed = changed
    }

    init(_ status: FileStatus) {
      self.init(
        device: status.device, inode: status.inode, size: status.size, modified: status.modified,
        changed: status.changed)
    }
  }

  /// By path.
  private(set) var accesses: [Access] = []
  /// Paths that could not be read or kept.
  private(set) var lostCount: UInt64 = 0
  /// Whether processes were still there at the end.
  private(set) var hasLeftovers = false

  /// Reads what the tracer wrote (CTrace.h, `ctrace_serve`); nil if it is cut off.
  init?(_ bytes: [UInt8]) {
    let span = bytes.span
    guard bytes.count >= 24 else { return nil }
    let count = Self.number(span, 0)
    lostCount = Self.number(span, 8)
    hasLeftovers = Self.number(span, 16) != 0
    var offset = 24
    for _ in 0..<count {
      guard offset + 48 <= bytes.count else { return nil }
      let length = Int(Self.number(span, offset) & 0xFFFF_FFFF)
      let flags = Self.number(span, offset) >> 32
      guard offset + 48 + length <= bytes.count else { return nil }
      let pin = Pin(
        device: Self.number(span, offset + 8), inode: Self.number(span, offset + 16),
        size: Self.number(span, offset + 24), modified: Int64(bitPattern: Self.number(span, offset + 32)),
        changed: Int64(bitPattern: Self.number(span, offset + 40)))
      accesses.append(
        Access(
          path: Array(bytes[(offset + 48)..<(offset + 48 + length)]), isRead: flags & 1 != 0,
          isWritten: flags & 2 != 0, isExecuted: flags & 4 != 0, isOwn: flags & 8 != 0, isMoved: flags & 16 != 0,
          pin: pin.inode == 0 ? nil : pin))
      offset += 48 + length
    }
    guard offset == bytes.count else { return nil }
    accesses.sort { $0.path.lexicographicallyPrecedes($1.path) }
  }

  /// Eight bytes, little-endian; only such machines can trace.
  private static func number(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<8).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return value
  }
}
