import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Folders that a run looks at before it starts.
@Suite struct IntakeLookTests {
  let test: TestStore

  init() throws {
    test = try TestStore()
    try test.folder.write("data/a.csv", "one")
    try test.folder.write("data/b.csv", "two")
    try test.folder.age("data", bySeconds: 3_600)
  }

  /// Looks at the folder, and puts a plan in the log if asked.
  func look(starts: Bool) throws -> Digest {
    try test.store.recording(Progress()) { intake in
      let folder = try intake.look(at: test.folder("data"))
      if starts {
        try test.store.startRun(PlanRecord(command: [[UInt8]("x")]), actor: "test", intake).close()
      }
      return folder.tree
    }
  }

  func status(_ name: String) throws -> FileStatus {
    let status = try File.status(test.folder("data/\(name)"))
    return try #require(status)
  }

  func known(_ name: String) throws -> Digest? {
    guard let cache = test.store.statCache(for: test.folder("data")) else { return nil }
    return try cache.find(status(name))?.digest
  }

  @Test func `what was looked at is remembered once the run is in the log, and forgotten when it changes`() throws {
    let tree = try look(starts: false)
    #expect(try known("a.csv") == nil)
    #expect(try look(starts: true) == tree)
    #expect(try known("a.csv") == Digest.of([UInt8]("one")))
    #expect(try look(starts: true) == tree)
    try test.folder.write("data/a.csv", "new")
    #expect(try known("a.csv") == nil && known("b.csv") == Digest.of([UInt8]("two")))
    #expect(try look(starts: true) != tree)
  }

  @Test func `a push remembers for a run, however the folder is named`() throws {
    try test.push("data")
    try test.folder.sh("ln -s data link")
    let cache = test.store.statCache(for: test.folder("link"))
    #expect(try cache?.find(status("a.csv"))?.digest == Digest.of([UInt8]("one")))
  }

  @Test func `what a collection may have taken since is stored again`() throws {
    let tree = try look(starts: true)
    // Nothing names the tree: a collection may take it, the memory must not.
    _ = try test.store.collect(CollectRequest(actor: "test"), Progress())
    #expect(try look(starts: true) == tree)
    #expect(try test.store.tree(tree).count == 2)
    try expectSound(test.store)
  }

  @Test func `a look is trusted by its own memory, whatever was trusted before it`() throws {
    // A recipe whose chunk is gone, as damage leaves it.
    let blob = Digest.of([1])
    let packing = try WriteSession(test.store, progress: Progress(), level: 1)
    let text = Recipe(isNested: false, parts: [Recipe.Part(digest: Digest.of([2]), size: 1)]).text
    try packing.packer(0).add(.recipe, blob, text.span)
    try packing.finishPacks()
    try packing.close()
    try test.push("data")
    let packs = try test.packs
    try test.folder.write("stray/f", "stray")
    try test.leave("stray")
    let before = try test.store.log.refresh().size
    let stray = try #require(try test.packs.first { !packs.contains($0) })
    try test.condemn([stray])
    try test.remove("blobs/sha256/\(stray)")
    let store = try test.reopened()
    let session = try WriteSession(store, progress: Progress(), level: 1)
    session.trust(allSince: store.log.fold.size)
    #expect(session.holds(blob: blob))
    session.trust(allSince: before)
    #expect(!session.holds(blob: blob))
    #expect(session.isSafe(in: store.log.fold))
    try session.close()
  }

  @Test func `a tree that no reader would read is not stored`() throws {
    let session = try WriteSession(test.store, progress: Progress(), level: 1)
    let writer = try BlobWriter(session, session.packer(0))
    #expect(code { try writer.store(tree: [UInt8](repeating: 0, count: Tree.sizeLimit + 1).span) } == .rejected)
    try session.close()
  }

  @Test func `a file that could not be written whole leaves nothing`() throws {
    try test.folder.write("cache/name", "old")
    #expect(throws: IOFailure.self) {
      try LocalFile.replace(test.folder("cache"), [UInt8]("name")) { (file) throws(IOFailure) in
        try file.write([1].span)
        throw IOFailure(.full, "writing", "name", "no space left on device")
      }
    }
    #expect(try Files.names(test.folder("cache")) == ["name"])
    #expect(try test.folder.read("cache/name") == [UInt8]("old"))
  }
}
