import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Folders that are missing, and other things in the place of files and folders.
@Suite struct PlaceTests {
  /// Enough versions for a merged segment.
  static func merged() throws -> TestStore {
    let test = try TestStore(in: TestFolder.inMemory)
    for number in 0..<19 {
      try test.folder.write("in/f", "number \(number)")
      try test.push("in") { $0.workers = 1 }
    }
    return test
  }

  /// What may stand in the place of a file, as a line of the shell that ends with the name.
  static let strangers = ["mkdir", "ln -s /etc/passwd", "ln -s nowhere", "mkfifo"]

  // MARK: Folders

  @Test(arguments: ["tmp", "index"])
  func `a folder of what may be thrown away is made again by a writer, and not by a reader`(name: String) throws {
    let test = try Self.merged()
    try test.folder.sh("rm -r store/artifact/\(name)")
    let store = try test.reopened()
    try expectSound(store)
    try test.pull(to: "out", from: store)
    #expect(!store.isGoingOn(String(repeating: "0", count: 32)))
    #expect(try !test.names("artifact").contains(name))
    try test.folder.write("in/f", "again")
    try test.push("in", into: store)
    #expect(try test.names("artifact").contains(name))
    // While it is in use.
    try test.folder.sh("rm -r store/artifact/\(name)")
    try test.folder.write("in/f", "and again")
    #expect(try test.push("in", into: store).version == 21)
    try expectSound(test.reopened())
  }

  @Test(arguments: ["tmp", "index"])
  func `a file in the place of such a folder stops writers only`(name: String) throws {
    let test = try Self.merged()
    try test.folder.sh("rm -r store/artifact/\(name); echo x > store/artifact/\(name)")
    let store = try test.reopened()
    try test.pull(to: "out", from: store)
    try test.folder.write("in/f", "again")
    let failure = failure { try test.push("in", into: store) }
    #expect((failure?.cause as? IOFailure)?.code == .notFolder, "\(String(describing: failure))")
    try test.folder.sh("rm store/artifact/\(name)")
    try test.push("in", into: store)
    try expectSound(test.reopened())
  }

  @Test(arguments: ["blobs", "blobs/sha256", "artifact/log", "artifact/log/entry"])
  func `without any other folder a store is damaged`(name: String) throws {
    let test = try Self.merged()
    try test.folder.sh("rm -r store/\(name)")
    let failure = failure { try test.reopened() }
    #expect(
      failure?.code == .damaged && failure?.subject.hasPrefix("the store ") == true, "\(String(describing: failure))")
  }

  // MARK: Files

  @Test(arguments: strangers)
  func `what is no file in the place of an index is not used, told, and set aside`(stranger: String) throws {
    let test = try Self.merged()
    let name = try #require(test.names("artifact/index").first)
    try test.folder.sh("cd store/artifact/index; rm \(name); \(stranger) \(name)")
    let store = try test.reopened()
    try test.pull(to: "out", from: store)
    let report = try store.verify(Progress())
    #expect(report.problems.map(\.subject) == ["index \(name.prefix(12))"] && report.hurt.isEmpty)
    #expect(report.problems.first?.detail.contains("it is not a file") == true)
    let repaired = try RepairTests.repair(test)
    #expect(repaired.isWell && repaired.segments == [name])
    #expect(try test.names("artifact/quarantine") == [name])
    try expectSound(test.reopened())
  }

  @Test(arguments: strangers)
  func `what is no file in the place of a pack is damage, and set aside`(stranger: String) throws {
    let test = try RepairTests.sample()
    try test.folder.sh("cp -r store backup")
    let path = try RepairTests.pack(test)
    let name = String(path.suffix(64))
    try test.folder.sh("cd store/blobs/sha256; rm \(name); \(stranger) \(name)")
    #expect(code { try test.pull(to: "out", from: test.reopened()) } == .damaged)
    let report = try test.reopened().verify(Progress())
    #expect(report.problems.map(\.detail) == ["it is not a file"] && report.failure == nil)
    let alone = try RepairTests.repair(test)
    #expect(alone.packs.map(\.name.hex) == [name] && alone.hurt.map(\.reference) == ["data@1"])
    #expect(try test.names("artifact/quarantine") == [name])
    #expect(try test.reopened().verify(Progress()).problems.isEmpty)
    #expect(try RepairTests.repair(test, from: test.folder("backup")).isWell)
    try RepairTests.expectRight(test)
  }

  @Test func `with something in the place of the quarantine nothing is begun`() throws {
    let test = try RepairTests.sample()
    let path = try RepairTests.pack(test)
    try test.flip(path, at: test.bytes(path).count - 1, 1)
    try test.folder.write("store/artifact/quarantine", "x")
    let before = try CheckMemoryTests.listing(test)
    #expect((failure { try RepairTests.repair(test) }?.cause as? IOFailure)?.code == .notFolder)
    #expect(try CheckMemoryTests.listing(test) == before)
    try test.remove("artifact/quarantine")
    #expect(try RepairTests.repair(test).isWell)
  }

  // MARK: What is told

  @Test func `damage at the end of a pack is told with its place`() throws {
    let test = try RepairTests.sample()
    let path = try RepairTests.pack(test)
    let size = try test.bytes(path).count
    for offset in stride(from: 1, to: 140, by: 6) {
      try test.flip(path, at: size - offset, 0x20)
      let details = try test.reopened().verify(Progress()).problems.map(\.detail)
      #expect(
        details.contains { $0.hasPrefix("seek table: ") || $0.hasPrefix("pack index: ") }, "\(offset): \(details)")
      try test.flip(path, at: size - offset, 0x20)
    }
  }

  @Test(arguments: ["data@2", "data@2:deep", "data@2:deep/file"])
  func `what is hurt is named by its whole path, whatever was asked for`(reference: String) throws {
    let test = try RepairTests.sample()
    let content = SeededRandom(63).bytesOnce(17_000)
    try test.folder.write("in/deep/file", content)
    try test.push("in") { $0.workers = 1 }
    let path = try RepairTests.pack(test)
    // Stored as it is.
    let place = try #require(try test.find(Array(content.prefix(64)), in: path))
    try test.flip(path, at: place + 100, 1)
    var request = VerifyRequest()
    request.reference = try Reference(reference)
    let report = try test.reopened().verify(request, Progress())
    #expect(report.hurt.map(\.reference) == ["data@2"] && report.hurt.first?.paths.map(\.path) == ["deep/file"])
  }

  @Test func `packs that are passed over count as packs, also for one version`() throws {
    let test = try RepairTests.sample()
    #expect(try test.store.verify(Progress()).skippedPackCount == 0)
    var request = VerifyRequest()
    request.since = Timestamp(milliseconds: 0)
    request.reference = try Reference("other@1")
    let report = try test.store.verify(request, Progress())
    #expect(report.packCount == 1 && report.skippedPackCount == 1 && report.objectCount == 0)
  }

  @Test func `a store does not mend itself`() throws {
    let test = try RepairTests.sample()
    try test.folder.sh("ln -s store alias")
    for name in ["store", "alias"] {
      #expect(code { try RepairTests.repair(test, from: test.folder(name)) } == .usage, "\(name)")
    }
  }
}
