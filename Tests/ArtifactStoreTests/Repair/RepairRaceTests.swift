import ArtifactCore
import ArtifactIO
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// Repairs beside collections.
@Suite struct RepairRaceTests {
  @Test func `a repair whose copies are condemned meanwhile starts again`() throws {
    let test = try TestStore(in: TestFolder.inMemory)
    try test.folder.write("in/shared", SeededRandom(1).bytesOnce(17_000))
    try test.folder.sh("mkdir twin; cp in/shared twin/")
    // The same bytes in two packs, as two pushes at once leave them.
    let session = try WriteSession(test.reopened(), progress: Progress(), level: 1)
    _ = try IngestJob(session, path: test.folder("twin"), workers: 1, rules: ScanRules()).run(cache: nil)
    try test.push("in")
    let path = try RepairTests.pack(test)
    try session.finishPacks()
    try session.close()
    let twin = try #require(try test.packs.first { !path.hasSuffix($0) })
    try test.flip(path, at: 3, 1)
    let attempts = Mutex(0)
    let store = try test.opened { step in
      guard step == .finished,
        attempts.withLock({
          $0 += 1; return $0 == 1
        })
      else { return }
      do {
        try test.condemn([twin])
        try test.remove("blobs/sha256/\(twin)")
      } catch { Issue.record(error) }
    }
    #expect(try store.repair(RepairRequest(actor: "test"), Progress()).isWell)
    #expect(attempts.withLock { $0 } == 2)
    #expect(try test.names("artifact/quarantine") == [String(path.suffix(64))])
    try expectSound(test.reopened())
    try test.pull("data", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `a repair whose damaged pack a collection takes away ends well`() throws {
    let test = try TestStore(in: TestFolder.inMemory)
    try test.folder.write("stray/f", SeededRandom(1).bytesOnce(17_000))
    try test.leave("stray")
    let stray = try #require(try test.packs.first)
    try test.flip("blobs/sha256/\(stray)", at: 3, 1)
    try test.folder.write("in/f", "x")
    try test.push("in")
    let once = Once(at: .opened) {
      try test.collect()
      #expect(try !test.packs.contains(stray))
    }
    let store = try test.opened { once.reach($0) }
    #expect(try store.repair(RepairRequest(actor: "test"), Progress()).isWell)
    try expectSound(test.reopened())
    try test.pull("data", to: "out", from: test.reopened())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  @Test func `a collection keeps what a stopped repair was about to set aside`() throws {
    let test = try TestStore(in: TestFolder.inMemory)
    try test.folder.write("in/f", "x")
    try test.folder.write("stray/f", "y")
    try test.leave("stray")
    let name = try #require(try test.packs.first)
    try test.push("in")
    try test.condemn([name], .quarantine)
    #expect(try test.collect { $0.isDryRun = true }.leftoverPacks == 0)
    #expect(try test.collect().leftoverPacks == 0)
    #expect(try test.names("artifact/quarantine") == [name])
    #expect(try !test.packs.contains(name))
    try expectSound(test.reopened())
  }
}
