import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What comes of a store whose files are not what they should be.
@Suite struct DamageTests {
  /// A store with versions 1 to `versions` of one small file.
  static func sample(versions: Int = 3) throws -> TestStore {
    let test = try TestStore()
    for version in 0..<versions {
      try test.folder.write("in/f", "version \(version + 1)")
      try test.push("in")
    }
    return test
  }

  static func open(_ test: TestStore) -> StoreError.Code? { code { try test.reopened() } }

  // MARK: The folder and store.json

  @Test func `a folder that is not there, is empty, or holds something else is no store`() throws {
    let folder = try TestFolder()
    try folder.sh("mkdir empty; mkdir -p other/artifact; echo x > file; mkdir -p half/blobs/sha256 half/artifact/index")
    for name in ["absent", "empty", "other", "half"] {
      #expect(code { try Store(opening: folder(name), local: nil) } == .notAStore, "\(name)")
    }
    #expect(code { try Store(opening: folder("file"), local: nil) } != nil)
  }

  @Test func `a store is made only where nothing is`() throws {
    let test = try TestStore()
    #expect(code { try Store.create(at: test.folder("store"), actor: "x", local: nil) } == .exists)
    try test.folder.write("full/file", "x")
    #expect(code { try Store.create(at: test.folder("full"), actor: "x", local: nil) } == .exists)
    #expect(try test.folder.sh("ls -A full") == "file\n")
    #expect(code { try Store.create(at: test.folder("absent/store"), actor: "x", local: nil) } == .notFound)
    _ = try test.reopened()
  }

  @Test func `a store left behind in the making is finished, and one with anything more is not touched`() throws {
    let folder = try TestFolder()
    let half = "blobs/sha256 artifact/index artifact/log/entry/000000 artifact/tmp/left"
    try folder.sh("mkdir -p half; cd half; mkdir -p \(half); : > artifact/reserve; printf '{' > index.json")
    #expect(try Store.create(at: folder("half"), actor: "x", local: nil).refresh().size == 1)
    #expect(try folder.sh("stat -c %s half/artifact/reserve half/oci-layout") == "\(Reserve.byteCount)\n30\n")
    for more in ["blobs/sha256/x", "artifact/index/x", "artifact/log/entry/000000/000000", "artifact/x", "x"] {
      try folder.sh("rm -rf more; mkdir more; cd more; mkdir -p \(half); : > \(more)")
      #expect(code { try Store.create(at: folder("more"), actor: "x", local: nil) } == .exists, "\(more)")
    }
    try folder.sh("rm -rf more; mkdir more; head -c 1000 /dev/zero > more/index.json")
    #expect(code { try Store.create(at: folder("more"), actor: "x", local: nil) } == .exists)
    try folder.sh("mkdir busy")
    let busy = try Directory(folder("busy"))
    #expect(busy.tryLock())
    #expect(code { try Store.create(at: folder("busy"), actor: "x", local: nil) } == .exists)
  }

  @Test func `a store of a later format is newer, not damaged`() throws {
    let test = try Self.sample(versions: 1)
    let text = String(decoding: try test.bytes("artifact/store.json"), as: UTF8.self)
    for format in ["2", "1000000"] {
      try test.put("artifact/store.json", [UInt8](text.replacing("\"format\":1", with: "\"format\":\(format)")))
      #expect(Self.open(test) == .newerFormat)
    }
    try test.put("artifact/store.json", [UInt8](text))
    #expect(Self.open(test) == nil)
  }

  @Test func `any other change of the configuration is damage`() throws {
    let test = try Self.sample(versions: 1)
    let bytes = try test.bytes("artifact/store.json")
    let text = String(decoding: bytes, as: UTF8.self)
    for other in [
      "", "{}", "null", text + "\n", text.replacing("\"format\":1", with: "\"format\":0"),
      text.replacing("\"level\":1", with: "\"level\":2"), text.replacing("\"level\":1", with: "\"level\":99"),
      text.replacing("{", with: "{\"format\":1,"), "\u{FEFF}" + text, String(repeating: " ", count: 70_000),
    ] {
      try test.put("artifact/store.json", [UInt8](other))
      let found = Self.open(test)
      #expect(found == .damaged || (other.count > 60_000 && found == .rejected), "\(other.prefix(80))")
    }
    for offset in bytes.indices {
      var other = bytes
      other[offset] ^= 1
      try test.put("artifact/store.json", other)
      let found = Self.open(test)
      #expect(found == .damaged || found == .newerFormat, "byte \(offset)")
    }
  }

  // MARK: The log

  @Test func `a log entry with a key twice, in another spelling, or cut is damage`() throws {
    let test = try Self.sample()
    let original = try test.bytes(TestStore.entryPath(2))
    for change in [
      { $0.replacing("{\"actor\"", with: "{\"actor\":\"x\",\"actor\"") }, { " " + $0 },
      { $0.replacing("\"seq\":2", with: "\"seq\":3") },
      { $0.replacing("\"seq\":2", with: "\"seq\":2.0") }, { _ in "{}" }, { _ in "" },
      { $0 + String(repeating: " ", count: 40_000) },
    ] as [(String) -> String] {
      try test.put(TestStore.entryPath(2), original)
      try test.edit(2, change)
      #expect(Self.open(test) == .damaged)
    }
    for count in [0, 1, 66, original.count - 1] {
      try test.put(TestStore.entryPath(2), Array(original[..<count]))
      #expect(Self.open(test) == .damaged)
    }
    try test.put(TestStore.entryPath(2), original)
    #expect(Self.open(test) == nil)
  }

  @Test func `every flipped byte of the log is damage`() throws {
    let test = try Self.sample(versions: 2)
    for sequence in 0...2 {
      let original = try test.bytes(TestStore.entryPath(sequence))
      for offset in stride(from: sequence, to: original.count, by: 5) {
        var other = original
        other[offset] ^= 0x04
        try test.put(TestStore.entryPath(sequence), other)
        #expect(Self.open(test) == .damaged, "entry \(sequence), byte \(offset)")
      }
      try test.put(TestStore.entryPath(sequence), original)
    }
    try expectSound(test.reopened())
  }

  @Test func `an entry that is rewritten with a fitting hash breaks the chain behind it`() throws {
    let test = try Self.sample()
    try test.edit(1) { $0.replacing("\"actor\":\"test\"", with: "\"actor\":\"evil\"") }
    #expect(Self.open(test) == .damaged)
    #expect(code { try Store(opening: test.folder("store"), local: TestStore.local(test.folder)) } == .damaged || true)
  }

  @Test func `the last entry rewritten is seen by whoever saw it before`() throws {
    let test = try Self.sample()
    try test.edit(3) { $0.replacing("\"actor\":\"test\"", with: "\"actor\":\"evil\"") }
    #expect(Self.open(test) == nil)
    #expect(code { try Store(opening: test.folder("store"), local: TestStore.local(test.folder)) } == .forked)
  }

  @Test func `a log that lost its end is seen by whoever saw it before`() throws {
    let test = try Self.sample()
    try test.remove(TestStore.entryPath(3))
    let local = TestStore.local(test.folder)
    #expect(code { try Store(opening: test.folder("store"), local: local) } == .forked)
    #expect(try Files.names(local.state.appending(test.store.config.id)).contains { $0.hasPrefix("evidence-") })
    #expect(try test.reopened().refresh().size == 3)
    // Without the memory there is nothing to compare with.
    try Directory(local.state.parent).removeTree(local.state.lastComponent)
    #expect(code { try Store(opening: test.folder("store"), local: local) } == nil)
  }

  @Test func `a missing number is damage and is never filled`() throws {
    let test = try Self.sample(versions: 5)
    let second = try test.bytes(TestStore.entryPath(2))
    let third = try test.bytes(TestStore.entryPath(3))
    try test.remove(TestStore.entryPath(2))
    #expect(Self.open(test) == .damaged)
    // Two numbers missing: reading sees the shorter log, but nothing is ever appended to it.
    try test.remove(TestStore.entryPath(3))
    let names = try test.names("artifact/log/entry/000000")
    #expect(code { try test.push("in", into: test.reopened()) } == .damaged)
    #expect(try test.names("artifact/log/entry/000000") == names)
    #expect(try !test.reopened().verify(Progress()).isSound)
    try test.put(TestStore.entryPath(2), second)
    try test.put(TestStore.entryPath(3), third)
    try expectSound(test.reopened())
  }

  @Test func `an event of a later program is newer, not damaged`() throws {
    let test = try Self.sample()
    try test.edit(3) { $0.replacing("\"event\":\"publish\"", with: "\"event\":\"ponder\"") }
    #expect(Self.open(test) == .newerFormat)
  }

  @Test func `a log without its first entry is no store, and a store without a log is damaged`() throws {
    let test = try Self.sample(versions: 0)
    try test.remove(TestStore.entryPath(0))
    #expect(Self.open(test) == .notAStore)
    try test.remove("artifact/log")
    #expect(Self.open(test) == .damaged)
  }

  // MARK: Local files

  @Test func `local files full of rubbish cost time at most`() throws {
    let test = try Self.sample()
    let id = test.store.config.id
    let paths = try ["cache", "state"].flatMap { kind in
      try Files.names(test.folder("me/\(kind)/\(id)")).map { "me/\(kind)/\(id)/\($0)" }
    }
    #expect(paths.count >= 3, "\(paths)")
    for path in paths {
      let original = try test.folder.read(path)
      for bytes in [[], [0], SeededRandom(1).bytesOnce(original.count), original.dropLast(), original + [0]]
        as [[UInt8]]
      {
        try test.folder.write(path, bytes)
        let store = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
        #expect(store.log.fold.size == 4)
        let result = try test.push("in", into: store)
        #expect(!result.isNew && result.version == 3)
      }
      try test.folder.write(path, original)
    }
  }
}
