import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What comes of packs and indexes whose bytes changed: the right files or a word about damage, nothing in between.
@Suite struct PackDamageTests {
  /// Two versions in one pack each: small files, one that compresses, one that does not, trees, a recipe.
  static func sample() throws -> TestStore {
    let test = try TestStore()
    var random = SeededRandom(99)
    for number in 0..<20 { try test.folder.write("in/small/\(number)", random.text(100 + number)) }
    try test.folder.write("in/text", random.text(70_000))
    try test.folder.write("in/random", random.bytes(100_000))
    try test.folder.sh("ln -s text in/link; mkdir in/empty; cp -r in kept")
    // One worker writes one pack.
    try test.push("in") { $0.workers = 1 }
    return test
  }

  /// Pulls with a store opened afresh; what came is right, or the reason is damage.
  static func pullIsRightOrDamaged(
    _ test: TestStore, _ what: String, _ reference: String = "data", source: String = "kept"
  ) throws -> Bool {
    try test.folder.path.appending("out").removeAll()
    do {
      let store = try test.reopened()
      try test.pull(reference, to: "out", from: store)
    } catch let error as StoreError {
      #expect(error.code == .damaged, "\(what): \(error)")
      #expect(try !Files.names(test.folder.path).contains("out"), "\(what)")
      return false
    }
    #expect(try test.folder.tree("out") == test.folder.tree(source), "\(what)")
    return true
  }

  @Test func `one flipped byte in a pack is never pulled, and verify tells of it`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    let test = try Self.sample()
    var random = SeededRandom(seed)
    let path = "blobs/sha256/" + (try #require(test.packs.first))
    let original = try test.bytes(path)
    var hurtCount = 0
    for round in 0..<200 {
      // The last quarter goes to the index and the seek table at the end, which are small.
      let offset = round % 4 == 3 ? original.count - 1 - random.below(5_000) : random.below(original.count)
      let mask = UInt8(1) << UInt8(random.below(8))
      let what = "seed \(seed), round \(round), byte \(offset), bit \(mask)"
      try test.flip(path, at: offset, mask)
      let isRight = try Self.pullIsRightOrDamaged(test, what)
      let report = try test.reopened().verify(Progress())
      #expect(!report.problems.isEmpty, "\(what)")
      if !isRight {
        hurtCount += 1
        #expect(report.hurt.map(\.version) == [1] || report.hurt.isEmpty && offset > original.count - 5_000, "\(what)")
      }
      try test.put(path, original)
    }
    #expect(hurtCount > 50)
    try expectSound(test.reopened())
    #expect(try Self.pullIsRightOrDamaged(test, "restored"))
  }

  @Test func `a pack cut anywhere is never pulled from wrongly, and verify tells of it`() throws {
    let test = try Self.sample()
    let path = "blobs/sha256/" + (try #require(test.packs.first))
    let original = try test.bytes(path)
    for count in [0, 1, 8, 64, 65, original.count / 2, original.count - 9, original.count - 1] {
      try test.put(path, Array(original[..<count]))
      #expect(try !Self.pullIsRightOrDamaged(test, "\(count) bytes"))
      let report = try test.reopened().verify(Progress())
      #expect(!report.problems.isEmpty && report.hurt.map(\.version) == [1], "\(count) bytes")
    }
    try test.put(path, original + [0])
    #expect(try !test.reopened().verify(Progress()).isSound)
  }

  @Test func `a missing pack hurts its versions and no others`() throws {
    let test = try Self.sample()
    try test.folder.write("other/f", "something else")
    let before = try test.packs
    try test.push("other", as: "other")
    let added = try #require(test.packs.first { !before.contains($0) })
    try test.remove("blobs/sha256/\(before[0])")
    #expect(try !Self.pullIsRightOrDamaged(test, "missing"))
    #expect(try Self.pullIsRightOrDamaged(test, "present", "other", source: "other"))
    let report = try test.reopened().verify(Progress())
    #expect(report.hurt.map(\.name) == ["data"])
    // Pushed again it is whole again.
    let result = try test.push("in", into: test.reopened())
    #expect(!result.isNew)
    #expect(try Self.pullIsRightOrDamaged(test, "again"))
    try expectSound(test.reopened())
    #expect(try test.packs.contains(added))
  }

  @Test func `an index that puts one object in the place of another does not mix up files`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in; echo first > in/a; echo other > in/b; cp -r in kept")
    try test.push("in")
    let path = "blobs/sha256/" + (try #require(test.packs.first))
    var bytes = try test.bytes(path)
    let magic = [UInt8]("ARTINDEX")
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: magic) })
    let first = Digest.of([UInt8]("first\n"))
    let other = Digest.of([UInt8]("other\n"))
    func entry(_ digest: Digest) -> Int? {
      stride(from: start + 64 + 1_024, to: bytes.count - 48, by: 48).first { bytes[$0...].starts(with: digest.bytes) }
    }
    let one = try #require(entry(first))
    let two = try #require(entry(other))
    // Frame, start and length of one stand in the entry of the other.
    bytes.replaceSubrange((two + 32)..<(two + 44), with: bytes[(one + 32)..<(one + 44)])
    try test.put(path, bytes)
    #expect(try !Self.pullIsRightOrDamaged(test, "mixed up"))
    #expect(try !test.reopened().verify(Progress()).isSound)
  }

  // MARK: Merged indexes

  /// Twenty versions in twenty packs, with a merged index.
  static func merged() throws -> TestStore {
    let test = try TestStore()
    for version in 1...20 {
      try test.folder.sh("rm -rf in kept")
      try test.folder.write("in/f", "version \(version)")
      try test.folder.write("in/g\(version)", SeededRandom(UInt64(version)).bytesOnce(500))
      try test.push("in") { $0.workers = 1 }
      try test.folder.sh("cp -r in kept")
    }
    try #require(try test.names("artifact/index").count == 1)
    return test
  }

  static func everyVersionIsThere(_ test: TestStore, _ store: Store) throws {
    for version in 1...20 {
      let entry = try store.resolve(Reference("data@\(version):f")).entry
      var bytes = [UInt8]()
      try store.cat(entry) { (span) throws(StoreError) in for index in span.indices { bytes.append(span[index]) } }
      #expect(bytes == [UInt8]("version \(version)"))
    }
  }

  @Test func `more than sixteen packs are found through at most sixteen indexes`() throws {
    let test = try Self.merged()
    let store = try test.reopened()
    #expect(store.currentIndex().segments.count <= SegmentMerge.limit)
    #expect(store.currentIndex().packs.count == 20)
    try Self.everyVersionIsThere(test, store)
    try expectSound(store)
  }

  @Test func `without the merged index the packs' own serve`() throws {
    let test = try Self.merged()
    let index = try test.names("artifact/index")[0]
    try test.remove("artifact/index/\(index)")
    let store = try test.reopened()
    try Self.everyVersionIsThere(test, store)
    try expectSound(store)
  }

  @Test func `what a missing pack held is stored again, though the merged index names it`() throws {
    let test = try Self.merged()
    let digest = Digest.of([UInt8]("version 3"))
    let location = try #require(test.reopened().currentIndex().locations(digest, .object).first)
    try test.remove("blobs/sha256/\(location.pack.hex)")
    #expect(code { try Self.everyVersionIsThere(test, test.reopened()) } == .damaged)
    #expect(try !test.reopened().verify(Progress()).isSound)
    try test.folder.write("in/f", "version 3")
    try test.push("in", as: "again", into: test.reopened())
    try test.pull("again", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `a damaged merged index gives nothing wrong`() throws {
    let test = try Self.merged()
    let path = "artifact/index/" + (try test.names("artifact/index")[0])
    let original = try test.bytes(path)
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    for round in 0..<70 {
      let offset = round < 32 ? round : random.below(original.count)
      let what = "seed \(seed), byte \(offset)"
      try test.flip(path, at: offset, 1 << UInt8(random.below(8)))
      // A version that is not 1 is no damage but another program's.
      if !(8..<12).contains(offset) { _ = try Self.pullIsRightOrDamaged(test, what) }
      if let store = try? test.reopened() { #expect(try !store.verify(Progress()).isSound, "\(what)") }
      try test.put(path, original)
    }
    try expectSound(test.reopened())
  }

  @Test func `a merged index that cannot be read does not lock anybody out, for the packs have their own`() throws {
    let test = try Self.merged()
    let path = "artifact/index/" + (try test.names("artifact/index")[0])
    let original = try test.bytes(path)
    for bytes in [
      [], Array(original[..<500]), Array(original.dropLast()), [UInt8](repeating: 0, count: original.count),
    ] {
      try test.put(path, bytes)
      let store = try test.reopened()
      try Self.everyVersionIsThere(test, store)
      #expect(try !store.verify(Progress()).isSound)
    }
    var newer = original
    newer[8] = 2
    try test.put(path, newer)
    #expect(code { try test.reopened() } == .newerFormat)
  }

  @Test func `files that are neither packs nor indexes are passed over, and verify tells of them`() throws {
    let test = try Self.sample()
    try test.put("blobs/sha256/README", [1])
    try test.put("artifact/index/junk", [1])
    try test.put("blobs/sha256/\(Digest.of([5]).hex)", SeededRandom(5).bytesOnce(1_000))
    #expect(try Self.pullIsRightOrDamaged(test, "with strangers"))
    let report = try test.reopened().verify(Progress())
    #expect(report.strays.map(\.subject) == ["README", "junk"])
    let problems = report.problems
    #expect(problems.count == 2)
    #expect(problems.contains { $0.subject.contains(Digest.of([5]).short) })
  }
}
