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
}
