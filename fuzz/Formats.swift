import ArtifactCore

// What is read in its one permitted form must be written in the same form again.

func fuzzRecipe(_ input: [UInt8]) {
  guard let recipe = try? Recipe(input.span) else { return }
  require(recipe.text == input, "a recipe that was read is written as it was")
}

func fuzzTree(_ input: [UInt8]) {
  guard let entries = try? Tree.entries(of: input.span) else { return }
  var text = Tree.header
  for entry in entries {
    require(Tree.objection(toName: entry.name.span) == nil, "a name that was read is permitted")
    Tree.appendLine(to: &text, kind: entry.kind, size: entry.size, digest: entry.digest, name: entry.name.span)
  }
  require(text == input, "a tree that was read is written as it was")
}

func fuzzJSON(_ input: [UInt8]) {
  if let value = try? JSON.canonical(input) {
    require((try? value.canonicalBytes()) == input, "canonical JSON is written as it was read")
  }
  if let value = try? JSON.parse(input) {
    guard let bytes = try? value.canonicalBytes() else { fatalError("what was parsed has a canonical form") }
    require((try? JSON.canonical(bytes)) == value, "the canonical form reads as the same value")
  }
  if let value = try? JSON.parseLenient(input) {
    require((try? JSON.parseLenient(value.plainBytes())) == value, "foreign JSON reads as the same value again")
  }
}

func fuzzRecord(_ input: [UInt8]) {
  guard let record = try? PackageRecord(input) else { return }
  require((try? record.bytes()) == input, "a record that was read is written as it was")
}

/// The input is an entry's JSON; the leaf hash behind it is made to fit.
func fuzzLogEntry(_ input: [UInt8]) {
  let file = input + [0x0a] + Array(MerkleTree.leafHash(input).hex.utf8) + [0x0a]
  _ = try? LogEntry(fileBytes: input)
  guard let entry = try? LogEntry(fileBytes: file) else { return }
  require(entry.fileBytes == file, "an entry that was read is written as it was")
  var fold = Fold()
  // What does not follow the empty history is refused; what follows it may be void.
  try? fold.apply(entry)
  if fold.size == 1 { require(fold.lastLeaf == entry.leafHash, "an entry that was applied is the last") }
}

/// The input is a cached state's JSON, whose digest behind it is made to fit; or a frontier by itself.
func fuzzFoldCache(_ input: [UInt8]) {
  if let fold = Fold(cacheBytes: input + Digest.of(input).bytes), let bytes = try? fold.cacheBytes() {
    require(Fold(cacheBytes: bytes) == fold, "a cached state reads as the same state again")
  }
  if let frontier = try? MerkleFrontier(bytes: input.span) {
    require(frontier.bytes == input, "a frontier that was read is written as it was")
  }
}

/// The input is a policy's text: whatever is read has rules with their lines, and reads the same again.
func fuzzPolicy(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  let count = input.count { $0 == 0x0a } + 1
  do throws(PolicyFault) {
    let policy = try Policy(text)
    require((try? Policy(text)) == policy, "a policy reads the same again")
    for channel in policy.channels {
      for line in policy.lines(channel.text) {
        require((1...count).contains(line.number) && !line.text.isEmpty, "a rule stands in a line")
      }
    }
    if let quorum = policy.quorum { require(quorum.count <= quorum.people.count, "a quorum can be reached") }
    require((try? Policy.digest(of: text)) != nil, "a policy has an id")
  } catch { require(error.line >= 1 && error.line <= count && error.column >= 1, "a fault has a place") }
}

/// The input is a statement's JSON.
func fuzzStatement(_ input: [UInt8]) {
  guard let json = try? JSON.canonical(input, subject: "statement") else { return }
  if let proposal = try? Proposal(json) {
    require((try? proposal.bytes()) == input, "a proposal that was read is written as it was")
    guard let person = try? Person("ann"), let approval = try? Approval(.approve, on: proposal, person: person) else {
      return
    }
    require((try? Approval(.object(approval.object))) == approval, "a decision on a proposal reads as it was")
  }
  if let approval = try? Approval(json) {
    require((try? approval.bytes()) == input, "a decision that was read is written as it was")
    if let signature = approval.signature { _ = signature.holds(for: approval) }
  }
}

func fuzzReference(_ input: [UInt8]) {
  if let reference = try? Reference(bytes: input) {
    require((try? Reference(bytes: reference.bytes)) == reference, "a reference reads as the same when typed again")
  }
  if let name = try? PackageName(bytes: input) { require(Array(name.text.utf8) == input, "a name is its bytes") }
  if let tag = try? TagName(bytes: input) { require(Array(tag.text.utf8) == input, "a tag is its bytes") }
  _ = printable(input)
  let text = String(decoding: input, as: UTF8.self)
  if let time = try? Timestamp(text) { require(time.text == text, "a time is its text") }
  _ = try? Timestamp(userInput: text)
}

/// The input is the footer, the table, a tar header or a member's name.
func fuzzSeekTable(_ input: [UInt8]) {
  if let table = try? SeekTable(input.span) { require(table.bytes == input, "a seek table is written as it was read") }
  if input.count >= TarHeader.blockSize, let member = try? TarHeader.parse(input.span, at: 0) {
    let block = TarHeader.block(name: member.name, size: member.size)
    require(block == Array(input[..<TarHeader.blockSize]), "a header that was read is written as it was")
  }
  if let name = try? MemberName(input) { require(name.bytes == input, "a member's name is written as it was read") }
}

/// The input is a segment whose stated length and checksum are made to fit.
func fuzzIndex(_ input: [UInt8]) {
  var bytes = input
  if bytes.count >= 36 {
    for index in 0..<8 { bytes[24 + index] = UInt8(truncatingIfNeeded: bytes.count >> (8 * index)) }
    let sum = CRC32.of(bytes.span.extracting(0..<(bytes.count - 4)))
    for index in 0..<4 { bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
  }
  guard let header = try? SegmentIndex.Header(bytes.span) else { return }
  // Look-ups trust the header alone: whatever the tables say, they stay in bounds and end.
  let positions = 0..<min(header.entryCount, 64)
  for position in positions {
    let offset = 64 + 1_024 + 48 * position
    for kind in ObjectKind.allCases { _ = SegmentIndex.find(Digest(bytes.span, at: offset), kind, header, bytes.span) }
    _ = try? SegmentIndex.entry(position, header, bytes.span)
  }
  for position in 0..<min(header.frameCount, 64) { _ = try? SegmentIndex.frame(position, header, bytes.span) }
  for byte in [UInt64(0), 0x7F, 0xFF] {
    let digest = Digest(words: (byte << 56 | 0x00FF_FFFF_FFFF_FFFF, 0, 0, 0))
    _ = SegmentIndex.find(digest, .object, header, bytes.span)
  }
  guard (try? SegmentIndex.verify(bytes.span)) != nil else { return }
  checkSound(header, bytes)
}

/// A segment that passes every check: it is written as it was read, and everything in it is found.
private func checkSound(_ header: SegmentIndex.Header, _ bytes: [UInt8]) {
  var entries = [SegmentIndex.Entry]()
  for position in 0..<header.entryCount {
    guard let entry = try? SegmentIndex.entry(position, header, bytes.span) else { fatalError("an entry is unsound") }
    entries.append(entry)
    require(SegmentIndex.find(entry.digest, entry.kind, header, bytes.span) != nil, "an entry is found")
  }
  var frames = [SegmentIndex.Frame]()
  for position in 0..<header.frameCount {
    guard let frame = try? SegmentIndex.frame(position, header, bytes.span) else { fatalError("a frame is unsound") }
    frames.append(frame)
  }
  let packs = (0..<header.packCount).map { SegmentIndex.pack($0, header, bytes.span) }
  require(SegmentIndex.encode(entries: entries, frames: frames, packs: packs) == bytes, "a segment is written as read")
}
