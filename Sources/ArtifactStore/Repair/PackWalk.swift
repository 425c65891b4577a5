import ArtifactCore
import ArtifactIO

/// Finds everything that can be had from a pack in whatever condition, without need of its index or seek table.
///
/// Frames follow each other, each starts with a magic number and says by its blocks how long it is, and holds whole
/// members of a tar archive with their names: so a frame that is whole gives all its members wherever it stands. Behind
/// damage the next magic number is looked for. Of a damaged frame those objects are taken that hash to their names, as far
/// as it can be decoded. Bytes that look like a frame but are none (a stored zstd file) do no harm, for every object is
/// hashed.
struct PackWalk: ~Copyable {
  /// An object or recipe that was found.
  struct Member: Sendable {
    let kind: ObjectKind
    let digest: Digest
    let range: Range<Int>

    /// As an index lists it, in frame number `frame`.
    func entry(frame: Int) -> SegmentIndex.Entry {
      SegmentIndex.Entry(
        digest: digest, frame: UInt32(frame), start: UInt32(range.lowerBound), length: UInt32(range.count), kind: kind)
    }
  }

  /// A frame with at least one member that was found.
  struct Frame: Sendable {
    let offset: UInt64
    let storedSize: Int
    let plainSize: Int
    /// Whether it decodes with its checksum, so that its recipes are what was written.
    let isWhole: Bool
    /// Whether the members fill it to the last byte, so that it may travel as it stands.
    let isFull: Bool
    let members: [Member]
  }

  private let file: File
  private let size: UInt64
  /// What an index says of each frame, where one could be read: it finds objects whose tar header is damaged.
  private let hints: [UInt64: [SegmentIndex.Entry]]
  private let strict: Decompressor
  private let lenient: Decompressor
  private var window: [UInt8] = []
  private var windowCount = 0
  private var plain: [UInt8] = []

  private static let step = 4 << 20
  private static let most = 2 * PackLayout.frameLimit + (1 << 20)
  private static let sector = 4_096

  private init(
    _ file: consuming File, size: UInt64, _ hints: [UInt64: [SegmentIndex.Entry]], _ strict: consuming Decompressor,
    _ lenient: consuming Decompressor
  ) {
    self.file = file
    self.size = size
    self.hints = hints
    self.strict = strict
    self.lenient = lenient
  }

  /// Opens the file of a pack.
  static func open(
    _ name: [UInt8], in directory: Directory, hints: [UInt64: [SegmentIndex.Entry]] = [:]
  ) throws(StoreError) -> PackWalk {
    let file = try wrapping { () throws(IOFailure) in try directory.open(name) }
    let size = try size(of: file)
    let strict = try wrapping { () throws(IOFailure) in try Decompressor() }
    let lenient = try wrapping { () throws(IOFailure) in try Decompressor(ignoresChecksums: true) }
    return PackWalk(file, size: size, hints, strict, lenient)
  }

  private static func size(of file: borrowing File) throws(StoreError) -> UInt64 {
    do { return try file.status().size } catch { throw StoreError(error) }
  }

  /// Calls `body` for every frame from which something can be had, with its stored and its plain bytes.
  mutating func run(
    _ progress: Progress, _ body: (Frame, _ stored: Span<UInt8>, _ plain: Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    var offset: UInt64 = 0
    // Where a frame ended well the next one starts, even if its magic number is damaged.
    var isBoundary = true
    while offset < size {
      try progress.checkCancelled()
      var count = load(offset, Self.step)
      if count == 0 {
        // A bad spot of the disk.
        offset += UInt64(Self.sector)
        isBoundary = false
        continue
      }
      if isBoundary, !startsWithMagic() { restoreMagic(count) }
      guard startsWithMagic() else {
        offset += UInt64(nextMagic(count))
        isBoundary = false
        continue
      }
      var shape = shape(count)
      if shape == nil, offset + UInt64(count) < size {
        count = load(offset, Self.most)
        if isBoundary { restoreMagic(count) }
        shape = self.shape(count)
      }
      if let shape, decode(shape) {
        if let frame = frame(at: offset, shape, count: shape.plainSize, isWhole: true) {
          try hand(frame, body)
        }
        offset += UInt64(shape.storedSize)
        isBoundary = true
        continue
      }
      let stored = window
      let limit = PackLayout.frameLimit
      let decoded = lenient.decompressPrefix(stored.span.extracting(0..<count), into: &plain, limit: limit)
      let rest = FrameShape.magic.count
      if let frame = frame(at: offset, shape, count: decoded, isWhole: false) { try hand(frame, body) }
      offset += UInt64(rest)
      isBoundary = false
    }
  }

  private func hand(
    _ frame: Frame, _ body: (Frame, _ stored: Span<UInt8>, _ plain: Span<UInt8>) throws(StoreError) -> Void
  ) throws(StoreError) {
    let (stored, plain) = (window, self.plain)
    try body(frame, stored.span.extracting(0..<frame.storedSize), plain.span.extracting(0..<frame.plainSize))
  }

  // MARK: Frames

  /// A frame of a size that a pack may have, at the front of the window.
  private func shape(_ count: Int) -> FrameShape? {
    let bytes = window
    guard let shape = FrameShape(bytes.span.extracting(0..<count)), shape.plainSize <= PackLayout.frameLimit,
      shape.storedSize <= 2 * PackLayout.frameLimit
    else { return nil }
    return shape
  }

  private mutating func decode(_ shape: FrameShape) -> Bool {
    let bytes = window
    let frame = bytes.span.extracting(0..<shape.storedSize)
    return (try? strict.decompress(frame, into: &plain, plainSize: shape.plainSize, "")) != nil
  }

  private func startsWithMagic() -> Bool {
    windowCount >= FrameShape.magic.count && window.starts(with: FrameShape.magic)
  }

  private mutating func restoreMagic(_ count: Int) {
    let skippable: [UInt8] = [0x2A, 0x4D, 0x18]
    guard count >= FrameShape.magic.count, !window[1..<4].elementsEqual(skippable) else { return }
    for (index, byte) in FrameShape.magic.enumerated() { window[index] = byte }
  }

  /// Bytes to the next magic number in the window, or to where one could start that the window cuts.
  private func nextMagic(_ count: Int) -> Int {
    let bytes = window.span
    let magic = FrameShape.magic
    var index = 1
    while index + 3 < count {
      if bytes[index] == magic[0], bytes[index + 1] == magic[1], bytes[index + 2] == magic[2],
        bytes[index + 3] == magic[3]
      {
        return index
      }
      index += 1
    }
    return max(1, count - 3)
  }

  // MARK: Members

  /// What can be had from the first `count` plain bytes; nil if that is nothing.
  private func frame(at offset: UInt64, _ shape: FrameShape?, count: Int, isWhole: Bool) -> Frame? {
    let bytes = plain.span.extracting(0..<count)
    var found = [Member]()
    var position = 0
    var isFull = isWhole
    while position + TarHeader.blockSize <= count {
      guard let header = try? TarHeader.parse(bytes, at: position), let name = try? MemberName(header.name),
        case .content(let kind, let digest) = name
      else {
        isFull = false
        position += TarHeader.blockSize
        continue
      }
      let start = position + TarHeader.blockSize
      guard header.size <= min(count - start, PackLayout.objectLimit) else {
        isFull = false
        position += TarHeader.blockSize
        continue
      }
      found.append(Member(kind: kind, digest: digest, range: start..<(start + header.size)))
      if !TarHeader.isPadded(bytes, after: start..<(start + header.size)) { isFull = false }
      position = start + header.size + TarHeader.padding(after: header.size)
    }
    for entry in hints[offset] ?? [] {
      let end = Int(entry.start) + Int(entry.length)
      guard end <= count, !found.contains(where: { $0.range.lowerBound == Int(entry.start) }) else { continue }
      found.append(Member(kind: entry.kind, digest: entry.digest, range: Int(entry.start)..<end))
    }
    let good = check(found, bytes)
    if good.isEmpty { return nil }
    return Frame(
      offset: offset, storedSize: shape?.storedSize ?? 0, plainSize: count, isWhole: isWhole,
      isFull: isFull && good.count == found.count, members: good)
  }

  private func check(_ members: [Member], _ bytes: Span<UInt8>) -> [Member] {
    let objects = members.filter { $0.kind == .object }
    var good = zip(objects, Digest.of(objects.map(\.range), in: bytes)).filter { $0.digest == $1 }.map(\.0)
    good += members.filter { $0.kind == .recipe && (try? Recipe(bytes.extracting($0.range))) != nil }
    return good.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  // MARK: Bytes

  /// Brings the bytes from an offset on to the front of the window: up to `wanted`, fewer before the end of the file or a
  /// bad spot of the disk.
  private mutating func load(_ offset: UInt64, _ wanted: Int) -> Int {
    let count = Int(min(UInt64(wanted), size - offset))
    if window.count < count { window += [UInt8](repeating: 0, count: count - window.count) }
    if (try? file.read(into: &window, count: count, offset: offset)) != nil {
      windowCount = count
      return count
    }
    windowCount = 0
    while windowCount < count {
      let part = min(Self.sector, count - windowCount)
      let place = offset + UInt64(windowCount)
      guard (try? file.read(into: &window, at: windowCount, count: part, offset: place)) != nil else { break }
      windowCount += part
    }
    return windowCount
  }
}
