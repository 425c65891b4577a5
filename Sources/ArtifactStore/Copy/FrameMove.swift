import ArtifactCore
import ArtifactIO

/// What moving frames came to.
struct Moved: Sendable {
  /// Objects and recipes that were not there.
  var objects = 0
  /// Frames that were taken as they stand.
  var frames = 0
  /// Objects that were taken out of their frame.
  var repacked = 0
  /// Objects and recipes that no copy gave back, where that is tolerated.
  var lost = 0
  /// Why some of these could not be read, though they may be well.
  var failure: StoreError?

  /// Adds what was moved besides.
  mutating func add(_ other: Moved) {
    objects += other.objects
    frames += other.frames
    repacked += other.repacked
    lost += other.lost
    failure = failure ?? other.failure
  }
}

/// Moves members of a pack's frames into a session.
///
/// A frame is taken verbatim only if all its members are wanted and none is there yet; every object is checked against its
/// digest on the way.
struct FrameMove: ~Copyable {
  private let source: Store
  private let session: WriteSession
  private let writer: PackWriter
  private let wants: (SegmentIndex.Entry, Span<UInt8>) throws(StoreError) -> Bool
  private let smallest: Int
  private let toleratesLoss: Bool
  private var reader: FrameReader
  /// What was moved so far.
  private(set) var moved = Moved()

  /// A member, by what the index says; its frame is given beside it.
  typealias Member = SegmentIndex.Entry

  /// Prepares to move.
  ///
  /// - Parameters:
  ///   - smallest: Frames with fewer plain bytes are packed anew, together with others.
  ///   - toleratesLoss: Whether what is damaged in every copy is left out rather than thrown.
  ///   - wants: Claims a member, with its content; false if it need not be stored.
  static func make(
    from source: Store, to session: WriteSession, smallest: Int = 0, toleratesLoss: Bool = false,
    _ wants: @escaping (SegmentIndex.Entry, Span<UInt8>) throws(StoreError) -> Bool
  ) throws(StoreError) -> FrameMove {
    let writer = try session.packer(0)
    let reader = try FrameReader()
    return FrameMove(
      source: source, session: session, writer: writer, wants: wants, smallest: smallest,
      toleratesLoss: toleratesLoss, reader: reader)
  }

  private init(
    source: Store, session: WriteSession, writer: PackWriter,
    wants: @escaping (SegmentIndex.Entry, Span<UInt8>) throws(StoreError) -> Bool, smallest: Int,
    toleratesLoss: Bool, reader: consuming FrameReader
  ) {
    self.source = source
    self.session = session
    self.writer = writer
    self.wants = wants
    self.smallest = smallest
    self.toleratesLoss = toleratesLoss
    self.reader = reader
  }

  /// Moves some members of one frame.
  mutating func move(
    _ members: [Member], of frame: SegmentIndex.Frame, in pack: Digest
  ) throws(StoreError) {
    do {
      try reader.read(frame, of: source.pack(pack))
    } catch  where error.code == .damaged || error.code == .io {
      // Another pack may have what is in this frame; a pack that is gone is for the caller to look for.
      if error.isAbsence { throw error }
      for member in members { try moveOther(copyOf: member, unless: error) }
      return
    }
    let plain = reader.plain
    var good = [Member]()
    var memberBytes = 0
    var isPlain = true
    for member in members.sorted(by: { $0.start < $1.start }) {
      let range = Self.range(of: member)
      guard range.upperBound <= Int(frame.plainSize) else {
        throw StoreError(.damaged, "pack \(pack.short)", "its index promises more than a frame holds")
      }
      guard member.kind == .recipe || Digest.of(plain.span.extracting(range)) == member.digest else {
        try moveOther(
          copyOf: member,
          unless: StoreError(
            .damaged, "pack \(pack.short)",
            "the frame at byte \(frame.offset) holds other bytes than object \(member.digest.short)"))
        continue
      }
      isPlain = isPlain && Self.stands(member, range, in: plain.span)
      good.append(member)
      memberBytes += TarHeader.blockSize + range.count + TarHeader.padding(after: range.count)
      session.progress.add(session.progress.bytesDone, range.count)
    }
    var isWanted = [Bool]()
    for member in good { isWanted.append(try wants(member, plain.span.extracting(Self.range(of: member)))) }
    moved.objects += isWanted.count { $0 }
    // Members fill the frame to the last byte exactly when nothing else stands in it.
    if isPlain, memberBytes == Int(frame.plainSize), memberBytes >= smallest, !isWanted.contains(false) {
      let stored = reader.storedBytes
      try writer.addFrame(stored.span.extracting(0..<Int(frame.storedSize)), plainSize: frame.plainSize, entries: good)
      moved.frames += 1
      return
    }
    for (member, isWanted) in zip(good, isWanted) where isWanted {
      let bytes = plain.span.extracting(Self.range(of: member))
      if member.kind == .recipe {
        try writer.addRecipe(.recipe, member.digest, bytes)
      } else {
        try writer.add(.object, member.digest, bytes)
      }
      moved.repacked += 1
    }
  }

  /// Takes what lies in a damaged frame from another one; if there is none, `error` is thrown, or the loss counted.
  private mutating func moveOther(copyOf member: Member, unless error: StoreError) throws(StoreError) {
    let digest = member.digest
    switch member.kind {
    case .object:
      guard let bytes = try? source.objects.object(digest) else { return try lose(error) }
      guard session.claim(digest, .object) else { return }
      try writer.add(.object, digest, bytes.span)
      moved.objects += 1
      moved.repacked += 1
    case .recipe:
      // Copies of every recipe travel anyway; this one counts as lost only if it was the last.
      guard let recipes = try? source.objects.recipes(digest), !recipes.isEmpty else { return try lose(error) }
      for recipe in recipes where try session.claim(recipe, of: digest) {
        try writer.addRecipe(.recipe, digest, recipe.text.span)
        moved.objects += 1
        moved.repacked += 1
      }
    }
  }

  private mutating func lose(_ error: StoreError) throws(StoreError) {
    guard toleratesLoss else { throw error }
    moved.lost += 1
    // What cannot be read is not known to be damaged, and may be read the next time.
    if error.code == .io, moved.failure == nil { moved.failure = error }
  }

  private static func range(of member: Member) -> Range<Int> {
    Int(member.start)..<(Int(member.start) + Int(member.length))
  }

  /// Whether a member has the one header that it may have, and zeros behind it.
  private static func stands(_ member: Member, _ range: Range<Int>, in plain: Span<UInt8>) -> Bool {
    let header = TarHeader.block(name: MemberName.content(member.kind, member.digest).bytes, size: range.count)
    guard range.lowerBound >= header.count, TarHeader.isPadded(plain, after: range) else { return false }
    let start = range.lowerBound - header.count
    return header.indices.allSatisfy { plain[start + $0] == header[$0] }
  }
}
