import ArtifactCore
import Foundation
import TestSupport
import Testing

/// The text of a folder.
@Suite struct TreeTests {
  static let hex = String(repeating: "ab", count: 32)
  static let digest = Digest(
    words: (0xabab_abab_abab_abab, 0xabab_abab_abab_abab, 0xabab_abab_abab_abab, 0xabab_abab_abab_abab))

  static func text(_ lines: String...) -> [UInt8] { [UInt8]("tree 1\n" + lines.joined()) }

  @Test func `a tree is written as the design shows it`() throws {
    var text = Tree.header
    Tree.appendLine(to: &text, kind: .directory, size: 73_400_320, digest: Self.digest, name: [UInt8]("images").span)
    Tree.appendLine(to: &text, kind: .file, size: 0, digest: Self.digest, name: [UInt8]("labels.csv").span)
    Tree.appendLine(to: &text, kind: .link, size: 9, digest: Self.digest, name: [UInt8]("latest").span)
    Tree.appendLine(to: &text, kind: .executable, size: .max, digest: Self.digest, name: [UInt8]("train\n\\.sh").span)
    let expected = """
      tree 1
      d 73400320 \(Self.hex)  images
      f 0 \(Self.hex)  labels.csv
      l 9 \(Self.hex)  latest
      x 18446744073709551615 \(Self.hex)  train\\n\\\\.sh

      """
    #expect(String(decoding: text, as: UTF8.self) == expected)
  }

  @Test func `the empty folder is its first line alone`() throws {
    #expect(try treeEntries(Tree.header).isEmpty)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func `what is written is read again`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let alphabet: [[UInt8]] = [
      [0x0a], [0x5c], [0x20], [0xff], [0x1b], [0xc3, 0xa9], [0x65, 0xcc, 0x81], [0x6e], [0x41], [0x2e],
    ]
    var names = Set<[UInt8]>()
    while names.count < 200 {
      let name = (0...random.below(20)).flatMap { _ in alphabet[random.below(alphabet.count)] }
      if Tree.objection(toName: name.span) == nil { names.insert(name) }
    }
    let entries = names.sorted { $0.lexicographicallyPrecedes($1) }.map {
      TreeEntry(
        kind: EntryKind.allCases[random.below(4)], size: random.next() >> 12, digest: Digest.of($0), name: $0)
    }
    var text = Tree.header
    for entry in entries {
      Tree.appendLine(to: &text, kind: entry.kind, size: entry.size, digest: entry.digest, name: entry.name.span)
    }
    #expect(try treeEntries(text) == entries)
    var parser = try TreeParser(text.span)
    while try parser.next(in: text.span) != nil {}
    let total = parser.totalSize
    #expect(total == entries.reduce(0) { $0 + $1.size })
    // A tree cut anywhere but behind a line is refused.
    for end in stride(from: 0, to: text.count, by: 97) where end < 7 || text[end - 1] != 0x0a {
      #expect(refusal { try treeEntries(Array(text[..<end])) } != nil, "cut at \(end)")
    }
  }

  @Test(arguments: [
    ("f 1 \(hex)  b\nf 1 \(hex)  a\n", FormatError.Code.notCanonical),
    ("f 1 \(hex)  a\nf 1 \(hex)  a\n", .notCanonical),
    ("f 01 \(hex)  a\n", .notCanonical), ("f  1 \(hex)  a\n", .syntax), ("f -1 \(hex)  a\n", .syntax),
    ("f 18446744073709551616 \(hex)  a\n", .limit), ("f 1 \(hex) a\n", .syntax), ("f 1 \(hex)  \n", .syntax),
    ("f 1 \(hex)   a\n", nil), ("g 1 \(hex)  a\n", .field), ("F 1 \(hex)  a\n", .field),
    ("f 1 \(hex.uppercased())  a\n", .syntax), ("f 1 \(hex.dropLast())  a\n", .syntax), ("f 1 \(hex)0  a\n", .syntax),
    ("f 1 \(hex)  a", .length), ("f 1 \(hex)  a\r\n", nil), ("f 1 \(hex)  a/b\n", .syntax),
    ("f 1 \(hex)  .\n", .syntax),
    ("d 1 \(hex)  ..\n", .syntax), ("f 1 \(hex)  ...\n", nil), ("f 1 \(hex)  a\\t\n", .syntax),
    ("f 1 \(hex)  a\\\n", .syntax),
    ("f 1 \(hex)  a\\n\n", nil), ("f 1 \(hex)  \0\n", .syntax), ("\n", .field), ("tree 1\n", .field), (" ", .field),
    ("f 18446744073709551615 \(hex)  a\nf 1 \(hex)  b\n", .limit),
    ("f 1 \(hex)  \(String(repeating: "n", count: 255))\n", nil),
    ("f 1 \(hex)  \(String(repeating: "n", count: 256))\n", .syntax),
  ])
  func `only the canonical form is read`(lines: String, code: FormatError.Code?) {
    #expect(refusal { try treeEntries(Self.text(lines)) } == code)
  }

  @Test(arguments: ["", "tree", "tree 1", "tree 2\n", "Tree 1\n", "\u{FEFF}tree 1\n", "tree 1\r\n"])
  func `another first line is refused`(text: String) {
    #expect(refusal { try treeEntries([UInt8](text)) } != nil)
  }

  @Test func `every flipped bit of a tree is refused or changes its id`() throws {
    let text = Self.text("d 5 \(Self.hex)  a\\\\b\n", "f 12 \(Self.hex)  c\n")
    let entries = try treeEntries(text)
    for index in text.indices {
      for bit in 0..<8 {
        var other = text
        other[index] ^= 1 << UInt8(bit)
        if let read = try? treeEntries(other) { #expect(read != entries, "byte \(index), bit \(bit)") }
      }
    }
  }
}

/// How large blobs are put together.
@Suite struct RecipeTests {
  static let hex = TreeTests.hex

  static func parts(_ count: Int) -> [Recipe.Part] {
    (0..<count).map { Recipe.Part(digest: Digest.of([UInt8](String($0))), size: UInt64($0 + 1)) }
  }

  @Test func `a recipe is written as its comment shows it`() {
    let part = Recipe.Part(digest: TreeTests.digest, size: 65_536)
    #expect(
      String(decoding: Recipe(isNested: false, parts: [part]).text, as: UTF8.self) == "recipe 1\n\(Self.hex) 65536\n")
    #expect(
      String(decoding: Recipe(isNested: true, parts: [part]).text, as: UTF8.self) == "recipes 1\n\(Self.hex) 65536\n")
  }

  @Test(arguments: [1, 2, 100, 8_192]) func `what is written is read again`(count: Int) throws {
    for isNested in [false, true] {
      let recipe = Recipe(isNested: isNested, parts: Self.parts(count))
      let read = try readRecipe(recipe.text)
      #expect(read == recipe)
      #expect(read.size == UInt64(count) * UInt64(count + 1) / 2)
    }
  }

  @Test func `more than 8,192 lines are refused`() {
    let text = Recipe(isNested: false, parts: Self.parts(8_193)).text
    #expect(refusal { try readRecipe(text) } == .limit)
  }

  @Test(arguments: [
    ("", FormatError.Code.field), ("recipe 1\n", .length), ("recipe 2\n\(hex) 1\n", .field),
    ("recipe 1\n\(hex) 0\n", .limit),
    ("recipe 1\n\(hex) 01\n", .notCanonical), ("recipe 1\n\(hex)  1\n", .syntax), ("recipe 1\n\(hex) 1", .length),
    ("recipe 1\n\(hex) 1\n\n", .syntax), ("recipe 1\n\(hex) 1 \n", .length),
    ("recipe 1\n\(hex.uppercased()) 1\n", .syntax),
    ("recipe 1\n\(hex) 18446744073709551615\n\(hex) 1\n", .limit), ("recipe 1\n\(hex) 18446744073709551616\n", .limit),
    ("recipes 1\n\(hex) 1\n", nil),
  ])
  func `only the canonical form is read`(text: String, code: FormatError.Code?) {
    #expect(refusal { try readRecipe([UInt8](text)) } == code)
  }

  @Test func `a recipe cut anywhere but behind a line is refused`() {
    let text = Recipe(isNested: false, parts: Self.parts(3)).text
    for end in 0..<text.count where end <= 9 || text[end - 1] != 0x0a {
      #expect(refusal { try readRecipe(Array(text[..<end])) } != nil, "cut at \(end)")
    }
  }
}

/// Numbers in the texts.
@Suite struct DecimalTests {
  @Test(arguments: [UInt64(0), 1, 9, 10, 99, 100, 65_536, 1 << 53, .max - 1, .max])
  func `a number is written as it is read`(value: UInt64) throws {
    var text = [UInt8]()
    Decimal.append(value, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == String(value))
    var offset = 0
    let read = try Decimal.parse(text.span, &offset, subject: "test")
    #expect(read == value)
    #expect(offset == text.count)
  }

  @Test(arguments: [
    ("", FormatError.Code.syntax), ("x", .syntax), ("-1", .syntax), ("+1", .syntax), (" 1", .syntax),
    ("00", .notCanonical),
    ("01", .notCanonical), ("18446744073709551616", .limit), ("99999999999999999999999", .limit), ("٣", .syntax),
  ])
  func `anything else is refused`(text: String, code: FormatError.Code) {
    var offset = 0
    let bytes = [UInt8](text)
    let found = refusal { try Decimal.parse(bytes.span, &offset, subject: "test") }
    #expect(found == code)
  }

  @Test func `reading ends where the digits end`() throws {
    var offset = 2
    let read = try Decimal.parse([UInt8]("a 120 b").span, &offset, subject: "test")
    #expect(read == 120)
    #expect(offset == 5)
  }
}
