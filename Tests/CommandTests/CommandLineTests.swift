import ArtifactCore
import Foundation
import Testing

@testable import artifact

/// The commands end to end: hook-up only.
@Suite struct CommandLineTests {
  @Test func `what is pushed comes back`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("pull", "customers", "copy").code == 0)
    #expect(try binary.shell("diff -r data copy").code == 0)
    #expect(try binary.run("pull", "customers@raw:sub/b.csv", "b").code == 0)
    #expect(try binary.shell("cmp data/sub/b.csv b").code == 0)
    #expect(try binary.run("cat", "customers:c.csv").out == "three\n")
  }

  @Test func `names that are not UTF-8 go in and out`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    let output = try binary.shell(
      #"""
      $A init; printf 'x\n' > $'caf\xe9'; $A push $'caf\xe9' latin
      $A files latin; $A cat latin:$'caf\xe9'; $A pull -q latin $'out\xe9'; cat $'out\xe9'/*; $A files latin --json
      """#)
    #expect(output.code == 0)
    #expect(output.out.hasPrefix(".artifact\nlatin@1\nf      2 B  caf\\xe9\nx\nx\n"))
    #expect(output.out.contains(#""path":{"b64":"Y2Fm6Q=="}"#))
  }

  @Test func `the sums are those of sha256sum`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.shell("$A files customers --sums | (cd data && sha256sum -c --quiet)").code == 0)
  }

  @Test func `differences end with 3 and equality with 0`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let output = try binary.run("diff", "customers@1", "customers@2")
    #expect(output.code == 3)
    #expect(output.out == "added                    6 B  c.csv\n")
    #expect(output.error == "customers@1 and customers@2: 1 added\n")
    #expect(try binary.run("diff", "customers@2", "customers").code == 0)
  }

  @Test func `versions travel to other stores and through archives`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("init", "other").code == 0)
    #expect(try binary.run("copy", "customers@1", "--to", "other").out == "customers@1\n")
    #expect(try binary.run("pull", "customers", "far", "--store", "other").code == 0)
    #expect(try binary.run("export", "customers@1", "c.tar.gz").code == 0)
    #expect(try binary.run("push", "c.tar.gz", "again", "--unpack").code == 0)
    #expect(try binary.run("diff", "customers@1", "again").code == 0)
    #expect(try binary.run("verify").out.hasPrefix("sound: "))
  }

  @Test func `damage is found, named, and ends with 4`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell(
      """
      for pack in .artifact/blobs/sha256/*; do
        # All of the first frame with content but its header; the index stays.
        head -c 200 /dev/zero | tr '\\0' '\\377' | dd of=$pack bs=1 seek=400 conv=notrunc status=none
      done
      """)
    let output = try binary.run("verify")
    #expect(output.code == 4)
    #expect(output.out.contains("damaged: pack "))
    #expect(output.out.contains("lost: customers@1: "))
    #expect(try binary.run("show", "customers").error.contains("try: artifact verify"))
    #expect(try binary.run("ls").code == 4)
    #expect(try binary.run("stats").code == 4)
  }

  @Test func `tags move and go`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("tag", "customers", "raw").error.contains("moved from version 1  log entry 4"))
    #expect(try binary.run("tag", "customers", "raw").error.contains("nothing changed"))
    #expect(try binary.run("untag", "customers@raw").code == 0)
    #expect(try binary.run("untag", "customers", "raw").code == 10)
  }

  @Test func `a changing command says the log position and what next`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let output = try binary.run("push", "data", "again")
    #expect(output.out == "again@1\n")
    #expect(output.error.hasSuffix("log entry 4  next: artifact pull again@1 FOLDER\n"))
    #expect(try binary.run("log").out.contains("publish  again@1 (other)"))
  }

  @Test func `the store is found from below and by its variable`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.shell("cd data/sub && $A show customers@1").code == 0)
    #expect(try binary.shell("cd / && ARTIFACT_STORE=$HOME/.artifact $A ls").code == 0)
    #expect(try binary.run("--store", ".artifact", "ls").code == 0)
    #expect(try binary.run("ls", environment: ["ARTIFACT_STORE": "/nowhere"]).code == 10)
  }

  @Test func `nothing is kept outside without a home`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    #expect(try binary.shell("env -u HOME $A init s && env -u HOME $A --store s ls && ls -A").out == "s\ns\n")
  }

  static let shapes: [(words: [String], keys: [String])] = [
    (["ls"], ["names", "schema"]), (["ls", "customers"], ["name", "schema", "versions"]),
    (
      ["show", "customers@1"],
      [
        "actor", "files", "kind", "log", "meta", "name", "note", "record", "schema", "size", "tags", "time", "tree",
        "version",
      ]
    ),
    (
      ["show", "customers@1:a.csv"],
      ["digest", "name", "path", "record", "schema", "size", "type", "version"]
    ),
    (["files", "customers"], ["digest", "entries", "name", "record", "schema", "size", "type", "version"]),
    (["diff", "customers", "customers@1"], ["after", "before", "changes", "equal", "schema"]),
    (["log"], ["entries", "root", "schema", "size"]),
    (
      ["stats"],
      [
        "erasedVersions", "frames", "id", "kinds", "logEntries", "names", "objects", "packs", "path", "schema",
        "segments", "size",
        "stored", "unreadableVersions", "versions", "voidEntries",
      ]
    ),
    (
      ["push", "data", "customers"],
      [
        "files", "kind", "logSize", "meta", "name", "new", "record", "schema", "shared", "size", "tags", "tree",
        "version", "written",
      ]
    ),
    (
      ["pull", "customers", "json"],
      [
        "bytesWritten", "destination", "digest", "filesKept", "filesWritten", "name", "record", "schema", "size",
        "type",
        "version",
      ]
    ),
    (["tag", "customers", "t"], ["changed", "log", "name", "schema", "tag", "version"]),
    (["untag", "customers", "t"], ["log", "name", "schema", "tag", "version"]),
    (["init", "new"], ["id", "path", "schema"]),
    (
      ["copy", "customers", "--to", "new"],
      [
        "copiedVersion", "digest", "framesCopied", "logSize", "name", "new", "objectsCopied", "objectsRepacked",
        "record", "schema", "size", "type", "version", "written",
      ]
    ),
    (
      ["export", "customers", "customers.tar.zst"],
      ["digest", "file", "name", "record", "schema", "size", "type", "version"]
    ),
    (
      ["verify"],
      [
        "bytes", "changed", "entries", "erased", "foreign", "lost", "objects", "packs", "packsSkipped", "problems",
        "rebuilt",
        "runs",
        "schema", "sound", "storedBytes", "strays", "versions", "void",
      ]
    ),
  ]

  @Test func `the JSON of each command has its keys, in canonical form`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    for shape in Self.shapes {
      let output = try binary.run(shape.words + ["--json"])
      #expect(output.error == "", "\(shape.words)")
      let line = Array(output.bytes.dropLast())
      let value = try JSON.canonical(line)
      #expect(value.object?.keys == shape.keys, "\(shape.words)")
      #expect(value["schema"] == 1)
    }
  }

  @Test func `Ctrl-C stops a push and leaves a store that needs no repair`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    let output = try binary.shell(
      """
      $A init > /dev/null 2>&1; mkdir d; head -c 20000000 /dev/urandom > d/a; truncate -s 40G d/b
      timeout --preserve-status -s INT 0.6 $A push d x; echo $?
      ls -A .artifact/artifact/tmp; rm d/b; $A verify -q && $A push d x -q
      """)
    #expect(output.out == "130\nx@1\n")
    #expect(
      output.error.hasSuffix("error: stopped on request\n  try: run the same command again; it goes on from here\n"))
  }

  @Test func `a page of an index that the disk does not give ends with 8 and a reason`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    // What the kernel sends then; the command waits for a reader meanwhile.
    let output = try binary.shell(
      """
      head -c 3000000 /dev/urandom > big; $A push big big -q; mkfifo pipe; sleep 5 < pipe > /dev/null 2>&1 & S=$!; exec 3> pipe
      $A cat big:big >&3 & P=$!; sleep 0.7; kill -BUS $P; wait $P; echo $?; kill $S
      """)
    #expect(output.out.hasSuffix("\n8\n"))
    #expect(output.error.contains("error: reading an index of the store failed\n  why: the disk"))
  }

  @Test func `a version of more large files than a process may open is pushed and pulled`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    // In the second version every file begins in one pack and ends in another.
    let script = """
      set -e; ulimit -n 200; mkdir many; head -c 39000000 /dev/urandom | split -b 150000 -a 3 - many/
      $A push many many -q; for f in many/*; do echo changed >> $f; done; $A push many many -q
      $A pull many copy -q; diff -r many copy; ls copy | wc -l
      """
    let made = try binary.shell(script)
    #expect(made.code == 0, "\(made.error)")
    #expect(made.out.hasSuffix("260\n"))
  }
}
