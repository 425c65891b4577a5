import Foundation
import Testing

@testable import artifact

/// `erase` and `gc` as commands.
@Suite struct RemovalCommandTests {
  private static func json(_ output: Binary.Output) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(output.bytes)) as? [String: Any], "\(output.error)")
  }

  private static func packs(_ binary: Binary) throws -> String {
    try binary.shell("ls .artifact/blobs/sha256; ls .artifact/artifact/log/entry/000000 | wc -l").out
  }

  @Test func `a version is erased, then collected, and says so ever after`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("untag", "customers@raw")
    let erased = try binary.run("erase", "customers@1", "--reason", "consent withdrawn")
    #expect(erased.code == 0)
    #expect(erased.out == "customers@1 erased\n")
    #expect(erased.error.contains("log entry 5  next: artifact gc  (takes the bytes away)"))
    let again = try binary.run("erase", "customers@1", "--reason", "again")
    #expect(again.code == 10)
    #expect(again.error.contains("consent withdrawn"))
    let freed = try binary.run("gc", "--grace", "0")
    #expect(freed.code == 0)
    #expect(freed.out.hasPrefix("freed "))
    #expect(freed.error.contains("packed anew, 1 of them with erased bytes"))
    #expect(freed.error.contains("next: artifact stats"))
    #expect(try binary.run("gc", "--grace", "0", "-q").error.isEmpty)
    let pull = try binary.run("pull", "customers@1", "out")
    #expect(pull.code == 10)
    #expect(pull.error.contains(" erased it on "))
    #expect(pull.error.contains(": consent withdrawn"))
    #expect(try binary.run("pull", "customers@2", "out", "-q").code == 0)
    #expect(try binary.run("verify", "-q").code == 0)
    #expect(try binary.run("show", "customers@1").out.contains("consent withdrawn"))
  }

  @Test func `what is held is refused with 6, and every holder is named`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("push", "data", "copies/customers")
    try binary.run("tag", "customers@2", "gold")
    try binary.run("tag", "customers@2", "silver")
    let before = try Self.packs(binary)
    let refused = try binary.run("erase", "customers@2", "--reason", "x")
    #expect(refused.code == 6)
    #expect(refused.out.isEmpty)
    for holder in ["customers@gold", "customers@silver", "copies/customers@1"] {
      #expect(refused.error.contains(holder), "\(holder)")
    }
    #expect(refused.error.contains("error: customers@2 cannot be erased"))
    #expect(refused.error.contains("try: artifact untag"))
    // All are checked before the first is erased.
    #expect(try binary.run("erase", "copies/customers@1", "customers@1", "--reason", "x").code == 6)
    #expect(try Self.packs(binary) == before)
  }

  @Test func `what erase cannot mean is refused`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("erase", "customers@9", "--reason", "x").code == 10)
    #expect(try binary.run("erase", "customers@2:a.csv", "--reason", "x").code == 2)
    for words in [["customers@2"], ["--reason", "x"], ["customers@2", "--reason", ""]] {
      #expect(try binary.run(["erase"] + words).code == 2, "\(words)")
    }
    let long = String(repeating: "x", count: 30_000)
    #expect(try binary.run("erase", "customers@2", "--reason", long).code == 2)
    for grace in ["1", "-1h", "1w", "soon", "99999999d"] {
      #expect(try binary.run("gc", "--grace", grace).code == 2, "\(grace)")
    }
    #expect(try binary.run("gc", "--store", "absent").code != 0)
  }

  @Test func `a dry run says what a collection does, and does nothing`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("untag", "customers@raw")
    let erased = try Self.json(binary.run("erase", "customers@1", "--reason", "x", "--json"))
    let list = try #require(erased["erased"] as? [[String: Any]])
    #expect(list.count == 1)
    #expect(list[0]["name"] as? String == "customers")
    #expect(list[0]["version"] as? Int == 1)
    #expect(list[0]["log"] as? Int == 5)
    #expect(erased["reason"] as? String == "x")
    let before = try Self.packs(binary)
    #expect(try binary.run("gc", "--dry-run", "--grace", "0").out.hasPrefix("would free "))
    let foreseen = try Self.json(binary.run("gc", "--dry-run", "--grace", "0", "--json"))
    #expect(try Self.packs(binary) == before)
    let done = try Self.json(binary.run("gc", "--grace", "0", "--json"))
    #expect(try Self.packs(binary) != before)
    #expect(foreseen["dryRun"] as? Bool == true)
    #expect(done["dryRun"] as? Bool == false)
    for key in ["deadPacks", "erasedPacks", "rewrittenPacks", "youngPacks", "packsWithoutRoom", "freed"] {
      #expect(foreseen[key] as? Int == done[key] as? Int, "\(key)")
    }
    #expect(done["erasedPacks"] as? Int == 1)
    #expect(done["logSize"] as? Int == 7)
    let idle = try Self.json(binary.run("gc", "--grace", "0", "--json"))
    #expect(idle["freed"] as? Int == 0)
    #expect(idle["logSize"] as? Int == 7)
  }

  @Test func `young packs are spared and told of, and lost bytes stop everything with 4`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    // What a push leaves that is killed before its entry.
    try binary.run("push", "data", "other", "--note", "leaves a pack")
    let left = "N=.artifact/artifact/log/entry/000000; rm $N/$(ls $N | tail -1)"
    _ = try binary.shell("\(left); rm -rf .cache .local")
    let spared = try binary.run("gc")
    #expect(spared.code == 0)
    #expect(spared.error.contains("1 pack too young; artifact gc --grace 0 takes them too"))
    #expect(try binary.run("gc", "--grace", "0").error.contains("1 pack of which nothing is needed"))
    _ = try binary.shell("for p in .artifact/blobs/sha256/*; do rm $p; break; done")
    let before = try Self.packs(binary)
    let stopped = try binary.run("gc", "--grace", "0")
    #expect(stopped.code == 4)
    #expect(stopped.error.contains("error: customers@"))
    #expect(stopped.error.contains("nothing was condemned"))
    #expect(try Self.packs(binary) == before)
  }

  /// Bytes of all packs.
  private static func packBytes(_ binary: Binary) throws -> Int {
    let sizes = try binary.shell("cat .artifact/blobs/sha256/* | wc -c").out
    return try #require(Int(sizes.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  @Test func `what is freed is what the files of packs come to`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    _ = try binary.shell(
      "mkdir in; for n in {1..200}; do head -c 1000 /dev/urandom > in/$n; done; head -c 90000 /dev/urandom > in/x")
    try binary.run("init")
    try binary.run("push", "in", "c")
    _ = try binary.shell("rm in/x in/7*; cp -r .artifact/blobs backup; $A push in c -q; $A erase c@1 --reason x")
    let before = try Self.packBytes(binary)
    let foreseen = try Self.json(binary.run("gc", "--dry-run", "--json"))
    #expect(try binary.run("gc", "--dry-run").out.hasPrefix("would free about "))
    let done = try Self.json(binary.run("gc", "--json"))
    let after = try Self.packBytes(binary)
    let freed = try #require(done["freed"] as? Int)
    let written = try #require(done["written"] as? Int)
    #expect(freed - written == before - after)
    #expect(foreseen["freed"] as? Int == freed)
    let guess = try #require(foreseen["written"] as? Int)
    #expect(abs(guess - written) < written / 16, "\(guess) \(written)")

    // Packs that were condemned come back with a backup.
    _ = try binary.shell("cp backup/sha256/* .artifact/blobs/sha256/")
    let again = try Self.json(binary.run("gc", "--dry-run", "--json"))
    #expect(again["leftoverPacks"] as? Int == 1)
    #expect(again["freed"] as? Int == freed)
    #expect(try binary.run("gc", "--dry-run").error.contains("1 condemned before"))
    let last = try binary.run("gc")
    #expect(last.error.contains("1 condemned before"))
    #expect(try Self.packBytes(binary) == after)
    // It wrote no entry, so it names none.
    #expect(last.error.hasSuffix("\nnext: artifact stats\n"))
  }

  private static let canMount =
    (try? Binary().shell("mkdir d && mount -t tmpfs -o size=1m none d && umount d").code) == 0

  @Test(.enabled(if: canMount, "only root can mount a small disk"))
  func `a collection without room ends with 8 and says what to do`() throws {
    let binary = try Binary()
    defer {
      // A mount that stays is found by its name in the temporary folder.
      _ = try? binary.shell("umount -l .artifact")
      binary.remove()
    }
    _ = try binary.shell(
      """
      mkdir .artifact in; mount -t tmpfs -o size=3m none .artifact; $A init
      head -c 500000 /dev/urandom > in/f; head -c 500000 /dev/urandom > in/g; $A push in c -q
      rm in/g; $A push in c -q; $A erase c@1 --reason x
      cat /dev/zero > .artifact/fill; rm .artifact/artifact/reserve; cat /dev/zero >> .artifact/fill
      """)
    let output = try binary.run("gc")
    #expect(output.code == 8)
    #expect(output.out == "freed 0 B\n")
    #expect(
      output.error.hasSuffix(
        """

        error: 1 pack could not be packed anew
          why: the disk has no room for what is needed of it
          try: artifact gc again, with more room; what it freed so far is free

        """), "\(output.error)")
    #expect(!output.error.contains("log entry"))
    #expect(try binary.run("gc", "--json").code == 8)
    _ = try binary.shell("rm .artifact/fill")
    #expect(try binary.run("gc").code == 0)
  }

  @Test func `content that was erased may come back, and push and copy say so`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("init", "there")
    try binary.run("copy", "customers@2", "--to", "there")
    try binary.run("--store", "there", "erase", "customers@1", "--reason", "consent withdrawn")
    try binary.run("push", "data", "twin", "--kind", "dataset")
    try binary.run("erase", "customers@2", "twin@1", "--reason", "licence")
    let note = "note: the same content was erased as twin@1 and 1 more: licence\n"
    let pushed = try binary.run("push", "data", "customers")
    #expect(pushed.code == 0)
    #expect(pushed.error.contains(note))
    // It is there again, so nothing comes back.
    #expect(try !binary.run("push", "data", "customers").error.contains("note: "))
    let other = try Self.json(binary.run("push", "data", "other", "--kind", "dataset", "--json"))
    let before = try #require(other["erasedBefore"] as? [[String: Any]])
    #expect(before.compactMap { $0["reason"] as? String } == ["licence", "licence"])
    try binary.write("other\n", to: "data/d.csv")
    #expect(try !binary.run("push", "data", "customers").error.contains("note: "))
    #expect(try Self.json(binary.run("push", "data", "third", "--json"))["erasedBefore"] == nil)
    let copied = try binary.run("copy", "customers@3", "--to", "there")
    #expect(copied.error.contains("note: the same content was erased as customers@1: consent withdrawn\n"))
  }

  @Test func `erased versions are counted as such, not as whole`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    try binary.run("untag", "customers@raw")
    #expect(try !binary.run("stats").out.contains("erased"))
    try binary.run("erase", "customers@1", "--reason", "x")
    #expect(try binary.run("verify").out.hasSuffix("; 2 versions, 1 of them erased, the others whole\n"))
    #expect(try binary.run("verify", "customers@1").out.hasSuffix("; 1 version, erased, its record whole\n"))
    #expect(try binary.run("verify", "customers@2").out.hasSuffix("; 1 version, whole\n"))
    #expect(try Self.json(binary.run("verify", "--json"))["erased"] as? Int == 1)
    #expect(try binary.run("stats").out.contains("\nerased   1 of these versions; their size is not counted\n"))
    try binary.run("erase", "customers@2", "--reason", "x")
    #expect(try binary.run("verify").out.hasSuffix("; 2 versions, erased, their records whole\n"))
  }

  @Test func `what a repair set aside is told where something is erased`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    _ = try binary.shell(
      """
      mkdir d; echo private > d/f; $A push d personal -q
      P=$(ls -t .artifact/blobs/sha256 | head -1); printf X > x
      dd if=x of=.artifact/blobs/sha256/$P conv=notrunc status=none; $A repair -q
      """)
    #expect(try !binary.run("gc", "--grace", "0").error.contains("quarantine"))
    #expect(try binary.run("erase", "personal@1", "--reason", "asked for").code == 0)
    let collected = try binary.run("gc", "--grace", "0")
    #expect(collected.code == 0)
    #expect(collected.error.contains("warning: artifact/quarantine has 1 file ("))
    #expect(try binary.run("gc", "--json").out.contains(#""asideFiles":1"#))
  }
}
