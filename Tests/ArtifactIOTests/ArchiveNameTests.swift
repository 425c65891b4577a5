import Testing

@testable import ArtifactIO

@Suite struct ArchiveNameTests {
  private func normalised(_ name: String) throws(IOFailure) -> String {
    let bytes = try ArchiveName.normalised(Array(name.utf8), limits: .init(), verb: "reading", subject: "test")
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("a", "a"), ("./a//b/", "a/b"), ("a/./b", "a/b"), (".", ""), ("./", ""), ("././/", ""), ("...", "..."),
    ("..a/b..", "..a/b.."), (" ", " "), ("a\\..\\b", "a\\..\\b"), ("C:/x", "C:/x"),
  ])
  func `a name is brought into its shortest form`(name: String, path: String) throws {
    #expect(try normalised(name) == path)
  }

  @Test(arguments: ["", "/", "/a", "//a", "..", "../a", "a/..", "a/../b", "./..", "a\0b", "\0"])
  func `a name that could lead elsewhere is refused`(name: String) {
    #expect(#expect(throws: IOFailure.self) { try normalised(name) }?.code == .escapes)
  }

  @Test(arguments: [
    ("l", "x"), ("l", "./x"), ("l", "."), ("a/l", ".."), ("a/l", "../x"), ("a/b/l", "../../x"), ("a/b/l", ".././../x"),
    ("l", "..x"), ("l", "a/b/c"), ("lib64", "lib"), ("l", "x\\..\\..\\y"),
  ])
  func `a link to the inside stays inside`(path: String, target: String) {
    #expect(!ArchiveName.leavesRoot(Array(target.utf8), from: Array(path.utf8)))
  }

  @Test(arguments: [
    ("l", "/x"), ("l", "/"), ("l", ".."), ("l", "../x"), ("a/l", "../.."), ("a/b/l", "../../../x"),
    ("a/l", "./../../x"), ("l", "a/../x"), ("a/l", "b/.."), ("l", ""),
  ])
  func `a link that can lead outside is seen`(path: String, target: String) {
    #expect(ArchiveName.leavesRoot(Array(target.utf8), from: Array(path.utf8)))
  }

  @Test func `a name is printed on one line and without tricks`() {
    #expect(ArchiveName.printable(Array("a b/ü\n\u{1B}[1m\u{202E}x".utf8)) == #"a b/ü\x0a\x1b[1m\xe2\x80\xaex"#)
    #expect(ArchiveName.printable([0x61, 0xFF, 0x0A]) == #"a\xff\x0a"#)
    #expect(ArchiveName.printable([UInt8](repeating: 0x61, count: 5000)).count == 161)
  }
}
