import ArtifactCore
import ArtifactStore
import Testing

/// What differs between two trees.
@Suite struct DiffTests {
  private func changes(_ scratch: ReadScratch, _ before: String, _ after: String, expanding: Bool = false) throws
    -> [String]
  {
    var lines = [String]()
    try scratch.store.diff(scratch.entry(before), scratch.entry(after), expanding: expanding) {
      (change) throws(StoreError) in
      let sizes = [change.before, change.after].map { $0.map { "\($0.size)" } ?? "-" }.joined(separator: " ")
      lines.append("\(change.kind.rawValue) \(printable(change.path)) \(sizes)")
    }
    return lines
  }

  private func pair() throws -> ReadScratch {
    let scratch = try ReadScratch()
    try scratch.write("same", "a/same")
    try scratch.write("old", "b")
    try scratch.write("run", "run.sh")
    try scratch.write("file", "turn")
    try scratch.write("gone", "old/x/y")
    try scratch.write("gone2", "old/z")
    try scratch.push("n")
    try scratch.write("newer", "b")
    try scratch.write("run", "run.sh", executable: true)
    try scratch.remove("turn")
    try scratch.link("turn", to: "b")
    try scratch.remove("old")
    try scratch.write("c", "more/deep/c")
    try scratch.push("n")
    return scratch
  }

  @Test func `every kind of difference is named`() throws {
    let scratch = try pair()
    defer { scratch.remove() }
    #expect(
      try changes(scratch, "n@1", "n@2") == [
        "changed b 3 5", "added more - 1", "removed old 9 -", "mode run.sh 3 3", "type turn 4 1",
      ])
    #expect(
      try changes(scratch, "n@2", "n@1") == [
        "changed b 5 3", "removed more 1 -", "added old - 9", "mode run.sh 3 3", "type turn 1 4",
      ])
  }

  @Test func `folders of one side are spelled out when asked`() throws {
    let scratch = try pair()
    defer { scratch.remove() }
    #expect(
      try changes(scratch, "n@1", "n@2", expanding: true).filter { !$0.hasPrefix("mode") && !$0.hasPrefix("type") } == [
        "changed b 3 5", "added more/deep/c - 1", "removed old/x/y 4 -", "removed old/z 5 -",
      ])
  }

  @Test func `equal trees and files have no differences`() throws {
    let scratch = try pair()
    defer { scratch.remove() }
    #expect(try changes(scratch, "n@1", "n@1") == [])
    #expect(try changes(scratch, "n@1:a", "n@2:a") == [])
    #expect(try changes(scratch, "n@1:b", "n@2:b") == ["changed  3 5"])
    #expect(try changes(scratch, "n@1:b", "n@2:a") == ["type  3 4"])
  }

  @Test func `a walk meets a folder before what it holds`() throws {
    let scratch = try pair()
    defer { scratch.remove() }
    var paths = [String]()
    try scratch.store.walk(scratch.entry("n@1").digest, recursively: true) { (path, _) throws(StoreError) in
      paths.append(printable(path))
    }
    #expect(paths == ["a", "a/same", "b", "old", "old/x", "old/x/y", "old/z", "run.sh", "turn"])
  }
}
