import ArtifactCore
import ArtifactIO
import Synchronization

/// Remembers which bytes a file had when it was last pushed, so that an unchanged one need not be read.
///
/// A local file that anyone may delete. It is written after the push is in the log, with the size of the log on which the
/// push was decided: at that moment all its blobs were in the store, with all their chunks, and only a later `collect`
/// event can take them away (`WriteSession.holds`). It holds, for one store and one pushed folder, in the order of the
/// walk:
///
///     header 64   magic "ARTSTAT3", N u64, log size u64, 8 reserved, Merkle root of the log at that size 32
///     N × 80      device, inode, size, modified, changed, hashed at (8 bytes each), digest 32
///     N × 4       positions of the entries, sorted by (device, inode)
///     32          SHA-256 of everything before
final class StatCache: Sendable {
  /// What is known about a file.
  struct Hit {
    let digest: Digest
    let hashedAt: Int64
  }

  private let map: MappedFile
  private let count: Int
  /// Number of log entries when it was written.
  let logSize: Int
  /// The Merkle root over them.
  let logRoot: Digest
  static let entrySize = 80
  static let headerSize = 64
  static let magic = Array("ARTSTAT3".utf8)
  /// A file hashed less than this after it was changed is hashed again: a write through a mapping shows late.
  static let settlingTime: Int64 = 60 * 1_000_000_000

  /// Opens the cache of a folder; nil if there is none that reads well.
  init?(_ folder: Path, key: [UInt8]) {
    // A cache that cannot be read is a cache that is not there.
    guard let directory = try? Directory(folder), let file = try? directory.open(key), let map = try? MappedFile(file)
    else { return nil }
    let header: (count: Int, logSize: Int, logRoot: Digest)? = map.withBytes { bytes in
      guard bytes.count >= Self.headerSize + 32 else { return nil }
      for (index, byte) in Self.magic.enumerated() where bytes[index] != byte { return nil }
      let stated = LittleEndian.uint64(bytes, at: 8)
      guard stated < 1 << 31, bytes.count == Self.headerSize + Int(stated) * (Self.entrySize + 4) + 32,
        Digest.of(bytes.extracting(0..<(bytes.count - 32))) == Digest(bytes, at: bytes.count - 32)
      else { return nil }
      return (Int(stated), Int(clamping: LittleEndian.uint64(bytes, at: 16)), Digest(bytes, at: 32))
    }
    guard let header else { return nil }
    self.map = map
    count = header.count
    logSize = header.logSize
    logRoot = header.logRoot
  }

  /// The digest of a file, if it is surely unchanged since it was hashed.
  func find(_ status: FileStatus) -> Hit? {
    map.withBytes { bytes in
      let order = Self.headerSize + count * Self.entrySize
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        let offset = Self.headerSize + Int(LittleEndian.uint32(bytes, at: order + middle * 4)) * Self.entrySize
        let inode = LittleEndian.uint64(bytes, at: offset + 8)
        let device = LittleEndian.uint64(bytes, at: offset)
        if (device, inode) < (status.device, status.inode) {
          low = middle + 1
        } else if (device, inode) == (status.device, status.inode) {
          return Self.match(status, bytes, at: offset)
        } else {
          high = middle
        }
      }
      return nil
    }
  }

  private static func match(_ status: FileStatus, _ bytes: Span<UInt8>, at offset: Int) -> Hit? {
    let hashedAt = Int64(bitPattern: LittleEndian.uint64(bytes, at: offset + 40))
    guard LittleEndian.uint64(bytes, at: offset + 16) == status.size,
      Int64(bitPattern: LittleEndian.uint64(bytes, at: offset + 24)) == status.modified,
      Int64(bitPattern: LittleEndian.uint64(bytes, at: offset + 32)) == status.changed,
      hashedAt - status.modified >= settlingTime
    else { return nil }
    return Hit(digest: Digest(bytes, at: offset + 48), hashedAt: hashedAt)
  }

  /// Writes the cache of a folder, replacing the earlier one.
  static func write(
    _ folders: [ScanFolder], after history: MerkleFrontier, to folder: Path, key: [UInt8]
  ) throws(IOFailure) {
    try LocalFile.replace(folder, key) { (file) throws(IOFailure) in try write(folders, after: history, to: file) }
  }

  private static func write(
    _ folders: [ScanFolder], after history: MerkleFrontier, to file: borrowing File
  ) throws(IOFailure) {
    var keys = [(device: UInt64, inode: UInt64)]()
    var hasher = SHA256Hasher()
    let total = folders.reduce(0) { $0 + $1.entries.withLock { $0.count { $0.kind.isFile } } }
    keys.reserveCapacity(total)
    var chunk = magic
    LittleEndian.append(UInt64(total), to: &chunk)
    LittleEndian.append(UInt64(history.size), to: &chunk)
    LittleEndian.append(UInt64(0), to: &chunk)
    history.root.append(to: &chunk)
    for folder in folders {
      for entry in folder.entries.withLock({ $0 }) where entry.kind.isFile {
        keys.append((entry.device, entry.inode))
        append(entry, to: &chunk)
        if chunk.count >= 1 << 20 { try flush(&chunk, &hasher, file) }
      }
    }
    let order = (0..<UInt32(keys.count)).sorted { keys[Int($0)] < keys[Int($1)] }
    for position in order { LittleEndian.append(position, to: &chunk) }
    try flush(&chunk, &hasher, file)
    try file.write(hasher.finish().bytes.span)
  }

  private static func append(_ entry: ScanEntry, to bytes: inout [UInt8]) {
    LittleEndian.append(entry.device, to: &bytes)
    LittleEndian.append(entry.inode, to: &bytes)
    LittleEndian.append(entry.size, to: &bytes)
    LittleEndian.append(UInt64(bitPattern: entry.modified), to: &bytes)
    LittleEndian.append(UInt64(bitPattern: entry.changed), to: &bytes)
    LittleEndian.append(UInt64(bitPattern: entry.hashedAt), to: &bytes)
    entry.digest.append(to: &bytes)
  }

  private static func flush(
    _ chunk: inout [UInt8], _ hasher: inout SHA256Hasher, _ file: borrowing File
  ) throws(IOFailure) {
    try file.write(chunk.span)
    hasher.update(chunk.span)
    chunk.removeAll(keepingCapacity: true)
  }
}
