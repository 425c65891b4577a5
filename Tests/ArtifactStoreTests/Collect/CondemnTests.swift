import ArtifactCore
import ArtifactIO
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

extension TestStore {
  /// The store with a hook between the steps of its writers and collectors.
  func opened(_ user: String? = nil, _ hook: @escaping @Sendable (Step) -> Void) throws -> Store {
    try Store(opening: folder("store"), local: user.map { Self.local(folder, $0) }, steps: Steps(hook))
  }

  /// Condemns packs as a collector would that knows that nothing in them is needed.
  func condemn(_ packs: [String], _ reason: CollectReason = .dead, in other: Store? = nil) throws {
    let digests = Set(packs.compactMap { Digest(hex: $0) })
    let gone = try (other ?? reopened()).condemn(digests, reason: reason, actor: "test") { _, _ in true }
    #expect(gone == digests)
  }
}

/// Calls a closure the first time that a step is reached.
final class Once: Sendable {
  private let isDone = Atomic<Bool>(false)
  private let step: Step
  private let body: @Sendable () throws -> Void

  init(at step: Step, _ body: @escaping @Sendable () throws -> Void) {
    self.step = step
    self.body = body
  }

  func reach(_ step: Step) {
    guard step == self.step, !isDone.exchange(true, ordering: .relaxed) else { return }
    #expect(throws: Never.self) { try body() }
  }
}

/// Condemned copies count as absent, and no event names one.
@Suite struct CondemnTests {
  @Test func `a copy in a condemned pack is absent, whether the file is there or not`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "some bytes")
    try test.push("in")
    let object = Digest.of([UInt8]("some bytes"))
    let packs = try test.packs
    #expect(packs.count == 1)
    #expect(try test.reopened().currentIndex().contains(object, .object))
    try test.condemn(packs)
    for _ in 0..<2 {
      let store = try test.reopened()
      #expect(!store.currentIndex().contains(object, .object))
      #expect(store.currentIndex().segments.isEmpty)
      #expect(failure { try store.objects.object(object) }?.isAbsence == true)
      // The next round is without the file.
      if try !test.packs.isEmpty { try test.remove("blobs/sha256/\(packs[0])") }
    }
    let result = try test.push("in", as: "again", into: test.reopened())
    #expect(result.bytesWritten > 0)
    try test.pull("again", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `a copy that a merged segment names is absent when its pack is condemned`() throws {
    let test = try TestStore()
    for number in 0...SegmentMerge.limit {
      try test.folder.write("in\(number)/f", "\(number)")
      try test.push("in\(number)")
    }
    #expect(try test.names("artifact/index").count == 1)
    let store = try test.reopened()
    let object = Digest.of([UInt8]("0"))
    let pack = try #require(store.currentIndex().holder(of: object, .object))
    try test.condemn([pack.hex])
    #expect(store.currentIndex().contains(object, .object))
    try store.reload()
    #expect(!store.currentIndex().contains(object, .object))
    #expect(try store.currentIndex().locations(object, .object).isEmpty)
    #expect(store.currentIndex().contains(Digest.of([UInt8]("1")), .object))
  }

  @Test func `the name of a condemned pack is never given again`() throws {
    let test = try TestStore()
    try test.condemn([Digest.of([1]).hex])
    let store = try test.reopened()
    let folder = try TemporaryFolder(in: store.temporary)
    try Durability.writeSynced([1], as: [UInt8]("1"), in: folder.directory)
    #expect(throws: IOFailure.self) {
      try store.publishPack([UInt8]("1"), in: folder.directory, as: Digest.of([1]))
    }
    #expect(try test.packs.isEmpty)
    try folder.remove()
  }

  @Test(arguments: [Step.opened, .ingested, .finished, .decided])
  func `a push whose shared packs are condemned meanwhile stores what was in them again`(step: Step) throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(300_000))
    try test.folder.write("in/g", "small")
    try test.push("in", as: "first")
    let packs = try test.packs
    // At the last moment before the entry the collector's own comes first, and the push has to decide again.
    let once = Once(at: step) {
      try test.condemn(packs)
      for pack in packs { try test.remove("blobs/sha256/\(pack)") }
    }
    let store = try test.opened { once.reach($0) }
    let result = try test.push("in", as: "second", into: store)
    #expect(result.version == 1)
    #expect(result.isNew)
    try test.pull("second", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    #expect(try test.leftovers.isEmpty)
  }

  @Test(arguments: [Step.finished, .decided])
  func `a push whose own packs are condemned before its entry stores them again`(step: Step) throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(300_000))
    let once = Once(at: step) {
      try test.condemn(test.packs)
      for pack in try test.packs { try test.remove("blobs/sha256/\(pack)") }
    }
    let store = try test.opened { once.reach($0) }
    #expect(try test.push("in", into: store).isNew)
    try test.pull(to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test(arguments: [false, true])
  func `files that look unchanged are read again when their chunks were condemned`(atTheEnd: Bool) throws {
    let test = try TestStore()
    try test.folder.write("in/large", SeededRandom(1).bytesOnce(500_000))
    try test.folder.write("in/small", "small")
    try test.folder.age("in", bySeconds: 3_600)
    try test.push("in", as: "first")
    let packs = try test.packs
    let collect: @Sendable () throws -> Void = {
      try test.condemn(packs)
      for pack in packs { try test.remove("blobs/sha256/\(pack)") }
    }
    if !atTheEnd { try collect() }
    let once = Once(at: .decided) { if atTheEnd { try collect() } }
    let store = try test.opened("me") { once.reach($0) }
    try test.push("in", as: "second", into: store)
    try test.pull("second", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `chunks of which only some were condemned are found missing behind their recipe`() throws {
    let test = try TestStore()
    let bytes = SeededRandom(1).bytesOnce(500_000)
    try test.folder.write("half/large", Array(bytes[..<250_000]))
    try test.push("half", as: "half")
    let half = try test.packs
    try test.folder.write("in/large", bytes)
    try test.folder.age("in", bySeconds: 3_600)
    try test.push("in", as: "first")
    #expect(try test.packs.count > half.count)
    // The recipe is in a pack that stays, and some of its chunks are not.
    try test.condemn(half)
    let store = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
    try test.push("in", as: "second", into: store)
    try test.pull("second", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test(arguments: [Step.opened, .ingested, .finished, .decided])
  func `a copy whose shared packs there are condemned meanwhile carries them again`(step: Step) throws {
    let source = try TestStore()
    let test = try TestStore()
    try source.folder.write("in/f", SeededRandom(1).bytesOnce(300_000))
    try source.push("in")
    try test.folder.sh("cp -r '\(source.folder.text)/in' in")
    try test.push("in", as: "first")
    let packs = try test.packs
    let once = Once(at: step) {
      try test.condemn(packs)
      for pack in packs { try test.remove("blobs/sha256/\(pack)") }
    }
    let target = try test.opened { once.reach($0) }
    let version = try source.store.resolve(Reference("data"))
    #expect(try source.store.copy(version, to: target, actor: "test", Progress()).isNew)
    try test.pull(to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `a push that nothing overtook stores nothing twice`() throws {
    let test = try TestStore()
    try test.folder.write("other/f", "other")
    try test.push("other", as: "other")
    let packs = try test.packs
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(300_000))
    try test.push("in", as: "first")
    // A pack that the push does not need.
    let steps = Mutex<[Step]>([])
    let once = Once(at: .finished) { try test.condemn(packs) }
    let store = try test.opened { step in
      steps.withLock { $0.append(step) }
      once.reach(step)
    }
    let result = try test.push("in", as: "second", into: store)
    #expect(result.bytesWritten == 0)
    #expect(steps.withLock { $0 } == [.opened, .ingested, .finished, .decided, .appended])
  }
}
