import ArtifactCore
import Testing

@testable import ArtifactStore

/// Listing names and versions.
@Suite struct ListTests {
  private func filled() throws -> ReadScratch {
    let scratch = try ReadScratch()
    try scratch.write("one", "a")
    try scratch.push("fraud/data") {
      $0.kind = .dataset
      $0.tags = [try TagName("gold")]
      $0.meta = ["source": "crm"]
    }
    try scratch.write("two!", "b")
    try scratch.push("fraud/data") { $0.meta = ["source": "web"] }
    try scratch.push("fraud/model") { $0.kind = .model }
    return scratch
  }

  @Test func `each name has its latest version, by name`() throws {
    let scratch = try filled()
    defer { scratch.remove() }
    let listed = try scratch.store.list()
    #expect(listed.map(\.name.text) == ["fraud/data", "fraud/model"])
    #expect(listed.map(\.version) == [2, 1])
    #expect(listed.map(\.content?.size) == [7, 7])
    #expect(listed[0].tags == [])
  }

  @Test func `a tag lists the version that it is on`() throws {
    var filter = ListFilter()
    filter.tag = try TagName("gold")
    let scratch = try filled()
    defer { scratch.remove() }
    let listed = try scratch.store.list(filter)
    #expect(listed.map(\.version) == [1])
    #expect(listed.first?.tags == ["gold"])
    #expect(listed.first?.content?.size == 3)
  }

  @Test func `filters hold together`() throws {
    let scratch = try filled()
    defer { scratch.remove() }
    let store = scratch.store
    var filter = ListFilter()
    filter.kind = .model
    #expect(try store.list(filter).map(\.name.text) == ["fraud/model"])
    filter.kind = .dataset
    filter.meta = ["source": "web"]
    #expect(try store.list(filter).count == 1)
    filter.meta = ["source": "crm"]
    #expect(try store.list(filter).isEmpty)
  }

  @Test(arguments: [
    ("*", true), ("fraud/*", true), ("f*d*", true), ("fraud", false), ("*/dat?", true), ("????????", false),
    ("fraud/data", true), ("fraud/data?", false), ("*a*a*", true), ("**", true), ("", false), ("*x", false),
  ])
  func `a pattern fits whole names, slashes included`(pattern: String, fits: Bool) throws {
    #expect(NamePattern(Array(pattern.utf8)).matches(try PackageName("fraud/data")) == fits)
  }

  @Test func `versions come newest first`() throws {
    let scratch = try filled()
    defer { scratch.remove() }
    #expect(try scratch.store.versions(of: PackageName("fraud/data")).map(\.version) == [2, 1])
    let error = #expect(throws: StoreError.self) { try scratch.store.versions(of: PackageName("fraud/dta")) }
    #expect(error?.code == .notFound)
    #expect(error?.candidates == ["fraud/data"])
  }

  @Test func `a damaged record leaves the rest of the list`() throws {
    let scratch = try filled()
    defer { scratch.remove() }
    try scratch.damagePacks()
    let store = try Store(opening: scratch.store.path, local: nil)
    let listed = try store.list()
    #expect(listed.map(\.name.text) == ["fraud/data", "fraud/model"])
    #expect(listed.allSatisfy { $0.content == nil && $0.damage?.code == .damaged })
  }

  @Test func `sums count every version in full and every pack once`() throws {
    let scratch = try filled()
    defer { scratch.remove() }
    let stats = try scratch.store.stats()
    #expect(stats.published == StoreStats.Published(names: 2, versions: 3, size: 17))
    #expect(stats.kinds[.dataset] == StoreStats.Published(names: 1, versions: 2, size: 10))
    #expect(stats.logEntries == 5)
    #expect(stats.packs == (try scratch.packs().count))
    // Two blobs, two trees, three records.
    #expect(stats.objects == 7)
    #expect(stats.unreadableVersions == 0)
  }
}
