import ArtifactCore
import ArtifactIO
import ArtifactStore
import TestSupport
import Testing

@testable import ArtifactRun

/// Notebooks, secrets, wheels and the ladder of likeness.
@Suite struct PartsTests {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func `a notebook's identity is free of outputs and counts`() throws {
    func notebook(_ output: String, _ count: String, source: String = "1+1") -> [UInt8] {
      Array(
        """
        {"cells":[{"cell_type":"code","execution_count":\(count),"metadata":{"execution":{"t":1.5}},
        "outputs":[\(output)],"source":["\(source)"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}
        """.utf8)
    }
    let plain = Notebook.stripped(notebook("", "null"))
    #expect(plain != nil)
    #expect(Notebook.stripped(notebook("{\"text\":\"2\"}", "7")) == plain)
    #expect(Notebook.stripped(notebook("", "null", source: "1+2")) != plain)
    #expect(Notebook.stripped(Array("{}".utf8)) == nil)
  }

  @Test(arguments: [
    ("--token abcdefgh", "--token redacted"), ("--api-key=abcdefgh", "--api-key=redacted"),
    ("password=12345", "password=12345"), ("password=hunter22", "password=redacted"),
    ("num_memory_tokens=16", "num_memory_tokens=16"), ("--tokenizer bert-base", "--tokenizer bert-base"),
    ("use_cls_token=true", "use_cls_token=true"),
    ("https://u:p@example.org/x", "https://example.org/x"),
    ("--url=https://u:p@example.org/x?token=abc123", "--url=https://example.org/x?token=redacted"),
    ("hf_abcdefghijklmnopqrst", "redacted"), ("x=ghp_abcdefghijklmnopqrst", "x=redacted"),
    ("train.py --depth 8", "train.py --depth 8"), ("author=me.myself", "author=me.myself"),
  ])
  func `secrets are taken out of words, and nothing else`(words: String, wanted: String) {
    let redactor = Redactor(variables: [])
    let result = redactor.words(words.split(separator: " ").map { Array($0.utf8) })
    #expect(result.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") == wanted)
  }

  @Test func `keys and headers are taken out of text`() {
    let redactor = Redactor(variables: [Array("DB_PASSWORD=open sesame".utf8)])
    let text = """
      Authorization: Bearer abc.def.ghi done
      -----BEGIN RSA PRIVATE KEY-----
      MIIEabc
      -----END RSA PRIVATE KEY-----
      the word is open sesame, said he
      epoch 3 loss 0.25
      """
    let result = String(decoding: redactor.text(Array(text.utf8)), as: UTF8.self)
    for secret in ["abc.def.ghi", "MIIEabc", "open sesame"] { #expect(!result.contains(secret), "\(secret)") }
    #expect(result.contains("epoch 3 loss 0.25") && result.contains("said he"))
  }

  @Test func `a RECORD is read and written`() throws {
    let text = "a/b.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\"x,y.txt\",,\n"
    let record = try #require(WheelRecord(Array(text.utf8)))
    #expect(record.lines.map(\.path) == ["a/b.py", "x,y.txt"])
    #expect(record.lines[0].digest == Digest.of([]))
    #expect(record.bytes == Array(text.utf8))
  }

  @Test func `a wheel that is written twice has the same bytes, and can be read`() throws {
    for name in ["a.whl", "b.whl"] {
      var writer = try WheelWriter(folder(name))
      try writer.add("p/__init__.py", Array("x = 1\n".utf8), isExecutable: false)
      try writer.finish(recordName: "p-1.0.dist-info/RECORD")
    }
    #expect(try folder.read("a.whl") == folder.read("b.whl"))
    let archive = try WheelArchive(folder("a.whl"), name: "p-1.0-py3-none-any.whl")
    #expect(archive.record.lines.map(\.path) == ["p/__init__.py", "p-1.0.dist-info/RECORD"])
    try folder.sh("unzip -tq a.whl > /dev/null 2>&1 || python3 -m zipfile -t a.whl")
  }

  @Test func `notes of a run are metrics, parameters, tags and files`() {
    let notes = RunNotes(
      Array(
        """
        auc=0.91
        loss 0.5 3
        {"name":"f1","value":0.25,"step":2}
        {"acc":0.5,"step":1}
        {"param":"lr","value":"0.1"}
        {"tag":"best"}
        {"file":"p.png","as":"plots","kind":"other"}
        what is this
        """.utf8))
    #expect(
      notes.metrics.map { "\($0.name) \($0.value) \($0.step ?? -1)" } == [
        "auc 0.91 -1", "loss 0.5 3", "f1 0.25 2", "acc 0.5 1",
      ])
    #expect(notes.parameters == ["lr": "0.1"] && notes.tags == ["best"] && notes.files.count == 1)
    #expect(notes.strange == ["what is this"])
  }

  // MARK: Likeness

  func likeness(_ one: [UInt8], _ other: [UInt8]) throws -> Likeness {
    try folder.write("one", one)
    try folder.write("other", other)
    return try Likeness.of(folder("one"), folder("other"))
  }

  static func numpy(_ values: [Double]) -> [UInt8] {
    let header = Array("{'descr': '<f8', 'fortran_order': False, 'shape': (\(values.count),), }\n".utf8)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
    for value in values {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64(shift)))) }
    }
    return bytes
  }

  @Test func `arrays that differ by rounding are close, others are different`() throws {
    let near = try likeness(Self.numpy([1, 2]), Self.numpy([1, 2.000_000_000_000_000_4]))
    guard case .close(let distance) = near else {
      Issue.record("\(near)")
      return
    }
    #expect(distance.steps == 1)
    #expect(try likeness(Self.numpy([1, 2]), Self.numpy([1, 2.1])).word == "different")
    #expect(try likeness(Self.numpy([1, 2]), Self.numpy([1, 2, 3])).word == "different")
    #expect(try likeness(Self.numpy([1, 2]), Self.numpy([1, .nan])).word == "different")
    #expect(try likeness(Self.numpy([1]), Self.numpy([1])) == .identical)
  }

  @Test func `archives are compared by what they hold`() throws {
    try folder.sh(
      """
      mkdir a b; echo 1 > a/x; echo 1 > b/x; touch -d 2001-01-01 a/x
      tar -cf one.tar a; tar -cf two.tar b; echo 2 > b/x; tar -cf three.tar b
      echo hello | gzip -n > one.gz; cp one.gz two.gz; printf '\\001\\002\\003\\004' | dd of=two.gz bs=1 seek=4 conv=notrunc 2>/dev/null
      """)
    #expect(try Likeness.of(folder("one.tar"), folder("two.tar")).word == "same-content")
    #expect(try Likeness.of(folder("one.tar"), folder("three.tar")).word == "different")
    #expect(try Likeness.of(folder("one.gz"), folder("two.gz")).word == "same-content")
  }
}
