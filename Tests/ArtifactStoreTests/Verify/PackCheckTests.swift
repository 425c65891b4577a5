import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Reading one pack, by one thread or by many.
@Suite struct PackCheckTests {
  let test: TestStore
  let pack: Digest

  init() throws {
    test = try TestStore()
    try test.folder.sh("mkdir in; seq 80000 | tee in/text > /dev/null")
    let program = "import random\nfor n in range(6): open(f'in/{n}', 'wb').write(random.Random(n).randbytes(700000))"
    try test.folder.sh("/usr/bin/python3 -c \"\(program)\"")
    try test.push("in") { $0.workers = 1 }
    pack = try #require(test.store.currentIndex().packs.first)
  }

  var path: String { "blobs/sha256/\(pack.hex)" }

  func check() throws -> PackCheck { try PackCheck(PackFile(pack, in: test.store.packs), Progress()) }

  /// What is found, in an order that does not depend on threads.
  func run(_ workers: Int, _ check: PackCheck? = nil) throws -> (problems: [String], isIntact: Bool, objects: Int) {
    let result = try (check ?? self.check()).run(workers: workers)
    return (result.problems.map(\.detail).sorted(), result.isIntact, result.objectCount)
  }

  @Test func `one thread and many find the same`() throws {
    let frames = try check().frames
    let entries = try check().entries
    #expect(frames.count >= 5)
    for workers in [1, 2, 8] {
      let found = try run(workers)
      #expect(found.problems.isEmpty && found.isIntact && found.objects == entries.count, "\(workers) workers")
    }
    let whole = try test.bytes(path)
    let first = Int(frames[2].offset)
    // Inside a frame, and in the checksum at its end, which nobody reads where objects are hashed.
    for (place, count) in [(first + 300, 2), (first + Int(frames[2].storedSize) - 1, 1)] {
      var bytes = whole
      bytes[place] ^= 4
      try test.put(path, bytes)
      let expected = try run(1)
      #expect(expected.problems.count == count && !expected.isIntact, "byte \(place): \(expected.problems)")
      for workers in [2, 8] {
        let found = try run(workers)
        #expect(found.problems == expected.problems && !found.isIntact, "byte \(place), \(workers) workers")
      }
    }
  }

  @Test func `no place is too far away to be told that nothing is there`() throws {
    let file = try PackFile(pack, in: test.store.packs)
    for offset in [file.size, 1 << 40, UInt64(Int64.max) - 5, 1 << 63 + 371, .max] {
      var buffer = [UInt8]()
      #expect(code { try file.read(offset: offset, count: 10, into: &buffer) } == .damaged, "at \(offset)")
    }
  }

  @Test func `a pack that ends early, and one whose listing has gaps, are told by any number of threads`() throws {
    let whole = try check()
    let frames = whole.frames
    let gap = (entries: whole.entries.filter { $0.frame != 1 }, frames: [frames[0]] + frames[2...])
    let listed = gap.entries.map { entry in
      var entry = entry
      if entry.frame > 1 { entry.frame -= 1 }
      return entry
    }
    let file = try PackFile(pack, in: test.store.packs)
    for workers in [1, 2, 8] {
      let found = try run(workers, PackCheck(file, listed: (listed, gap.frames), Progress()))
      #expect(found.problems.isEmpty && found.isIntact, "\(workers) workers: \(found.problems)")
    }
    let bytes = try test.bytes(path)
    try test.put(path, Array(bytes[..<Int(frames[3].offset + 9)]))
    let short = try PackFile(pack, in: test.store.packs)
    for workers in [1, 2, 8] {
      let found = try run(workers, PackCheck(short, listed: (whole.entries, frames), Progress()))
      #expect(found.problems.count == frames.count - 3 + 1 && !found.isIntact, "\(workers) workers: \(found.problems)")
    }
  }
}
