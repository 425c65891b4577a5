import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// One bit flipped in every byte of a small store, and every file cut at every length.
///
/// `verify` must find each, and a pull is right or fails. With `ARTIFACT_DAMAGE=all` (`scripts/test-damage --all`) that is
/// every byte; otherwise a sample that another seed chooses every time.
@Suite struct DamageCampaignTests {
  private static let isLong = Surroundings.variable("ARTIFACT_DAMAGE") == [UInt8]("all")
  private static let sampleSize = 30
  private static let shards = 4

  /// What a file is damaged by.
  enum Damage: CaseIterable {
    case flip, cut
  }

  /// Small files, one stored as it is, one with a recipe, links, two versions, a tag.
  private static func sample() throws -> TestStore {
    let test = try TestStore(in: TestFolder.inMemory)
    var random = SeededRandom(5)
    for number in 0..<3 { try test.folder.write("in/d/\(number)", random.text(40)) }
    try test.folder.write("in/random", random.bytes(17_000))
    try test.folder.write("in/large", [UInt8](String(repeating: "0123456789 ", count: 6_000)))
    try test.folder.sh("ln -s random in/link; mkdir in/empty")
    try test.push("in") { $0.workers = 1 }
    try test.folder.sh("cp -r in first; echo new > in/new")
    try test.push("in") {
      $0.workers = 1
      $0.tags = [try? TagName("good")].compactMap(\.self)
    }
    return test
  }

  /// Every file but the reserve, which is room and nothing else.
  private static func files(_ test: TestStore, below folder: String = "store") throws -> [String] {
    try test.folder.sh(
      "cd \(folder); find . -type f ! -path ./artifact/reserve ! -path './artifact/tmp/*' -printf '%P\\n'"
    )
    .split(separator: "\n").map(String.init).sorted()
  }

  /// Whether a check finds something wrong, or cannot even begin.
  private static func isFound(_ test: TestStore) throws -> Bool {
    var request = VerifyRequest()
    request.workers = 1
    do {
      let store = try Store(opening: test.folder("store"), local: nil, toleratesLogDamage: true)
      return try !store.verify(request, Progress()).isSound
    } catch {
      // Bytes that state a version may look like those of a later program.
      return [.damaged, .newerFormat, .notAStore].contains(error.code)
    }
  }

  /// Whether every version comes right or not at all.
  private static func isNeverWrong(_ test: TestStore) throws -> Bool {
    for (reference, folder) in [("data@1", "first"), ("data@good", "in")] {
      try Directory(test.folder.path).removeTree([UInt8]("out"))
      do {
        try test.pull(reference, to: "out", from: test.reopened())
      } catch is StoreError { continue }
      guard try test.folder.tree("out") == test.folder.tree(folder) else { return false }
    }
    return true
  }

  @Test(arguments: Damage.allCases, 0..<4)
  func `every flipped bit and every cut is found, and never pulled`(damage: Damage, shard: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    let test = try Self.sample()
    var cases = [(path: String, offset: Int)]()
    for path in try Self.files(test) {
      let count = try test.bytes(path).count
      for offset in stride(from: shard, to: count, by: Self.shards) { cases.append((path, offset)) }
    }
    #expect(cases.count > 5_000)
    if !Self.isLong { cases = (0..<(Self.sampleSize / Self.shards)).map { _ in cases[random.below(cases.count)] } }
    for (path, offset) in cases {
      let what = "seed \(seed): \(damage) of \(path) at \(offset)"
      let original = try test.bytes(path)
      switch damage {
      case .flip: try test.flip(path, at: offset, 1 << UInt8(random.below(8)))
      case .cut: try test.put(path, Array(original[..<offset]))
      }
      #expect(try Self.isFound(test), "\(what)")
      #expect(try Self.isNeverWrong(test), "\(what)")
      try test.put(path, original)
    }
    try expectSound(test.reopened())
  }

  @Test(arguments: Damage.allCases)
  func `damage of a merged index is found, and the packs' own serve or nothing does`(damage: Damage) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    let test = try PackDamageTests.merged()
    let path = "artifact/index/" + (try test.names("artifact/index")[0])
    let original = try test.bytes(path)
    let offsets = Self.isLong ? Array(original.indices) : (0..<8).map { _ in random.below(original.count) }
    for offset in offsets {
      switch damage {
      case .flip: try test.flip(path, at: offset, 1 << UInt8(random.below(8)))
      case .cut: try test.put(path, Array(original[..<offset]))
      }
      let what = "seed \(seed): \(damage) at \(offset)"
      #expect(try Self.isFound(test), "\(what)")
      if let store = try? test.reopened() {
        // One that is there is right.
        for version in [1, 7, 20] {
          guard let entry = try? store.resolve(Reference("data@\(version):f")).entry else { continue }
          var bytes = [UInt8]()
          let isRead =
            (try? store.cat(entry) { (span) throws(StoreError) in
              for index in span.indices { bytes.append(span[index]) }
            })
            != nil
          #expect(!isRead || bytes == [UInt8]("version \(version)"), "\(what)")
        }
      }
      try test.put(path, original)
    }
  }
}
