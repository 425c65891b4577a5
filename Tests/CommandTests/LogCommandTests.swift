import ArtifactCore
import Foundation
import Testing

/// The log for outsiders, with real keys, and a checker that shares no code with the program.
@Suite struct LogCommandTests {
  private static func withKeys(_ names: String...) throws -> Binary {
    let binary = try Binary.withStore()
    for name in names { _ = try binary.shell("ssh-keygen -q -t ed25519 -N '' -C \(name) -f \(name)") }
    return binary
  }

  private static let checker = Binary.root.appendingPathComponent("scripts/check-log").path

  @Test func `an export is found good by another program, and any change of it bad`() throws {
    let binary = try Self.withKeys("ann")
    defer { binary.remove() }
    // More than one tile.
    _ = try binary.shell("for n in $(seq 128); do $A tag customers@1 x; $A untag customers@x; done > /dev/null 2>&1")
    let output = try binary.run("log", "export", "public", "--key", "ann")
    #expect(output.code == 0, "\(output.error)")
    #expect(output.out.contains("entries in public"))
    let check = "python3 \(Self.checker) public --key ann.pub"
    let good = try binary.shell(check)
    #expect(good.code == 0 && good.out.hasPrefix("good: "), "\(good.error)")
    let files = try binary.shell("find public -type f").out.split(separator: "\n").map(String.init)
    #expect(files.count >= 6)
    for file in files {
      let changed = try binary.shell(
        """
        cp \(file) saved; python3 -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[len(d) // 2] ^= 1; \
        open(sys.argv[1], "wb").write(d)' \(file); \(check); code=$?; mv saved \(file); exit $code
        """)
      #expect(changed.code == 1, "\(file)")
    }
    // Again after the log has grown: the same folder goes on.
    try binary.run("tag", "customers@1", "later")
    #expect(try binary.run("log", "export", "public", "--key", "ann").code == 0)
    #expect(try binary.shell(check).code == 0)
    #expect(try binary.run("log", "export", "data", "--key", "ann").code != 0, "a folder with other things")
  }

  @Test func `a checkpoint kept elsewhere fits, until the log is written anew`() throws {
    let binary = try Self.withKeys("ann", "bob", "eve")
    defer { binary.remove() }
    #expect(try binary.run("log", "anchor", "-o", "anchor", "--key", "ann").code == 0)
    try binary.run("tag", "customers@1", "more")
    #expect(try binary.run("log", "cosign", "anchor", "--name", "witness/bob", "--key", "bob").code == 0)
    let words = ["log", "verify", "--checkpoint", "anchor"]
    let fits = try binary.run(words + ["--key", "ann.pub", "--key", "bob.pub"])
    #expect(fits.code == 0 && fits.out.contains("witness/bob"), "\(fits.error)")
    #expect(try binary.run(words + ["--key", "eve.pub"]).code == 5)
    // The signature of openssl's making of the same key, by hand.
    let checked = try binary.shell(
      """
      head -n 3 anchor > text; ssh-keygen -e -m PKCS8 -f ann.pub > /dev/null 2>&1
      sed -n 5p anchor | cut -d' ' -f3 | base64 -d | tail -c +5 > sig; wc -c < sig; sed -n 4p anchor | wc -c
      """)
    #expect(checked.out.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == ["64", "1"])

    // Somebody who remembers nothing of it makes another history.
    _ = try binary.shell(
      "cp -a .artifact other; HOME=$PWD/elsewhere $A --store other untag customers@raw > untagged 2>&1")
    _ = try binary.shell(
      "rm other/artifact/log/entry/000000/00000[3-9]; HOME=$PWD/e $A --store other tag customers@2 x > tagged 2>&1")
    try binary.run("log", "anchor", "-o", "later", "--key", "ann")
    let forked = try binary.run(
      "--store", "other", "log", "verify", "--checkpoint", "later", environment: ["HOME": binary.folder.path + "/third"]
    )
    #expect(forked.code == 9, "\(forked.error)")
    #expect(!forked.error.contains("log accept"))
    let refused = try binary.run("--store", "other", "log", "show")
    #expect(refused.code == 9)
    #expect(refused.error.contains("  /  artifact --store other log accept --reason TEXT goes on"))
    let evidence = try binary.shell("cat .local/state/artifact/*/evidence-*.json").out
    #expect(evidence.contains("\"note\"") && evidence.contains("\"checkpoint\"") && evidence.contains("\"found\""))
    #expect(try binary.run("--store", "other", "log", "cosign", "later", "--key", "bob").code == 9)
    // The way on.
    #expect(try binary.run("--store", "other", "log", "accept", "--reason", "a test").code == 0)
    #expect(try binary.run("--store", "other", "log", "verify").code == 0)
    #expect(try binary.shell("cat .local/state/artifact/*/accepted-*.json").out.contains("a test"))
  }

  @Test func `a proof of an entry is checked in an empty folder, by two programs`() throws {
    let binary = try Self.withKeys("ann", "eve")
    defer { binary.remove() }
    let proven = try binary.run("log", "prove", "1", "-o", "one.proof", "--key", "ann", "--store", ".artifact")
    #expect(proven.code == 0)
    #expect((proven.out + proven.error).contains("next: artifact verify-proof one.proof --key …\n"))
    let empty = "mkdir -p empty && cp one.proof ann.pub eve.pub empty && cd empty && export HOME=$PWD; "
    let good = try binary.shell("\(empty) $A verify-proof one.proof --key ann.pub")
    #expect(good.code == 0 && good.out.contains("proven: entry 1"), "\(good.error)")
    #expect(try binary.shell("\(empty) $A verify-proof one.proof --key eve.pub").code == 5)
    #expect(try binary.shell("python3 \(Self.checker) one.proof --key ann.pub").code == 0)
    #expect(try binary.shell("python3 \(Self.checker) one.proof --key eve.pub").code == 1)
    let changed = "sed 's/customers/customerz/' one.proof > two.proof; "
    #expect(try binary.shell("\(changed) $A verify-proof two.proof --key ann.pub").code == 5)
    #expect(try binary.shell("\(changed) python3 \(Self.checker) two.proof --key ann.pub").code == 1)
    #expect(try binary.run("log", "prove", "99", "-o", "x", "--key", "ann").code == 10)
    #expect(try binary.run("log", "prove", "0", "--json").out.contains("\"path\":"))
    #expect(try binary.run("log", "prove", "--from", "2").out.contains("first 2 entries"))
  }

  @Test func `what was in a channel is proven, and a promotion that was moved is not`() throws {
    let binary = try Self.withKeys("ann")
    defer { binary.remove() }
    try binary.run("push", "data", "unrelated")
    #expect(try binary.run("promote", "customers@1", "--to", "dev").code == 0)
    #expect(try binary.run("promote", "customers@2", "--to", "dev").code == 0)
    for flags in [[], ["--whole"]] {
      let made = try binary.run(["prove", "customers@dev", "-o", "dev.proof\(flags.count)", "--key", "ann"] + flags)
      #expect(made.code == 0, "\(made.error)")
      let seen = try binary.run("verify-proof", "dev.proof\(flags.count)", "--key", "ann.pub")
      #expect(seen.code == 0 && seen.out.contains("proven: customers@2 was in dev"), "\(seen.error)")
      #expect(seen.out.contains(flags.isEmpty ? "on trust" : "complete"))
      #expect(try binary.shell("python3 \(Self.checker) dev.proof\(flags.count) --key ann.pub").code == 0)
    }
    // Another claim over the same entries: the tar's checksums do not cover contents.
    let lie = #"sed 's/"version":2}/"version":1}/' dev.proof0 > lie; cmp -s lie dev.proof0"#
    #expect(try binary.shell(lie).code == 1, "the claim was changed")
    #expect(try binary.run("verify-proof", "lie", "--key", "ann.pub").code == 5)
    #expect(try binary.run("prove", "customers@prod", "-o", "x", "--key", "ann").code == 10)
    #expect(try binary.run("prove", "customers@dev", "--at", "2001-01-01", "-o", "x", "--key", "ann").code == 10)
    #expect(try binary.run("prove", "customers@dev", "--at", "2999-01-01", "-o", "x", "--key", "ann").code == 2)
  }
}
