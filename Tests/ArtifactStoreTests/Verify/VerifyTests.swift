import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What `verify` reads, finds, names and remembers.
@Suite struct VerifyTests {
  /// Two names in a pack each: a folder with large and small files, and one small file.
  static func sample() throws -> TestStore {
    let test = try TestStore()
    var random = SeededRandom(31)
    for number in 0..<12 { try test.folder.write("in/d/\(number)", random.text(200 + number)) }
    try test.folder.write("in/large", random.bytes(150_000))
    try test.push("in") { $0.workers = 1 }
    try test.folder.write("other/f", "something else")
    try test.push("other", as: "other") { $0.workers = 1 }
    return test
  }

  static func verify(_ store: Store, _ reference: String? = nil, _ change: (inout VerifyRequest) -> Void = { _ in })
    throws -> VerifyReport
  {
    var request = VerifyRequest()
    request.reference = try reference.map { try Reference($0) }
    change(&request)
    return try store.verify(request, Progress())
  }

  /// Where an object of the store lies: its pack's path, and its frame.
  static func place(_ store: Store, _ digest: Digest, _ kind: ObjectKind = .object) throws -> (String, Location) {
    let location = try #require(store.currentIndex().locations(digest, kind).first)
    return ("blobs/sha256/\(location.pack.hex)", location)
  }

  /// Makes the frame that holds an object undecodable.
  static func hurt(_ test: TestStore, _ digest: Digest, _ kind: ObjectKind = .object) throws {
    let (path, location) = try place(test.reopened(), digest, kind)
    var bytes = try test.bytes(path)
    let start = Int(location.frame.offset)
    for offset in (start + 8)..<(start + Int(location.frame.storedSize)) { bytes[offset] = 0xFF }
    try test.put(path, bytes)
  }

  // MARK: One version

  @Test func `one version is checked alone: damage elsewhere is not its business`() throws {
    let test = try Self.sample()
    try Self.hurt(test, Digest.of([UInt8]("something else")))
    let store = try test.reopened()
    let report = try Self.verify(store, "data")
    #expect(report.isSound && report.versionCount == 1 && report.packCount == 1 && report.rebuiltCount == 1)
    let other = try Self.verify(store, "other@1")
    #expect(!other.isSound)
    #expect(other.hurt.map(\.reference) == ["other@1"])
    #expect(try Self.verify(store).hurt.map(\.reference) == ["other@1"])
  }

  @Test func `a path inside, a bare digest and a record that is lost can be asked for`() throws {
    let test = try Self.sample()
    let store = try test.reopened()
    #expect(try Self.verify(store, "data:d/3").isSound)
    #expect(try Self.verify(store, "data:d").isSound)
    let found = try store.resolve(Reference("other"))
    #expect(try Self.verify(store, "sha256:\(found.entry.digest.hex)").isSound)
    #expect(code { try Self.verify(store, "nothing") } == .notFound)
    try Self.hurt(test, try #require(found.record))
    let report = try Self.verify(test.reopened(), "other")
    #expect(report.hurt.map(\.path) == [""])
  }

  // MARK: Naming

  @Test func `every lost path of every version is named with its damage, the first twenty in full`() throws {
    let test = try TestStore()
    for number in 0..<30 { try test.folder.write("in/d/\(number)", "file \(number)") }
    try test.push("in") { $0.workers = 1 }
    try test.folder.write("in/new", "new")
    try test.push("in") { $0.workers = 1 }
    // The frame of the files also holds the first version's trees, so they are pushed alone first.
    let pack = try #require(test.store.currentIndex().locations(Digest.of([UInt8]("file 3")), .object).first).pack
    let report = try test.reopened().verify(Progress())
    #expect(report.isSound)
    try test.remove("blobs/sha256/\(pack.hex)")
    let hurt = try test.reopened().verify(Progress()).hurt
    #expect(hurt.map(\.reference) == ["data@1", "data@2"])
    #expect(hurt[0].path == "" && hurt[0].pathCount == 1)
    // The second version has its own record and root, but not the folder.
    #expect(hurt[1].paths.map(\.path) == ["d"])
  }

  @Test func `a damaged object names its paths and leaves its neighbours alone`() throws {
    let test = try TestStore()
    var random = SeededRandom(4)
    let contents = (0..<40).map { _ in random.bytes(17_000) }
    for (number, content) in contents.enumerated() {
      try test.folder.write("in/\(number)", content)
      try test.folder.write("in/again/\(number)", content)
    }
    try test.push("in") { $0.workers = 1 }
    // Stored as they are: one byte belongs to one object.
    for number in 5..<30 {
      let (path, location) = try Self.place(test.reopened(), Digest.of(contents[number]))
      let start = try #require(try test.find(Array(contents[number].prefix(32)), in: path))
      #expect(start > Int(location.frame.offset))
      try test.flip(path, at: start + 7, 1)
    }
    let hurt = try test.reopened().verify(Progress()).hurt
    #expect(hurt.count == 1)
    #expect(hurt[0].pathCount == 50)
    #expect(hurt[0].paths.count == 20)
    #expect(hurt[0].paths.allSatisfy { $0.why.contains("the frame at byte") && $0.why.hasPrefix("pack ") })
    // All others can be pulled.
    for number in [0, 4, 30, 39] {
      #expect(try Self.verify(test.reopened(), "data:\(number)").hurt.isEmpty)
      try test.pull("data:\(number)", to: "out\(number)", from: test.reopened())
      #expect(try test.folder.read("out\(number)") == contents[number])
    }
    #expect(code { try test.pull("data:7", to: "out7", from: test.reopened()) } == .damaged)
  }

  @Test func `a recipe that is well-formed and wrong is found, once it is the only one`() throws {
    let test = try TestStore()
    var random = SeededRandom(8)
    let large = random.bytes(1 << 20)
    let halves = [Array(large[(1 << 19)...]), Array(large[..<(1 << 19)])]
    let tree = [UInt8]("tree 1\nf 1048576 \(Digest.of(large).hex)  f\n")
    let record = PackageRecord(
      kind: .other, tree: Digest.of(tree), size: 1 << 20, fileCount: 1, meta: [:], note: nil)
    let recordBytes = try record.bytes()
    let session = try WriteSession(test.store, progress: Progress(), level: 1)
    let packer = try session.packer(0)
    for object in halves + [tree, recordBytes] { try packer.add(.object, Digest.of(object), object.span) }
    let parts = halves.map { Recipe.Part(digest: Digest.of($0), size: UInt64($0.count)) }
    try packer.add(.recipe, Digest.of(large), Recipe(isNested: false, parts: parts).text.span)
    try session.finishPacks()
    try session.close()
    _ = try test.store.log.append(actor: "liar", syncing: []) { (_) throws(StoreError) in
      // The name is right.
      (try? PackageName("data")).map {
        .publish(name: $0, version: 1, kind: .other, record: Digest.of(recordBytes))
      }
    }
    #expect(try Self.verify(test.reopened()) { $0.isQuick = true }.isSound)
    for reference in [nil, "data"] {
      let hurt = try Self.verify(test.reopened(), reference).hurt
      #expect(hurt.map(\.path) == ["f"])
      #expect(hurt.first?.paths.first?.why.contains("no recipe") == true)
    }
    #expect(code { try test.pull(to: "out", from: test.reopened()) } == .damaged)
  }

  @Test func `a tree or a recipe that states a wrong size is found`() throws {
    let test = try Self.sample()
    let file = Digest.of([UInt8]("something else"))
    let tree = [UInt8]("tree 1\nf 15 \(file.hex)  f\n")
    let record = try PackageRecord(
      kind: .other, tree: Digest.of(tree), size: 15, fileCount: 1, meta: [:], note: nil
    ).bytes()
    let session = try WriteSession(test.store, progress: Progress(), level: 1)
    for object in [tree, record] { try session.packer(0).add(.object, Digest.of(object), object.span) }
    try session.finishPacks()
    try session.close()
    _ = try test.store.log.append(actor: "liar", syncing: []) { (_) throws(StoreError) in
      (try? PackageName("lie")).map { .publish(name: $0, version: 1, kind: .other, record: Digest.of(record)) }
    }
    #expect(try Self.verify(test.reopened()) { $0.isQuick = true }.hurt.map(\.reference) == ["lie@1"])
    #expect(code { try test.pull("lie", to: "out", from: test.reopened()) } == .damaged)
  }

  // MARK: Structure

  @Test func `a quick check decodes nothing and finds what is missing, cut or does not fit`() throws {
    let test = try Self.sample()
    func quick() throws -> VerifyReport { try Self.verify(test.reopened()) { $0.isQuick = true } }
    #expect(try quick().isSound)
    #expect(try quick().objectCount == 0)
    for pack in try test.packs {
      let path = "blobs/sha256/\(pack)"
      let original = try test.bytes(path)
      try test.put(path, Array(original.dropLast()))
      #expect(try !quick().isSound)
      try test.put(path, original)
      try test.flip(path, at: original.count - 200, 1)
      #expect(try !quick().isSound)
      try test.remove(path)
      #expect(try !quick().hurt.isEmpty)
      try test.put(path, original)
    }
    #expect(try quick().isSound)
  }

  @Test func `a merged index that is whole but says what no pack says is found`() throws {
    let test = try PackDamageTests.merged()
    let name = try test.names("artifact/index")[0]
    var bytes = try test.bytes("artifact/index/\(name)")
    // One entry is given another start, and the sums are made to fit.
    let header = try SegmentIndex.Header(bytes.span)
    let start = 64 + 1_024 + 48 * (header.entryCount / 2) + 36
    bytes[start] ^= 1
    let crc = CRC32.of(bytes.span.extracting(0..<(bytes.count - 4)))
    bytes.removeLast(4)
    LittleEndian.append(crc, to: &bytes)
    try test.remove("artifact/index/\(name)")
    try test.put("artifact/index/\(Digest.of(bytes).hex)", bytes)
    for isQuick in [true, false] {
      let report = try Self.verify(test.reopened()) { $0.isQuick = isQuick }
      #expect(report.problems.contains { $0.detail.contains("does not say of pack") })
    }
  }

  @Test func `blobs of other programs beside the packs are whole or damaged like everything else`() throws {
    let test = try Self.sample()
    let manifest = [UInt8](#"{"schemaVersion":2}"#)
    let path = "blobs/sha256/\(Digest.of(manifest).hex)"
    try test.put(path, manifest)
    for isQuick in [true, false] {
      let report = try Self.verify(test.reopened()) { $0.isQuick = isQuick }
      #expect(report.isSound && report.foreignCount == 1)
    }
    try test.flip(path, at: 3, 1)
    #expect(try !Self.verify(test.reopened()).isSound)
  }

  @Test func `the files that make the folder an OCI layout are checked`() throws {
    let test = try Self.sample()
    for name in ["oci-layout", "index.json"] {
      let original = try test.bytes(name)
      try test.flip(name, at: original.count / 2, 4)
      #expect(try Self.verify(test.reopened()).problems.map(\.subject) == [name])
      try test.remove(name)
      #expect(try Self.verify(test.reopened()).problems.map(\.subject) == [name])
      try test.put(name, original)
    }
    try test.put("index.json", [UInt8](#"{"manifests":[{"digest":"x"}],"schemaVersion":2}"#))
    try expectSound(test.reopened())
  }

  // MARK: The log

  @Test func `versions behind a damaged log entry are named`() throws {
    let test = try DamageTests.sample(versions: 4)
    try test.flip(TestStore.entryPath(2), at: 40, 1)
    #expect(code { try test.reopened() } == .damaged)
    let store = try Store(opening: test.folder("store"), local: nil, toleratesLogDamage: true)
    let report = try store.verify(Progress())
    #expect(report.problems.map(\.subject) == ["log entry 2"])
    #expect(report.hurt.map(\.reference) == ["data@3", "data@4"])
    #expect(report.entryCount == 2 && report.versionCount == 1)
  }

  @Test(arguments: [1, 2])
  func `missing log numbers in a row are found`(count: Int) throws {
    let test = try DamageTests.sample(versions: 5)
    for number in 2..<(2 + count) { try test.remove(TestStore.entryPath(number)) }
    let store = try Store(opening: test.folder("store"), local: nil, toleratesLogDamage: true)
    let report = try store.verify(Progress())
    #expect(report.problems.map(\.subject) == ["log entry 2"])
    #expect(report.hurt.last?.reference == "data@5")
  }

  @Test func `a cached state that is not what the log adds up to is found`() throws {
    let test = try DamageTests.sample()
    let path = "me/cache/\(test.store.config.id)/fold"
    var fold = try #require(Fold(cacheBytes: test.folder.read(path)))
    let entry = try #require(try test.store.entry(1))
    var wrong = Fold()
    for number in 0..<fold.size { try wrong.apply(#require(try test.store.entry(number))) }
    #expect(wrong == fold)
    fold = try Self.without(entry, fold)
    try test.folder.write(path, fold.cacheBytes())
    let report = try Store(opening: test.folder("store"), local: TestStore.local(test.folder)).verify(Progress())
    #expect(report.problems.map(\.subject) == ["the cached state"])
    // Somebody else's cache is right.
    try expectSound(test.reopened())
  }

  /// The state with a kind that is not the log's.
  static func without(_ entry: LogEntry, _ fold: Fold) throws -> Fold {
    let bytes = Array(try fold.cacheBytes().dropLast(Digest.byteCount))
    let body = bytes.replacing(Array("other".utf8), with: Array("model".utf8))
    return try #require(Fold(cacheBytes: body + Digest.of(body).bytes))
  }
}
