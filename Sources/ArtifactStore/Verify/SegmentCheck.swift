import ArtifactCore

/// Compares what merged segments say about packs with what the packs themselves say.
struct SegmentCheck {
  private struct Entry {
    let segment: Segment
    /// The frames of each of its packs, by position in its pack table.
    let frames: [Digest: [SegmentIndex.Frame]]
    var entriesSeen = 0
    var packsSeen = 0
  }

  private var segments: [Entry] = []
  private(set) var problems: [VerifyReport.Problem] = []

  /// Takes the merged segments; those inside packs are left out.
  init(_ segments: [Segment]) {
    for segment in segments where !segment.isInPack {
      let frames = try? segment.withBytes { (bytes) throws(FormatError) in
        var frames = [Digest: [SegmentIndex.Frame]]()
        for position in 0..<segment.header.frameCount {
          var frame = try SegmentIndex.frame(position, segment.header, bytes)
          let pack = segment.packs[Int(frame.pack)].digest
          frame.pack = 0
          frames[pack, default: []].append(frame)
        }
        return frames
      }
      // One that does not read well is reported by the check of its bytes.
      if let frames { self.segments.append(Entry(segment: segment, frames: frames)) }
    }
  }

  /// Compares with the own index of a pack.
  mutating func add(_ pack: Digest, _ own: PackCheck) {
    for position in segments.indices where segments[position].frames[pack] != nil {
      segments[position].entriesSeen += own.entries.count
      segments[position].packsSeen += 1
      guard segments[position].frames[pack] == own.frames, agrees(segments[position].segment, pack, own) else {
        segments[position].packsSeen = .min
        report(segments[position].segment, "it does not say of pack \(pack.short) what that says of itself")
        continue
      }
    }
  }

  /// Finds entries that are in a segment and in no pack, where all its packs were compared.
  mutating func finish() {
    for entry in segments
    where entry.packsSeen == entry.frames.count && entry.entriesSeen != entry.segment.header.entryCount {
      report(
        entry.segment, "it lists \(entry.segment.header.entryCount) objects, its packs have \(entry.entriesSeen)")
    }
  }

  private mutating func report(_ segment: Segment, _ detail: String) {
    problems.append(VerifyReport.Problem(subject: segment.subject, detail: detail))
  }

  private func agrees(_ segment: Segment, _ pack: Digest, _ own: PackCheck) -> Bool {
    var locations = [Location]()
    for entry in own.entries {
      locations.removeAll(keepingCapacity: true)
      guard (try? segment.locate(entry.digest, entry.kind, into: &locations)) != nil else { return false }
      let frame = own.frames[Int(entry.frame)]
      let isListed = locations.contains {
        $0.pack == pack && $0.frame.offset == frame.offset && $0.start == Int(entry.start)
          && $0.length == Int(entry.length)
      }
      if !isListed { return false }
    }
    return true
  }
}

extension Segment {
  /// How messages call it.
  var subject: String { "index \(name.prefix(isInPack ? 20 : 12))" }
}
