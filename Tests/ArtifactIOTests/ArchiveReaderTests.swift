import Foundation
import Testing

@testable import ArtifactIO

/// TestArchives as other programs write them.
@Suite struct ArchiveReaderTests {
  private static let script = """
    umask 022; mkdir -p in/sub/deep in/empty; cd in
    printf 'hello\\n' > hello.txt; printf '#!/bin/sh\\n' > sub/run; chmod 755 sub/run; : > sub/nothing
    ln -s ../hello.txt sub/link; head -c 300000 /dev/zero | tr '\\0' 'z' > sub/deep/big
    n=$(printf 'n%.0s' {1..120}); mkdir -p sub/$n; printf long > sub/$n/$n
    printf utf8 > 'ü'; printf nfd > $'e\\xcc\\x81'; printf nfc > $'\\xc3\\xa9'; printf latin > $'caf\\xe9'
    printf line > $'a\\nb'; printf back > 'a\\b'
    """

  private static let expected: [ArchiveItem] = {
    let long = String(repeating: "n", count: 120)
    return [
      .directory("empty"), .directory("sub"), .directory("sub/deep"), .directory("sub/\(long)"),
      .file("hello.txt", "hello\n"), .file("sub/run", "#!/bin/sh\n", isExecutable: true), .file("sub/nothing"),
      .link("sub/link", "../hello.txt"), .file("sub/deep/big", String(repeating: "z", count: 300_000)),
      .file("sub/\(long)/\(long)", "long"), .file("ü", "utf8"),
      .file(Array("e".utf8) + [0xCC, 0x81], Array("nfd".utf8)), .file([0xC3, 0xA9], Array("nfc".utf8)),
      .file(Array("caf".utf8) + [0xE9], Array("latin".utf8)), .file("a\nb", "line"), .file("a\\b", "back"),
    ]
  }()

  private func expectAll(_ items: [ArchiveItem], _ comment: Comment? = nil) {
    func sorted(_ items: [ArchiveItem]) -> [ArchiveItem] { items.sorted { $0.path.lexicographicallyPrecedes($1.path) } }
    let difference = sorted(items).difference(from: sorted(Self.expected))
    #expect(difference.isEmpty, comment)
  }

  @Test(arguments: ["v7", "oldgnu", "gnu", "ustar", "posix"])
  func `GNU tar's dialects are read`(format: String) throws {
    let folder = try ArchiveFolder()
    // What v7 has no room for, and ustar not either, is left out.
    let skip = format == "v7" || format == "ustar" ? "rm -r sub/nn*;" : ""
    try folder.sh(Self.script + "\n\(skip) tar --format=\(format) --sort=name -cf ../out.tar .")
    let items = try TestArchives.items(folder("out.tar"))
    if skip.isEmpty { return expectAll(items) }
    #expect(items.count == Self.expected.count - 2)
    #expect(items.allSatisfy(Self.expected.contains))
  }

  @Test(arguments: ["ustar", "pax", "gnutar"], ["C", "C.UTF-8"])
  func `bsdtar's dialects are read`(format: String, locale: String) throws {
    guard ArchiveFolder.has("bsdtar") else { return }
    let folder = try ArchiveFolder()
    let skip = format == "ustar" ? "rm -r sub/nn*;" : ""
    // A name that is in no charset makes bsdtar complain, and write it all the same.
    try folder.sh(
      Self.script + "\n\(skip) bsdtar --format=\(format) -cf ../out.tar . || test -s ../out.tar", ["LC_ALL": locale])
    let items = try TestArchives.items(folder("out.tar"))
    if skip.isEmpty { return expectAll(items) }
    #expect(items.count == Self.expected.count - 2)
  }

  @Test(arguments: ["USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT"])
  func `Python's tars are read`(format: String) throws {
    let folder = try ArchiveFolder()
    let skip = format == "USTAR_FORMAT" ? "rm -r sub/nn*;" : ""
    try folder.sh(Self.script + "\n" + skip)
    try folder.python(
      """
      import tarfile
      with tarfile.open("out.tar", "w", format=tarfile.\(format)) as t: t.add("in", arcname=".")
      """)
    let items = try TestArchives.items(folder("out.tar"))
    if skip.isEmpty { expectAll(items) } else { #expect(items.count == Self.expected.count - 2) }
  }

  @Test(arguments: ["gzip", "xz", "bzip2", "zstd", "zstd -19 --long=27", "gzip -1 --rsyncable"])
  func `a compressed tar is read, whatever its name`(program: String) throws {
    let folder = try ArchiveFolder()
    try folder.sh(Self.script + "\ntar -cf - . | \(program) > ../out.anything")
    expectAll(try TestArchives.items(folder("out.anything")))
  }

  @Test(arguments: ["gzip", "xz", "bzip2", "zstd"])
  func `one flipped bit anywhere in a compressed tar is noticed or changes nothing`(program: String) throws {
    let folder = try ArchiveFolder()
    try folder.sh("seq 20000 > numbers; tar -cf - numbers | \(program) > out")
    let sound = try folder.bytes("out")
    let items = try TestArchives.items(folder("out"))
    var random = ArchiveRandom(7)
    var noticed = 0
    for _ in 0..<60 {
      var damaged = sound
      damaged[Int.random(in: 12..<damaged.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try folder.put("damaged", damaged)
      do {
        let read = try TestArchives.items(folder("damaged"), step: 60_000)
        #expect(read == items)
      } catch {
        #expect(error.code == .malformed || error.code == .limit)
        noticed += 1
      }
    }
    #expect(noticed > 50)
  }

  @Test(arguments: ["gz", "xz", "bz2", "zst", "tar", "zip"])
  func `an archive cut short anywhere is noticed`(kind: String) throws {
    let folder = try ArchiveFolder()
    try folder.sh("seq 5000 > a; seq 100 > b")
    switch kind {
    case "tar": try folder.sh("tar --record-size=1024 -cf out a b")
    case "zip": try folder.python("import zipfile\nwith zipfile.ZipFile('out','w',8) as z: z.write('a'); z.write('b')")
    default: try folder.sh("tar --record-size=1024 -caf out.tar.\(kind) a b; mv out.tar.\(kind) out")
    }
    let sound = try folder.bytes("out")
    var lengths = Array(stride(from: 0, to: sound.count - 1, by: max(1, sound.count / 40)))
    lengths += [sound.count - 1, sound.count - 4, sound.count - 9]
    if kind == "tar" { lengths = lengths.filter { $0 <= sound.count - 1024 } }
    for length in lengths {
      try folder.put("cut", Array(sound[..<length]))
      let failure = #expect(throws: IOFailure.self, "\(length) of \(sound.count)") {
        try TestArchives.items(folder("cut"), step: 60_000)
      }
      #expect(failure?.code == .malformed)
    }
  }

  @Test func `Python's zips are read`() throws {
    let folder = try ArchiveFolder()
    // zipfile cannot write a name that is not UTF-8, and does not keep links.
    try folder.sh(Self.script + "\nrm $'caf\\xe9' sub/link")
    try folder.python("import shutil; shutil.make_archive('out', 'zip', 'in')")
    let left = Self.expected.filter { $0.path != Array("caf".utf8) + [0xE9] && $0.path != Array("sub/link".utf8) }
    let items = try TestArchives.items(folder("out.zip"))
    #expect(Set(items.map(\.path)) == Set(left.map(\.path)))
    #expect(items.allSatisfy(left.contains))
  }

  @Test(arguments: ["", "-0", "-fz", "-Z bzip2", "-fd"])
  func `Info-ZIP's zips are read`(options: String) throws {
    guard ArchiveFolder.has("zip") else { return }
    let folder = try ArchiveFolder()
    // Zip 3.0 refuses links together with data descriptors.
    let link = options == "-fd" ? "sub/link" : ""
    try folder.sh(
      Self.script + "\nrm $'caf\\xe9' \(link); zip -q -y -r \(options) ../out.zip .", ["LC_ALL": "C.UTF-8"])
    let left = Self.expected.filter { $0.path != Array("caf".utf8) + [0xE9] && $0.path != Array(link.utf8) }
    let items = try TestArchives.items(folder("out.zip"))
    #expect(Set(items.map(\.path)) == Set(left.map(\.path)))
    #expect(items.allSatisfy(left.contains))
  }

  @Test func `a zip that Info-ZIP wrote into a pipe is read`() throws {
    guard ArchiveFolder.has("zip") else { return }
    let folder = try ArchiveFolder()
    try folder.sh("seq 1000 > a; cat a | zip -q - - > piped.zip; zip -q - a | cat > streamed.zip")
    let numbers = try folder.bytes("a")
    #expect(try TestArchives.items(folder("piped.zip")) == [.file(Array("-".utf8), numbers)])
    #expect(try TestArchives.items(folder("streamed.zip")) == [.file(Array("a".utf8), numbers)])
  }

  @Test func `bsdtar's zips are read, in either locale`() throws {
    guard ArchiveFolder.has("bsdtar") else { return }
    for locale in ["C", "C.UTF-8"] {
      let folder = try ArchiveFolder()
      try folder.sh(Self.script + "\nbsdtar --format=zip -cf ../out.zip .", ["LC_ALL": locale])
      expectAll(try TestArchives.items(folder("out.zip")), "\(locale)")
    }
  }

  @Test(arguments: [
    "oldgnu", "gnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1", "posix --sparse-version=1.0",
  ])
  func `sparse files are read with their holes`(format: String) throws {
    let folder = try ArchiveFolder()
    try folder.sh(
      """
      truncate -s 3000000 holes; for i in $(seq 40); do
        printf "data $i" | dd of=holes bs=1 seek=$((i * 61440)) conv=notrunc status=none; done
      truncate -s 500000 nothing; printf tail > after
      tar -S --format=\(format) -cf out.tar holes nothing after
      """)
    #expect(try folder.bytes("out.tar").count < 1_000_000)
    let items = try TestArchives.items(folder("out.tar"), step: 65_536)
    let names = ["holes", "nothing", "after"]
    #expect(try items == names.map { .file(Array($0.utf8), try folder.bytes($0)) })
  }

  @Test func `hard links name a file that came before`() throws {
    let folder = try ArchiveFolder()
    try folder.sh("mkdir in; printf x > in/a; ln in/a in/b; tar --sort=name -C in -cf out.tar .")
    #expect(try TestArchives.items(folder("out.tar")) == [.file("a", "x"), .hardlink("b", "a")])
  }

  @Test func `a descriptor of a file is read from its beginning and left where it stood`() throws {
    let folder = try ArchiveFolder()
    try folder.sh("printf x > a; tar -cf out.tar a; python3 -m zipfile -c out.zip a")
    for name in ["out.tar", "out.zip"] {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder(name)))
      try file.seek(toOffset: 5)
      for _ in 0..<2 {
        var reader = try ArchiveReader(descriptor: file.fileDescriptor, name: Array(name.utf8))
        #expect(try TestArchives.items(&reader) == [.file("a", "x")])
      }
      #expect(try file.offset() == 5)
    }
  }

  @Test func `a zip cannot come through a pipe, and is refused as such`() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 1000)))
    try pipe.fileHandleForWriting.close()
    let failure = #expect(throws: IOFailure.self) {
      _ = try ArchiveReader(descriptor: pipe.fileHandleForReading.fileDescriptor, name: Array("in".utf8))
    }
    #expect(failure?.code == .other)
    #expect(failure?.detail.contains("pipe") == true)
  }

  @Test func `what is no file, or not there, is said so`() throws {
    let folder = try ArchiveFolder()
    func code(_ path: String) -> IOFailure.Code? {
      #expect(throws: IOFailure.self) { _ = try ArchiveReader(path: Array(path.utf8)) }?.code
    }
    #expect(code(folder("missing")) == .notFound)
    #expect(code(folder.path) == .malformed)
    #expect(code("a\0b") == .notFound)
  }

  @Test func `an error stays`() throws {
    var reader = try ArchiveReader(path: Array("\(TestArchives.fixtures)/tar-checksum-second.tar".utf8))
    #expect(try reader.next() != nil)
    var codes: [IOFailure.Code] = []
    var buffer: [UInt8] = [0]
    for _ in 0..<3 {
      do { _ = try reader.next() } catch { codes.append(error.code) }
      do { _ = try reader.read(into: &buffer) } catch { codes.append(error.code) }
    }
    #expect(codes == [IOFailure.Code](repeating: .malformed, count: 6))
  }

  @Test func `a body that is read in part, or not, does not disturb the next entry`() throws {
    let folder = try ArchiveFolder()
    try folder.sh("seq 20000 > a; printf b > b; tar -czf out.tar.gz a b; python3 -m zipfile -c out.zip a b")
    for name in ["out.tar.gz", "out.zip"] {
      for count in [0, 1, 512, 70_000] {
        var reader = try ArchiveReader(path: Array(folder(name).utf8))
        var buffer = [UInt8](repeating: 0, count: count)
        _ = try reader.next()
        #expect(try reader.read(into: &buffer) == count)
        #expect(try buffer[...] == folder.bytes("a").prefix(count))
        #expect(try reader.next()?.path == Array("b".utf8))
        var rest = [UInt8](repeating: 7, count: 4)
        #expect(try reader.read(into: &rest, from: 2) == 1)
        #expect(rest == [7, 7, UInt8(ascii: "b"), 7])
        #expect(try reader.read(into: &rest) == 0)
        #expect(try reader.next() == nil)
        #expect(try reader.next() == nil)
      }
    }
  }
}
