import ArtifactCore
import ArtifactIO
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// What a pull does to what is there already, and to itself when it is stopped.
@Suite struct PullTests {
  static func sample() throws -> TestStore {
    let test = try TestStore()
    try test.folder.sh(
      "mkdir -p in/d/e in/empty; echo a > in/a; echo b > in/d/b; echo c > in/d/e/c; chmod +x in/d/b; ln -s a in/l")
    try test.push("in")
    return test
  }

  static func stagings(_ test: TestStore) throws -> [String] {
    try Files.names(test.folder.path).filter { $0.hasPrefix(".artifact-pull") }
  }

  @Test func `a folder that is there already and equal is left alone`() throws {
    let test = try Self.sample()
    try test.pull(to: "out")
    let before = try test.folder.sh("find out -printf '%i %p\\n' | sort")
    for mode in [PullMode.careful, .force, .update] {
      let result = try test.pull(to: "out", mode: mode)
      #expect(result.filesWritten == 0 && result.filesKept == 4)
      #expect(try test.folder.sh("find out -printf '%i %p\\n' | sort") == before)
    }
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test func `missing files are added and strangers stay`() throws {
    let test = try Self.sample()
    try test.folder.sh("mkdir -p out/mine; echo m > out/mine/m; cp in/a out/a")
    let result = try test.pull(to: "out")
    #expect(result.filesWritten == 3 && result.filesKept == 1)
    #expect(try test.folder.sh("cat out/mine/m out/d/e/c") == "m\nc\n")
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test(arguments: [
    "echo other > out/a", "chmod +x out/a", "rm out/a; ln -s l out/a", "rm out/a; mkdir -p out/a/b; echo x > out/a/b/c",
    "rm out/l; ln -s elsewhere out/l", "rm out/l; echo x > out/l", "rm -r out/d; echo x > out/d",
    "rm -r out/d; ln -s /etc out/d",
    "rm -r out/empty; echo x > out/empty", "rm -r out/d/e; ln -s ../../in out/d/e",
    "mv out/d moved; ln -s ../moved out/d",
  ])
  func `what differs is refused, and replaced only on request`(change: String) throws {
    let test = try Self.sample()
    try test.folder.sh("cp -a in out; \(change)")
    let before = try test.folder.tree("out")
    #expect(code { try test.pull(to: "out") } == .exists)
    #expect(try test.folder.tree("out") == before)
    #expect(try Self.stagings(test).isEmpty)
    let outside = try test.folder.sh("ls -lR in moved 2>/dev/null || true")
    try test.pull(to: "out", mode: .force)
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    #expect(try test.folder.sh("ls -lR in moved 2>/dev/null || true") == outside)
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test func `a file in place of the folder is refused, whatever the mode`() throws {
    let test = try Self.sample()
    for mode in [PullMode.careful, .force, .update] {
      try test.folder.write("out", "x")
      #expect(code { try test.pull(to: "out", mode: mode) } == .exists)
      #expect(try test.folder.sh("cat out") == "x")
    }
    #expect(code { try test.pull(to: "out/below") } != nil)
    try test.pull(to: "absent/out")
    #expect(try test.folder.tree("absent/out") == test.folder.tree("in"))
  }

  @Test func `a part is pulled as what it is`() throws {
    let test = try Self.sample()
    try test.pull("data:d", to: "folder")
    #expect(try test.folder.tree("folder") == test.folder.tree("in/d"))
    try test.pull("data:d/b", to: "file")
    #expect(try test.folder.sh("cat file; test -x file") == "b\n")
    try test.pull("data:l", to: "link")
    #expect(try test.folder.sh("readlink link") == "a\n")
    try test.pull("data:empty", to: "nothing")
    #expect(try test.folder.tree("nothing").items.isEmpty)
    for path in ["x", "d/x", "a/x", "l/x", "d/e/c/x"] {
      #expect(code { try test.pull("data:\(path)", to: "x") } == .notFound, "\(path)")
    }
    #expect(code { try test.pull("data:a", to: "file") } == .exists)
    try test.pull("data:a", to: "file", mode: .force)
    #expect(try test.folder.sh("cat file") == "a\n")
    #expect(code { try test.pull("data:a", to: "folder", mode: .careful) } == .exists)
    #expect(try Self.stagings(test).isEmpty)
  }

  /// Large enough to be stopped in the middle.
  static func large() throws -> TestStore {
    let test = try TestStore()
    var random = SeededRandom(8)
    for number in 0..<30 { try test.folder.write("in/\(number % 3)/\(number)", random.bytes(300_000)) }
    try test.folder.write("in/big", random.bytes(10 << 20))
    try test.folder.sh("ln -s big in/l")
    try test.push("in")
    return test
  }

  @Test func `a stopped pull leaves nothing at its destination and goes on later`() throws {
    let test = try Self.large()
    var wasStopped = false
    for limit in [1, 5, 15, 25] {
      let progress = Progress()
      let failure = Mutex<StoreError.Code?>(nil)
      let watcher = StopWatcher(progress, files: limit)
      Threads.run(2) { number in
        if number == 1 { return watcher.run() }
        let found = code { try test.pull(to: "out", progress) }
        failure.withLock { $0 = found }
        watcher.finish()
      }
      guard let found = failure.withLock({ $0 }) else { break }
      wasStopped = true
      #expect(found == .interrupted)
      #expect(try !Files.names(test.folder.path).contains("out"))
    }
    #expect(wasStopped)
    if try !Files.names(test.folder.path).contains("out") {
      let result = try test.pull(to: "out")
      #expect(result.filesKept > 0)
    }
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test func `the counters come to what was pulled`() throws {
    let test = try Self.large()
    let progress = Progress()
    try test.pull(to: "out", progress)
    #expect(progress.filesSeen.load(ordering: .relaxed) == 32)
    // Links are made at the very end and not counted as done.
    #expect(progress.filesDone.load(ordering: .relaxed) == 31)
    #expect(progress.bytesDone.load(ordering: .relaxed) == 9_000_000 + 10 << 20)
  }

  @Test func `of what an earlier pull left only what is right is used`() throws {
    let test = try Self.large()
    let tree = try test.store.resolve(Reference("data")).entry.digest
    let name = ".artifact-pull-\(tree.hex.prefix(16))-\(Digest.of([UInt8]("out")).hex.prefix(8))"
    try test.folder.sh(
      """
      mkdir -p \(name)/0 \(name)/1; cp in/0/0 \(name)/0/0; cp in/0/3 \(name)/0/3; cp in/0/6 \(name)/0/6
      printf X | dd of=\(name)/0/3 conv=notrunc bs=1 seek=1000 2>/dev/null; truncate -s -1 \(name)/0/6; chmod +x \(name)/0/0
      cp in/1/1 \(name)/1/1; echo stranger > \(name)/stranger; mkdir \(name)/0/9; ln -s /etc/passwd \(name)/1/4; mkdir \(name)/2; ln -s . \(name)/big
      """)
    let result = try test.pull(to: "out")
    #expect(result.filesKept == 1)
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test func `the folder that a pull is prepared in may go at any moment`() throws {
    let test = try TestStore()
    let failures = Mutex<[StoreError]>([])
    let folder = test.folder
    Threads.run(4) { _ in
      let failure = failure {
        let parent = try Directory(folder.path)
        for _ in 0..<300 {
          let staging = try Staging(Digest.of([UInt8]()), beside: [UInt8]("out"), in: parent)
          try parent.removeTree(staging.name)
        }
      }
      if let failure { failures.withLock { $0.append(failure) } }
    }
    let found = failures.withLock { $0 }
    #expect(found.isEmpty, "\(found)")
    #expect(try Self.stagings(test).isEmpty)
  }

  @Test func `two pulls to one place at once: one arrives whole, the other gives way`() throws {
    for round in 0..<10 {
      let test = try Self.sample()
      let failures = Mutex<[StoreError]>([])
      let copies = [test.store, try test.reopened(), try test.reopened()]
      Threads.run(3) { number in
        if let failure = failure({ try test.pull(to: "out", from: copies[number]) }) {
          failures.withLock { $0.append(failure) }
        }
      }
      let found = failures.withLock { $0 }
      #expect(found.count < 3)
      #expect(found.allSatisfy { $0.code == .exists }, "round \(round): \(found)")
      #expect(try test.folder.tree("out") == test.folder.tree("in"))
      #expect(try Self.stagings(test).isEmpty, "round \(round)")
    }
  }
}

/// Cancels an operation when it has done some files.
final class StopWatcher: Sendable {
  private let progress: Progress
  private let files: Int
  private let isFinished = Atomic<Bool>(false)

  init(_ progress: Progress, files: Int) {
    self.progress = progress
    self.files = files
  }

  func run() {
    while !isFinished.load(ordering: .relaxed) {
      if progress.filesDone.load(ordering: .relaxed) >= files { return progress.cancel() }
    }
  }

  func finish() { isFinished.store(true, ordering: .relaxed) }
}
