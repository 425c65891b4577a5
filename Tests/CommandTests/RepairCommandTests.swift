import Testing

@testable import artifact

/// `verify` and `repair` as commands.
@Suite struct RepairCommandTests {
  /// Makes the first pack of the store begin with other bytes.
  private static let damage =
    "P=$(ls .artifact/blobs/sha256 | head -1); printf X > x; dd if=x of=.artifact/blobs/sha256/$P conv=notrunc status=none; "

  @Test func `damage ends with 4, is repaired with 0, and is gone`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.shell(Self.damage + "$A verify; echo $?").out.hasSuffix("\n4\n"))
    let dry = try binary.run("repair", "--dry-run")
    #expect(dry.code == 0)
    #expect(dry.out.contains("would be set aside: pack "))
    #expect(try binary.run("verify", "-q").code == 4)
    let repaired = try binary.run("repair")
    #expect(repaired.code == 0)
    #expect(repaired.out.hasSuffix("repaired: all versions whole\n"))
    #expect(repaired.error.contains("log entry 4"))
    #expect(try binary.run("verify", "-q").code == 0)
    #expect(try binary.run("repair").out == "nothing to repair; all versions whole\n")
    #expect(try binary.run("repair", "--json").out.contains(#""well":true"#))
    // Only condemned packs make an entry.
    _ = try binary.shell("rm .artifact/index.json")
    let file = try binary.run("repair")
    #expect(file.out.contains("made anew: index.json\n"))
    #expect(file.error == "next: artifact verify\n")
  }

  @Test func `what stays lost is named and ends with 4`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell("cp -r .artifact backup; for p in .artifact/blobs/sha256/*; do : > $p; done")
    let alone = try binary.run("repair")
    #expect(alone.code == 4)
    #expect(alone.out.contains("lost: customers@1: all of it\n"))
    let json = try binary.run("repair", "--dry-run", "--from", "backup", "--json")
    #expect(json.code == 0)
    #expect(json.out.contains(#""dryRun":true"#))
    let helped = try binary.run("repair", "--from", "backup")
    #expect(helped.code == 0)
    #expect(helped.out.contains(" from backup\n"))
    #expect(try binary.run("pull", "customers@1", "out", "-q").code == 0)
  }

  @Test func `of a store that cannot be read as a whole what can be read is fetched, and the rest told`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell(
      """
      cp -r .artifact backup; for p in .artifact/blobs/sha256/*; do : > $p; done
      chmod 000 backup/blobs/sha256/$(ls backup/blobs/sha256 | head -1)
      """)
    let dry = try binary.unprivileged("$A repair --from backup --dry-run --json")
    #expect(dry.code == 8)
    #expect(dry.out.contains(#""failure":"#))
    let half = try binary.unprivileged("$A repair --from backup")
    #expect(half.code == 8)
    #expect(half.out.contains(" from backup\n"))
    #expect(half.out.contains("not whole"))
    #expect(half.error.contains("error: ") && half.error.contains("why: "))
    #expect(!half.error.contains("with a store that has it"))
    _ = try binary.shell("chmod 644 backup/blobs/sha256/*")
    let whole = try binary.run("repair", "--from", "backup")
    #expect(whole.code == 0)
    #expect(try binary.run("verify", "-q").code == 0)
  }

  @Test func `one version, quickly, or what was not read since is checked`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("verify", "customers@raw").out.contains("1 version, whole\n"))
    #expect(try binary.run("verify", "--quick").out.hasPrefix("sound: structure of 2 packs"))
    #expect(try binary.run("verify", "--full", "-q").code == 0)
    #expect(try binary.run("verify", "--since", "1h").error.contains("2 packs found well since then"))
    #expect(try binary.run("verify", "--since", "0s", "--json").out.contains(#""packsSkipped":0"#))
    #expect(try binary.run("verify", "--since", "2000-01-01", "--json").out.contains(#""packsSkipped":2"#))
    #expect(try binary.run("verify", "customers@1", "--since", "1h").out.hasPrefix("sound: 0 packs, 0 objects"))
    for words in [["--since", "soon"], ["--since", "-3d"], ["--quick", "--full"], ["--quick", "--since", "1d"]] {
      #expect(try binary.run(["verify"] + words).code == 2, "\(words)")
    }
  }

  @Test(arguments: ["blobs", "blobs/sha256", "artifact/log", "artifact/log/entry"])
  func `a store that lacks a folder is damaged and not to be made anew`(folder: String) throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell("rm -r .artifact/\(folder)")
    for words in [["ls"], ["verify"], ["repair"], ["push", "data", "customers"]] {
      let output = try binary.run(words)
      #expect(output.code == 4, "\(words): \(output.error)")
      #expect(output.error.contains("is missing") && output.error.contains("try: put the folder back"), "\(words)")
    }
  }

  @Test func `what is in the place of a folder is to be moved away`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell(Self.damage + "touch .artifact/artifact/quarantine")
    let output = try binary.run("repair")
    #expect(output.code == 1 && output.out.isEmpty)
    #expect(output.error.contains("artifact/quarantine is in the way") && output.error.contains("try: move it away"))
    _ = try binary.shell("rm -r .artifact/artifact/quarantine .artifact/artifact/tmp; touch .artifact/artifact/tmp")
    #expect(try binary.run("ls").code == 0)
    #expect(try binary.run("repair").error.contains("artifact/tmp is in the way"))
    _ = try binary.shell("rm .artifact/artifact/tmp")
    #expect(try binary.run("repair").code == 0)
    #expect(try binary.run("verify", "-q").code == 0)
  }

  @Test func `a damaged log is told, with what is behind it, and how to go on`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let output = try binary.shell(
      "printf X > .artifact/artifact/log/entry/000000/000001; $A verify; echo $?; $A repair")
    #expect(output.out.contains("damaged: log entry 1: "))
    #expect(output.out.contains("lost: customers@2: all of it\n"))
    #expect(output.out.hasSuffix("\n4\n"))
    #expect(output.out.contains("1 log entry before the damage; 1 version, not whole\n"))
    let file = "artifact/log/entry/000000/000001"
    #expect(output.error.contains("next: put \(file) back from a backup"))
    #expect(output.error.contains("try: put \(file) back from a backup"))
    // What the entry published is not there to be asked for: the log is damaged, not the name wrong.
    #expect(try binary.run("verify", "customers@1").code == 4)
    #expect(try binary.run("verify", "nobody").error.contains("log entry 1 is damaged"))
    #expect(try binary.run("verify", "--json").out.contains(#""damagedEntry":1"#))
  }

  @Test func `whole versions behind a damaged log are out of reach`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    let last = try binary.shell("cd .artifact/artifact/log/entry/000000; L=$(ls | tail -1); printf X > $L; echo $L")
    let output = try binary.run("verify")
    #expect(output.code == 4)
    #expect(output.out.contains("whole but out of reach\n"), "\(last.out) \(output.out)")
  }
}
