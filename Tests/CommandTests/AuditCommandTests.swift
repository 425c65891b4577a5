import ArtifactCore
import Foundation
import Testing

/// The command `artifact audit`, with keys of ssh-keygen.
@Suite struct AuditCommandTests {
  /// A store with m@1 in prod, by two approvals.
  private static func promoted() throws -> Binary {
    let binary = try Binary()
    try binary.write("x\n", to: "data/model.bin")
    let made = try binary.shell(
      """
      set -e
      for p in ann bob; do ssh-keygen -q -t ed25519 -N '' -f $p; done
      { echo 'policy 1'
        for p in ann bob; do echo "key $p $(cut -d' ' -f1,2 $p.pub)"; done
        printf 'quorum 1 of ann\\nchannel prod\\n  report test within 9 days\\n  approvals 2 of ann bob\\n'; } > policy.txt
      $A init
      $A push data m --kind model
      $A policy set policy.txt --key ann
      $A promote m@1 --to dev && $A promote m@1 --to test
      $A report add m@1 data/model.bin --kind test --verdict passed
      n=$($A propose m@1 --to prod --key ann --actor eve | head -1)
      $A approve $n --key bob --actor x
      """)
    #expect(made.code == 0, "\(made.error)")
    return binary
  }

  @Test func `an audit says what was there, and its codes tell differences and damage`() throws {
    let binary = try Self.promoted()
    defer { binary.remove() }
    // Not yet: who asked has signed too, so one approval is not enough.
    #expect(try binary.run("promote", "m@1", "--to", "prod").code == 6)
    #expect(try binary.run("audit", "prod").out.contains("nothing was in it"))
    let dev = try binary.run("audit", "dev", "--json")
    #expect(dev.code == 0)
    let object = try JSON.parse(dev.bytes)
    #expect(object["names"]?.array?.first?["version"]?.integer == 1)
    // m was pushed by hand: nothing tells which run made it.
    #expect(object["findings"]?.array?.contains { $0["kind"]?.string == "gap" } == true)
    #expect(try binary.run("audit", "diff", "dev", "1h", "0s").code == 3)
    #expect(try binary.run("audit", "diff", "dev", "1h", "2h").code == 0)
    #expect(try binary.run("audit", "who", "ann").out.contains("a signature"))
    #expect(try binary.run("audit", "who", "nobody").code == 10)
    #expect(try binary.run("audit", "nowhere").code == 10)
    #expect(try binary.run("audit", "dev", "--at", "2999-01-01").code == 2)
    #expect(try binary.run("audit", "dev", "--html", "a.html").code == 0)
    #expect(try binary.run("audit", "dev", "--html", "a.html").code != 0)
    #expect(try binary.run("audit", "dev", "--csv").out.contains("\r\n"))
    // The entry of the promotion, changed in its file: the state that is kept does not hide it.
    let position = try #require(object["names"]?.array?.first?["moved"]?["log"]?.integer)
    let name = String(repeating: "0", count: 6 - "\(position)".count) + "\(position)"
    let file = binary.folder.appendingPathComponent(".artifact/artifact/log/entry/000000/\(name)")
    var text = try String(contentsOf: file, encoding: .utf8)
    text.replace("\"version\":1", with: "\"version\":2")
    try text.write(to: file, atomically: true, encoding: .utf8)
    let damaged = try binary.run("audit", "dev")
    #expect(damaged.code == 4)
    #expect((damaged.out + damaged.error).contains("log entry \(position)"))
  }
}
