import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// A recipe is only a claim about a blob: readers try all, writers rely on none but their own.
@Suite struct RecipeClaimTests {
  private static let large: [UInt8] = {
    var random = SeededRandom(20)
    return random.bytes(3 << 20)
  }()

  /// A store into which somebody put a recipe for the blob before its first push.
  private static func store(claiming parts: [Recipe.Part], withObjects objects: [[UInt8]] = []) throws -> TestStore {
    let test = try TestStore()
    let session = try WriteSession(test.store, progress: Progress(), level: 1)
    let packer = try session.packer(0)
    for object in objects { try packer.add(.object, Digest.of(object), object.span) }
    let text = Recipe(isNested: false, parts: parts).text
    try packer.add(.recipe, Digest.of(large), text.span)
    try session.finishPacks()
    try session.close()
    try test.folder.write("in/file.bin", large)
    return test
  }

  private static func expectWhole(_ test: TestStore) throws {
    try test.pull(to: "out")
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    let report = try test.store.verify(Progress())
    #expect(report.isSound, "\(report.problems) \(report.hurt)")
  }

  @Test func `a recipe whose chunks are not there does not hide the right one`() throws {
    let test = try Self.store(claiming: [Recipe.Part(digest: Digest.of([1]), size: UInt64(Self.large.count))])
    try test.push("in")
    try Self.expectWhole(test)
  }

  @Test func `a recipe that makes other bytes does not hide the right one`() throws {
    let half = Self.large.count / 2
    let pieces = [Array(Self.large[half...]), Array(Self.large[..<half])]
    let test = try Self.store(
      claiming: pieces.map { Recipe.Part(digest: Digest.of($0), size: UInt64($0.count)) }, withObjects: pieces)
    try test.push("in")
    try Self.expectWhole(test)
    let other = try Store.create(at: test.folder("other"), actor: "test", local: nil)
    _ = try test.store.copy(test.store.resolve(Reference("data")), to: other, actor: "test", Progress())
    try test.pull(to: "out2", from: other)
    #expect(try test.folder.tree("out2") == test.folder.tree("in"))
    #expect(try other.verify(Progress()).isSound)
  }

  @Test func `of two files with the bytes of such a blob both are right`() throws {
    let half = Self.large.count / 2
    let pieces = [Array(Self.large[half...]), Array(Self.large[..<half])]
    let wrong = pieces.map { Recipe.Part(digest: Digest.of($0), size: UInt64($0.count)) }
    // The names of the packs, which the bytes in them make, decide which recipe is found first.
    for attempt in UInt8.min...UInt8.max {
      let test = try Self.store(claiming: wrong, withObjects: pieces + [[attempt]])
      try test.folder.write("in/twin.bin", Self.large)
      try test.push("in")
      if try test.store.objects.recipes(Digest.of(Self.large)).first?.parts == wrong {
        return try Self.expectWhole(test)
      }
    }
    Issue.record("the right recipe was always found first")
  }

  @Test func `the same bytes under names that are cut differently are stored with both recipes, once each`() throws {
    let test = try TestStore()
    // A safetensors header with one tensor, then its bytes.
    let header = #"{"t":{"dtype":"U8","shape":[3145728],"data_offsets":[0,3145728]}}"#
    var bytes: [UInt8] = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
    bytes += Self.large
    try test.folder.write("in/a.bin", bytes)
    try test.push("in")
    try test.folder.write("in/b.safetensors", bytes)
    try test.folder.write("in/c.safetensors", bytes)
    try test.push("in")
    try Self.expectWhole(test)
    #expect(try test.store.objects.recipes(Digest.of(bytes)).count == 2)
  }

  @Test func `metadata of more than one object are read back`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "x")
    let note = String(repeating: "a remark that is long. ", count: 8_000)
    try test.push("in") { $0.note = note }
    #expect(try test.store.resolve(Reference("data")).content?.note == note)
    try Self.expectWhole(test)
  }
}
