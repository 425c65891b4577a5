/// A tar archive, read from front to back.
///
/// Strict where two readers could differ: a damaged header, data after the end mark and a missing end mark are errors,
/// not hints. Links, directories and devices have no body whatever their size field says, as in libarchive and Python.
final class TarStream: ArchiveFormat {
  /// Extended headers in front of one entry, and bytes of one of them.
  private static let maximumExtensions = 32
  private static let maximumExtension: Int64 = 1 << 20

  private let decoder: ArchiveDecoder
  private let subject: String
  /// Bytes that are not files' (headers, padding, zeros at the end): as many again as may be in files, at least 64 MiB.
  private let overheadLimit: Int64
  private var overhead: Int64 = 0
  private var body = TarBody()
  /// Stored bytes left of the current body, and then zeros up to a full block.
  private var stored: Int64 = 0
  private var padding: Int64 = 0
  private var isFinished = false

  init(_ decoder: ArchiveDecoder, subject: String, _ limits: ArchiveReader.Limits) {
    self.decoder = decoder
    self.subject = subject
    overheadLimit = max(limits.inflatedBytes, 64 << 20)
  }

  func next() throws(IOFailure) -> RawEntry? {
    guard !isFinished else { return nil }
    try skipBody()
    var attributes = TarAttributes()
    var extensions = 0
    while true {
      guard let block = try block() else {
        throw damage(
          extensions > 0
            ? "it breaks off inside a header" : "it ends without its end mark; the rest may have been cut off")
      }
      if TarHeader.isZero(block) {
        guard extensions == 0 else { throw damage("it ends after an extended header") }
        try finish()
        return nil
      }
      guard TarHeader.isHeader(block) else { throw damage("a header has a wrong checksum") }
      let header = TarHeader(block)
      if header.type == UInt8(ascii: "V"), extensions == 0 { continue }  // GNU's volume label
      guard try extend(&attributes, header) else { return try entry(header, attributes) }
      extensions += 1
      guard extensions <= Self.maximumExtensions else {
        throw IOFailure(.limit, "reading", subject, "an entry has more than \(Self.maximumExtensions) headers")
      }
    }
  }

  func read(into buffer: inout [UInt8], _ range: Range<Int>) throws(IOFailure) -> Int {
    var filled = range.lowerBound
    while filled < range.upperBound, let run = body.nextRun(atMost: range.upperBound - filled) {
      switch run {
      case .zeros(let count):
        for index in filled..<(filled + count) { buffer[index] = 0 }
        filled += count
      case .data(let count):
        guard try decoder.read(into: &buffer, filled..<(filled + count)) == count else {
          throw damage("it breaks off inside a file")
        }
        stored -= Int64(count)
        filled += count
      }
    }
    return filled - range.lowerBound
  }

  // MARK: Headers

  /// Takes in an extended header and its body; false if the header is an entry's own.
  private func extend(_ attributes: inout TarAttributes, _ header: TarHeader) throws(IOFailure) -> Bool {
    switch header.type {
    case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "g"):
      let body = try extensionBody(header)
      do {
        try attributes.add(body, isGlobal: header.type == UInt8(ascii: "g"))
      } catch {
        throw damage(error.detail)
      }
    case UInt8(ascii: "L"): attributes.longName = try longName(header)
    case UInt8(ascii: "K"): attributes.longLink = try longName(header)
    // Solaris' access lists say nothing that is kept.
    case UInt8(ascii: "A"): _ = try extensionBody(header)
    default: return false
    }
    return true
  }

  private func extensionBody(_ header: TarHeader) throws(IOFailure) -> [UInt8] {
    guard let size = header.size else { throw damage("an extended header has a damaged size") }
    guard size <= Self.maximumExtension else {
      throw IOFailure(.limit, "reading", subject, "an extended header has more than \(Self.maximumExtension) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: Int(size + Self.padding(size)))
    guard try decoder.read(into: &bytes, bytes.indices) == bytes.count else {
      throw damage("it breaks off inside a header")
    }
    try count(overhead: Int64(bytes.count))
    return Array(bytes[..<Int(size)])
  }

  /// A name that ends at its first NUL; something else behind that is kept, so that the name is refused.
  private func longName(_ header: TarHeader) throws(IOFailure) -> [UInt8] {
    let bytes = try extensionBody(header)
    guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return [] }
    return Array(bytes[...last])
  }

  private func entry(_ header: TarHeader, _ attributes: TarAttributes) throws(IOFailure) -> RawEntry {
    guard let size = attributes.size ?? header.size, size < 1 << 62 else {
      throw damage("an entry has a damaged size")
    }
    guard let mode = header.mode else { throw damage("an entry has a damaged mode") }
    let name = attributes.sparseName ?? attributes.path ?? attributes.longName ?? header.name
    let link = attributes.linkPath ?? attributes.longLink ?? header.linkName
    var result = RawEntry(name: name, kind: .directory)
    switch header.type {
    case UInt8(ascii: "0"), 0, UInt8(ascii: "7"), UInt8(ascii: "S"):
      // As old tars wrote directories, some of them with a size.
      guard name.last != UInt8(ascii: "/") else { break }
      result.isExecutable = mode & 0o100 != 0
      result.kind = .file(size: try openBody(header, attributes, size))
      return result
    case UInt8(ascii: "1"): result.kind = .hardlink(target: link)
    case UInt8(ascii: "2"): result.kind = .symlink(target: link)
    case UInt8(ascii: "3"): result.kind = .other("character device")
    case UInt8(ascii: "4"): result.kind = .other("block device")
    case UInt8(ascii: "5"): break
    case UInt8(ascii: "6"): result.kind = .other("named pipe")
    // GNU's incremental backups: the body lists what was in the directory.
    case UInt8(ascii: "D"): try storeUnused(size)
    case UInt8(ascii: "M"):
      result.kind = .other("part of a file that began on another volume")
      try storeUnused(size)
    default:
      result.kind = .other("tar entry of type '\(ArchiveName.printable([header.type]))'")
      try storeUnused(size)
    }
    guard !attributes.isSparse, !attributes.mapIsInBody else { throw damage("an entry that is no file is sparse") }
    return result
  }

  // MARK: Bodies

  private func store(_ size: Int64) {
    stored = size
    padding = Self.padding(size)
  }

  /// A body that will only be passed over, and so counts like a header.
  private func storeUnused(_ size: Int64) throws(IOFailure) {
    try count(overhead: size)
    store(size)
  }

  /// Prepares reading of a file's body.
  ///
  /// - Returns: The size of the file, its holes included.
  private func openBody(
    _ header: TarHeader, _ attributes: TarAttributes, _ size: Int64
  ) throws(IOFailure) -> Int64 {
    store(size)
    var map: [TarSparsePart]
    let realSize: Int64
    if header.type == UInt8(ascii: "S") {
      guard header.isGNU else { throw damage("it is sparse in a way that is not supported") }
      (map, realSize) = try headerMap(header)
    } else if attributes.isSparse {
      guard let size = attributes.sparseSize else { throw damage("a sparse file has no size") }
      realSize = size
      if attributes.mapIsInBody {
        map = try bodyMap()
      } else if let parts = attributes.sparseMap {
        map = parts
      } else {
        throw damage("it is sparse in a way that is not supported")
      }
    } else {
      map = [TarSparsePart(offset: 0, count: size)]
      realSize = size
    }
    guard let body = TarBody(map, size: realSize, stored: stored) else { throw damage("a sparse map is damaged") }
    self.body = body
    return realSize
  }

  /// GNU's old format: four pairs in the header, then blocks of 21 while a flag says so.
  private func headerMap(_ header: TarHeader) throws(IOFailure) -> ([TarSparsePart], Int64) {
    guard let realSize = TarHeader.number(header.block[483..<495]) else { throw damage("a sparse file has no size") }
    var map: [TarSparsePart] = []
    var more = header.block[482] != 0
    var pairs = header.block[386..<482]
    while true {
      for start in stride(from: pairs.startIndex, to: pairs.endIndex, by: 24) where pairs[start] != 0 {
        guard let offset = TarHeader.number(pairs[start..<start + 12]),
          let count = TarHeader.number(pairs[start + 12..<start + 24])
        else { throw damage("a sparse map is damaged") }
        map.append(TarSparsePart(offset: offset, count: count))
      }
      guard more else { return (map, realSize) }
      guard let block = try block() else { throw damage("it breaks off inside a header") }
      more = block[504] != 0
      pairs = block[0..<504]
      guard map.count < TarBody.maximumParts else { throw damage("a sparse map is too long") }
    }
  }

  /// pax format 1.0: decimal numbers, one a line, in whole blocks in front of the data.
  private func bodyMap() throws(IOFailure) -> [TarSparsePart] {
    var text: [UInt8] = []
    var position = 0
    func number() throws(IOFailure) -> Int64 {
      while true {
        if let end = text[position...].firstIndex(of: 0x0A) {
          defer { position = end + 1 }
          guard let number = TarAttributes.decimal(text[position..<end]) else { break }
          return number
        }
        guard text.count - position < 32, stored >= Int64(TarHeader.blockSize), let block = try block() else { break }
        stored -= Int64(TarHeader.blockSize)
        text = Array(text[position...]) + block
        position = 0
      }
      throw damage("a sparse map is damaged")
    }
    let count = try number()
    guard count <= TarBody.maximumParts else { throw damage("a sparse map is too long") }
    var map: [TarSparsePart] = []
    for _ in 0..<count { map.append(TarSparsePart(offset: try number(), count: try number())) }
    return map
  }

  private func skipBody() throws(IOFailure) {
    body = TarBody()
    let rest = stored + padding
    guard try decoder.skip(rest) == rest else { throw damage("it breaks off inside a file") }
    try count(overhead: padding)
    stored = 0
    padding = 0
  }

  // MARK: Blocks

  /// The next block; nil at the end of the stream.
  private func block() throws(IOFailure) -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
    let count = try decoder.read(into: &block, block.indices)
    guard count > 0 else { return nil }
    guard count == block.count else { throw damage("it breaks off inside a header") }
    try self.count(overhead: Int64(count))
    return block
  }

  /// After the first zero block: the second (GNU tar too accepts its lack), then zeros only to the end of the stream,
  /// where the checksums of the compression are.
  private func finish() throws(IOFailure) {
    isFinished = true
    guard try decoder.drainZeros(atMost: overheadLimit - overhead) else {
      throw damage("there is more data behind its end mark")
    }
    // Catches damage that changed a length, which the checksum of gzip may not see (`checkGzipTrailer`).
    guard decoder.produced % Int64(TarHeader.blockSize) == 0 else { throw damage("it is not made of whole blocks") }
  }

  private func count(overhead bytes: Int64) throws(IOFailure) {
    guard bytes <= overheadLimit - overhead else {
      throw IOFailure(.limit, "reading", subject, "apart from files it has more than \(overheadLimit) bytes")
    }
    overhead += bytes
  }

  private static func padding(_ size: Int64) -> Int64 { -size & 511 }

  private func damage(_ detail: String) -> IOFailure { IOFailure(.malformed, "reading", subject, detail) }
}
