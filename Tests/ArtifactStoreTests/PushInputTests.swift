import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// What may be pushed, and what is refused by name.
@Suite struct PushInputTests {
  /// Pushes the folder `in` and pulls it as `out`.
  static func roundTrip(_ test: TestStore) throws -> FolderTree {
    let result = try test.push("in")
    try test.pull(to: "out", from: test.reopened())
    let before = try test.folder.tree("in")
    let after = try test.folder.tree("out")
    #expect(after == before)
    #expect(result.content.size == before.size)
    #expect(result.content.fileCount == before.fileCount)
    #expect(try test.leftovers.isEmpty)
    return after
  }

  static let nastyNames: [[UInt8]] = [
    [UInt8]("new\nline"), [UInt8]("back\\slash"), [UInt8]("\\n"), [0xff, 0xfe], [0xc3], [0x1b] + [UInt8]("[31m"),
    [0x7f], [0x01], [UInt8]("\t"),
    [UInt8](" "), [UInt8]("  two"), [UInt8]("end "), [UInt8]("..."), [UInt8]("-rf"), [UInt8]("*"),
    [UInt8]("\"quoted\""), [UInt8]("\r\n"),
    [0xc3, 0xa9], [0x65, 0xcc, 0x81], [UInt8]("\u{202E}gpj.exe"), [UInt8]("CON"), [UInt8]("a:b"),
    [UInt8](repeating: 0xff, count: 255),
  ]

  @Test func `every name that the system allows is kept byte for byte`() throws {
    let test = try TestStore()
    for name in Self.nastyNames {
      try Files.write(test.folder("in").appending(name), name)
      try Files.write(test.folder("in/d").appending(name).appending(name), [])
    }
    let tree = try Self.roundTrip(test)
    #expect(tree.items.count == Self.nastyNames.count * 3 + 1)
  }

  @Test func `empty files and empty folders are kept`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir -p in/a/b/c in/d; touch in/d/e in/f")
    #expect(try Self.roundTrip(test).items.count == 6)
  }

  @Test func `an empty folder can be pushed`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in")
    #expect(try Self.roundTrip(test).items.isEmpty)
  }

  @Test func `hard links become files, sparse files become whole, other mode bits and times go`() throws {
    let test = try TestStore()
    try test.folder.sh(
      """
      mkdir in; echo one > in/a; ln in/a in/b; truncate -s 3M in/sparse; printf x >> in/sparse
      echo s > in/s; chmod 6751 in/s; chmod 0600 in/a
      """)
    _ = try Self.roundTrip(test)
    #expect(try test.folder.sh("stat -c %h out/a out/b").split(separator: "\n") == ["1", "1"])
    #expect(try test.folder.sh("stat -c %a out/s").hasPrefix("7"))
  }

  @Test func `links are kept as they are, wherever they lead`() throws {
    let test = try TestStore()
    try test.folder.sh(
      """
      mkdir -p in/d; cd in; ln -s loop loop; ln -s nowhere dangling; ln -s /etc/passwd absolute; ln -s ../../up up
      ln -s d folder; ln -s . self; ln -s "$(printf 'a\\nb')" newline; ln -s $(head -c 4000 /dev/zero | tr '\\0' y) long
      ln -s d/../d/./ messy; ln -s .. d/parent
      """)
    let tree = try Self.roundTrip(test)
    #expect(tree.items.count == 11)
    #expect(tree.items[[UInt8]("loop")] == .link([UInt8]("loop")))
  }

  @Test(arguments: [
    "mkfifo in/a/odd", "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"in/a/odd\")'",
    "mknod in/a/odd c 1 3",
  ])
  func `a FIFO, a socket and a device are refused by name`(make: String) throws {
    if make.hasPrefix("mknod"), (try? TestFolder().sh("mknod x c 1 3")) == nil { return }
    let test = try TestStore()
    try test.folder.sh("mkdir -p in/a; echo fine > in/a/fine; \(make)")
    let failure = failure { try test.push("in") }
    #expect(failure?.code == .rejected)
    #expect(failure?.subject.contains("a/odd") == true)
    #expect(try test.store.refresh().size == 1)
    #expect(try test.leftovers.isEmpty)
  }

  @Test func `a FIFO in place of an ignore file does not block the push`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir in; mkfifo in/.artifactignore")
    #expect(code { try test.push("in") } == .rejected)
  }

  @Test func `a link given as the path leads to its folder, and to a file it is itself pushed`() throws {
    let test = try TestStore()
    try test.folder.sh("mkdir real; echo x > real/f; ln -s real in; ln -s real/f file; ln -s nowhere dangling")
    try test.push("in", as: "folder")
    try test.pull("folder", to: "out")
    #expect(try test.folder.tree("out") == test.folder.tree("real"))
    try test.push("file", as: "file")
    try test.pull("file", to: "out-file")
    #expect(try test.folder.tree("out-file").items == [[UInt8]("file"): .link([UInt8]("real/f"))])
    #expect(code { try test.push("dangling", as: "dangling") } == nil)
    try test.push("in/", as: "slash")
    #expect(
      try test.store.resolve(Reference("slash")).entry.digest == test.store.resolve(Reference("folder")).entry.digest)
  }

  @Test func `a single file is a folder with one entry`() throws {
    let test = try TestStore()
    try test.folder.write("one/model.bin", SeededRandom(1).bytesOnce(100_000), isExecutable: true)
    let result = try test.push("one/model.bin")
    #expect(result.content.fileCount == 1 && result.content.size == 100_000)
    try test.pull(to: "out")
    #expect(try test.folder.tree("out") == test.folder.tree("one"))
  }

  @Test func `a path that is not there is not found, whatever is asked of it`() throws {
    let test = try TestStore()
    try test.folder.write("file", "x")
    for path in ["absent", "absent/deeper", "file/below", "absent/"] {
      #expect(code { try test.push(path) } != nil, "\(path)")
    }
    #expect(code { try test.push("absent") } == .notFound)
    #expect(code { try test.push("absent") { $0.unpacks = true } } == .notFound)
    #expect(try test.store.refresh().size == 1)
  }

  @Test func `64 folders inside each other are refused and 63 are not`() throws {
    let test = try TestStore()
    try test.folder.write("in/" + String(repeating: "d/", count: 63) + "f", "x")
    _ = try Self.roundTrip(test)
    try expectSound(test.reopened())
    try test.folder.write("deep/" + String(repeating: "d/", count: 64) + "f", "x")
    #expect(code { try test.push("deep") } == .rejected)
  }

  @Test func `a path of over 4,096 bytes is refused`() throws {
    let test = try TestStore()
    let name = String(repeating: "n", count: 250)
    try test.folder.sh("mkdir long; cd long; for i in {1..17}; do mkdir \(name); cd \(name); done; echo x > f")
    #expect(code { try test.push("long") } == .rejected)
    try test.folder.sh("cd long; rm -rf *")
  }

  @Test func `a folder that goes away while it is read is an error and publishes nothing`() throws {
    let test = try TestStore()
    for number in 0..<2_000 { try test.folder.write("in/\(number % 50)/\(number)", "x\(number)") }
    let folder = test.folder
    Threads.run(2) { number in
      if number == 1 {
        try? folder.path.inside("in").removeAll()
      } else if let failure = failure({ try test.push("in") }) {
        #expect([.notFound, .changing].contains(failure.code), "\(failure)")
      }
    }
    try expectSound(test.reopened())
    #expect(try test.leftovers.isEmpty)
  }

  @Test func `names may be 255 bytes long and notes and metadata hold any text`() throws {
    let test = try TestStore()
    try test.folder.write("in/a", "x")
    let result = try test.push("in") {
      $0.note = "é\u{0}\n\u{1F600}"
      $0.meta = ["": "", "e\u{301}": "1"]
    }
    #expect(try test.reopened().record(result.record).note == "é\u{0}\n\u{1F600}")
  }

  @Test func `metadata beyond the size of a record is refused`() throws {
    let test = try TestStore()
    try test.folder.write("in/a", "x")
    #expect(code { try test.push("in") { $0.note = String(repeating: "n", count: 1 << 20) } } == .usage)
    #expect(try test.store.refresh().size == 1)
    #expect(try test.leftovers.isEmpty)
  }
}

extension SeededRandom {
  /// Bytes of a fresh generator.
  func bytesOnce(_ count: Int) -> [UInt8] {
    var random = self
    return random.bytes(count)
  }
}

extension Path {
  func inside(_ name: String) -> Path { appending(name) }
  func removeAll() throws { try Directory(parent).removeTree(lastComponent) }
}
