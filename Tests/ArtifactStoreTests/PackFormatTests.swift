import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// Every pack is an ordinary archive: tools that know nothing of stores list, check and recover it.
@Suite struct PackFormatTests {
  /// A store of real pushes: text, weights, random bytes, recipes, trees, links, several packs.
  static func sample() throws -> TestStore {
    let test = try TestStore()
    var random = SeededRandom(21)
    for number in 0..<150 { try test.folder.write("in/\(number % 5)/\(number)", random.text(random.below(6_000))) }
    try test.folder.write("in/random", random.bytes(3 << 20))
    try test.folder.write("in/text", random.text(2 << 20))
    try test.folder.write("in/m.safetensors", TensorFile.safetensors(&random, 1_500_000))
    try test.folder.sh("ln -s text in/l; touch in/empty")
    try test.push("in")
    try test.folder.write("in/text", random.text(1 << 20))
    try test.push("in") { $0.level = 9 }
    return test
  }

  @Test func `zstd, GNU tar and bsdtar accept every pack, and its members hash to their names`() throws {
    for tool in ["zstd", "tar", "bsdtar", "sha256sum"] where !Shell.has(tool) { return }
    let test = try Self.sample()
    #expect(try test.packs.count >= 2)
    for pack in try test.packs {
      let path = "store/blobs/sha256/\(pack)"
      try test.folder.sh("zstd -tq --no-progress < \(path)")
      #expect(try test.folder.sh("sha256sum \(path)").hasPrefix(pack))
      let listed = try test.folder.sh("tar --zstd -tf \(path)")
      #expect(try test.folder.sh("bsdtar -tf \(path)") == listed)
      let members = listed.split(separator: "\n").map(String.init)
      #expect(Array(members.prefix(2)) == ["README", "nonce"])
      #expect(members.dropFirst(2).allSatisfy { $0.wholeMatch(of: /[or]\/[0-9a-f]{64}/) != nil })
      #expect(members.count > 2)
      try test.folder.sh(
        """
        mkdir x; tar --zstd -xf \(path) -C x; cd x; test $(stat -c %s nonce) = 16; test $(wc -l < README) = 3
        find o -type f -printf '%f  %p\\n' | sha256sum -c --quiet --strict
        cd ..; rm -rf x
        """)
      #expect(try test.folder.sh("tar --zstd -tvf \(path) | cut -d' ' -f1,2 | sort -u") == "-rw-r--r-- 0/0\n")
    }
  }

  @Test func `a large file is what its recipe's members are, one after the other`() throws {
    let test = try Self.sample()
    try test.folder.sh(
      """
      mkdir x; for p in store/blobs/sha256/*; do tar --zstd -xf $p -C x --skip-old-files; done
      for f in in/random in/text in/m.safetensors; do
        h=$(sha256sum $f | cut -c1-64); cd x
        tail -n +2 r/$h | while read c s; do test $(stat -c %s o/$c) = $s; cat o/$c; done | cmp - ../$f; cd ..
      done
      """)
  }

  @Test func `the seek table covers the file, and every frame is decoded by itself`() throws {
    let test = try Self.sample()
    for pack in try test.packs {
      let bytes = try test.bytes("blobs/sha256/\(pack)")
      let count = try Self.frameCount(bytes)
      let table = try SeekTable(bytes.span.extracting((bytes.count - SeekTable.byteCount(frames: count))..<bytes.count))
      var offset = 0
      let decompressor = try Decompressor()
      for (number, frame) in table.frames.enumerated() {
        let end = offset + Int(frame.storedSize)
        if number < table.frames.count - 1 {
          var plain = [UInt8]()
          try decompressor.decompress(
            bytes.span.extracting(offset..<end), into: &plain, plainSize: Int(frame.plainSize), pack)
          #expect(Int(frame.plainSize) <= PackLayout.frameLimit)
        } else {
          #expect(frame.plainSize == 0)
          #expect(Array(bytes[offset..<(offset + 4)]) == [0x50, 0x2a, 0x4d, 0x18])
        }
        offset = end
      }
      #expect(offset + SeekTable.byteCount(frames: count) == bytes.count)
    }
  }

  static func frameCount(_ bytes: [UInt8]) throws -> Int {
    try SeekTable.frameCount(footer: bytes.span.extracting((bytes.count - SeekTable.footerSize)..<bytes.count))
  }

  @Test func `a pack that is cut gives back every member of the frames before the cut`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed)
    let test = try Self.sample()
    for pack in try test.packs {
      let bytes = try test.bytes("blobs/sha256/\(pack)")
      let (_, segment) = try PackFile(#require(Digest(hex: pack)), in: test.store.packs).readIndex()
      let (entries, frames) = try segment.withBytes { (span) throws(FormatError) in
        var entries = [SegmentIndex.Entry]()
        var frames = [SegmentIndex.Frame]()
        for number in 0..<segment.header.entryCount {
          entries.append(try SegmentIndex.entry(number, segment.header, span))
        }
        for number in 0..<segment.header.frameCount {
          frames.append(try SegmentIndex.frame(number, segment.header, span))
        }
        return (entries, frames)
      }
      for _ in 0..<6 {
        let cut = random.below(bytes.count)
        try test.folder.write("cut", Array(bytes[..<cut]))
        // Both tools complain about the end, as they should.
        try test.folder.sh(
          "rm -rf x; mkdir x; (zstd -dcq --no-progress < cut 2>/dev/null || true) | (tar -xf - -C x 2>/dev/null || true)"
        )
        let whole = Set(
          frames.indices.filter { frames[$0].offset + UInt64(frames[$0].storedSize) <= UInt64(cut) }.map(UInt32.init))
        for entry in entries where whole.contains(entry.frame) && entry.kind == .object {
          let found = try Digest.of(Files.read(test.folder("x/o/\(entry.digest.hex)")))
          #expect(found == entry.digest, "seed \(seed), cut at \(cut)")
        }
      }
    }
  }

  @Test func `the folder is an OCI image layout`() throws {
    let test = try TestStore()
    #expect(try test.folder.sh("cat store/oci-layout") == #"{"imageLayoutVersion":"1.0.0"}"#)
    #expect(
      try test.folder.sh("python3 -c 'import json; print(json.load(open(\"store/index.json\"))[\"manifests\"])'")
        == "[]\n")
    #expect(try test.folder.sh("stat -c %s store/artifact/reserve") == "131072\n")
  }

  @Test func `incompressible bytes are stored as they are and compressible ones are not`() throws {
    let test = try TestStore()
    var random = SeededRandom(3)
    try test.folder.write("random/f", random.bytes(1 << 20))
    try test.folder.write("text/f", random.text(1 << 20))
    let stored = try test.push("random", as: "random").bytesWritten
    #expect(stored > 1 << 20 && stored < 1 << 20 + 20_000)
    #expect(try test.push("text", as: "text").bytesWritten < 1 << 19)
  }
}
