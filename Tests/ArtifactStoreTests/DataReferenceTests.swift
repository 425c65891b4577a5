import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Datasets whose bytes stay where they are, and samples.
@Suite struct DataReferenceTests {
  static func scratch() throws -> TestStore {
    let test = try TestStore()
    try test.folder.sh("mkdir -p far/sub; printf 'a\\n1\\n' > far/x.csv; printf 'b\\n2\\n3\\n' > 'far/sub/y z.csv'")
    return test
  }

  @discardableResult
  static func refer(_ test: TestStore, _ path: String = "far", as name: String = "clicks") throws -> PushResult {
    let request = PushRequest(name: try PackageName(name), actor: "fox")
    return try test.store.push([.local(test.folder(path))], request, Progress())
  }

  static func pull(_ test: TestStore, _ reference: String, to path: String, mode: PullMode = .careful) throws
    -> PullResult
  {
    let found = try test.store.resolve(Reference(reference))
    return try test.store.pull(
      found.entry, to: test.folder(path), mode: mode, references: found.references, Progress())
  }

  @Test func `a reference has the tree that a push would have, and stores no byte of the files`() throws {
    let test = try Self.scratch()
    let referred = try Self.refer(test)
    #expect(try !test.store.currentIndex().contains(Digest.of(Files.read(test.folder("far/x.csv"))), .object))
    let pushed = try test.push("far", as: "copy") { $0.kind = .dataset }
    #expect(referred.content.tree == pushed.content.tree && referred.content.fileCount == 2)
    #expect(referred.content.size == pushed.content.size)
    #expect(referred.content.dataset.references.map(\.uri).allSatisfy { $0.hasPrefix("file:///") })
    #expect(referred.content.dataset.references[0].uri.hasSuffix("/far/sub/y%20z.csv"))
    #expect(try !Self.refer(test).isNew)
    try expectSound(test.store)
  }

  @Test func `a pull reads the files where they are, and checks them`() throws {
    let test = try Self.scratch()
    try Self.refer(test)
    #expect(try Self.pull(test, "clicks", to: "out").filesWritten == 2)
    #expect(try test.folder.sh("diff -r far out && echo same") == "same\n")
    #expect(try Self.pull(test, "clicks", to: "out").filesKept == 2)
    #expect(try Self.pull(test, "clicks:sub", to: "part").filesWritten == 1)
    #expect(try Self.pull(test, "clicks:sub/y z.csv", to: "one.csv").filesWritten == 1)
    #expect(try test.folder.sh("cmp one.csv 'far/sub/y z.csv' && cmp 'part/y z.csv' one.csv && echo same") == "same\n")
  }

  @Test func `a file that changed or is gone is named, and nothing is pulled`() throws {
    let test = try Self.scratch()
    try Self.refer(test)
    try test.folder.sh("printf 'a\\n2\\n' > far/x.csv")
    let changed = try #require(failure { try Self.pull(test, "clicks", to: "out") })
    #expect(changed.code == .changed && changed.subject.hasSuffix("far/x.csv"))
    #expect(try test.folder.sh("test -e out || echo none") == "none\n")
    var report = try test.store.verify(Progress())
    #expect(report.isSound && report.changed.count == 1 && report.referencesChecked == 2)
    try test.folder.sh("rm far/x.csv 'far/sub/y z.csv'")
    report = try test.store.verify(Progress())
    #expect(report.changed.map(\.detail) == ["it is gone", "it is gone"])
    #expect(failure { try Self.pull(test, "clicks", to: "other") }?.detail.contains("1 more") == true)
  }

  @Test func `what the store has by another way needs no file`() throws {
    let test = try Self.scratch()
    try Self.refer(test)
    try test.push("far", as: "copy")
    try test.folder.sh("mv far gone")
    #expect(try Self.pull(test, "clicks", to: "out").filesWritten == 2)
    #expect(try test.folder.sh("diff -r gone out && echo same") == "same\n")
  }

  @Test func `addresses elsewhere are plain facts, without their credentials`() throws {
    let test = try TestStore()
    let digest = Digest.of([UInt8]("x"))
    let request = PushRequest(name: try PackageName("far"), actor: "fox")
    let result = try test.store.push(
      [.known(uri: "https://me:canary@host/d/a.csv?token=canary", size: 1, digest: digest)], request, Progress())
    #expect(result.content.dataset.references.map(\.uri) == ["https://host/d/a.csv?token=redacted"])
    #expect(result.content.dataset.references.map(\.path) == [[UInt8]("a.csv")])
    let bytes = try test.store.objects.blob(result.record, limit: 1 << 20)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("canary"))
    #expect(code { try Self.pull(test, "far", to: "out") } == .changed)
    #expect(try test.store.verify(Progress()).referencesElsewhere == 1)
    try expectSound(test.store)
  }

  @Test func `two files for one path, an empty folder and a link are refused`() throws {
    let test = try TestStore()
    let digest = Digest.of([1])
    let request = PushRequest(name: try PackageName("far"), actor: "fox")
    #expect(
      code {
        try test.store.push(
          [
            .known(uri: "https://a/x.csv", size: 1, digest: digest),
            .known(uri: "https://b/x.csv", size: 1, digest: digest),
          ], request, Progress())
      } == .usage)
    #expect(
      code { try test.store.push([.known(uri: "https://a/", size: 1, digest: digest)], request, Progress()) } == .usage)
    try test.folder.sh("mkdir empty links; ln -s /etc/passwd links/x")
    #expect(code { try Self.refer(test, "empty") } == .usage)
    #expect(code { try Self.refer(test, "links") } == .rejected)
    #expect(code { try Self.refer(test, "nowhere") } == .notFound)
    #expect(try test.store.refresh().packages.isEmpty)
  }

  @Test func `a copy of a dataset by reference takes its facts along, not its bytes`() throws {
    let test = try Self.scratch()
    try Self.refer(test)
    let other = try Store.create(at: test.folder("other"), actor: "fox", local: nil)
    _ = try test.store.copy(try test.store.resolve(Reference("clicks")), to: other, actor: "fox", Progress())
    #expect(try other.resolve(Reference("clicks")).references.count == 2)
    try expectSound(other)
  }

  // MARK: Samples

  static func sample(
    _ test: TestStore, _ reference: String, rows: Int, seed: String = "7", as name: String = "small"
  ) throws -> PushResult {
    let request = SampleRequest(name: try PackageName(name), rows: rows, seed: seed, actor: "fox")
    return try test.store.sample(try test.store.resolve(Reference(reference)), request, Progress())
  }

  static func table() throws -> TestStore {
    let test = try TestStore()
    try test.folder.sh(
      "mkdir -p t/in; (echo id,text; for i in $(seq 1 40); do echo \"$i,\\\"a"
        + "\nb\\\"\"; done) > t/a.csv; for i in $(seq 1 60); do echo \"{\\\"i\\\":$i}\"; done > t/in/b.jsonl; echo x > t/readme"
    )
    try test.push("t", as: "full") {
      $0.kind = .dataset
      $0.dataset.licence = "CC0"
    }
    return test
  }

  @Test func `a sample has so many rows, keeps headers, and knows its parent`() throws {
    let test = try Self.table()
    let result = try Self.sample(test, "full", rows: 30)
    let dataset = result.content.dataset
    #expect(dataset.rows == 30 && dataset.licence == "CC0")
    #expect(dataset.derivedFrom?.parent == (try test.store.resolve(Reference("full")).record))
    #expect(dataset.derivedFrom?.method == "sample/1" && dataset.derivedFrom?.seed == "7")
    try test.pull("small", to: "out")
    let lines = try test.folder.sh("cat out/a.csv | tr '\\n' ' ' | sed 's/\" /\"\\n/g'").split(separator: "\n")
    let rows = try test.folder.sh("wc -l < out/in/b.jsonl").split(separator: "\n")
    #expect(lines.first?.hasPrefix("id,text ") == true)
    #expect(lines.count + (Int(rows[0]) ?? 0) == 30)
    #expect(try test.folder.sh("ls out") == "a.csv\nin\n")
    // Every row is one of the parent's, in its order.
    #expect(try test.folder.sh("diff t/in/b.jsonl out/in/b.jsonl | grep -c '^>' || true") == "0\n")
  }

  @Test func `the rows are those that the rule says`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir t; (echo h; seq 0 99) > t/a.csv")
    try test.push("t", as: "full") { $0.kind = .dataset }
    _ = try Self.sample(test, "full:a.csv", rows: 10, seed: "s")
    try test.pull("small", to: "out")
    // The rule in shell: hash, sort, take ten, put back in order.
    let rule =
      "for i in $(seq 0 99); do echo \"$(printf 'sample/1\\ns\\n%s' $i | sha256sum | cut -c 1-64) $i\"; done"
      + " | sort | head -n 10 | cut -d ' ' -f 2 | sort -n"
    #expect(try test.folder.sh("tail -n +2 out/a.csv") == test.folder.sh(rule))
  }

  @Test func `the same seed gives the same version, another seed another`() throws {
    let test = try Self.table()
    #expect(try Self.sample(test, "full", rows: 5).isNew)
    #expect(try !Self.sample(test, "full", rows: 5).isNew)
    #expect(try Self.sample(test, "full", rows: 5, seed: "8").isNew)
    #expect(try Self.sample(test, "full", rows: 1_000, as: "all").content.dataset.rows == 100)
  }

  @Test func `a sample of files that lie elsewhere reads and checks them`() throws {
    let test = try Self.scratch()
    try Self.refer(test)
    #expect(try Self.sample(test, "clicks", rows: 2).content.dataset.rows == 2)
    #expect(try Self.sample(test, "clicks:sub/y z.csv", rows: 1, as: "other").content.fileCount == 1)
    try test.folder.sh("echo 9 >> far/x.csv")
    #expect(code { try Self.sample(test, "clicks", rows: 2) } == .changed)
  }

  @Test func `nothing to choose from, or no dataset, is refused`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir t e; echo x > t/readme; echo head > e/a.csv")
    try test.push("t", as: "text") { $0.kind = .dataset }
    try test.push("e", as: "empty") { $0.kind = .dataset }
    try test.push("e", as: "model") { $0.kind = .model }
    for name in ["text", "empty", "model"] {
      #expect(code { try Self.sample(test, name, rows: 2) } == .usage, "\(name)")
    }
    #expect(code { try Self.sample(test, "empty", rows: 2, as: "model") } == .refused)
  }
}
