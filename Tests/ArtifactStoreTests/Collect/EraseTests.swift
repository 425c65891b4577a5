import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Versions whose bytes are given up.
@Suite struct EraseTests {
  /// Whether the bytes of an object are anywhere in the store's packs.
  static func holds(_ test: TestStore, _ text: String) throws -> Bool {
    let digest = Digest.of([UInt8](text))
    for pack in try test.packs {
      let file = try PackFile(#require(Digest(hex: pack)), in: test.reopened().packs)
      if try file.readIndex().segment.contains(digest, .object) { return true }
    }
    return false
  }

  @Test func `erased bytes are gone after the collection, and the record tells who, when and why`() throws {
    let test = try TestStore()
    try test.folder.write("in/secret", "a secret")
    try test.folder.write("in/shared", "shared by both")
    try test.push("in") { $0.note = "first" }
    try test.folder.sh("rm in/secret")
    try test.push("in")
    try test.erase("data@1", reason: "a person asked")
    #expect(try Self.holds(test, "a secret"))
    try test.collect()
    #expect(try !Self.holds(test, "a secret"))
    #expect(try Self.holds(test, "shared by both"))
    try test.expect("data@2", gives: "in")
    let store = try test.reopened()
    let erasure = try store.resolve(Reference("data@1"), includingErased: true).erasure
    #expect(erasure?.reason == "a person asked")
    #expect(erasure?.actor == "test")
    #expect(try store.resolve(Reference("data@1"), includingErased: true).content?.note == "first")
    #expect(try store.versions(of: PackageName("data")).map(\.version) == [2, 1])
    #expect(try store.versions(of: PackageName("data"))[1].content?.note == "first")
    #expect(try store.stats().erasedVersions == 1)
    try expectSound(store)
  }

  @Test func `no frame with an erased object survives, however young and small its pack`() throws {
    let test = try TestStore()
    for number in 0..<30 { try test.folder.write("in/kept\(number)", "kept \(number)") }
    try test.folder.write("in/secret", "a secret")
    try test.push("in")
    try test.folder.sh("rm in/secret")
    try test.push("in", as: "other")
    try test.erase("data@1")
    let report = try test.collect { $0.sparesSince = Platform.now() - 3_600 * 1_000_000_000 }
    #expect(report.erasedPacks == 1)
    #expect(report.framesCopied == 0)
    for pack in try test.packs {
      let text = try test.folder.sh("zstd -dcq store/blobs/sha256/\(pack) | tar -xO --ignore-zeros | cat")
      #expect(!text.contains("a secret"))
    }
    guard case .collect(_, let reason)? = try test.reopened().entry(report.logSize - 1)?.event else {
      Issue.record("no collection")
      return
    }
    #expect(reason == .erased)
    try test.expect("other", gives: "in")
  }

  @Test func `a collection that another has overtaken knows the remains of erased versions by the same index`() throws {
    let test = try TestStore()
    for number in 0..<100 { try test.folder.write("in/f\(number)", "file \(number)") }
    try test.push("in")
    try test.folder.sh("mkdir few; cp in/f1 in/f2 few")
    try test.push("few", as: "other")
    try test.erase("data@1")
    // The pack that the first one knows is gone when it marks; the one that takes its place has few entries.
    let store = try test.opened { step in if step == .opened { _ = try? test.collect() } }
    try test.collect(store)
    #expect(try !Self.holds(test, "file 3"))
    #expect(try Self.holds(test, "file 1"))
    try test.expect("other", gives: "few")
    try expectSound(test.reopened())
  }

  @Test func `everything that asks for erased bytes is told so`() throws {
    let test = try TestStore()
    try test.folder.write("in/sub/f", "bytes")
    try test.push("in")
    let record = try test.store.resolve(Reference("data@1"))
    try test.erase("data@1")
    let other = try TestStore()
    for isCollected in [false, true] {
      if isCollected { try test.collect() }
      let store = try test.reopened()
      for reference in [
        "data", "data@1", "data@1:sub/f", "data@\(record.record?.text.prefix(20) ?? "")",
        String(record.record?.text ?? ""), record.entry.digest.text,
      ] {
        #expect(code { try store.resolve(Reference(reference)) } == .erased, "\(reference)")
      }
      #expect(code { try store.resolve(Reference("data@1:sub/f"), includingErased: true) } == .erased)
      #expect(code { try store.tag(PackageName("data"), version: 1, as: TagName("t"), actor: "x") } == .erased)
      #expect(code { try test.erase("data@1") } == .erased)
      #expect(code { try store.erase([(PackageName("data"), 1)], reason: "x", actor: "x") } == .erased)
    }
    #expect(try other.names("blobs/sha256").isEmpty)
  }

  @Test func `tags and versions with the same content are named as holders`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "bytes")
    let tags = try ["gold", "silver"].map { try TagName($0) }
    try test.push("in") { $0.tags = tags }
    try test.push("in", as: "copies/one")
    try test.push("in", as: "copies/two") { $0.note = "another record" }
    let found = failure { try test.erase("data@1") }
    #expect(found?.code == .held)
    for holder in ["data@gold", "data@silver", "copies/one@1", "copies/two@1"] {
      #expect(found?.detail.contains(holder) ?? false, "\(holder)")
    }
    #expect(try test.reopened().log.fold.packages["data"]?.versions[0].erasure == nil)
    try test.store.untag(PackageName("data"), TagName("gold"), actor: "x")
    try test.store.untag(PackageName("data"), TagName("silver"), actor: "x")
    #expect(code { try test.erase("data@1", "copies/one@1") } == .held)
    #expect(try test.erase("data@1", "copies/one@1", "copies/two@1").count == 3)
    try test.collect()
    #expect(try !Self.holds(test, "bytes"))
    try expectSound(test.reopened())
  }

  @Test func `the same content pushed again is a new version with its bytes`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(200_000))
    try test.folder.age("in", bySeconds: 3_600)
    try test.push("in")
    try test.erase("data@1")
    let result = try test.push("in", into: Store(opening: test.folder("store"), local: TestStore.local(test.folder)))
    #expect(result.version == 2)
    #expect(result.isNew)
    try test.collect()
    try test.expect("data@2", gives: "in")
    #expect(code { try test.reopened().resolve(Reference("data@1")) } == .erased)
    try expectSound(test.reopened())
    // And once more, after the bytes are gone.
    try test.erase("data@2")
    try test.collect()
    try test.push("in", into: Store(opening: test.folder("store"), local: TestStore.local(test.folder)))
    try test.expect("data@3", gives: "in")
  }

  @Test func `a reason must be given, and not a book`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "bytes")
    try test.push("in")
    #expect(code { try test.erase("data@1", reason: "") } == .usage)
    #expect(code { try test.erase("data@1", reason: String(repeating: "x", count: 5_000)) } == .usage)
    #expect(code { try test.store.erase([(PackageName("data"), 2)], reason: "x", actor: "x") } == .notFound)
    #expect(code { try test.store.erase([(PackageName("none"), 1)], reason: "x", actor: "x") } == .notFound)
  }

  @Test func `erased bytes are rightly absent, a lost record is not`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "bytes")
    try test.push("in")
    try test.erase("data@1")
    try test.collect()
    try expectSound(test.reopened())
    for pack in try test.packs { try test.remove("blobs/sha256/\(pack)") }
    let report = try test.reopened().verify(Progress())
    #expect(report.hurt.map(\.version) == [1])
    #expect(code { try test.collect() } == .damaged)
  }

  @Test func `what is erased and collected while it is read was erased and is not damaged`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "f")
    try test.folder.write("in/large", SeededRandom(3).bytesOnce(200_000))
    try test.push("in")
    // One that holds no pack open.
    let store = try test.reopened()
    let found = try test.reopened().resolve(Reference("data"))
    let file = try test.reopened().resolve(Reference("data:large"))
    try test.erase("data@1")
    try test.collect()
    let pulled = failure {
      try store.reading(found) { () throws(StoreError) in
        try store.pull(found.entry, to: test.folder("out"), Progress())
      }
    }
    let shown = failure { try store.reading(file) { () throws(StoreError) in try store.cat(file.entry) { _ in } } }
    let exported = failure {
      try store.reading(found) { () throws(StoreError) in
        try store.export(found.entry, to: test.folder("out.tar.zst"), Progress())
      }
    }
    for problem in [pulled, shown, exported] {
      #expect(problem?.code == .erased)
      #expect(problem?.subject == "data@1")
    }
  }

  @Test func `what is lost while it is read is damage`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "f")
    try test.push("in")
    let store = try test.reopened()
    let found = try test.reopened().resolve(Reference("data"))
    for pack in try test.packs { try test.remove("blobs/sha256/\(pack)") }
    let problem = failure {
      try store.reading(found) { () throws(StoreError) in
        try store.pull(found.entry, to: test.folder("out"), Progress())
      }
    }
    #expect(problem?.code == .damaged)
  }
}
