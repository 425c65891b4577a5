import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What a user remembers of a store, and what the clock may not do.
@Suite struct HistoryTests {
  private struct Remembered {
    let folder: TestFolder
    let local: LocalFolders

    init() throws {
      folder = try TestFolder()
      local = LocalFolders(cache: folder("cache"), state: folder("state"))
      _ = try Store.create(at: folder("store"), actor: "mori", local: local)
    }

    func open(_ name: String = "store") throws -> Store { try Store(opening: folder(name), local: local) }

    func push(_ text: String) throws -> PushResult {
      try folder.write("in/file", text)
      return try open().push(folder("in"), PushRequest(name: PackageName("data"), actor: "mori"), Progress())
    }
  }

  @Test func `a history that goes on is accepted`() throws {
    let test = try Remembered()
    for number in 1...4 { #expect(try test.push("\(number)").version == number) }
    #expect(try test.open().refresh().size == 5)
  }

  @Test func `a store that was put back to an earlier state is refused, and the evidence is kept`() throws {
    let test = try Remembered()
    _ = try test.push("one")
    try test.folder.sh("cp -a store earlier")
    _ = try test.push("two")
    try test.folder.sh("rm -rf store; mv earlier store")
    #expect(code { try test.open() } == .forked)
    #expect(try test.folder.sh("ls state/*/evidence-*").isEmpty == false)
    #expect(code { try Store(opening: test.folder("store"), local: nil) } == nil)
  }

  @Test func `another history of the same length is refused`() throws {
    let test = try Remembered()
    _ = try test.push("one")
    try test.folder.sh("cp -a store other")
    _ = try test.push("two")
    // The same store, written by somebody who remembers nothing.
    let other = try Store(opening: test.folder("other"), local: nil)
    try test.folder.write("in2/file", "another two")
    _ = try other.push(test.folder("in2"), PushRequest(name: PackageName("data"), actor: "eve"), Progress())
    try test.folder.sh("rm -rf store; mv other store")
    #expect(code { try test.open() } == .forked)
  }

  @Test func `a cache that lies is not believed`() throws {
    let test = try Remembered()
    _ = try test.push("one")
    let name = try test.folder.sh("ls -d cache/*/fold").trimmingSuffix()
    var bytes = try test.folder.read(name)
    bytes[bytes.count / 2] ^= 1
    try test.folder.sh("rm \(name)")
    try test.folder.write(name, bytes)
    #expect(try test.open().refresh().packages["data"]?.versions.count == 1)
  }

  @Test func `an entry from the future stops writers until the clock is reset`() throws {
    let test = try Remembered()
    let store = try test.open()
    let history = store.log.fold.history
    let future = Timestamp(milliseconds: Platform.now() / 1_000_000 + 3_600_000)
    let entry = try LogEntry(
      event: .clock, id: String(repeating: "0", count: 32), time: future, actor: "eve", after: history)
    try test.folder.write("store/artifact/log/entry/000000/000001", entry.fileBytes)
    #expect(code { try test.push("one") } == .clock)
    #expect(try test.open().resetClock(actor: "mori") == 3)
    #expect(try test.push("one").version == 1)
  }
}

extension String {
  fileprivate func trimmingSuffix() -> String { hasSuffix("\n") ? String(dropLast()) : self }
}
