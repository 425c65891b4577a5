extension ArchiveReader {
  /// One thing found in an archive.
  public struct Entry: Sendable, Equatable {
    /// What the entry is.
    public enum Kind: Sendable, Equatable {
      /// A regular file of exactly this many bytes; a body that differs is an error.
      case file(size: Int64)
      /// A directory.
      case directory
      /// A symbolic link; the target is as stored, neither empty nor holding NUL.
      case symlink(target: [UInt8])
      /// Another name of a file that came earlier; the target is normalised like a path.
      case hardlink(target: [UInt8])
      /// Something that has no place in a store, named for a person: `block device`, `named pipe`, …
      case other(String)
    }

    /// Relative, without `.`, `..`, empty components or NUL; raw bytes, never empty.
    public let path: [UInt8]
    /// What the entry is.
    public let kind: Kind
    /// The owner's execute bit of a regular file; false for zip entries that were not made on Unix.
    public let isExecutable: Bool

    /// Whether this is a symbolic link that can lead out of the directory the archive is unpacked into.
    ///
    /// A target may start with as many `..` as the entry has parent directories. A later `..` counts as
    /// leaving: `a/../x` is outside as soon as `a` is itself a link, and that cannot be known here.
    public var linkLeavesRoot: Bool {
      guard case .symlink(let target) = kind else { return false }
      return ArchiveName.leavesRoot(target, from: path)
    }
  }

  /// What an archive may ask for.
  public struct Limits: Sendable, Equatable {
    /// Bytes of all files together, holes of sparse files included.
    public var inflatedBytes: Int64 = 64 << 30
    /// Entries.
    public var entryCount = 10_000_000
    /// Bytes of a path, and of a link's target.
    public var pathBytes = 4096
    /// Bytes of one component.
    public var componentBytes = 255
    /// Components of a path.
    public var depth = 64

    /// The limits of section 10 of the design: 64 GiB, 4,096 B, 255 B, 64.
    public init() {}
  }
}
