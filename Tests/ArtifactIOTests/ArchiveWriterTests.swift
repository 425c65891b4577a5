import Foundation
import Testing

@testable import ArtifactIO

@Suite struct ArchiveWriterTests {
  static let items: [ArchiveItem] = {
    let long = String(repeating: "l", count: 90)
    return [
      .directory("dir"), .file("dir/plain.txt", "plain\n"), .file("dir/run", "#!/bin/sh\n", isExecutable: true),
      .file("empty"), .link("link", "dir/plain.txt"), .directory("dir/empty"),
      .file("big", String(repeating: "0123456789abcdef", count: 40_000)),
      .file("\(long)/\(long)", "split between name and prefix"), .file(String(repeating: "n", count: 200), "no room"),
      .file("\(long)/\(long)s/\(long)/\(long)", "no room either"), .directory("\(long)/\(long)d"),
      .link("long link", String(repeating: "t", count: 150)), .file("ü/ñ", "utf-8"), .link("é", "ü/ñ"),
      .file(Array("e".utf8) + [0xCC, 0x81], Array("decomposed".utf8)),
      .file([0xC3, 0xA9, 0x21], Array("composed".utf8)),
      .file("new\nline", "x"), .file("back\\slash", "x"), .file("sp ace", "x"),
    ]
  }()
  /// Names that are no UTF-8, short and long.
  static let binary: [ArchiveItem] = [
    .file([0x63, 0x61, 0x66, 0xE9], Array("latin-1".utf8)), .file([0xFF] + [UInt8](repeating: 0xE9, count: 180), [1]),
  ]

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `what is written is read again`(format: ArchiveWriter.Format) throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items + Self.binary, to: folder("out"), format)
    #expect(try TestArchives.items(folder("out")) == Self.items + Self.binary)
  }

  /// What lies in a directory after unpacking, apart from directories.
  private static let listing = """
    import os, sys
    for base, dirs, files in os.walk(b"."):
        for name in sorted(dirs + files):
            path = os.path.join(base, name)
            kind = "l" if os.path.islink(path) else "d" if os.path.isdir(path) else "f"
            body = os.readlink(path) if kind == "l" else open(path, "rb").read() if kind == "f" else b""
            mode = "" if kind == "l" else oct(os.stat(path).st_mode & 0o777)
            print(path[2:].hex(), kind, mode, len(body), body[:200].hex())
    """

  private func expected(_ items: [ArchiveItem]) -> Set<String> {
    func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
    var lines: Set<String> = []
    for item in items {
      let parents = item.path.indices.filter { item.path[$0] == 0x2F }.map { Array(item.path[..<$0]) }
      for parent in parents { lines.insert("\(hex(parent)) d 0o755 0 ") }
      switch item.kind {
      case .symlink(let target): lines.insert("\(hex(item.path)) l  \(target.count) \(hex(target.prefix(200)))")
      case .directory: lines.insert("\(hex(item.path)) d 0o755 0 ")
      default:
        let mode = item.isExecutable ? "0o755" : "0o644"
        lines.insert("\(hex(item.path)) f \(mode) \(item.body.count) \(hex(item.body.prefix(200)))")
      }
    }
    return lines
  }

  private func unpacked(_ folder: ArchiveFolder, _ script: String, locale: String) throws -> Set<String> {
    try folder.sh("umask 022; rm -rf out; mkdir out; cd out; \(script)", ["LC_ALL": locale])
    let text = try folder.python("import os; os.chdir('out')\n" + Self.listing)
    return Set(text.split(separator: "\n").map(String.init))
  }

  @Test(arguments: [ArchiveWriter.Format.tar, .tarGzip, .tarZstd], ["C", "C.UTF-8"])
  func `GNU tar unpacks our tars, and with no word of complaint`(format: ArchiveWriter.Format, locale: String) throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items, to: folder("a"), format)
    let program = format == .tarZstd ? "--zstd" : format == .tarGzip ? "-z" : ""
    let script = "tar \(program) -xpf ../a 2>&1 | tee ../said; test ! -s ../said"
    #expect(try unpacked(folder, script, locale: locale) == expected(Self.items))
  }

  @Test(arguments: ["C", "C.UTF-8"])
  func `names that are no UTF-8 come through GNU tar, bsdtar and Python`(locale: String) throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.binary, to: folder("a"), .tar)
    // GNU tar 1.34 says that it ignores "hdrcharset".
    #expect(try unpacked(folder, "tar -xpf ../a", locale: locale) == expected(Self.binary))
    if ArchiveFolder.has("bsdtar") {
      #expect(try unpacked(folder, "bsdtar -xpf ../a", locale: locale) == expected(Self.binary))
    }
    let python = "python3 -c 'import tarfile; tarfile.open(\"../a\").extractall()'"
    #expect(try unpacked(folder, python, locale: locale) == expected(Self.binary))
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `bsdtar unpacks our archives`(format: ArchiveWriter.Format) throws {
    guard ArchiveFolder.has("bsdtar") else { return }
    let folder = try ArchiveFolder()
    // In a UTF-8 locale libarchive composes names, and in a zip it turns a backslash into a slash.
    let items = Self.items.filter { $0.path != Array("e".utf8) + [0xCC, 0x81] && !$0.path.contains(0x5C) }
    try TestArchives.write(items, to: folder("a"), format)
    let found = try unpacked(folder, "bsdtar -xpf ../a", locale: "C.UTF-8")
    #expect(found.symmetricDifference(expected(items)).isEmpty)
  }

  @Test(arguments: [ArchiveWriter.Format.tar, .tarGzip])
  func `Python unpacks our tars`(format: ArchiveWriter.Format) throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items, to: folder("a"), format)
    let python = "python3 -c 'import tarfile; tarfile.open(\"../a\").extractall()'"
    #expect(try unpacked(folder, python, locale: "C.UTF-8") == expected(Self.items))
  }

  @Test func `unzip unpacks our zips`() throws {
    guard ArchiveFolder.has("unzip") else { return }
    let folder = try ArchiveFolder()
    // unzip leaves control characters out of names.
    let items = Self.items.filter { !$0.path.contains(0x0A) }
    try TestArchives.write(items, to: folder("a.zip"), .zip)
    try folder.sh("unzip -tq a.zip && zipinfo -t a.zip > /dev/null")
    let found = try unpacked(folder, "unzip -q ../a.zip", locale: "C.UTF-8")
    #expect(found.symmetricDifference(expected(items)).isEmpty)
  }

  @Test func `Python reads our zips, names and sizes and checksums`() throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items, to: folder("a.zip"), .zip)
    let names = try folder.python(
      """
      import zipfile
      z = zipfile.ZipFile("a.zip")
      assert z.testzip() is None
      for i in z.infolist():
          assert i.date_time == (1980, 1, 1, 0, 0, 0) and i.create_system == 3, i
          print(i.filename.encode().hex())
      """)
    let ours = Self.items.map { item in
      (item.path + (item.kind == .directory ? [0x2F] : [])).map { String(format: "%02x", $0) }.joined()
    }
    #expect(names.split(separator: "\n").map(String.init) == ours)
  }

  @Test func `tar headers carry no owner, time or host`() throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items, to: folder("a.tar"), .tar)
    try folder.python(
      """
      import tarfile
      for i in tarfile.open("a.tar"):
          assert (i.mtime, i.uid, i.gid, i.uname, i.gname) == (0, 0, 0, "", ""), i.name
          assert i.mode == (0o777 if i.issym() else 0o755 if i.isdir() or i.name == "dir/run" else 0o644), i.name
          assert set(i.pax_headers) <= {"path", "linkpath"}, i.pax_headers
      """)
    #expect(try folder.sh("tar --numeric-owner -tvf a.tar | awk '{print $2}' | sort -u") == "0/0\n")
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `the same entries give the same bytes under any zone, mask and locale`(
    format: ArchiveWriter.Format
  ) async throws {
    let folder = try ArchiveFolder()
    let path = folder("child")
    let name = "\(format)"
    try TestArchives.write(Self.items + Self.binary, to: folder("here"), format)
    // Another process, so that the settings reach nobody else.
    await #expect(processExitsWith: .success) { [path = path as String, name = name as String] in
      unsafe setenv("TZ", "Pacific/Kiritimati", 1)
      tzset()
      umask(0o077)
      let locale = unsafe setlocale(LC_ALL, "C.UTF-8")
      #expect(unsafe locale != nil)
      let format = try #require(ArchiveWriter.Format.allCases.first { "\($0)" == name })
      try TestArchives.write(ArchiveWriterTests.items + ArchiveWriterTests.binary, to: path, format)
      // And what was written under one locale is read under it.
      #expect(try TestArchives.items(path) == ArchiveWriterTests.items + ArchiveWriterTests.binary)
    }
    #expect(try folder.bytes("here") == folder.bytes("child"))
  }

  @Test func `a tar is for ever the same`() throws {
    let folder = try ArchiveFolder()
    try TestArchives.write(Self.items + Self.binary, to: folder("a.tar"), .tar)
    var checksum = CRC32()
    // The span of a temporary that may throw crashes the compiler.
    let bytes = try folder.bytes("a.tar")
    checksum.update(bytes.span)
    // Change this only together with the ids of everything that was ever made with it.
    #expect(checksum.value == 0x4648_A386)
  }

  @Test func `more entries than the short end record of a zip can count`() throws {
    let folder = try ArchiveFolder()
    let items = (0..<66_000).map { ArchiveItem.file("f\($0)") }
    try TestArchives.write(items, to: folder("a.zip"), .zip)
    #expect(try TestArchives.items(folder("a.zip")) == items)
    #expect(try folder.python("import zipfile; print(len(zipfile.ZipFile('a.zip').namelist()))") == "66000\n")
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `the pieces in which a file is written do not show`(format: ArchiveWriter.Format) throws {
    let folder = try ArchiveFolder()
    let body = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
    for step in [1, 4096, 65_537, 300_000] {
      var writer = try ArchiveWriter(path: Array(folder("\(step)").utf8), format: format)
      try writer.addFile(Array("f".utf8), size: Int64(body.count), isExecutable: false)
      for start in stride(from: 0, to: body.count, by: step) {
        let part = Array(body[start..<min(start + step, body.count)])
        try writer.write(part.span)
      }
      try writer.finish()
      // zlib's blocks end where its buffer is full, not where a call ends.
      #expect(try folder.bytes("\(step)") == folder.bytes("1"))
    }
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `an archive of nothing is an archive`(format: ArchiveWriter.Format) throws {
    let folder = try ArchiveFolder()
    try TestArchives.write([], to: folder("out"), format)
    #expect(try TestArchives.items(folder("out")) == [])
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func `more or fewer bytes than declared are refused`(format: ArchiveWriter.Format) throws {
    let folder = try ArchiveFolder()
    func code(_ name: String, _ body: (inout ArchiveWriter) throws(IOFailure) -> Void) -> IOFailure.Code? {
      do {
        var writer = try ArchiveWriter(path: Array(folder(name).utf8), format: format)
        try writer.addFile(Array("f".utf8), size: 3, isExecutable: false)
        try body(&writer)
        try writer.finish()
        return nil
      } catch {
        return error.code
      }
    }
    let (two, three, four): ([UInt8], [UInt8], [UInt8]) = ([1, 1], [1, 1, 1], [1, 1, 1, 1])
    #expect(code("a") { writer throws(IOFailure) in try writer.write(three.span) } == nil)
    #expect(code("b") { writer throws(IOFailure) in try writer.write(four.span) } == .malformed)
    #expect(code("c") { writer throws(IOFailure) in try writer.write(two.span) } == .malformed)
    #expect(code("d") { writer throws(IOFailure) in try writer.addDirectory(Array("d".utf8)) } == .malformed)
    #expect(
      code("e") { writer throws(IOFailure) in
        try writer.write(three.span)
        try writer.write(two.span)
      } == .malformed)
  }

  @Test(arguments: ["", ".", "./a", "a/", "a//b", "../a", "/a", "a/../b", "a\0"])
  func `a name that is not in its shortest form is refused`(name: String) throws {
    let folder = try ArchiveFolder()
    var writer = try ArchiveWriter(path: Array(folder("out").utf8), format: .tar)
    let failure = #expect(throws: IOFailure.self) { try writer.addDirectory(Array(name.utf8)) }
    #expect(failure?.code == .escapes)
  }

  @Test func `the ending of a file's name chooses the format`() {
    let names: [(String, ArchiveWriter.Format?)] = [
      ("a.tar", .tar), ("a.tar.gz", .tarGzip), ("a.TGZ", .tarGzip), ("a.tar.zst", .tarZstd), ("a.tzst", .tarZstd),
      ("a.b.zip", .zip), ("a.gz", nil), ("tar", nil), (".tar", nil), ("a.tar.xz", nil), ("", nil),
    ]
    for (name, format) in names { #expect(ArchiveWriter.Format(fileName: Array(name.utf8)) == format, "\(name)") }
  }

  @Test func `a descriptor is written from where it stands and stays open`() throws {
    let folder = try ArchiveFolder()
    try folder.put("out", Array("front".utf8))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder("out")))
    try file.seekToEnd()
    var writer = try ArchiveWriter(descriptor: file.fileDescriptor, name: Array("out".utf8), format: .zip)
    try writer.addDirectory(Array("d".utf8))
    try writer.finish()
    try file.write(contentsOf: Data("behind".utf8))
    let bytes = try folder.bytes("out")
    try folder.put("zip", Array(bytes.dropFirst(5).dropLast(6)))
    #expect(try TestArchives.items(folder("zip")) == [.directory("d")])
  }

  @Test func `an existing file is not overwritten and a full disk is said so`() throws {
    let folder = try ArchiveFolder()
    try folder.put("out", [1])
    #expect(
      #expect(throws: IOFailure.self) { _ = try ArchiveWriter(path: Array(folder("out").utf8), format: .zip) }?.code
        == .exists)
    for format in ArchiveWriter.Format.allCases {
      let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
      let failure = #expect(throws: IOFailure.self) {
        var writer = try ArchiveWriter(descriptor: full.fileDescriptor, name: Array("full".utf8), format: format)
        var random = ArchiveRandom(1)
        let body = (0..<600_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try writer.addFile(Array("f".utf8), size: Int64(body.count), isExecutable: false)
        try writer.write(body.span)
        try writer.finish()
      }
      #expect(failure?.code == .full, "\(format)")
    }
  }
}
