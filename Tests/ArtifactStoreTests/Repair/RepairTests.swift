import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What `repair` brings back, sets aside, fetches, and leaves alone.
@Suite struct RepairTests {
  /// Two names: one with small files that share frames, a large file and stored frames; one with a single file.
  static func sample() throws -> TestStore {
    let test = try TestStore(in: TestFolder.inMemory)
    var random = SeededRandom(61)
    for number in 0..<20 { try test.folder.write("in/d/\(number)", random.text(300 + number)) }
    for number in 1..<4 { try test.folder.write("in/random\(number)", random.bytes(17_000)) }
    try test.folder.write("in/large", random.text(90_000))
    try test.push("in") { $0.workers = 1 }
    try test.folder.write("other/f", "something else")
    try test.push("other", as: "other") { $0.workers = 1 }
    return test
  }

  @discardableResult
  static func repair(
    _ test: TestStore, from source: Path? = nil, isDryRun: Bool = false, _ progress: Progress = Progress()
  ) throws -> RepairReport {
    var request = RepairRequest(actor: "test")
    request.source = source
    request.isDryRun = isDryRun
    return try test.reopened().repair(request, progress)
  }

  /// The path of the pack in which the folder's record lies.
  static func pack(_ test: TestStore, _ name: String = "data") throws -> String {
    let record = try #require(test.reopened().resolve(Reference(name)).record)
    return "blobs/sha256/\(try #require(test.reopened().currentIndex().locations(record, .object).first).pack.hex)"
  }

  static func expectRight(_ test: TestStore, _ what: String = "") throws {
    try expectSound(test.reopened())
    for (name, folder) in [("data", "in"), ("other", "other")] {
      try test.folder.sh("rm -rf out")
      try test.pull(name, to: "out", from: test.reopened())
      #expect(try test.folder.tree("out") == test.folder.tree(folder), "\(what)")
    }
  }

  static func frames(_ test: TestStore, _ path: String) throws -> [SegmentIndex.Frame] {
    let digest = try #require(Digest(hex: String(path.suffix(64))))
    return try PackCheck(PackFile(digest, in: test.store.packs), Progress()).frames
  }

  // MARK: Nothing to do

  @Test func `a store that is well is not written to`() throws {
    let test = try Self.sample()
    try test.folder.sh("cp -r store backup")
    let before = try CheckMemoryTests.listing(test)
    for isDryRun in [false, true] {
      let report = try Self.repair(test, from: test.folder("backup"), isDryRun: isDryRun)
      #expect(report.isWell && !report.hasChanges && report.problems.isEmpty)
    }
    #expect(try CheckMemoryTests.listing(test) == before)
  }

  @Test func `a dry run writes nothing and says what will be`() throws {
    let test = try Self.sample()
    try test.folder.sh("cp -r store backup")
    let path = try Self.pack(test)
    try test.flip(path, at: test.bytes(path).count / 2, 1)
    let before = try CheckMemoryTests.listing(test)
    let alone = try Self.repair(test, isDryRun: true)
    let helped = try Self.repair(test, from: test.folder("backup"), isDryRun: true)
    #expect(try CheckMemoryTests.listing(test) == before)
    #expect(helped.isWell && helped.packs.count == 1)
    #expect(alone.packs == helped.packs)
    let done = try Self.repair(test)
    #expect(done.packs.map(\.found) == alone.packs.map(\.found))
    #expect(done.hurt == alone.hurt || done.hurt.map(\.reference) == alone.hurt.map(\.reference))
    #expect(done.isWell == alone.isWell)
  }

  // MARK: Every part of a pack

  @Test func `damage in the parts that carry no data costs nothing`() throws {
    let test = try Self.sample()
    let path = try Self.pack(test)
    let original = try test.bytes(path)
    try test.folder.sh("cp -r store backup")
    let frames = try Self.frames(test, path)
    let end = try #require(frames.last)
    let index = Int(end.offset) + Int(end.storedSize)
    for (what, offset) in [
      ("README", 20), ("magic of frame 0", 0), ("magic of a data frame", Int(frames[1].offset) + 1),
      ("end frame", Int(end.offset) + 10), ("index frame", index + 2), ("index", index + 100),
      ("entry", index + 8 + 1_100), ("seek table", original.count - 20), ("footer", original.count - 1),
      ("checksum of a frame", Int(frames[2].offset) - 2),
    ] {
      try test.folder.sh("rm -rf store; cp -r backup store")
      try test.flip(path, at: offset, 0x20)
      #expect(try !test.reopened().verify(Progress()).isSound, "\(what)")
      let report = try Self.repair(test)
      #expect(report.isWell && report.packs.count == 1, "\(what): \(report.hurt)")
      #expect(try test.names("artifact/quarantine") == [String(path.suffix(64))])
      try Self.expectRight(test, what)
    }
  }

  @Test func `of a damaged data frame all is saved but what the damage hit`() throws {
    let test = try Self.sample()
    let path = try Self.pack(test)
    let content = try test.folder.read("in/random2")
    // Stored as it is: the flipped byte belongs to this file alone.
    let place = try #require(try test.find(Array(content.prefix(64)), in: path))
    try test.flip(path, at: place + 100, 1)
    let report = try Self.repair(test)
    #expect(report.hurt.map(\.reference) == ["data@1"])
    #expect(report.hurt.first?.paths.map(\.path) == ["random2"])
    for name in ["random1", "random3", "large", "d/7"] {
      try test.folder.sh("rm -rf out")
      try test.pull("data:\(name)", to: "out", from: test.reopened())
      #expect(try test.folder.read("out") == test.folder.read("in/\(name)"))
    }
    // A later push brings the rest.
    try test.push("in", into: test.reopened())
    try Self.expectRight(test)
  }

  @Test func `a compressed frame gives back what comes before its damage`() throws {
    let test = try Self.sample()
    // More than two blocks of zstd's 128 KiB in one frame.
    var random = SeededRandom(62)
    for number in 0..<60 { try test.folder.write("big/\(number)", random.text(5_000)) }
    try test.push("big", as: "big") { $0.workers = 1 }
    let path = try Self.pack(test, "big")
    let frames = try Self.frames(test, path)
    let frame = try #require(frames.dropFirst().max { $0.plainSize < $1.plainSize })
    let digest = try #require(Digest(hex: String(path.suffix(64))))
    let entries = try PackFile(digest, in: test.store.packs).readIndex().segment.listing(of: digest).entries
    let elsewhere = entries.count { frames[Int($0.frame)].offset != frame.offset }
    try test.flip(path, at: Int(frame.offset) + Int(frame.storedSize) - 200, 0x55)
    let before = try Self.repair(test, isDryRun: true)
    let report = try Self.repair(test)
    #expect(report.packs[0].found > elsewhere)
    #expect(before.packs[0].found == report.packs[0].found)
    #expect(try test.reopened().verify(Progress()).problems.isEmpty)
  }

  @Test func `a pack cut at any border of its frames gives back every frame before the cut`() throws {
    let sample = try Self.sample()
    let path = try Self.pack(sample)
    let frames = try Self.frames(sample, path)
    let entries = try PackCheck(
      PackFile(#require(Digest(hex: String(path.suffix(64)))), in: sample.store.packs), Progress()
    ).entries
    let original = try sample.bytes(path)
    try sample.folder.sh("cp -r store backup")
    for (number, frame) in frames.enumerated() {
      for extra in number % 2 == 0 ? [0] : [-1] {
        let cut = Int(frame.offset) + Int(frame.storedSize) + extra
        try sample.folder.sh("rm -rf store; cp -r backup store")
        try sample.put(path, Array(original[..<cut]))
        let report = try Self.repair(sample)
        let whole = extra < 0 ? number : number + 1
        let expected = Set(entries.filter { Int($0.frame) < whole }.map { ObjectKey(digest: $0.digest, kind: $0.kind) })
        #expect(report.packs.count == 1 && report.packs[0].found >= expected.count, "cut at \(cut)")
        let index = try sample.reopened().currentIndex()
        #expect(expected.allSatisfy { index.contains($0.digest, $0.kind) }, "cut at \(cut)")
        #expect(try sample.reopened().verify(Progress()).problems.isEmpty)
        // The rest comes from a copy.
        if number == 2 {
          #expect(try Self.repair(sample, from: sample.folder("backup")).isWell)
          try Self.expectRight(sample, "cut at \(cut)")
        }
      }
    }
  }

  @Test func `a file that is nothing but rubbish is set aside`() throws {
    let test = try Self.sample()
    try test.put("blobs/sha256/\(Digest.of([9]).hex)", SeededRandom(5).bytesOnce(20_000))
    let report = try Self.repair(test)
    #expect(report.isWell && report.packs == [RepairReport.Pack(name: Digest.of([9]), found: 0, salvaged: 0)])
    try Self.expectRight(test)
  }

  // MARK: From another store

  @Test func `a missing pack is fetched from a copy, and without one its versions are named`() throws {
    let test = try Self.sample()
    try test.folder.sh("cp -r store backup")
    try test.remove(Self.pack(test))
    let alone = try Self.repair(test)
    #expect(!alone.hasChanges && alone.hurt.map(\.reference) == ["data@1"])
    let report = try Self.repair(test, from: test.folder("backup"))
    #expect(report.isWell && report.fetched > 20)
    try Self.expectRight(test)
  }

  @Test(arguments: ["record", "tree", "folder", "chunk", "recipe"])
  func `a lost record, tree, chunk or recipe comes with all that is lost below it`(what: String) throws {
    let test = try Self.sample()
    // The other store has the same data in other packs and frames.
    let other = try TestStore()
    _ = try test.store.copy(test.store.resolve(Reference("data")), to: other.store, actor: "test", Progress())
    _ = try test.store.copy(test.store.resolve(Reference("other")), to: other.store, actor: "test", Progress())
    let found = try test.store.resolve(Reference("data"))
    let record = try #require(found.record)
    let folder = try test.store.resolve(Reference("data:d")).entry.digest
    let large = try test.store.resolve(Reference("data:large")).entry.digest
    let recipe = try #require(test.store.objects.recipes(large).first)
    let lost: ObjectKey =
      switch what {
      case "record": ObjectKey(digest: record, kind: .object)
      case "tree": ObjectKey(digest: found.entry.digest, kind: .object)
      case "folder": ObjectKey(digest: folder, kind: .object)
      case "chunk": ObjectKey(digest: recipe.parts[1].digest, kind: .object)
      default: ObjectKey(digest: large, kind: .recipe)
      }
    try Self.rewrite(test, without: lost)
    #expect(try !test.reopened().verify(Progress()).isSound)
    let report = try Self.repair(test, from: other.folder("store"))
    #expect(report.isWell && report.fetched == 1, "\(report.hurt)")
    try Self.expectRight(test, what)
  }

  /// Makes a store of everything but one object, with the same log.
  static func rewrite(_ test: TestStore, without lost: ObjectKey) throws {
    let session = try WriteSession(test.store, progress: Progress(), level: 1)
    let old = try test.packs
    for pack in old {
      var walk = try PackWalk.open([UInt8](pack), in: test.store.packs)
      try walk.run(Progress()) { (frame, _, plain) throws(StoreError) in
        for member in frame.members where ObjectKey(digest: member.digest, kind: member.kind) != lost {
          try session.packer(0).add(member.kind, member.digest, plain.extracting(member.range))
        }
      }
    }
    try session.finishPacks()
    try session.close()
    for pack in old { try test.remove("blobs/sha256/\(pack)") }
  }

  @Test func `what is damaged in the other store too is not taken, and the rest is`() throws {
    let test = try Self.sample()
    let path = try Self.pack(test)
    try test.folder.sh("cp -r store backup")
    let content = try test.folder.read("in/random2")
    var bytes = try test.bytes(path)
    let place = try #require(try test.find(Array(content.prefix(64)), in: path))
    bytes[place + 9] ^= 1
    try test.folder.write("backup/\(path)", bytes)
    try test.remove(path)
    let report = try Self.repair(test, from: test.folder("backup"))
    #expect(report.hurt.map(\.reference) == ["data@1"])
    #expect(report.hurt.first?.paths.map(\.path) == ["random2"])
    #expect(report.fetched > 20)
    #expect(try test.reopened().verify(Progress()).problems.isEmpty)
  }

  // MARK: Indexes and small files

  @Test func `a broken, cut, foreign or stale segment is set aside, and look-ups stay short`() throws {
    for change in [
      { $0[$0.count / 2] ^= 1 }, { $0.removeLast(100) }, { $0 = [] }, { $0[9] = 9 },
    ] as [(inout [UInt8]) -> Void] {
      let test = try PackDamageTests.merged()
      let name = try test.names("artifact/index")[0]
      var bytes = try test.bytes("artifact/index/\(name)")
      change(&bytes)
      // A version that is not 1 may be another program's: that is not repaired but refused.
      if bytes.count > 9, bytes[9] == 9 {
        try test.put("artifact/index/\(name)", bytes)
        #expect(code { try Self.repair(test) } == .newerFormat)
        continue
      }
      try test.put("artifact/index/\(name)", bytes)
      let report = try Self.repair(test)
      #expect(report.isWell && report.segments == [name] && report.packs.isEmpty)
      let store = try test.reopened()
      #expect(store.currentIndex().segments.count <= SegmentMerge.limit)
      try PackDamageTests.everyVersionIsThere(test, store)
      try expectSound(store)
      #expect(try test.names("artifact/quarantine") == [name])
    }
  }

  @Test func `a segment that names a pack which is gone is replaced`() throws {
    let test = try PackDamageTests.merged()
    try test.folder.sh("cp -r store backup")
    let merged = try #require(test.reopened().currentIndex().segments.first { !$0.isInPack })
    try test.remove("blobs/sha256/\(#require(merged.packs.first).digest.hex)")
    let alone = try Self.repair(test)
    #expect(alone.segments.count == 1 && alone.hurt.count == 1)
    #expect(try Self.repair(test, from: test.folder("backup")).isWell)
    try PackDamageTests.everyVersionIsThere(test, test.reopened())
    try expectSound(test.reopened())
  }

  @Test func `oci-layout and index.json are made anew`() throws {
    let test = try Self.sample()
    try test.flip("oci-layout", at: 3, 1)
    try test.remove("index.json")
    let report = try Self.repair(test)
    #expect(report.isWell && report.files == ["oci-layout", "index.json"])
    #expect(try test.names("artifact/quarantine") == ["oci-layout"])
    try Self.expectRight(test)
  }

  @Test func `a damaged log is left alone`() throws {
    let test = try Self.sample()
    try test.flip(TestStore.entryPath(1), at: 30, 1)
    let before = try CheckMemoryTests.listing(test)
    #expect(code { try Self.repair(test) } == .damaged)
    #expect(try CheckMemoryTests.listing(test) == before)
  }

  // MARK: Interruptions and others

  @Test(arguments: [Step.opened, .finished, .decided])
  func `a repair that is stopped is run again and comes to the same`(step: Step) throws {
    let test = try Self.sample()
    try test.folder.sh("cp -r store backup")
    let path = try Self.pack(test)
    try test.flip(path, at: test.bytes(path).count / 2, 1)
    let progress = Progress()
    let steps = Steps { reached in if reached == step { progress.cancel() } }
    let store = try Store(opening: test.folder("store"), local: nil, steps: steps)
    var request = RepairRequest(actor: "test")
    request.source = test.folder("backup")
    // Past the last look at the request it finishes.
    let stopped = code { try store.repair(request, progress) }
    #expect(stopped == nil || stopped == .interrupted)
    #expect(try Self.repair(test, from: test.folder("backup")).isWell)
    try Self.expectRight(test)
    #expect(try test.names("artifact/quarantine") == [String(path.suffix(64))])
    #expect(try test.leftovers.isEmpty)
  }

  @Test func `a pack that was condemned but not moved is moved by the next repair`() throws {
    let test = try Self.sample()
    let path = try Self.pack(test)
    let damaged = try test.bytes(path)
    try test.flip(path, at: 3, 1)
    #expect(try Self.repair(test).isWell)
    try test.put(path, damaged)
    #expect(try test.reopened().verify(Progress()).isSound)
    _ = try Self.repair(test)
    #expect(try test.names("artifact/quarantine").count == 2)
    #expect(try !test.packs.contains(String(path.suffix(64))))
    try Self.expectRight(test)
  }

  @Test func `a push during the repair loses nothing`() throws {
    let test = try Self.sample()
    let path = try Self.pack(test)
    try test.flip(path, at: 3, 1)
    let folder = test.folder
    let steps = Steps { reached in
      guard reached == .finished else { return }
      // Whatever goes wrong here shows below.
      try? folder.write("in/late", "late")
      let store = try? Store(opening: folder("store"), local: nil)
      if let name = try? PackageName("data") {
        _ = try? store?.push(folder("in"), PushRequest(name: name, actor: "late"), Progress())
      }
    }
    let store = try Store(opening: test.folder("store"), local: nil, steps: steps)
    #expect(try store.repair(RepairRequest(actor: "test"), Progress()).isWell)
    #expect(try test.reopened().resolve(Reference("data")).version == 2)
    try Self.expectRight(test)
  }
}
