import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport
import Testing

@testable import ArtifactStore

/// Archives as input: what nobody trusts becomes the right folder or nothing.
@Suite struct ArchiveInputTests {
  static let hostile = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "fixtures/archives/hostile").path
  static let names = (try? FileManager.default.contentsOfDirectory(atPath: hostile).sorted()) ?? []
  static let limit: UInt64 = 16 << 20

  /// What the entries of an archive add up to; nil if they contradict each other or hold what a store does not keep.
  static func expected(_ path: String) throws -> [[UInt8]: FolderTree.Item]? {
    var limits = ArchiveReader.Limits()
    limits.inflatedBytes = Int64(limit)
    let bounds = limits
    var reader: ArchiveReader
    do { reader = try ArchiveReader(path: [UInt8](path), limits: bounds) } catch { return nil }
    var items = [[UInt8]: FolderTree.Item]()
    func addFolders(above path: [UInt8]) -> Bool {
      for (index, byte) in path.enumerated() where byte == 0x2f {
        let parent = Array(path[..<index])
        if let item = items[parent], item != .folder { return false }
        items[parent] = .folder
      }
      return true
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    do {
      while let entry = try reader.next() {
        guard addFolders(above: entry.path) else { return nil }
        let item: FolderTree.Item
        switch entry.kind {
        case .directory: item = .folder
        case .symlink(let target): item = .link(target)
        case .hardlink(let target):
          guard case .file = items[target], let file = items[target] else { return nil }
          item = file
        case .other: return nil
        case .file:
          var hasher = SHA256Hasher()
          var size: UInt64 = 0
          while case let count = try reader.read(into: &buffer), count > 0 {
            hasher.update(buffer.span.extracting(0..<count))
            size += UInt64(count)
          }
          item = .file(hasher.finish(), size: size, isExecutable: entry.isExecutable)
        }
        if let there = items[entry.path], item != .folder || there != .folder { return nil }
        items[entry.path] = item
      }
    } catch { return nil }
    return items
  }

  @Test(arguments: names) func `a hostile archive becomes the folder that its entries say, or nothing`(name: String)
    throws
  {
    let test = try TestStore()
    let path = "\(Self.hostile)/\(name)"
    let expected = try Self.expected(path)
    var request = PushRequest(name: try PackageName("data"), actor: "test")
    request.unpacks = true
    request.inflatedLimit = Self.limit
    do {
      let result = try test.store.push(Path(path), request, Progress())
      let items = try #require(expected, "it should have been refused")
      try test.pull(to: "out", from: test.reopened())
      let tree = try test.folder.tree("out")
      #expect(tree.items == items)
      #expect(result.content.size == tree.size && result.content.fileCount == tree.fileCount)
    } catch let error as StoreError {
      #expect(expected == nil, "\(error)")
      #expect(error.code == .rejected, "\(error)")
      #expect(try test.reopened().refresh().size == 1)
      #expect(try test.packs.isEmpty)
    }
    #expect(try test.leftovers.isEmpty)
    #expect(try Files.names(test.folder.path).filter { $0 != "store" && $0 != "me" && $0 != "out" } == [])
    try expectSound(test.reopened())
  }

  @Test func `there are hostile archives`() { #expect(Self.names.count > 100) }

  static func make(_ test: TestStore, _ script: String) throws {
    try test.folder.write(
      "make.py",
      "import tarfile, io, zipfile\nt = tarfile.open('in.tar', 'w')\ndef add(name, data=b'x', **k):\n  i = tarfile.TarInfo(name)\n  i.size = len(data)\n  for a in k: setattr(i, a, k[a])\n  t.addfile(i, io.BytesIO(data))\n\(script)\nt.close()\n"
    )
    try test.folder.sh("python3 make.py")
  }

  static func push(_ test: TestStore) throws -> FolderTree {
    try test.push("in.tar") { $0.unpacks = true }
    try test.pull(to: "out", from: test.reopened())
    return try test.folder.tree("out")
  }

  @Test(arguments: [
    "add('a'); add('a')", "add('a/b'); add('a')", "add('a'); add('a/b')",
    "add('a', type=tarfile.SYMTYPE, linkname='b', size=0); add('a/b')",
    "add('a/b'); add('a', type=tarfile.SYMTYPE, linkname='b', size=0)",
    "add('a', type=tarfile.LNKTYPE, linkname='b', size=0); add('b')",
    "add('d/f'); add('h', type=tarfile.LNKTYPE, linkname='d', size=0)",
    "add('l', type=tarfile.SYMTYPE, linkname='f', size=0); add('h', type=tarfile.LNKTYPE, linkname='l', size=0)",
    "add('p', type=tarfile.FIFOTYPE, size=0)", "add('c', type=tarfile.CHRTYPE, size=0)",
    "add('a', type=tarfile.DIRTYPE, size=0); add('a')", "add('a'); add('a', type=tarfile.DIRTYPE, size=0)",
    "add('a/../../b')", "add('/a')",
  ])
  func `entries that contradict each other are refused`(script: String) throws {
    let test = try TestStore()
    try Self.make(test, script)
    #expect(code { try Self.push(test) } == .rejected)
    #expect(try test.leftovers.isEmpty && test.packs.isEmpty)
  }

  @Test func `folders may come twice, late or not at all, and hard links become files`() throws {
    let test = try TestStore()
    try Self.make(
      test,
      "add('a/b/c'); add('a', type=tarfile.DIRTYPE, size=0); add('a', type=tarfile.DIRTYPE, size=0); add('e', type=tarfile.DIRTYPE, size=0); add('h', type=tarfile.LNKTYPE, linkname='a/b/c', size=0)"
    )
    let tree = try Self.push(test)
    #expect(tree.items.count == 5)
    #expect(tree.items[[UInt8]("h")] == tree.items[[UInt8]("a/b/c")])
  }

  @Test func `links out of the folder need permission`() throws {
    let test = try TestStore()
    try Self.make(test, "add('l', type=tarfile.SYMTYPE, linkname='/etc/passwd', size=0)")
    #expect(code { try Self.push(test) } == .rejected)
    try test.push("in.tar") {
      $0.unpacks = true
      $0.allowsExternalLinks = true
    }
    try test.pull(to: "out")
    #expect(try test.folder.tree("out").items == [[UInt8]("l"): .link([UInt8]("/etc/passwd"))])
  }

  @Test(arguments: [63, 64]) func `what can be unpacked can be pulled, however deep it is`(depth: Int) throws {
    let test = try TestStore()
    try Self.make(test, "add('/'.join(['d'] * \(depth)), type=tarfile.DIRTYPE, size=0)")
    guard code({ try test.push("in.tar") { $0.unpacks = true } }) == nil else { return }
    try test.pull(to: "out")
    #expect(try test.folder.tree("out").items.count == depth)
    try expectSound(test.reopened())
  }

  @Test func `an archive gives the tree that its unpacked folder gives`() throws {
    let test = try TestStore()
    var random = SeededRandom(4)
    try test.folder.write("in/large", random.bytes(9 << 20))
    try test.folder.write("in/middle", random.text(5 << 20))
    try test.folder.write("in/m.safetensors", TensorFile.safetensors(&random, 2_500_000))
    try test.folder.write("in/run.sh", [0x23], isExecutable: true)
    try test.folder.sh("cd in; ln -s large l; mkdir -p a/b; tar cf ../in.tar .; cd ..; zstd -q in.tar; gzip -k in.tar")
    let folder = try test.push("in")
    let before = try test.packs
    for name in ["in.tar", "in.tar.zst", "in.tar.gz"] {
      let result = try test.push(name, as: "unpacked") { $0.unpacks = true }
      #expect(result.content.tree == folder.content.tree, "\(name)")
    }
    // Nothing but records was new.
    let added = try test.packs.filter { !before.contains($0) }
    for pack in added { #expect(try test.bytes("blobs/sha256/\(pack)").count < 10_000) }
  }

  @Test func `an archive that holds more than is allowed is refused at the first byte too many`() throws {
    let test = try TestStore()
    try test.folder.sh(
      "mkdir in; head -c 1000 /dev/zero > in/a; head -c 24 /dev/zero > in/b; tar czf in.tar.gz -C in a b")
    #expect(code { try test.push("in.tar.gz") { ($0.unpacks, $0.inflatedLimit) = (true, 1_023) } } == .rejected)
    #expect(code { try test.push("in.tar.gz") { ($0.unpacks, $0.inflatedLimit) = (true, 1_024) } } == nil)
  }

  @Test func `a file that is no archive is refused`() throws {
    let test = try TestStore()
    try test.folder.write("in", SeededRandom(1).bytesOnce(10_000))
    try test.folder.sh("mkdir folder; touch empty")
    for name in ["in", "empty"] { #expect(code { try test.push(name) { $0.unpacks = true } } == .rejected, "\(name)") }
    #expect(code { try test.push("folder") { $0.unpacks = true } } != nil)
  }
}

/// Weight files.
enum TensorFile {
  /// A safetensors file with one tensor of `count` bytes.
  static func safetensors(_ random: inout SeededRandom, _ count: Int) -> [UInt8] {
    let header = [UInt8](#"{"w":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#)
    var bytes = [UInt8]()
    LittleEndian.append(UInt64(header.count), to: &bytes)
    return bytes + header + random.bytes(count)
  }
}
