import Foundation
import Testing

/// What the user may not read or write, as a user without privileges meets it.
@Suite struct PermissionTests {
  private func store() throws -> Binary {
    let binary = try Binary()
    try binary.write("kept\n", to: "in/f")
    try binary.write("more\n", to: "in/inner/g")
    try binary.run("init", "store")
    return binary
  }

  @Test(arguments: ["in/inner/g", "in/inner"])
  func `what may not be read is named, and nothing is published`(path: String) throws {
    let binary = try store()
    defer { binary.remove() }
    let output = try binary.unprivileged(
      "chmod 000 \(path); $A --store store push in data; code=$?; chmod 755 \(path); exit $code")
    #expect(output.code == 8)
    #expect(output.error.contains(path) && output.error.contains("permission denied"), "\(output.error)")
    #expect(output.error.contains("try: "))
    #expect(try binary.run("--store", "store", "ls", "--json").out.contains("data") == false)
    #expect(try binary.run("--store", "store", "push", "in", "data").code == 0)
  }

  @Test func `a store that may not be written is read, and refuses to be written`() throws {
    let binary = try store()
    defer { binary.remove() }
    #expect(try binary.run("--store", "store", "push", "in", "data").code == 0)
    #expect(try binary.shell("chmod -R a-w store").code == 0)
    defer { _ = try? binary.shell("chmod -R u+w store") }
    for reading in [
      "ls", "show data", "files data", "cat data:f", "diff data data", "stats", "verify", "pull data out",
    ] {
      let output = try binary.unprivileged("$A --store store \(reading)")
      #expect(output.code == 0, "\(reading): \(output.error)")
    }
    #expect(try binary.shell("diff -r in out").code == 0)
    try binary.write("new\n", to: "in/h")
    for writing in ["push in data", "tag data@1 good", "gc", "erase data@1 --reason no"] {
      let output = try binary.unprivileged("$A --store store \(writing)")
      #expect(output.code == 8, "\(writing): \(output.error)")
      #expect(output.error.contains("try: "), "\(writing): \(output.error)")
    }
    #expect(try binary.run("--store", "store", "show", "data", "--json").out.contains("\"version\":1"))
  }

  @Test func `a pull to where nothing may be written says so and leaves nothing`() throws {
    let binary = try store()
    defer { binary.remove() }
    #expect(try binary.run("--store", "store", "push", "in", "data").code == 0)
    let output = try binary.unprivileged("mkdir locked; chmod 555 locked; $A --store store pull data locked/out")
    #expect(output.code == 8 && output.error.contains("locked"), "\(output.error)")
    #expect(try binary.shell("ls -A locked").out.isEmpty)
  }

  @Test func `a pack that may not be read is told as that and not as damage`() throws {
    let binary = try store()
    defer { binary.remove() }
    #expect(try binary.run("--store", "store", "push", "in", "data").code == 0)
    #expect(try binary.shell("chmod 000 store/blobs/sha256/*").code == 0)
    for reading in [
      "pull data out", "cat data:f", "files data", "ls", "gc", "verify", "verify --quick", "verify data@1",
      "verify --json", "repair", "repair --json",
    ] {
      let output = try binary.unprivileged("$A --store store \(reading)")
      #expect(output.code == 8, "\(reading): \(output.error)")
      #expect((output.out + output.error).contains("permission denied"), "\(reading): \(output.error)")
      #expect(!output.error.contains("repair"), "\(reading): \(output.error)")
    }
    #expect(try binary.shell("chmod 644 store/blobs/sha256/*").code == 0)
    #expect(try binary.run("--store", "store", "verify", "-q").code == 0)
  }
}
