import ArtifactIO
import Foundation
import Testing

/// What must come of each archive that `scripts/make-hostile-archives` makes.
@Suite struct HostileArchiveTests {
  enum Outcome {
    case fails(IOFailure.Code, String)
    case reads([ArchiveItem])
  }

  /// Files have at most 16 MiB together here, so that bombs can be small.
  static let limits = {
    var limits = ArchiveReader.Limits()
    limits.inflatedBytes = 16 << 20
    return limits
  }()

  @Test func `every hostile archive is in the table and the table has no others`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: TestArchives.fixtures)
    #expect(Set(files) == Set(Self.outcomes.keys))
  }

  @Test(arguments: Self.outcomes.keys.sorted())
  func `a hostile archive is read or refused as the table says`(name: String) throws {
    let path = "\(TestArchives.fixtures)/\(name)"
    for step in name.contains("bomb") ? [100_000] : [1, 7, 512, 100_000] {
      switch try #require(Self.outcomes[name]) {
      case .reads(let items):
        #expect(try TestArchives.items(path, limits: Self.limits, step: step) == items)
      case .fails(let code, let detail):
        let failure = #expect(throws: IOFailure.self) {
          try TestArchives.items(path, limits: Self.limits, step: step)
        }
        #expect(failure?.code == code)
        #expect(failure?.detail.contains(detail) == true, "\(failure?.detail ?? "")")
        #expect(failure?.subject.contains(name) == true)
      }
    }
  }

  @Test(arguments: Self.outcomes.keys.sorted().filter { !$0.hasSuffix(".zip") })
  func `a hostile tar gives the same through a pipe`(name: String) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(TestArchives.fixtures)/\(name)"))
    let pipe = Pipe()
    let data = try file.readToEnd() ?? Data()
    Thread.detachNewThread {
      // A reader that has refused the archive closes the pipe.
      try? pipe.fileHandleForWriting.write(contentsOf: data)
      try? pipe.fileHandleForWriting.close()
    }
    defer { try? pipe.fileHandleForReading.close() }
    func read() throws(IOFailure) -> [ArchiveItem] {
      let descriptor = pipe.fileHandleForReading.fileDescriptor
      var reader = try ArchiveReader(descriptor: descriptor, name: Array(name.utf8), limits: Self.limits)
      return try TestArchives.items(&reader)
    }
    switch try #require(Self.outcomes[name]) {
    case .reads(let items): #expect(try read() == items)
    case .fails(let code, _): #expect(#expect(throws: IOFailure.self) { try read() }?.code == code)
    }
  }

  @Test func `passing over bodies finds what is wrong with a tar all the same`() throws {
    for name in ["tar-cut-body.tar", "gz-flipped.tar.gz", "zstd-wrong-checksum.tar.zst", "gz-cut.tar.gz"] {
      let failure = #expect(throws: IOFailure.self) {
        var reader = try ArchiveReader(path: Array("\(TestArchives.fixtures)/\(name)".utf8))
        while try reader.next() != nil {}
      }
      #expect(failure?.code == .malformed)
    }
  }

  @Test(arguments: [
    "tar-symlink-absolute.tar", "tar-symlink-up.tar", "tar-symlink-up-later.tar", "tar-symlink-chain.tar",
    "zip-symlink-outside.zip",
  ])
  func `a link that leads outside is passed on when that is allowed`(name: String) throws {
    #expect(try !TestArchives.items("\(TestArchives.fixtures)/\(name)", allowExternalLinks: true).isEmpty)
  }

  @Test func `a declared size is compared in full, not its lower half`() throws {
    let path = "\(TestArchives.fixtures)/zip-size-modulo.zip"
    #expect(#expect(throws: IOFailure.self) { try TestArchives.items(path) }?.detail.contains("shorter") == true)
  }

  @Test(arguments: ["zeros.tar", "gz-good.tar.gz", "zip-good.zip", "sparse-good.tar"])
  func `limits can be lifted`(name: String) throws {
    var limits = ArchiveReader.Limits()
    (limits.inflatedBytes, limits.entryCount, limits.pathBytes) = (.max, .max, .max)
    (limits.componentBytes, limits.depth) = (.max, .max)
    let path = "\(TestArchives.fixtures)/\(name)"
    #expect(try TestArchives.items(path, limits: limits) == TestArchives.items(path))
  }

  @Test func `the number of entries is limited`() throws {
    var limits = ArchiveReader.Limits()
    limits.entryCount = 2
    let path = "\(TestArchives.fixtures)/zip-good.zip"
    #expect(#expect(throws: IOFailure.self) { try TestArchives.items(path, limits: limits) }?.code == .limit)
    limits.entryCount = 3
    #expect(try TestArchives.items(path, limits: limits).count == 3)
  }

  @Test func `the bytes of all files together are limited to the byte`() throws {
    var limits = ArchiveReader.Limits()
    for path in ["zip-good.zip", "gz-good.tar.gz"].map({ "\(TestArchives.fixtures)/\($0)" }) {
      let total = try TestArchives.items(path).reduce(0) { $0 + Int64($1.body.count) }
      limits.inflatedBytes = total
      #expect(try !TestArchives.items(path, limits: limits).isEmpty)
      limits.inflatedBytes = total - 1
      #expect(#expect(throws: IOFailure.self) { try TestArchives.items(path, limits: limits) }?.code == .limit)
    }
  }
}
