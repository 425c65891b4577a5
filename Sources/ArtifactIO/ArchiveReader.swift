/// Reads an archive entry by entry, once, from front to back, in bounded memory.
///
/// Zip (and so wheels), and tar in its v7, ustar, GNU and pax dialects, plain or compressed with gzip, zstd, xz or
/// bzip2; which of them is told by the first bytes, not by the name.
///
/// Nothing an archive says is believed: names are raw bytes and relative, sizes are held to, checksums are checked,
/// and what cannot be read with one meaning is refused. What an entry *means* (two entries of one name, a file below
/// a link) is for the caller to decide.
///
/// libarchive inflates; names and headers are read here, because libarchive 3.6.2 converts names by locale
/// (with UTF-8 it composes NFD spellings, so two files become one; with C a zip entry loses its name), cuts them at
/// NUL, turns `\` into `/`, and takes a tar that breaks off between two entries for a whole one.
public struct ArchiveReader: ~Copyable {
  private let format: any ArchiveFormat
  private let subject: String
  private let limits: Limits
  private let allowExternalLinks: Bool
  private var entries = 0
  private var promised: Int64 = 0
  /// The first failure; it is thrown again by every later call.
  private var failure: IOFailure?

  /// Opens an archive.
  ///
  /// - Parameters:
  ///   - path: Raw bytes; symbolic links are followed.
  ///   - limits: What the archive may ask for.
  ///   - allowExternalLinks: Whether `next` passes on symbolic links for which `linkLeavesRoot` is true.
  /// - Throws: What `open` and `read` say, or `.malformed` if this is no archive.
  public init(
    path: [UInt8], limits: Limits = Limits(), allowExternalLinks: Bool = false
  ) throws(IOFailure) {
    try self.init(ArchiveFile(path: path), limits, allowExternalLinks)
  }

  /// Reads an archive from a descriptor, which stays open and the caller's.
  ///
  /// A file is read from its beginning and its offset is left alone. A pipe is read from where it stands, and
  /// cannot be a zip, whose table of contents is at its end.
  public init(
    descriptor: Int32, name: [UInt8], limits: Limits = Limits(), allowExternalLinks: Bool = false
  ) throws(IOFailure) {
    try self.init(ArchiveFile(descriptor: descriptor, name: name), limits, allowExternalLinks)
  }

  private init(_ file: ArchiveFile, _ limits: Limits, _ allowExternalLinks: Bool) throws(IOFailure) {
    format = try Self.open(file, limits)
    subject = file.name
    self.limits = limits
    self.allowExternalLinks = allowExternalLinks
  }

  private static func open(_ file: ArchiveFile, _ limits: Limits) throws(IOFailure) -> any ArchiveFormat {
    let head = try file.bytes(at: file.size == nil ? nil : 0, count: TarHeader.blockSize)
    func tar(_ coding: ArchiveDecoder.Coding) throws(IOFailure) -> any ArchiveFormat {
      let source = ArchiveSource(file: file)
      source.aim(head: file.size == nil ? head : [], offset: file.size == nil ? nil : 0)
      return TarStream(try ArchiveDecoder(source, coding, subject: file.name), subject: file.name, limits)
    }
    if TarHeader.isHeader(head) || TarHeader.isZero(head) { return try tar(.plain) }
    if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) {
      guard let size = file.size else {
        throw IOFailure(.other, "reading", file.name, "a zip archive can only be read from a file, not from a pipe")
      }
      return try ZipStream(file, size: size)
    }
    if head.starts(with: [0x1F, 0x8B]) { return try tar(.gzip) }
    if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return try tar(.zstd) }
    if head.count > 4, head[0] & 0xF0 == 0x50, head[1...3].elementsEqual([0x2A, 0x4D, 0x18]) { return try tar(.zstd) }
    if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) { return try tar(.xz) }
    if head.starts(with: [0x42, 0x5A, 0x68]) { return try tar(.bzip2) }
    throw IOFailure(
      .malformed, "reading", file.name, head.isEmpty ? "the file is empty" : "it is neither a zip nor a tar archive")
  }

  /// The next entry; nil after the last, when the whole archive has been found sound.
  ///
  /// What was not read of the entry before is passed over. In a tar this inflates and checks it, in a zip not.
  /// After an error, here or in `read`, there is only that error.
  public mutating func next() throws(IOFailure) -> Entry? {
    if let failure { throw failure }
    do {
      return try nextEntry()
    } catch {
      failure = error
      throw error
    }
  }

  private mutating func nextEntry() throws(IOFailure) -> Entry? {
    while let raw = try format.next() {
      entries += 1
      guard entries <= limits.entryCount else { throw refuse(.limit, "it has more than \(limits.entryCount) entries") }
      let path = try normalised(raw.name)
      if path.isEmpty {
        // `tar -C folder .` begins with the folder itself.
        guard case .directory = raw.kind else { throw refuse(.escapes, "an entry that is no directory is named '.'") }
        continue
      }
      return try checked(Entry(path: path, kind: raw.kind, isExecutable: raw.isExecutable))
    }
    return nil
  }

  private mutating func checked(_ entry: Entry) throws(IOFailure) -> Entry {
    switch entry.kind {
    case .file(let size):
      guard size <= limits.inflatedBytes - promised else {
        throw refuse(.limit, "its files have more than \(limits.inflatedBytes) bytes", entry.path)
      }
      promised += size
    case .symlink(let target):
      guard !target.isEmpty, !target.contains(0) else {
        throw refuse(.escapes, "the target of a link is empty or holds a NUL byte", entry.path)
      }
      guard target.count <= limits.pathBytes else {
        throw refuse(.limit, "the target of a link has more than \(limits.pathBytes) bytes", entry.path)
      }
      guard allowExternalLinks || !entry.linkLeavesRoot else {
        throw refuse(.escapes, "a link leads outside, to '\(ArchiveName.printable(target))'", entry.path)
      }
    case .hardlink(let target):
      let target = try normalised(target)
      guard !target.isEmpty else { throw refuse(.escapes, "a hard link leads to '.'", entry.path) }
      return Entry(path: entry.path, kind: .hardlink(target: target), isExecutable: entry.isExecutable)
    case .directory, .other: break
    }
    return entry
  }

  private func normalised(_ raw: [UInt8]) throws(IOFailure) -> [UInt8] {
    try ArchiveName.normalised(raw, limits: limits, verb: "reading", subject: subject)
  }

  private func refuse(_ code: IOFailure.Code, _ detail: String, _ path: [UInt8]? = nil) -> IOFailure {
    IOFailure(code, "reading", path.map { "\(subject): \(ArchiveName.printable($0))" } ?? subject, detail)
  }

  /// Reads on in the body of the current entry, into `buffer[start...]`.
  ///
  /// - Returns: Bytes read: as many as there is room for, fewer only at the end, and 0 after it and for entries that
  ///   are not files. When the last byte has come, the entry has had exactly its declared size and, in a zip, its
  ///   checksum was right.
  public mutating func read(into buffer: inout [UInt8], from start: Int = 0) throws(IOFailure) -> Int {
    if let failure { throw failure }
    do {
      return try format.read(into: &buffer, start..<buffer.count)
    } catch {
      failure = error
      throw error
    }
  }
}

/// A container format, before anything about its names has been checked.
protocol ArchiveFormat: AnyObject {
  /// The next entry; nil at a proper end.
  func next() throws(IOFailure) -> RawEntry?
  /// Reads on in the current entry's body: fills the range unless the body ends; throws if that has not its size.
  func read(into buffer: inout [UInt8], _ range: Range<Int>) throws(IOFailure) -> Int
}

/// An entry as the archive has it.
struct RawEntry {
  var name: [UInt8]
  var kind: ArchiveReader.Entry.Kind
  var isExecutable = false
}
