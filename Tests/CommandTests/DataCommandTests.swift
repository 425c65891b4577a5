import Foundation
import Testing

/// `push --ref`, `sample`, and what the other commands say about data that lies elsewhere.
@Suite struct DataCommandTests {
  static func binary() throws -> Binary {
    let binary = try Binary()
    try binary.write("h\n1\n2\n3\n", to: "far/a.csv")
    try binary.run("init")
    return binary
  }

  @Test func `a dataset by reference is pushed, listed, pulled and checked`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    let pushed = try binary.run("push", "--ref", "far", "clicks", "--tag", "raw")
    #expect(pushed.code == 0 && pushed.out == "clicks@1\n")
    #expect(try binary.run("files", "clicks").out.contains("a.csv"))
    #expect(try binary.run("pull", "clicks@raw", "out").code == 0)
    #expect(try binary.shell("cmp far/a.csv out/a.csv").code == 0)
    #expect(try binary.run("verify").code == 0)
    try binary.write("h\n9\n", to: "far/a.csv")
    let pull = try binary.run("pull", "clicks", "again")
    #expect(pull.code == 3 && pull.error.contains("a.csv is not what the dataset refers to"))
    let verify = try binary.run("verify")
    #expect(verify.code == 3 && verify.out.contains("changed: clicks@1: file:///"))
    #expect(verify.out.contains("sound: "))
  }

  @Test func `bytes that lie elsewhere cannot be printed or exported, and the error says where they are`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    try binary.run("push", "--ref", "far/a.csv", "clicks")
    for words in [["cat", "clicks:a.csv"], ["export", "clicks", "x.zip"]] {
      let output = try binary.run(words)
      #expect(output.code == 10 && output.error.contains("far/a.csv"), "\(words)")
    }
  }

  @Test(arguments: [
    ["push", "--ref", "far"], ["push", "--ref", "far", "x", "y"], ["push", "--ref", "https://h/a.csv", "x"],
    ["push", "--ref", "https://h/a.csv#sha256=00&size=1", "x"], ["push", "--ref", "../far", "x"],
    ["push", "--ref", "far", "x", "--unpack"], ["push", "--ref", "far", "x", "--kind", "model"], ["push", "far"],
    ["push", "--ref", "file://host/a", "x"],
  ])
  func `references that make no sense are refused`(words: [String]) throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    #expect(try binary.run(words).code == 2, "\(words)")
  }

  @Test func `credentials in an address are nowhere in the store or in an answer`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    let digest = String(repeating: "ab", count: 32)
    let address = "https://me:canary@host/a.csv?X-Amz-Signature=canary#sha256=\(digest)&size=7"
    #expect(try binary.run("push", "--ref", address, "clicks", "--json").out.contains("canary") == false)
    let shown = try binary.shell(
      "for p in .artifact/blobs/sha256/*; do zstd -dcq \"$p\"; done | cat - .artifact/artifact/log/entry/*/* | grep -c canary"
    )
    #expect(shown.out == "0\n")
    #expect(try binary.run("push", "--ref", "https://me:canary@host/a.csv", "x").error.contains("canary") == false)
  }

  @Test func `a sample is made, and its lineage leads to its parent`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    try binary.run("push", "far", "full", "--kind", "dataset")
    let sample = try binary.run("sample", "full", "small", "--rows", "2", "--seed", "7")
    #expect(sample.code == 0 && sample.out == "small@1\n" && sample.error.hasPrefix("2 rows of full@1\n"))
    #expect(
      try binary.run("lineage", "small").out
        == "small@1  dataset, 6 B, 2 rows, sample/1\n`-- derived from full@1  dataset, 8 B\n")
    #expect(try binary.run("sample", "full", "small", "--rows", "2", "--seed", "7").error.contains("no new version"))
    #expect(try binary.run("sample", "full", "small", "--rows", "0", "--seed", "7").code == 2)
    #expect(try binary.run("sample", "full", "all", "--rows", "9", "--seed", "7").error.contains("all that there are"))
  }
}
