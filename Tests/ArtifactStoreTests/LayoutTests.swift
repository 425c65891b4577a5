import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// The examples of `store-layout.md` and the store that they are taken from, which every later version must open.
@Suite struct LayoutTests {
  /// A fenced block of the page: its info string and its lines.
  private struct Block {
    let info: [Substring]
    let lines: [Substring]

    /// The bytes of a hex dump; what follows `#` is comment.
    var bytes: [UInt8] {
      let digits = lines.flatMap { line in line.prefix { $0 != "#" }.filter { $0 != " " } }
      return Hex.bytes(String(digits)) ?? []
    }
  }

  private static let root: Path = {
    var path = Path(#filePath)
    for _ in 0..<3 { path = path.parent }
    return path
  }()

  private static func blocks() throws -> [Block] {
    let text = String(decoding: try Files.read(root.appending("store-layout.md")), as: UTF8.self)
    var result = [Block]()
    var info: [Substring]?
    var lines = [Substring]()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let open = info { result.append(Block(info: open, lines: lines)) }
        info = info == nil ? line.dropFirst(3).split(separator: " ") : nil
        lines = []
      } else if info != nil {
        lines.append(line)
      }
    }
    return result
  }

  private static func block(_ name: Substring) throws -> Block {
    try #require(try blocks().first { $0.info.count > 1 && $0.info[1] == name }, "no example named \(name)")
  }

  private static func fixture(_ name: some StringProtocol) throws -> [UInt8] {
    try Files.read(root.appending("fixtures/stores/v1").appending(String(name)))
  }

  @Test func `every example with a place stands there in the fixture`() throws {
    var count = 0
    for block in try Self.blocks()
    where block.info.first == "hex" && block.info.count > 2 && block.info[2].contains("@") {
      let place = block.info[2].split(separator: "@")
      let file = try Self.fixture(place[0])
      let offset = try #require(Int(place[1]))
      #expect(!block.bytes.isEmpty)
      #expect(Array(file[offset..<(offset + block.bytes.count)]) == block.bytes, "\(block.info)")
      count += 1
    }
    #expect(count >= 7)
  }

  @Test func `the documents in JSON are those of the fixture`() throws {
    var count = 0
    for block in try Self.blocks()
    where block.info.first == "json" && block.info.count > 2 && block.info[2].contains("/") {
      let file = try Self.fixture(block.info[2])
      let text = block.lines.joined(separator: "\n")
      #expect(String(decoding: file, as: UTF8.self).hasPrefix(text), "\(block.info)")
      count += 1
    }
    #expect(count == 4)
  }

  @Test func `trees, recipes and records decode, and hash to what the page says`() throws {
    let blocks = try Self.blocks().filter { $0.info.count > 2 && $0.info[2].hasPrefix("sha256=") }
    #expect(blocks.count >= 8)
    for block in blocks {
      let bytes = block.info[0] == "hex" ? block.bytes : Array(block.lines.joined(separator: "\n").utf8)
      let whole = block.info[0] == "text" ? bytes + [0x0a] : bytes
      #expect(Digest.of(whole).hex == block.info[2].dropFirst(7), "\(block.info)")
      if block.info[1] == "tree" { #expect(try !Tree.entries(of: whole.span).isEmpty) }
      if block.info[1] == "record" { #expect(try Record(whole).bytes() == whole) }
    }
    let recipe = try Recipe(Array((try Self.block("recipe").lines.joined(separator: "\n") + "\n").utf8).span)
    #expect(recipe.size == 203_000)
    #expect(recipe.text == Array((try Self.block("recipe").lines.joined(separator: "\n") + "\n").utf8))
  }

  @Test func `the tables decode to what the page says`() throws {
    let table = try SeekTable(try Self.block("seektable").bytes.span)
    #expect(table.frames.map(\.storedSize) == [372, 4_403, 23, 1_884])
    #expect(table.frames.map(\.plainSize) == [2_048, 216_064, 1_024, 0])
    let header = try Self.block("tarheader").bytes
    let member = try #require(try TarHeader.parse(header.span, at: 0))
    #expect(member.size == 37)
    #expect(TarHeader.block(name: member.name, size: 37) == header)
    let entry = try Self.block("entry").bytes
    #expect(entry.count == 48)
    let text = try Self.block("recipe")
    #expect(Digest(entry.span, at: 0).hex == text.info[2].dropFirst(5))
  }

  @Test func `the store of format 1 opens, is sound, and gives back what it was given`() throws {
    let folder = try TestFolder()
    try folder.sh("cp -R '\(Self.root.printable)/fixtures/stores/v1' store; rm -f store/artifact/tmp/.gitkeep")
    let store = try Store(opening: folder("store"), local: nil)
    let report = try store.verify(Progress())
    #expect(report.isSound, "\(report.problems) \(report.hurt)")
    #expect(report.packCount == 2)
    let list = String(decoding: try Files.read(Self.root.appending("fixtures/stores/v1.txt")), as: UTF8.self)
    var found = [String]()
    var expected = [String]()
    for line in list.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "version" {
        let resolved = try store.resolve(Reference(String(words[1])))
        #expect(resolved.record?.hex == String(words[3]))
        #expect(resolved.entry.digest.hex == words[5])
        found += try Self.lines(store, resolved.entry.digest, "")
        _ = try store.pull(resolved.entry, to: folder("out-\(words[1].suffix(1))"), Progress())
      } else if ["d", "f", "l", "x"].contains(words[0]) {
        expected.append(String(line))
      }
    }
    #expect(found == expected)
    #expect(try folder.sh("sha256sum < out-1/data/weights.bin").hasPrefix("54f786b6218fdf6c"))
    #expect(try folder.sh("test -x out-1/train.sh && readlink out-1/latest") == "data/labels.csv\n")
  }

  /// The lines of a tree with everything below it, with whole paths.
  private static func lines(_ store: Store, _ tree: Digest, _ prefix: String) throws -> [String] {
    try store.tree(tree).flatMap { entry in
      let name = String(decoding: entry.name, as: UTF8.self)
      let escaped = name.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      let type = Character(Unicode.Scalar(entry.kind.rawValue))
      let line = "\(type) \(entry.size) \(entry.digest.hex)  \(prefix)\(escaped)"
      return [line] + (entry.kind == .directory ? try lines(store, entry.digest, prefix + escaped + "/") : [])
    }
  }
}
