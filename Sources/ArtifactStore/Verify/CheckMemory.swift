import ArtifactCore
import ArtifactIO

/// Which packs were read to the last byte and found well, and when (store-layout.md §5.5).
///
/// A file in the user's cache, so that checking never writes into the store. It is written as a check goes on, so that one
/// that was interrupted in whatever way is continued. Records of 56 bytes, little-endian:
///
///     offset size field
///          0    4 kind      1 pack found well, 2 check of the whole store begun
///          4    4 CRC-32    of the 48 bytes that follow
///          8    8 time      milliseconds since 1970
///         16   32 digest    the pack's name; zero for kind 2
///         48    8 identity  of the file that was read: its place and times; zero for kind 2
final class CheckMemory: Sendable {
  private struct Record {
    let kind: UInt32
    let time: Int64
    var digest = Digest(words: (0, 0, 0, 0))
    var identity: UInt64 = 0

    var bytes: [UInt8] {
      var body = [UInt8]()
      LittleEndian.append(UInt64(bitPattern: time), to: &body)
      digest.append(to: &body)
      LittleEndian.append(identity, to: &body)
      var result = [UInt8]()
      LittleEndian.append(kind, to: &result)
      LittleEndian.append(CRC32.of(body.span), to: &result)
      return result + body
    }

    init(_ kind: UInt32, _ time: Int64) {
      self.kind = kind
      self.time = time
    }

    init?(_ bytes: Span<UInt8>) {
      guard CRC32.of(bytes.extracting(8..<CheckMemory.recordSize)) == LittleEndian.uint32(bytes, at: 4)
      else { return nil }
      kind = LittleEndian.uint32(bytes, at: 0)
      time = Int64(bitPattern: LittleEndian.uint64(bytes, at: 8))
      digest = Digest(bytes, at: 16)
      identity = LittleEndian.uint64(bytes, at: 48)
    }
  }

  private static let recordSize = 56
  private static let packKind: UInt32 = 1
  private static let beginKind: UInt32 = 2
  private static let fileName = Array("packs".utf8)
  /// An interrupted check is not continued after so many milliseconds.
  static let patience: Int64 = 7 * 24 * 3_600 * 1_000

  private let path: Path
  /// Locked while a check runs, so that two do not take each other for an interrupted one.
  private let folder: Directory
  private let file: File
  private let packs: [Digest: Record]
  /// When the check began that did not come to its end.
  let unfinished: Timestamp?

  /// Opens the memory of a store; nil if there can be none, or another check has it.
  init?(_ local: LocalFolders?, store: String) {
    guard let local else { return nil }
    path = local.cache.appending(store).appending("verify")
    // A memory that cannot be kept costs time, never the check.
    guard let folder = try? LocalFile.makeFolder(path), folder.tryLock() else { return nil }
    self.folder = folder
    let now = Platform.now() / 1_000_000
    var packs = [Digest: Record]()
    var begun: Int64?
    let bytes = (try? folder.readFile(Self.fileName, limit: 1 << 30)) ?? []
    var isWhole = bytes.count % Self.recordSize == 0
    for offset in stride(from: 0, through: bytes.count - Self.recordSize, by: Self.recordSize) {
      guard let record = Record(bytes.span.extracting(offset..<(offset + Self.recordSize))), record.time <= now else {
        isWhole = false
        continue
      }
      if record.kind == Self.packKind { packs[record.digest] = record }
      if record.kind == Self.beginKind { begun = record.time }
    }
    self.packs = packs
    unfinished = begun.flatMap { now - $0 < Self.patience ? Timestamp(milliseconds: $0) : nil }
    if !isWhole {
      let kept = packs.values.flatMap(\.bytes) + (begun.map { Record(Self.beginKind, $0).bytes } ?? [])
      guard (try? LocalFile.replace(path, Self.fileName, kept)) != nil else { return nil }
    }
    guard let file = Self.open(folder) else { return nil }
    self.file = file
  }

  private static func open(_ folder: Directory) -> File? { try? folder.append(to: fileName) }

  /// Whether the same file was found well at that time or later.
  func isWell(_ pack: Digest, _ status: FileStatus, since: Timestamp) -> Bool {
    guard let record = packs[pack] else { return false }
    return record.time >= since.milliseconds && record.identity == Self.identity(status)
  }

  /// Notes that a check of the whole store begins.
  func begin() { write(Record(Self.beginKind, Platform.now() / 1_000_000)) }

  /// Notes that a pack was found well.
  func note(_ pack: Digest, _ status: FileStatus) { write(Self.record(pack, status)) }

  private static func record(_ pack: Digest, _ status: FileStatus) -> Record {
    var record = Record(packKind, Platform.now() / 1_000_000)
    record.digest = pack
    record.identity = identity(status)
    return record
  }

  private func write(_ record: Record) {
    // As above: what is not remembered is read again.
    try? file.write(record.bytes.span)
  }

  /// Notes that the check came to its end, and forgets packs that are gone.
  func end(present: Set<Digest>) {
    guard let bytes = try? folder.readFile(Self.fileName, limit: 1 << 30) else { return }
    var newest = [Digest: Record]()
    for offset in stride(from: 0, through: bytes.count - Self.recordSize, by: Self.recordSize) {
      let record = Record(bytes.span.extracting(offset..<(offset + Self.recordSize)))
      if let record, record.kind == Self.packKind, present.contains(record.digest) { newest[record.digest] = record }
    }
    // If this fails, the next check continues this one, and finds nothing left to do.
    try? LocalFile.replace(path, Self.fileName, newest.sorted { $0.key < $1.key }.flatMap(\.value.bytes))
  }

  /// Changes when the file is replaced or written to, though not when the disk forgets.
  private static func identity(_ status: FileStatus) -> UInt64 {
    var bytes = [UInt8]()
    for number in [
      status.device, status.inode, status.size, UInt64(bitPattern: status.modified), UInt64(bitPattern: status.changed),
    ] {
      LittleEndian.append(number, to: &bytes)
    }
    return Digest.of(bytes).words.0
  }
}
