/// Writes an archive that depends on nothing but what is put into it.
///
/// The same entries in the same order give the same bytes, whoever writes them, on whatever host and in whatever time
/// zone and locale. (Compressed bytes are those of the zlib and libzstd that the program was built with.)
///
/// Owner 0, no user names, modes 0644, 0755 (executable files, directories) and 0777 (links); times are 1970-01-01
/// in tar and 1980-01-01, the earliest there, in zip. Names are raw bytes. Compression runs on one thread.
///
/// It cannot be seen from the descriptor that an archive was not finished: write under a temporary name, sync, rename.
public struct ArchiveWriter: ~Copyable {
  /// A container and its compression.
  public enum Format: Sendable, CaseIterable {
    /// `.tar`: pax, with extended headers only where ustar has no room.
    case tar
    /// `.tar.gz`, `.tgz`.
    case tarGzip
    /// `.tar.zst`, `.tzst`.
    case tarZstd
    /// `.zip`: deflate; zip64 where sizes ask for it.
    case zip

    /// The format a file name asks for by its ending (ASCII case does not matter); nil if it asks for none.
    public init?(fileName: [UInt8]) {
      let name = fileName.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      func ends(_ ending: String) -> Bool {
        name.count > ending.utf8.count && name.suffix(ending.utf8.count).elementsEqual(ending.utf8)
      }
      if ends(".tar") {
        self = .tar
      } else if ends(".tar.gz") || ends(".tgz") {
        self = .tarGzip
      } else if ends(".tar.zst") || ends(".tzst") {
        self = .tarZstd
      } else if ends(".zip") {
        self = .zip
      } else {
        return nil
      }
    }
  }

  private let sink: ArchiveSink
  private let container: any ArchiveContainer
  private var left: Int64 = 0
  private var current: [UInt8] = []

  /// Creates the file at `path`, which must not exist yet.
  public init(path: [UInt8], format: Format) throws(IOFailure) {
    try self.init(ArchiveSink(path: path), format)
  }

  /// Writes to a descriptor, which stays open and the caller's, from where it stands.
  ///
  /// - Parameters:
  ///   - descriptor: Need not be seekable.
  ///   - name: What to call it in errors.
  ///   - format: What to write.
  /// - Throws: Only where memory is short; nothing is written yet.
  public init(descriptor: Int32, name: [UInt8], format: Format) throws(IOFailure) {
    try self.init(ArchiveSink(descriptor: descriptor, name: name), format)
  }

  /// Writes to a file, which stays open and the caller's, from where it stands.
  public init(file: borrowing File, format: Format) throws(IOFailure) {
    try self.init(ArchiveSink(descriptor: file.descriptor, name: file.path.bytes), format)
  }

  private init(_ sink: ArchiveSink, _ format: Format) throws(IOFailure) {
    self.sink = sink
    switch format {
    case .tar: container = TarWriter(sink)
    case .tarGzip: container = TarWriter(try GzipEncoder(sink, subject: sink.name))
    case .tarZstd: container = TarWriter(try ZstdEncoder(sink, subject: sink.name))
    case .zip: container = ZipWriter(sink)
    }
  }

  /// Adds a directory; files below it need none.
  ///
  /// Here and below, `name` is a relative path as a reader returns it: without `.`, `..`, empty parts, NUL, or a `/`
  /// at its end. That no name comes twice is up to the caller.
  public mutating func addDirectory(_ name: [UInt8]) throws(IOFailure) {
    try add(ArchiveMember(name: name, kind: .directory))
  }

  /// Adds a symbolic link; the target is not looked at, except that it may be neither empty nor hold NUL.
  public mutating func addSymlink(_ name: [UInt8], target: [UInt8]) throws(IOFailure) {
    guard !target.isEmpty, !target.contains(0) else {
      throw IOFailure(.escapes, "writing", subject(name), "the target of a link is empty or holds a NUL byte")
    }
    try add(ArchiveMember(name: name, kind: .symlink(target: target)))
  }

  /// Adds a file, whose `size` bytes then come through `write`.
  public mutating func addFile(_ name: [UInt8], size: Int64, isExecutable: Bool) throws(IOFailure) {
    guard size >= 0, size < 1 << 62 else {
      throw IOFailure(.limit, "writing", subject(name), "a file cannot have \(size) bytes")
    }
    try add(ArchiveMember(name: name, kind: .file(size: size), isExecutable: isExecutable))
    current = name
    left = size
    if left == 0 { try container.endFile() }
  }

  /// The next bytes of the file added last; more than it was said to have are refused.
  public mutating func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    guard Int64(bytes.count) <= left else {
      throw IOFailure(.malformed, "writing", subject(current), "there are more bytes than its declared size")
    }
    guard !bytes.isEmpty else { return }
    try container.write(bytes)
    left -= Int64(bytes.count)
    if left == 0 { try container.endFile() }
  }

  /// Writes the end of the archive, without which it is not one.
  public consuming func finish() throws(IOFailure) {
    try requireComplete()
    try container.finish()
  }

  private mutating func add(_ member: ArchiveMember) throws(IOFailure) {
    try requireComplete()
    let name = try ArchiveName.normalised(member.name, limits: .init(), verb: "writing", subject: sink.name)
    guard name == member.name, !name.isEmpty else {
      throw IOFailure(.escapes, "writing", subject(member.name), "a name is not in its shortest form")
    }
    try container.begin(member)
  }

  private func requireComplete() throws(IOFailure) {
    guard left == 0 else {
      throw IOFailure(.malformed, "writing", subject(current), "\(left) bytes of its declared size are missing")
    }
  }

  private func subject(_ name: [UInt8]) -> String { "\(sink.name): \(ArchiveName.printable(name))" }
}

/// One thing to be written, its name checked.
struct ArchiveMember {
  enum Kind {
    case directory
    case file(size: Int64)
    case symlink(target: [UInt8])
  }

  let name: [UInt8]
  let kind: Kind
  var isExecutable = false

  /// Unix type and permission bits.
  var mode: UInt16 {
    switch kind {
    case .directory: 0o040755
    case .file: isExecutable ? 0o100755 : 0o100644
    case .symlink: 0o120777
    }
  }

  /// The name as both formats have it: a directory's ends in `/`.
  var storedName: [UInt8] {
    if case .directory = kind { return name + [UInt8(ascii: "/")] }
    return name
  }
}

/// A container format: for each file, `begin`, then its bytes, then `endFile`; for the rest `begin` only.
protocol ArchiveContainer: AnyObject {
  func begin(_ member: ArchiveMember) throws(IOFailure)
  func write(_ bytes: Span<UInt8>) throws(IOFailure)
  func endFile() throws(IOFailure)
  func finish() throws(IOFailure)
}
