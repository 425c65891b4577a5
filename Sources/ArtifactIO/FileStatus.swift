import CLinux
import Glibc

/// What stat(2) says, as far as it matters here.
public struct FileStatus: Sendable, Equatable {
  /// The kind of a file.
  public enum Kind: Sendable, Equatable {
    case file, directory, link, fifo, socket, device, other
  }

  /// The kind of the file.
  public let kind: Kind
  /// Device number.
  public let device: UInt64
  /// Inode number.
  public let inode: UInt64
  /// Bytes.
  public let size: UInt64
  /// Permission bits, 0o7777.
  public let mode: UInt32
  /// Last change of the bytes, nanoseconds since 1970.
  public let modified: Int64
  /// Last change of the inode, nanoseconds since 1970.
  public let changed: Int64

  /// Whether the owner may execute it.
  public var isExecutable: Bool { mode & 0o100 != 0 }

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      case S_IFBLK, S_IFCHR: .device
      default: .other
      }
    device = UInt64(raw.st_dev)
    inode = UInt64(raw.st_ino)
    size = UInt64(clamping: raw.st_size)
    mode = UInt32(raw.st_mode) & 0o7777
    modified = Int64(raw.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(raw.st_mtim.tv_nsec)
    changed = Int64(raw.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(raw.st_ctim.tv_nsec)
  }
}
