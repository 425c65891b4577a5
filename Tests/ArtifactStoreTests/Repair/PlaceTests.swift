import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Folders that are missing, and other things in the place of files and folders.
@Suite struct PlaceTests {
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
}
