import ArtifactCore
import ArtifactIO
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// What is pushed is what is pulled.
@Suite struct RoundTripTests {
  /// Names from the alphabets that break programs.
  static func name(_ random: inout SeededRandom) -> [UInt8] {
    let alphabet: [[UInt8]] = [
      [0x61], [0x62], [0x2e], [0x20], [0x0a], [0x5c], [0xff], [0x1b], [0xc3, 0xa9], [0x65, 0xcc, 0x81], [0x2d], [0x2a],
      [0x27], [0xe2, 0x80, 0xae],
    ]
    while true {
      let name = (0..<(1 + random.below(12))).flatMap { _ in alphabet[random.below(alphabet.count)] }
      if Tree.objection(toName: name.span) == nil, name != [UInt8](ScanRules.ignoreFile) { return name }
    }
  }

  static func size(_ random: inout SeededRandom) -> Int {
    let boundaries = [0, 1, 511, 512, 4_096, 16 << 10, 64 << 10, 256 << 10, 1 << 20]
    switch random.below(20) {
    case 0..<10: return random.below(2_000)
    case 10..<18: return max(0, boundaries[random.below(boundaries.count)] + random.below(3) - 1)
    default: return random.below(1_500_000)
    }
  }

  static func content(_ random: inout SeededRandom) -> [UInt8] {
    let size = size(&random)
    switch random.below(4) {
    case 0: return [UInt8](repeating: UInt8(random.below(256)), count: size)
    case 1: return random.text(size)
    case 2: return Array((random.bytes(size / 2) + random.text(size)).prefix(size))
    default: return random.bytes(size)
    }
  }

  /// Makes a folder of about `count` entries.
  static func fill(_ path: Path, _ count: Int, _ random: inout SeededRandom) throws {
    var folders = [try Files.folder(path)]
    var contents = [[UInt8]]()
    for _ in 0..<count {
      let folder = folders[random.below(folders.count)]
      let name = name(&random)
      if try folder.statusIfPresent(name) != nil { continue }
      switch random.below(10) {
      case 0:
        try folder.makeDirectory(name)
        folders.append(try folder.directory(name))
      case 1: try folder.makeLink(name, to: Self.name(&random))
      default:
        // Every fourth file has been seen before.
        let bytes =
          random.below(4) == 0 && !contents.isEmpty ? contents[random.below(contents.count)] : content(&random)
        contents.append(bytes)
        try Files.write(folder.path.appending(name), bytes, isExecutable: random.below(3) == 0)
      }
    }
  }

  @Test func `random folders come back as they were, in every version`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    for round in 0..<4 {
      let test = try TestStore()
      var trees = [FolderTree]()
      for version in 1...3 {
        try Self.fill(test.folder("in"), 25, &random)
        let result = try test.push("in") { $0.workers = 1 + round % 3 }
        trees.append(try test.folder.tree("in"))
        #expect(result.version == version && result.isNew, "seed \(seed)")
        #expect(
          result.content.size == trees[version - 1].size && result.content.fileCount == trees[version - 1].fileCount)
      }
      let store = try test.reopened()
      for (number, tree) in trees.enumerated() {
        try test.pull("data@\(number + 1)", to: "out\(number)", from: store)
        #expect(try test.folder.tree("out\(number)") == tree, "seed \(seed), round \(round), version \(number + 1)")
      }
      try expectSound(store)
      #expect(try test.leftovers.isEmpty)
    }
  }

  @Test(arguments: [1, 2, 4]) func `large files come back whatever the number of workers, with the same ids`(
    workers: Int
  ) throws {
    let test = try TestStore()
    var random = SeededRandom(77)
    let limit = Int(IngestWorker.wholeLimit)
    try test.folder.write("in/random", random.bytes(workers == 2 ? (16 << 20) + 1 : limit + 70_000))
    for (name, size) in [("at", limit), ("above", limit + 1), ("segment", 3 * IngestWorker.segmentSize)]
    where workers == 2 {
      try test.folder.write("in/\(name)", [UInt8](repeating: 7, count: size / 2) + random.text(size - size / 2))
    }
    try test.folder.sh("cp in/random in/copy")
    let result = try test.push("in") { $0.workers = workers }
    #expect(result.bytesWritten < 30 << 20)
    let store = try test.reopened()
    let entry = try store.resolve(Reference("data")).entry
    _ = try store.pull(entry, to: test.folder("out"), workers: workers, Progress())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    if workers == 4 {
      let again = try test.push("in", as: "again") { $0.workers = 1 }
      #expect(again.content.tree == result.content.tree)
      #expect(again.bytesWritten < 10_000)
    }
    let cut = try store.resolve(Reference("data:random")).entry
    var hasher = SHA256Hasher()
    try store.cat(cut) { (bytes) throws(StoreError) in hasher.update(bytes) }
    #expect(hasher.finish() == cut.digest)
  }

  // MARK: What is new

  @Test func `an unchanged folder publishes nothing, other metadata do`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "x")
    #expect(try test.push("in").isNew)
    let packs = try test.packs
    let again = try test.push("in")
    #expect(!again.isNew && again.version == 1 && again.bytesWritten == 0)
    #expect(try test.packs == packs)
    try test.folder.sh("touch in/f; chmod 600 in/f")
    #expect(try !test.push("in") { $0.rehash = true }.isNew)
    #expect(try test.push("in") { $0.note = "n" }.version == 2)
    #expect(try test.push("in").version == 3)
    try test.folder.sh("chmod +x in/f")
    #expect(try test.push("in").version == 4)
    #expect(try test.store.refresh().size == 5)
  }

  @Test func `a second version stores only what is new`() throws {
    let test = try TestStore()
    var random = SeededRandom(5)
    var bytes = random.bytes(6 << 20)
    try test.folder.write("in/big", bytes)
    for number in 0..<50 { try test.folder.write("in/\(number)", random.bytes(5_000)) }
    let first = try test.push("in")
    #expect(first.bytesWritten > 6 << 20)
    bytes.insert(contentsOf: [1, 2, 3], at: 3 << 20)
    try test.folder.write("in/big", bytes)
    try test.folder.write("in/7", random.bytes(5_000))
    let second = try test.push("in")
    #expect(second.bytesWritten < 1 << 20)
    #expect(second.bytesShared > 5 << 20)
    try test.pull("data@2", to: "out")
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
  }

  // MARK: The stat cache

  /// What the cache of a pushed folder knows about a file in it.
  static func cached(_ test: TestStore, _ file: String) throws -> Bool {
    let key = [UInt8]("stat-\(Digest.of(test.folder("in").bytes).hex.prefix(32))")
    let cache = try #require(StatCache(TestStore.local(test.folder).cache.appending(test.store.config.id), key: key))
    return cache.find(try Directory(test.folder("in")).status([UInt8](file))) != nil
  }

  @Test func `a file is trusted only if it had settled for a minute when it was hashed`() throws {
    let test = try TestStore()
    try test.folder.sh(
      "mkdir in; for f in old young future; do echo $f > in/$f; done; touch -d '-10 minutes' in/old; touch -d '+10 minutes' in/future; touch -d '-50 seconds' in/young"
    )
    try test.push("in")
    #expect(try Self.cached(test, "old"))
    #expect(try !Self.cached(test, "young"))
    #expect(try !Self.cached(test, "future"))
  }

  @Test func `a file changed behind an old time is found, for its inode changed`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in; for f in a b c; do echo one > in/$f; touch -d 2020-01-01 in/$f; done")
    try test.push("in")
    #expect(try Self.cached(test, "a"))
    try test.folder.sh(
      "echo two > in/a; touch -d 2020-01-01 in/a; echo two > new; touch -d 2020-01-01 new; mv new in/b")
    #expect(try !Self.cached(test, "a") && !Self.cached(test, "b") && Self.cached(test, "c"))
    #expect(try test.push("in").version == 2)
    try test.pull(to: "out")
    #expect(try test.folder.sh("cat out/*") == "two\ntwo\none\n")
  }

  @Test func `what is trusted is not read, and with rehash it is`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in; echo one > in/a; touch -d 2020-01-01 in/a")
    try test.push("in")
    // The bytes change where no status shows it: in the pack of nothing but this file the cache says what it knew.
    let reads = { (rehash: Bool) throws -> Int in
      let progress = Progress()
      var request = PushRequest(name: try PackageName("data"), actor: "test")
      request.rehash = rehash
      let session = try WriteSession(test.store, progress: progress, level: 1)
      defer { try? session.close() }
      let key = [UInt8]("stat-\(Digest.of(test.folder("in").bytes).hex.prefix(32))")
      let cache = rehash ? nil : StatCache(TestStore.local(test.folder).cache.appending(test.store.config.id), key: key)
      let queue = IngestQueue(workers: 1)
      var scanner = Scanner(session, cache: cache, queue: queue, rules: request.rules)
      try scanner.scan(Directory(test.folder("in")))
      queue.finishScan()
      return queue.next() == nil ? 0 : 1
    }
    #expect(try reads(false) == 0)
    #expect(try reads(true) == 1)
  }

  @Test func `a cache of a store that was put back to an earlier state is not used`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in; echo one > in/a; touch -d 2020-01-01 in/a; cp -a store before")
    try test.push("in")
    try test.folder.sh("rm -rf store; mv before store; rm -rf me/state me/cache/*/fold")
    let store = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
    #expect(try test.push("in", into: store).version == 1)
    try test.pull(to: "out", from: test.reopened())
    try expectSound(test.reopened())
    // The same with another history of the same length in its place.
    try test.folder.sh("echo two > in/a; touch -d 2020-01-01 in/a")
    try test.folder.sh("cp -a store before")
    try test.push("in", into: store)
    try test.folder.sh("rm -rf store; mv before store; rm -rf me/state me/cache/*/fold; mkdir other; echo o > other/o")
    try test.push("other", as: "other", into: test.reopened())
    let third = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
    try test.push("in", into: third)
    try test.folder.sh("rm -rf out")
    try test.pull(to: "out", from: test.reopened())
    #expect(try test.folder.sh("cat out/a") == "two\n")
    try expectSound(test.reopened())
  }

  // MARK: Files that change while they are read

  @Test(arguments: [100_000, 9 << 20])
  func `a file that grows while it is read is kept as it was at one moment, or refused`(size: Int) throws {
    let test = try TestStore()
    let pattern = (0..<256).map { UInt8($0) }
    try test.folder.write("in/log", Array(repeating: pattern, count: size / 256).flatMap { $0 })
    let outcome = Mutex<StoreError.Code?>(nil)
    let grower = Grower(test.folder("in/log"))
    Threads.run(2) { number in
      if number == 1 { return grower.run() }
      let found = code { try test.push("in") }
      outcome.withLock { $0 = found }
      grower.stop()
    }
    if let found = outcome.withLock({ $0 }) { return #expect(found == .changing) }
    try test.pull(to: "out")
    let bytes = try test.folder.read("out/log")
    // Appending whole patterns, any moment shows the pattern without a break.
    #expect(bytes.count >= size / 256 * 256)
    #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8($0 & 255) })
    try expectSound(test.reopened())
  }

  // MARK: Cutting

  @Test func `cuts do not depend on how the bytes arrive`() throws {
    var random = SeededRandom(31)
    let bytes = random.bytes(3 << 20) + [UInt8](repeating: 0, count: 1 << 20) + random.text(1 << 20)
    for cuts in [
      nil,
      TensorCuts(
        fileName: [UInt8]("x.npy"), head: [UInt8]([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0, 0, 0, 0]).span),
    ] {
      var whole = CutPlanner(profile: .small, cuts: cuts)
      let expected = whole.cuts(in: bytes.span, isLast: true)
      for step in [300_000, 1 << 20, (1 << 20) + 1] {
        var planner = CutPlanner(profile: .small, cuts: cuts)
        var found = [Int]()
        var start = 0
        var end = 0
        while end < bytes.count {
          end = min(bytes.count, end + step)
          let ends = planner.cuts(in: bytes.span.extracting(start..<end), isLast: end == bytes.count)
          found += ends.map { start + $0 }
          start = found.last ?? 0
        }
        #expect(found == expected, "step \(step)")
      }
    }
  }
}

/// Appends to a file until it is told to stop.
final class Grower: Sendable {
  private let path: Path
  private let isStopped = Atomic<Bool>(false)

  init(_ path: Path) { self.path = path }

  func run() {
    // Appending is all this does; if it cannot, the file does not grow and the test still holds.
    _ = try? Shell.run(
      [
        "python3", "-c",
        "import sys, os, time\nf = open(sys.argv[1], 'ab', buffering=0)\nfor i in range(400):\n  f.write(bytes(range(256)) * 8)\n  time.sleep(0.002)",
        String(decoding: path.bytes, as: UTF8.self),
      ],
      in: "/")
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}
