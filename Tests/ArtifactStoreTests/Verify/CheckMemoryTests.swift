import ArtifactCore
import ArtifactIO
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// What a check remembers outside of the store, and that it writes nothing into it.
@Suite struct CheckMemoryTests {
  /// Several packs, opened by somebody who remembers.
  static func sample() throws -> (TestStore, Store) {
    let test = try TestStore()
    var random = SeededRandom(77)
    for number in 0..<5 {
      try test.folder.sh("rm -rf in")
      try test.folder.write("in/f", random.bytes(100_000))
      try test.push("in", as: "n\(number)") { $0.workers = 1 }
    }
    return (test, try Store(opening: test.folder("store"), local: TestStore.local(test.folder)))
  }

  static func verify(_ store: Store, since: Timestamp? = nil, _ progress: Progress = Progress()) throws -> VerifyReport
  {
    var request = VerifyRequest()
    request.since = since
    request.workers = 1
    return try store.verify(request, progress)
  }

  /// Names, sizes and times of everything in the store.
  static func listing(_ test: TestStore) throws -> String {
    try test.folder.sh("find store -printf '%p %s %T@ %C@ %m %i\\n' | sort")
  }

  @Test func `packs found well since then are passed over, and others are not`() throws {
    let (test, store) = try Self.sample()
    let before = Timestamp(milliseconds: Platform.now() / 1_000_000)
    #expect(try Self.verify(store, since: before).skippedPackCount == 0)
    #expect(try Self.verify(store, since: before).skippedPackCount == 5)
    #expect(try Self.verify(store).skippedPackCount == 0)
    let after = Timestamp(milliseconds: Platform.now() / 1_000_000 + 1_000)
    #expect(try Self.verify(store, since: after).skippedPackCount == 0)
    // Who remembers nothing reads everything.
    #expect(try Self.verify(test.reopened(), since: before).skippedPackCount == 0)
    let other = try Store(opening: test.folder("store"), local: TestStore.local(test.folder, "you"))
    #expect(try Self.verify(other, since: before).skippedPackCount == 0)
  }

  @Test func `a pack whose file was replaced is read again, and a damaged one is never remembered`() throws {
    let (test, store) = try Self.sample()
    let start = Timestamp(milliseconds: Platform.now() / 1_000_000)
    _ = try Self.verify(store)
    let path = "blobs/sha256/\(try test.packs[2])"
    try test.flip(path, at: 50_000, 1)
    for _ in 0..<2 {
      let report = try Self.verify(store, since: start)
      #expect(report.skippedPackCount == 4)
      #expect(!report.isSound)
    }
    try test.flip(path, at: 50_000, 1)
    #expect(try Self.verify(store, since: start).skippedPackCount == 4)
    #expect(try Self.verify(store, since: start).skippedPackCount == 5)
  }

  @Test func `a check that was stopped is continued, once`() throws {
    let (test, store) = try Self.sample()
    try Self.stopAfterTwo(test, store)
    let report = try Self.verify(store)
    #expect(report.isSound && report.continued != nil && report.skippedPackCount == 2)
    let next = try Self.verify(store)
    #expect(next.continued == nil && next.skippedPackCount == 0)
  }

  /// Leaves what a check that is killed after two packs leaves.
  private static func stopAfterTwo(_ test: TestStore, _ store: Store) throws {
    let memory = try #require(CheckMemory(store.local, store: store.config.id))
    memory.begin()
    for pack in try test.packs.prefix(2) {
      memory.note(try #require(Digest(hex: pack)), try store.packs.status([UInt8](pack)))
    }
    // While it runs nobody takes it for a dead one.
    let beside = try verify(store)
    #expect(beside.continued == nil && beside.skippedPackCount == 0)
    withExtendedLifetime(memory) {}
  }

  @Test func `a check that was cancelled is continued by the same command`() throws {
    let (test, store) = try Self.sample()
    let sizes = try test.packs.map { try test.bytes("blobs/sha256/\($0)").count }
    // Whether a thread is stopped in the middle is up to the system: some attempts come after the end.
    for _ in 0..<100 {
      let progress = Progress()
      Threads.run(2) { number in
        if number == 0 {
          _ = code { try Self.verify(store, progress) }
        } else {
          // Cancelled as soon as one pack is through and another begun.
          while !progress.isCancelled, progress.bytesDone.load(ordering: .relaxed) < sizes[0] + sizes[1] / 2 {}
        }
        progress.cancel()
      }
      let report = try Self.verify(store)
      #expect(report.isSound)
      // It came to its end: the next one reads everything.
      let next = try Self.verify(store)
      #expect(next.continued == nil && next.skippedPackCount == 0)
      if report.continued != nil {
        #expect((1...5).contains(report.skippedPackCount))
        return
      }
    }
    Issue.record("no attempt stopped in the middle")
  }

  private static func verify(_ store: Store, _ progress: Progress) throws -> VerifyReport {
    try verify(store, since: nil, progress)
  }

  @Test func `a memory full of rubbish, or torn, costs time at most`() throws {
    let (test, store) = try Self.sample()
    let start = Timestamp(milliseconds: Platform.now() / 1_000_000)
    _ = try Self.verify(store)
    let path = "me/cache/\(store.config.id)/verify/packs"
    let original = try test.folder.read(path)
    #expect(original.count == 5 * 56)
    for bytes in [[], [0], SeededRandom(3).bytesOnce(560), original + [1, 2, 3], Array(original.dropLast())]
      as [[UInt8]]
    {
      try test.folder.write(path, bytes)
      let report = try Self.verify(store, since: start)
      #expect(report.isSound && report.skippedPackCount <= 5)
      #expect(try test.folder.read(path).count == 5 * 56)
    }
    // Records of the future are not believed.
    try test.folder.write(path, original)
    #expect(try Self.verify(store, since: start).skippedPackCount == 5)
  }

  @Test func `what is proven about a recipe stays proven, and asked for it is proven again`() throws {
    let (test, store) = try Self.sample()
    // The pushes of this user have made the recipes.
    #expect(try Self.verify(store).rebuiltCount == 0)
    let stranger = try Store(opening: test.folder("store"), local: TestStore.local(test.folder, "you"))
    #expect(try Self.verify(stranger).rebuiltCount == 5)
    #expect(try Self.verify(stranger).rebuiltCount == 0)
    var request = VerifyRequest()
    request.rebuildsAll = true
    #expect(try stranger.verify(request, Progress()).rebuiltCount == 5)
    #expect(try test.reopened().verify(Progress()).rebuiltCount == 5)
    // A torn file puts nothing out of step.
    let path = "you/cache/recipes"
    try test.folder.write(path, try test.folder.read(path).dropLast(5) + [])
    #expect(try Self.verify(stranger).rebuiltCount == 1)
    #expect(try Self.verify(stranger).rebuiltCount == 0)
  }

  @Test func `a check writes nothing into the store, sound or not`() throws {
    let (test, store) = try Self.sample()
    let before = try Self.listing(test)
    _ = try Self.verify(store)
    var request = VerifyRequest()
    request.isQuick = true
    _ = try store.verify(request, Progress())
    request = VerifyRequest()
    request.reference = try Reference("n3")
    _ = try store.verify(request, Progress())
    #expect(try Self.listing(test) == before)
    try test.flip("blobs/sha256/\(try test.packs[0])", at: 50_000, 1)
    let hurt = try Self.listing(test)
    let opened = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
    #expect(try !opened.verify(Progress()).isSound)
    #expect(try Self.listing(test) == hurt)
  }
}
