import ArtifactCore
import Testing

@Suite struct NameTests {
  @Test(arguments: [
    "a", "0", "4", "churn", "team/churn", "a/b/c", "a.b_c-d", "1.0", "a-", "a.", "sha256/a", "team/sha256", "latest",
    String(repeating: "a", count: 64),
    String(repeating: "a", count: 64) + "/" + String(repeating: "b", count: 64) + "/"
      + String(repeating: "c", count: 64)
      + "/" + String(repeating: "d", count: 60),
  ])
  func `a name of permitted parts is taken as it is`(text: String) throws {
    #expect(try PackageName(text).text == text)
  }

  @Test(arguments: [
    ("", 0), ("/", 0), ("a/", 2), ("/a", 0), ("a//b", 2), (".", 0), ("..", 0), ("a/..", 2), (".a", 0), ("-a", 0),
    ("_a", 0), ("A", 0), ("aB", 1), ("a b", 1), ("a@b", 1), ("a:b", 1), ("é", 0), ("aé", 1), ("a\n", 1), ("a\0", 1),
    ("a\\b", 1),
  ])
  func `anything else is refused at its place`(text: String, offset: Int) {
    let error = #expect(throws: FormatError.self) { try PackageName(text) }
    #expect(error?.code == .syntax)
    #expect(error?.offset == offset)
  }

  @Test func `parts over 64 bytes, names over 255 bytes, and sha256 are refused`() {
    let long = String(repeating: "a", count: 64)
    for text in [
      long + "a", "b/" + long + "a", [long, long, long, String(repeating: "d", count: 61)].joined(separator: "/"),
    ] {
      let error = #expect(throws: FormatError.self) { try PackageName(text) }
      #expect(error?.code == .limit)
    }
    #expect(throws: FormatError.self) { try PackageName("sha256") }
    #expect(throws: FormatError.self) { try PackageName(bytes: [0x61, 0xFF]) }
  }

  @Test(arguments: ["prod", "v1", "1a", "1.0", "2026-03-15", "a_b"])
  func `a tag is one part`(text: String) throws {
    #expect(try TagName(text).text == text)
  }

  @Test(arguments: [
    "", "4", "0", "0017", "latest", "sha256", "a/b", "A", "-a", ".", "a b", String(repeating: "a", count: 65),
  ])
  func `a tag cannot be taken for a version, the latest, a digest or a path`(text: String) {
    #expect(throws: FormatError.self) { try TagName(text) }
  }
}

@Suite struct ReferenceTests {
  private static let digits = "ab12cd34"
  private static let full = String(repeating: "0123456789abcdef", count: 4)

  @Test func `every form is read`() throws {
    let prefix = try #require(DigestPrefix(hex: Self.digits.utf8))
    let whole = try #require(DigestPrefix(hex: Self.full.utf8))
    let name = try PackageName("team/customers")
    let forms: [(String, Reference.Target, String)] = [
      ("team/customers", .name(name, .latest), ""),
      ("team/customers@latest", .name(name, .latest), ""),
      ("team/customers@4", .name(name, .version(4)), ""),
      ("team/customers@prod", .name(name, .tag(try TagName("prod"))), ""),
      ("team/customers@sha256:ab12cd34", .name(name, .digest(prefix)), ""),
      ("sha256:ab12cd34", .digest(prefix), ""),
      ("sha256:" + Self.full, .digest(whole), ""),
      ("team/customers:train/part-0.csv", .name(name, .latest), "train/part-0.csv"),
      ("team/customers@4:train/part-0.csv", .name(name, .version(4)), "train/part-0.csv"),
      ("team/customers@prod:train/", .name(name, .tag(try TagName("prod"))), "train"),
      ("team/customers@sha256:ab12cd34:a:b@c", .name(name, .digest(prefix)), "a:b@c"),
      ("sha256:ab12cd34:sha256:x", .digest(prefix), "sha256:x"),
      ("team/customers:a@b:c", .name(name, .latest), "a@b:c"),
      ("team/customers:...", .name(name, .latest), "..."),
      ("team/customers: ", .name(name, .latest), " "),
    ]
    for (text, target, path) in forms {
      let reference = try Reference(text)
      #expect(reference.target == target, "\(text)")
      #expect(reference.path == Array(path.utf8), "\(text)")
      #expect(try Reference(bytes: reference.bytes) == reference, "\(text)")
    }
  }

  @Test func `a path may be any bytes`() throws {
    let path: [UInt8] = [0xFF, 0x2F, 0x0A, 0xE9]
    let reference = try Reference(bytes: Array("customers@4:".utf8) + path)
    #expect(reference.path == path)
    #expect(reference.pathComponents == [[0xFF], [0x0A, 0xE9]])
    #expect(reference.description == #"customers@4:\xff/\x0a\xe9"#)
  }

  @Test(arguments: [
    "", "@", ":", "@4", ":a", "customers@", "customers@:a", "customers@0", "customers@04", "customers@-1",
    "customers@99999999999999999999", "customers@9007199254740992", "customers@Prod", "customers@a/b",
    "customers@prod@4",
    "customers@sha256:", "customers@sha256:ab12cd3", "customers@sha256:AB12CD34", "customers@sha256:ab12cd3g",
    "customers@sha256", "sha256", "sha256:", "sha256:ab12cd3", "sha256:ab12cd34@4", "sha256:ab12cd34/a",
    "sha256:train/a",
    "sha256:" + full + "0", "SHA256:ab12cd34", "Customers", "customers:", "customers:/", "customers:/a",
    "customers:a//b",
    "customers:a//", "customers:.", "customers:a/..", "customers:../a", "customers:a/./b", "customers:a\0b",
    "customers:" + String(repeating: "a", count: 256), "customers:" + String(repeating: "a/", count: 65),
    "customers:" + String(repeating: String(repeating: "a", count: 250) + "/", count: 17),
  ])
  func `anything else is refused`(text: String) {
    #expect(throws: FormatError.self) { try Reference(text) }
  }

  @Test func `paths at the limits are read`() throws {
    #expect(try Reference("a:" + String(repeating: "a/", count: 64)).pathComponents.count == 64)
    #expect(try Reference("a:" + String(repeating: "a", count: 255)).path.count == 255)
    let longest = String(repeating: String(repeating: "a", count: 255) + "/", count: 16)
    #expect(try Reference("a:" + longest).path.count == 4_095)
  }

  @Test func `a prefix matches the digests that start so and spans them`() throws {
    let prefix = try #require(DigestPrefix(hex: "ab12cd34e".utf8))
    let inside = try #require(Digest(hex: "ab12cd34e" + String(repeating: "7", count: 55)))
    let outside = try #require(Digest(hex: "ab12cd34f" + String(repeating: "7", count: 55)))
    #expect(prefix.matches(inside) && !prefix.matches(outside))
    #expect(prefix.lowest.hex == "ab12cd34e" + String(repeating: "0", count: 55))
    #expect(prefix.highest.hex == "ab12cd34e" + String(repeating: "f", count: 55))
    #expect(prefix.text == "sha256:ab12cd34e" && prefix.digest == nil)
    #expect(DigestPrefix(hex: inside.hex.utf8)?.digest == inside)
  }
}
