import ArtifactCore
import ArtifactIO
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// Many writers at once, and writers that die.
@Suite(.serialized) struct ConcurrencyTests {
  /// The program as built beside these tests; nil if it was not built.
  static let program: String? = {
    let path = Bundle.main.bundleURL.deletingLastPathComponent().path
    let candidates = [
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/debug/artifact").path,
      path + "/artifact",
    ]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// Versions 1 to `count` are there, chained, and each gives back what its pusher pushed.
  static func check(_ test: TestStore, versions count: Int) throws {
    let store = try test.reopened()
    let fold = try store.refresh()
    #expect(fold.voids.isEmpty)
    #expect(fold.packages["data"]?.versions.count == count)
    var found = Set<String>()
    for version in 1...count {
      let entry = try store.resolve(Reference("data@\(version):id")).entry
      try store.cat(entry) { (bytes) throws(StoreError) in
        found.insert(String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self))
      }
    }
    #expect(found == Set((0..<count).map(String.init)))
    try expectSound(store)
    #expect(try test.leftovers.isEmpty)
  }

  @Test func `64 threads with stores of their own get the versions 1 to 64 without gaps`() throws {
    let test = try TestStore()
    for number in 0..<64 { try test.folder.write("in\(number)/id", String(number)) }
    try test.folder.sh("for i in in*; do head -c 5000 /dev/urandom > $i/own; cp /bin/true $i/shared; done")
    let failures = Mutex<[String]>([])
    let source = NumberSource()
    Threads.run(16) { _ in
      while let number = source.next(below: 64) {
        do {
          let store = try Store(opening: test.folder("store"), local: TestStore.local(test.folder, "user\(number % 4)"))
          let result = try test.push("in\(number)", into: store)
          if !result.isNew { failures.withLock { $0.append("\(number) is not new") } }
        } catch { failures.withLock { $0.append("\(number): \(error)") } }
      }
    }
    #expect(failures.withLock { $0 } == [])
    try Self.check(test, versions: 64)
  }

  @Test func `64 threads that share one store get the versions 1 to 64 without gaps`() throws {
    let test = try TestStore()
    for number in 0..<64 { try test.folder.write("in\(number)/id", String(number)) }
    let failures = Mutex<[String]>([])
    let source = NumberSource()
    Threads.run(16) { _ in
      while let number = source.next(below: 64) {
        do { try test.push("in\(number)") } catch { failures.withLock { $0.append("\(number): \(error)") } }
      }
    }
    #expect(failures.withLock { $0 } == [])
    try Self.check(test, versions: 64)
  }

  @Test(.enabled(if: program != nil, "the program is not built"))
  func `64 processes, 16 at a time, get the versions 1 to 64 without gaps`() throws {
    let program = try #require(Self.program)
    let test = try TestStore()
    for number in 0..<64 { try test.folder.write("in\(number)/id", String(number)) }
    try test.folder.sh("for i in in*; do head -c 5000 /dev/urandom > $i/own; done; mkdir home")
    let output = try test.folder.sh(
      """
      export HOME=$PWD/home ARTIFACT_STORE=$PWD/store
      seq 0 63 | xargs -P 16 -I{} sh -c '\(program) push in{} data 2>>errors || echo failed {}' | sort -V
      """)
    let errors = try test.folder.sh("cat errors")
    #expect(output.split(separator: "\n").map(String.init) == (1...64).map { "data@\($0)" }, "\(errors)")
    try Self.check(test, versions: 64)
  }

  @Test func `equal content pushed at once by many is one version`() throws {
    let test = try TestStore()
    try test.folder.write("in/id", "0")
    let results = Mutex<[Bool]>([])
    Threads.run(8) { _ in
      if let store = try? test.reopened(), let result = try? test.push("in", into: store) {
        results.withLock { $0.append(result.isNew) }
      }
    }
    #expect(results.withLock { $0 }.count == 8)
    #expect(results.withLock { $0 }.count { $0 } == 1)
    try Self.check(test, versions: 1)
  }

  @Test func `racing tags leave every name with the last one written and no void event`() throws {
    let test = try TestStore()
    for number in 0..<4 {
      try test.folder.write("in/id", String(number))
      try test.push("in")
    }
    let name = try PackageName("data")
    let tag = try TagName("prod")
    let failures = Mutex<[String]>([])
    Threads.run(8) { number in
      do {
        let store = try test.reopened()
        for round in 0..<10 {
          if (number + round) % 5 == 4 {
            // Somebody may have taken it away just before.
            if let found = code({ try store.untag(name, tag, actor: "t\(number)") }), found != .notFound {
              failures.withLock { $0.append("\(found)") }
            }
          } else {
            try store.tag(name, version: (number + round) % 4 + 1, as: tag, actor: "t\(number)")
          }
        }
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    let store = try test.reopened()
    let fold = try store.refresh()
    #expect(fold.voids.isEmpty)
    var last: Int?
    for sequence in 0..<fold.size {
      switch try store.entry(sequence)?.event {
      case .tag(_, _, let version): last = version
      case .untag: last = nil
      default: break
      }
    }
    #expect(fold.packages["data"]?.tags["prod"] == last)
    try expectSound(store)
  }

  @Test func `a reader beside many writers never sees damage`() throws {
    let test = try TestStore()
    for number in 0..<40 { try test.folder.write("in\(number)/id", String(number)) }
    let failures = Mutex<[String]>([])
    let source = NumberSource()
    let writers = NumberSource()
    Threads.run(6) { number in
      do {
        if number < 4 {
          let store = try test.reopened()
          while let next = source.next(below: 40) { try test.push("in\(next)", into: store) }
          _ = writers.next(below: 4)
        } else {
          while writers.count < 4 {
            let store = try test.reopened()
            _ = try store.refresh()
          }
        }
      } catch {
        failures.withLock { $0.append("\(error)") }
        _ = writers.next(below: 4)
      }
    }
    #expect(failures.withLock { $0 } == [])
    try Self.check(test, versions: 40)
  }

  @Test(.enabled(if: program != nil, "the program is not built"))
  func `a push that is killed at any moment leaves a sound store, and the next one succeeds`() throws {
    let program = try #require(Self.program)
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    let test = try TestStore()
    try test.folder.write("first/id", "0")
    try test.push("first")
    for number in 0..<30 { try test.folder.write("in/\(number % 7)/\(number)", random.bytes(20_000)) }
    try test.folder.write("in/big", random.text(1 << 20))
    try test.folder.sh("mkdir home; find in -type f -exec touch -d '-1 hour' {} +")
    // How long an undisturbed push takes here, start-up included.
    let begin = Platform.uptime()
    try test.folder.sh("export HOME=$PWD/home; \(program) push in probe --store store")
    let whole = Double(Platform.uptime() - begin) / 1e9
    var killed = 0
    for round in 0..<24 {
      let delay = Double(random.below(1_000)) / 1_000 * whole
      try test.folder.sh("head -c 400000 /dev/urandom > in/new; rm -rf home")
      let status = try test.folder.sh(
        """
        export HOME=$PWD/home
        \(program) push in data --store store --rehash >/dev/null 2>&1 & p=$!; sleep \(delay); kill -9 $p 2>/dev/null || true
        wait $p && echo done || echo $?
        """)
      if status.hasSuffix("137\n") { killed += 1 }
      let store = try Store(opening: test.folder("store"), local: TestStore.local(test.folder))
      if round % 10 == 0 { try expectSound(store) }
      let result = try test.push("in", into: store)
      if round % 10 == 0 {
        try test.folder.sh("rm -rf out")
        try test.pull("data@\(result.version)", to: "out", from: test.reopened())
        #expect(try test.folder.tree("out") == test.folder.tree("in"), "seed \(seed), round \(round)")
      }
      #expect(try test.leftovers.isEmpty, "seed \(seed), round \(round)")
    }
    #expect(killed > 5)
    try expectSound(test.reopened())
  }

  @Test func `what a dead writer left is swept and a living one's folder stays`() throws {
    let test = try TestStore()
    try test.folder.sh(
      "mkdir -p store/artifact/tmp/dead/below; echo x > store/artifact/tmp/dead/1; echo y > store/artifact/tmp/file")
    let alive = try TemporaryFolder(in: test.store.temporary)
    try Durability.writeSynced([1], as: [UInt8]("1"), in: alive.directory)
    #expect(try test.leftovers.count == 3)
    try test.folder.write("in/id", "0")
    try test.push("in")
    #expect(try test.leftovers.count == 1)
    #expect(try alive.directory.names().count == 1)
    try alive.remove()
  }

  @Test func `threads that list one folder at once all see all of it`() throws {
    let test = try TestStore(in: TestFolder.inMemory)
    try test.folder.sh("mkdir many; cd many; for n in $(seq 50); do : > f$n; done")
    let directory = try Directory(test.folder("many"))
    let wrong = Mutex(0)
    Threads.run(4) { _ in
      for _ in 0..<500 where (try? directory.names().count) != 50 { wrong.withLock { $0 += 1 } }
    }
    #expect(wrong.withLock { $0 } == 0)
  }
}

/// Hands out 0, 1, 2, … to threads.
final class NumberSource: Sendable {
  private let value = Atomic<Int>(0)

  func next(below limit: Int) -> Int? {
    let number = value.wrappingAdd(1, ordering: .relaxed).oldValue
    return number < limit ? number : nil
  }

  var count: Int { value.load(ordering: .relaxed) }
}
