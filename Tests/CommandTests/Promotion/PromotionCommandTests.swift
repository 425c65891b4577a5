import Foundation
import Testing

/// Channels, policies, keys and approvals, as people use them, with keys of `ssh-keygen`.
@Suite struct PromotionCommandTests {
  private static let policy = """
    policy 1
    channels dev test prod
    quorum 2 of ann bob eve
    channel prod
      metric auc >= 0.9 on hold/out
      report test within 30 days
      check using checks/m@1 sh checks/check.sh
      approvals 2 of ann bob eve within 7 days
      break-glass dan
    """

  /// A store with three versions of `m`, the first two in test, four people, and the policy in force.
  private static func binary() throws -> Binary {
    let binary = try Binary()
    try binary.write(policy, to: "policy.txt")
    try binary.write("test \"$(cat package/a)\" != 3\n", to: "c/check.sh")
    try binary.write("x", to: "hold/x")
    let made = try binary.shell(
      """
      set -e
      for p in ann bob eve dan zed; do ssh-keygen -q -t ed25519 -N '' -f $p; done
      $A init; mkdir d
      for v in 1 2 3; do echo $v > d/a; $A push d m --kind model; done
      $A push c checks/m --kind code; $A push hold hold/out --kind dataset
      for p in ann bob eve dan; do $A key add $p $p.pub; done
      for v in 1 2; do $A promote m@$v --to dev; $A promote m@$v --to test; done
      $A policy set policy.txt --key ann
      $A approve $($A proposals --json | sed 's/.*"log":\\([0-9]*\\),"state.*/\\1/') --key bob
      """)
    #expect(made.code == 0, "\(made.error)")
    return binary
  }

  private static func json(_ binary: Binary, _ words: String...) throws -> [String: Any] {
    let output = try binary.run(words + ["--json"])
    return try #require(JSONSerialization.jsonObject(with: Data(output.bytes)) as? [String: Any])
  }

  @Test func `a version enters prod with evidence and two signatures, one of them made by ssh-keygen`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    let refused = try binary.run("promote", "m@2", "--to", "prod")
    #expect(refused.code == 6)
    for rule in [
      "line 5 (metric auc >= 0.9 on hold/out)", "line 6 (report test within 30 days)", "line 8 (approvals 2",
    ] {
      #expect(refused.error.contains(rule), "\(refused.error)")
    }
    #expect(try binary.run("propose", "m@2", "--to", "prod", "--key", "eve").code == 6)
    try binary.run(
      "report", "add", "m@2", "--kind", "test", "--verdict", "passed", "--metric", "auc=0.95", "--on", "hold/out")
    let proposal = try binary.run("propose", "m@2", "--to", "prod", "--key", "eve")
    #expect(proposal.code == 0, "\(proposal.error)")
    let id = proposal.out.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try binary.run("approve", id, "--key", "zed").code == 5)
    #expect(try binary.run("approve", id, "--key", "ann").code == 0)
    #expect(try binary.run("promote", "m@2", "--to", "prod").code == 6)
    // Of another statement: bob's signature under what ann signs.
    let signed = try binary.shell(
      """
      set -e
      $A approve \(id) --key bob.pub --print-statement > s
      ssh-keygen -q -Y sign -n artifact -f bob s
      ssh-keygen -q -Y sign -n file -f bob - < s > other
      """)
    #expect(signed.code == 0, "\(signed.error)")
    #expect(try binary.run("approve", id, "--key", "bob.pub", "--signature", "other").code == 5)
    #expect(try binary.run("approve", id, "--key", "bob.pub", "--signature", "s.sig").code == 0)
    #expect(try binary.run("promote", "m@2", "--to", "prod").code == 0)
    #expect(try binary.run("pull", "m@prod", "out").code == 0)
    #expect(try binary.shell("cat out/a").out == "2\n")
    #expect(try binary.run("erase", "m@2", "--reason", "x").error.contains("the channel m@prod"))
    #expect(try binary.run("tag", "m@1", "prod").code == 6)
    #expect(try Self.json(binary, "proposals", id)["state"] as? String == "served")
  }

  @Test func `our signatures verify with ssh-keygen`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    let done = try binary.shell(
      """
      set -e
      $A key list --allowed-signers > allowed
      $A log --json -n 0 | python3 -c '
      import json, sys
      for entry in json.load(sys.stdin)["entries"]:
          if entry["event"] == "approve":
              statement = entry["statement"]
              open("sig", "w").write(statement.pop("signature"))
              open("who", "w").write(statement["person"])
              text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
              open("message", "w").write(text)
      '
      """)
    #expect(done.code == 0, "\(done.error)")
    let verified = try binary.shell("ssh-keygen -Y verify -f allowed -I $(cat who) -n artifact -s sig < message")
    #expect(verified.code == 0, "\(verified.out)\(verified.error)")
    #expect(
      try binary.shell("echo >> message; ssh-keygen -Y verify -f allowed -I $(cat who) -n artifact -s sig < message")
        .code != 0)
  }

  @Test func `plain Ed25519 signatures of openssl count too`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    let done = try binary.shell(
      """
      set -e
      openssl genpkey -algorithm ed25519 -out ann.pem; openssl pkey -in ann.pem -pubout -out ann.pub
      printf 'policy 1\\nquorum 1 of ann\\nchannel dev\\n  approvals 1 of ann\\n' > policy.txt
      $A init; mkdir d; echo 1 > d/a; $A push d m --kind model; $A key add ann ann.pub; $A key add bob ann.pub && exit 9
      ssh-keygen -q -t ed25519 -N '' -f eve; $A key add eve eve.pub
      $A policy set policy.txt --key ann.pem
      id=$($A propose m@1 --to dev --key eve)
      $A approve $id --key ann.pub --print-statement > s
      openssl pkeyutl -sign -inkey ann.pem -rawin -in s -out s.sig
      $A approve $id --key ann.pub --signature s.sig
      $A promote m@1 --to dev
      """)
    #expect(done.code == 0, "\(done.error)")
  }

  @Test func `a check command refuses, and its output is kept`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    try binary.run("promote", "m@3", "--to", "dev")
    try binary.run("promote", "m@3", "--to", "test")
    let tested = try binary.run("policy", "test", "m@3", "--to", "prod")
    #expect(tested.code == 6)
    #expect(tested.out.contains("FAIL  line 7: check using checks/m@1 sh checks/check.sh"))
    let reports = try Self.json(binary, "report", "list", "m@3", "--kind", "check")["reports"] as? [[String: Any]]
    #expect(reports?.count == 1)
    #expect(reports?.first?["verdict"] as? String == "failed")
    #expect(reports?.first?["body"] != nil)
  }

  @Test func `breaking the glass works for whom it is meant, and shows`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    #expect(try binary.run("promote", "m@3", "--to", "prod", "--break-glass", "--key", "dan").code == 2)
    let by = { (person: String) in
      try binary.run("promote", "m@3", "--to", "prod", "--break-glass", "--reason", "incident 17", "--key", person)
    }
    #expect(try by("ann").code == 6)
    #expect(try by("dan").code == 0)
    #expect(try binary.run("channel", "log", "prod").out.contains("BROKE GLASS"))
    #expect(try binary.run("channel", "show", "prod").out.contains("incident 17"))
  }

  @Test func `keys change under the quorum, and everybody may replace their own`() throws {
    let binary = try Self.binary()
    defer { binary.remove() }
    #expect(try binary.run("key", "add", "zed", "zed.pub", "--key", "dan").error.contains("0 of 2 approvals"))
    let asked = try binary.run("key", "add", "zed", "zed.pub", "--key", "ann", "--json")
    let object = try #require(JSONSerialization.jsonObject(with: Data(asked.bytes)) as? [String: Any])
    #expect(object["done"] as? Bool == false)
    let log = try #require(object["log"] as? Int)
    #expect(try binary.run("approve", "\(log)", "--key", "eve").error.contains("in force"))
    #expect(try binary.run("key", "list").out.contains("zed"))
    #expect(try binary.shell("ssh-keygen -q -t ed25519 -N '' -f eve2").code == 0)
    #expect(try binary.run("key", "rotate", "eve2.pub", "--key", "eve").error.contains("in force"))
    #expect(try binary.run("key", "rotate", "eve2.pub", "--key", "eve").code == 5)
    #expect(try binary.run("key", "list").out.contains("replaced by another key"))
  }

  @Test func `a policy's mistakes are told with line and column`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    try binary.write("policy 1\nchannel prod\n  lineag complete\n", to: "p.txt")
    let output = try binary.run("policy", "check", "p.txt")
    #expect(output.code == 7)
    #expect(output.error.contains("p.txt:3:3") && output.error.contains("did you mean lineage?"))
    try binary.write("policy 1\nquorum 1 of ann\nchannel prod\n  approvals 1 of ann\n", to: "p.txt")
    #expect(try binary.run("policy", "check", "p.txt").code == 0)
    // Nobody has ann's key.
    #expect(try binary.run("init", "--policy", "p.txt", "s").code == 6)
    try binary.run("init")
    #expect(try binary.run("policy", "set", "p.txt").code == 6)
    #expect(try binary.run("policy", "show").code == 10)
  }

  @Test func `a store may begin with a policy`() throws {
    let binary = try Binary()
    defer { binary.remove() }
    let done = try binary.shell(
      """
      set -e
      ssh-keygen -q -t ed25519 -N '' -f ann
      printf 'policy 1\\nkey ann %s\\nquorum 1 of ann\\nchannel dev\\n  approvals 1 of ann\\n' "$(cat ann.pub)" > policy.txt
      $A init --policy policy.txt
      $A policy show | cmp - policy.txt
      """)
    #expect(done.code == 0, "\(done.error)")
    #expect(try binary.run("key", "list").out.contains("ann"))
    #expect(try binary.run("verify").code == 0)
  }

  @Test func `shares give way in proportion, and times can be asked for`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    #expect(try binary.run("deploy", "customers@1", "--target", "eu/a", "--weight", "1.5").code == 2)
    try binary.run("deploy", "customers@1", "--target", "eu/a")
    let at = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 1))
    Thread.sleep(forTimeInterval: 1.2)
    try binary.run("deploy", "customers@2", "--target", "eu/a", "--weight", "0.25", "--mode", "batch")
    let now = try binary.run("deployments").out
    #expect(now.contains("0.75") && now.contains("0.25") && now.contains("batch"))
    #expect(try binary.run("deployments", "--at", at).out.contains("customers@1"))
    #expect(try !binary.run("deployments", "--at", at).out.contains("customers@2"))
    #expect(try binary.run("deployments", "--at", "2001-01-01").error.contains("nothing is deployed"))
    #expect(try binary.run("erase", "customers@1", "--reason", "x").error.contains("the deployment at eu/a"))
    #expect(try binary.run("retire", "customers", "--target", "eu/a").code == 0)
    #expect(try binary.run("retire", "customers", "--target", "eu/a").code == 10)
    #expect(try binary.run("deployments").out.split(separator: "\n").count <= 1)
  }
}
