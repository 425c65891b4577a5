import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Versions on their way to other stores and into archives.
@Suite struct CopyExportTests {
  static func sample() throws -> TestStore {
    let test = try TestStore()
    var random = SeededRandom(41)
    for number in 0..<40 { try test.folder.write("in/d/\(number)", random.text(random.below(3_000))) }
    try test.folder.write("in/random", random.bytes(2 << 20))
    try test.folder.write("in/text", random.text(3 << 19))
    try test.folder.write("in/run", [0x23], isExecutable: true)
    try test.folder.sh("ln -s text in/l; mkdir in/empty; touch in/none")
    try test.push("in") { $0.workers = 1 }
    return test
  }

  static func copy(_ source: Store, _ target: Store, _ reference: String = "data") throws -> CopyResult {
    try source.copy(source.resolve(Reference(reference)), to: target, actor: "copier", Progress())
  }

  @Test func `a version alone in its packs travels frame by frame`() throws {
    let source = try Self.sample()
    let target = try TestStore()
    let result = try Self.copy(source.store, target.store)
    #expect(result.version == 1 && result.isNew)
    #expect(result.framesCopied > 3)
    #expect(result.objectsRepacked == 0)
    try target.pull(to: "out", from: target.reopened())
    #expect(try target.folder.tree("out") == source.folder.tree("in"))
    try expectSound(target.reopened())
    let again = try Self.copy(source.store, target.store)
    #expect(!again.isNew && again.version == 1 && again.objectsCopied == 0 && again.bytesWritten == 0)
    #expect(try target.leftovers.isEmpty)
  }

  @Test func `a version that shares frames with another is repacked, and nothing else travels`() throws {
    let source = try Self.sample()
    try source.folder.sh("mkdir two; cp in/d/1* two; echo new > two/new")
    try source.push("two", as: "two") { $0.workers = 1 }
    let target = try TestStore()
    let result = try Self.copy(source.store, target.store, "two")
    #expect(result.objectsRepacked > 0)
    try target.pull("two", to: "out", from: target.reopened())
    #expect(try target.folder.tree("out") == source.folder.tree("two"))
    #expect(!target.store.currentIndex().contains(Digest.of(try source.folder.read("in/d/2")), .object))
    try expectSound(target.reopened())
    // What is there already is not sent again.
    let rest = try Self.copy(source.store, target.store)
    #expect(rest.objectsCopied > 0)
    try target.pull("data", to: "out2", from: target.reopened())
    #expect(try target.folder.tree("out2") == source.folder.tree("in"))
    try expectSound(target.reopened())
  }

  @Test func `a copy to itself, of another kind or of a damaged version is refused and publishes nothing`() throws {
    let source = try Self.sample()
    let target = try TestStore()
    #expect(code { try Self.copy(source.store, source.reopened()) } == .usage)
    try target.folder.write("in/f", "x")
    try target.push("in") { $0.kind = .model }
    #expect(code { try Self.copy(source.store, target.store) } == .refused)
    #expect(try target.reopened().refresh().size == 2)
    for pack in try source.packs { try source.remove("blobs/sha256/\(pack)") }
    let empty = try TestStore()
    #expect(code { try Self.copy(source.reopened(), empty.store) } == .damaged)
    #expect(try empty.reopened().refresh().size == 1)
    #expect(try empty.leftovers.isEmpty && target.leftovers.isEmpty)
  }

  @Test func `a flipped bit never travels`() throws {
    let source = try TestStore()
    var random = SeededRandom(17)
    for number in 0..<20 { try source.folder.write("in/\(number)", random.text(random.below(3_000))) }
    try source.folder.write("in/random", random.bytes(300_000))
    try source.push("in") { $0.workers = 1 }
    for pack in try source.packs {
      let path = "blobs/sha256/\(pack)"
      let original = try source.bytes(path)
      for _ in 0..<12 {
        let offset = random.below(original.count)
        try source.flip(path, at: offset, 0x10)
        let target = try TestStore()
        if let found = code({ try Self.copy(source.reopened(), target.store) }) {
          #expect(found == .damaged)
          #expect(try target.reopened().refresh().size == 1)
        } else {
          try target.pull(to: "out", from: target.reopened())
          #expect(try target.folder.tree("out") == source.folder.tree("in"), "byte \(offset)")
        }
        try expectSound(target.reopened())
        try source.put(path, original)
      }
    }
  }

  // MARK: Archives

  @Test(arguments: ["tar", "tar.gz", "tar.zst", "zip"])
  func `an export is the same every time and is read by the usual tools`(format: String) throws {
    let test = try Self.sample()
    let entry = try test.store.resolve(Reference("data")).entry
    try test.store.export(entry, to: test.folder("one.\(format)"), Progress())
    try test.reopened().export(entry, to: test.folder("two.\(format)"), Progress())
    #expect(try test.folder.read("one.\(format)") == test.folder.read("two.\(format)"))
    switch format {
    case "zip":
      guard Shell.has("unzip") else { return }
      try test.folder.sh("unzip -q one.zip -d out")
    case "tar.zst": try test.folder.sh("mkdir out; tar --zstd -xf one.tar.zst -C out")
    default: try test.folder.sh("mkdir out; tar -xf one.\(format) -C out")
    }
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    #expect(code { try test.store.export(entry, to: test.folder("one.\(format)"), Progress()) } == .exists)
    // And back.
    let result = try test.push("one.\(format)", as: "again") { $0.unpacks = true }
    #expect(try result.content.tree == test.store.resolve(Reference("data")).content?.tree)
    #expect(try !Files.names(test.folder.path).contains { $0.contains("artifact-export") })
  }

  @Test func `an export removes what a killed one left beside it, and nothing else`() throws {
    let test = try Self.sample()
    let entry = try test.store.resolve(Reference("data")).entry
    let left = ".0123456789abcdef.artifact-export"
    let others = [".0123456789abcdeF.artifact-export", ".0123.artifact-export", "0123456789abcdef.artifact-export"]
    for name in others + [left] { try test.folder.write("out/\(name)", "part of an archive") }
    let parent = try Directory(test.folder("out"))
    let running = try UnfinishedExport.create(in: parent)
    try test.store.export(entry, to: test.folder("out/data.tar"), Progress())
    let found = try Set(Files.names(test.folder("out")))
    #expect(found == Set(others + ["data.tar", String(decoding: running.name, as: UTF8.self)]))
  }

  @Test func `a part is exported, another ending is refused`() throws {
    let test = try Self.sample()
    let part = try test.store.resolve(Reference("data:d")).entry
    try test.store.export(part, to: test.folder("part.tar"), Progress())
    #expect(try test.folder.sh("tar -tf part.tar | wc -l") == "40\n")
    let file = try test.store.resolve(Reference("data:run")).entry
    try test.store.export(file, to: test.folder("file.tar"), Progress())
    #expect(try test.folder.sh("tar -tf file.tar") == "run\n")
    for name in ["x", "x.rar", "x.tar.xz"] {
      #expect(code { try test.store.export(part, to: test.folder(name), Progress()) } == .usage)
    }
    #expect(code { try test.store.export(part, to: test.folder("absent/x.tar"), Progress()) } == .notFound)
  }

  // MARK: Tags

  static func version(_ reference: String, _ test: TestStore) throws -> Int? {
    let store = try test.reopened()
    return try store.resolve(Reference(reference)).version
  }

  @Test func `a tag stands for its version until it moves or goes`() throws {
    let test = try TestStore()
    for version in 1...2 {
      try test.folder.write("in/f", "\(version)")
      let tags = try version == 1 ? [TagName("first")] : []
      try test.push("in") { $0.tags = tags }
    }
    let name = try PackageName("data")
    let prod = try TagName("prod")
    #expect(try Self.version("data@first", test) == 1)
    #expect(try test.store.tag(name, version: 1, as: prod, actor: "x") == 5)
    #expect(try test.store.tag(name, version: 1, as: prod, actor: "x") == nil)
    #expect(try Self.version("data@prod", test) == 1)
    try test.store.tag(name, version: 2, as: prod, actor: "x")
    #expect(try Self.version("data@prod", test) == 2)
    try test.store.untag(name, prod, actor: "x")
    #expect(code { try Self.version("data@prod", test) } == .notFound)
    #expect(code { try test.store.untag(name, prod, actor: "x") } == .notFound)
    for number in [0, -1, 3, .max] {
      #expect(code { try test.store.tag(name, version: number, as: prod, actor: "x") } == .notFound)
    }
    #expect(code { try test.store.tag(PackageName("absent"), version: 1, as: prod, actor: "x") } == .notFound)
    #expect(try test.reopened().refresh().voids.isEmpty)
    #expect(code { try test.push("in") { $0.kind = .model } } == .refused)
  }
}
