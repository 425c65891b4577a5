import Foundation
import Testing

/// `run`, `record` and `reproduce` as they are typed.
@Suite struct RunCommandTests {
  let binary: Binary

  init() throws {
    binary = try Binary()
    try binary.run("init")
  }

  func object(_ output: Binary.Output) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.bytes)) as? [String: Any])
  }

  @Test func `a command's output, exit code and signal are passed on`() throws {
    defer { binary.remove() }
    let output = try binary.run("run", "--quiet", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    #expect(output.code == 7 && output.out == "out\n" && output.error == "err\n")
    #expect(try binary.run("run", "--quiet", "--", "sh", "-c", "kill -TERM $$").code == 143)
    #expect(try binary.run("run", "--", "no-such-command").code == 125)
    #expect(try binary.run("run", "--in", "nobody", "--", "true").code == 125)
    #expect(try binary.run("run", "--").code == 2)
    #expect(try binary.shell("echo in | $A run --quiet -- cat").out == "in\n")
  }

  @Test func `a preview prints what would be stored, without secrets, and starts nothing`() throws {
    defer { binary.remove() }
    let output = try binary.run(
      [
        "run", "--preview", "-p", "depth=8", "--seed", "7", "--out", "m.bin=m", "--", "sh", "-c", "echo x > m.bin",
        "--token", "canary99x",
      ],
      environment: ["OMP_NUM_THREADS": "3", "PYTHONSTARTUP": "s.py", "HIDDEN": "canary99y"])
    #expect(output.code == 0 && !output.out.contains("canary99"))
    let object = try object(output)
    let plan = try #require(object["plan"] as? [String: Any])
    #expect(plan["command"] as? [String] == ["sh", "-c", "echo x > m.bin", "--token", "redacted"])
    #expect(plan["parameters"] as? [String: String] == ["depth": "8"])
    #expect(plan["seeds"] as? [String: String] == ["run": "7"])
    #expect(plan["variables"] as? [String: String] == ["OMP_NUM_THREADS": "3"])
    let variables = try #require(object["variables"] as? [String: String])
    #expect(variables["PYTHONSTARTUP"] == "s.py" && variables["HIDDEN"] == nil)
    #expect((object["flags"] as? [String])?.contains { $0.hasPrefix("redacted:") } == true)
    #expect(try binary.shell("test -e m.bin").code == 1)
    #expect(try binary.run("runs").error == "no run fits\n")
  }

  @Test func `a command notes metrics, parameters, tags and files about itself`() throws {
    defer { binary.remove() }
    try binary.write(
      """
      $A record metric auc 0.5 --step 1
      $A record metric auc 0.75 --step 2
      $A record param depth 8
      $A record tag baseline
      echo plot > plot.txt
      $A record file plot.txt plots,kind=other
      echo loss=0.25 >> "$ARTIFACT_METRICS"
      $A record metric auc high || echo refused $?
      $A record metric auc || echo usage $?
      $A record tag a b || echo usage $?

      """, to: "work.sh")
    let output = try binary.shell("export A; $A run --quiet -- sh work.sh")
    #expect(output.code == 0 && output.out == "refused 2\nusage 2\nusage 2\n")
    let runs = try binary.run("runs", "--tag", "baseline", "--json")
    #expect(runs.out.contains(#""metrics":[{"name":"auc","value":"0.75"},{"name":"loss","value":"0.25"}]"#))
    #expect(try binary.run("cat", "plots@1:plot.txt").out == "plot\n")
    let outside = try binary.run("record", "tag", "x")
    #expect(outside.code == 2 && outside.error.contains("there is no run"))
  }

  @Test func `a run that is started inside another becomes its child`() throws {
    defer { binary.remove() }
    try binary.write("$A run --quiet -- sh inner.sh\n$A run --quiet -- true\n", to: "outer.sh")
    try binary.write("$A run --quiet -- echo deep\n", to: "inner.sh")
    let output = try binary.shell("export A; $A run --json -- sh outer.sh")
    #expect(output.code == 0 && output.out.hasPrefix("deep\n"))
    let runs = try object(try binary.run("runs", "-n", "0", "--json"))["runs"] as? [[String: Any]] ?? []
    let byCommand = Dictionary(
      uniqueKeysWithValues: runs.map { (($0["command"] as? [String] ?? []).joined(separator: " "), $0) })
    let outer = try #require(byCommand["sh outer.sh"])
    let inner = try #require(byCommand["sh inner.sh"])
    #expect(runs.count == 4 && outer["parent"] == nil)
    #expect(byCommand["true"]?["parent"] as? String == outer["run"] as? String)
    #expect(inner["parent"] as? String == outer["run"] as? String)
    #expect(byCommand["echo deep"]?["parent"] as? String == inner["run"] as? String)
    let tree = try binary.run("lineage", try #require(outer["result"] as? String)).out
    #expect(tree.split(separator: "\n").count { $0.contains("ran run") } == 3)
  }

  @Test func `a run that is killed leaves its plan and is aborted`() throws {
    defer { binary.remove() }
    let output = try binary.shell(
      """
      $A run -- sleep 30 & pid=$!
      until $A runs --status running --json | grep -q '"total":1'; do sleep 0.05; done
      kill -KILL $pid; wait $pid 2>/dev/null
      $A runs --json
      """)
    #expect(output.out.contains(#""status":"aborted""#) && output.out.contains(#""command":["sleep","30"]"#))
  }

  @Test func `the script by hand makes the same bytes`() throws {
    defer { binary.remove() }
    try binary.write("1\n", to: "data/x.csv")
    try binary.write("2\n", to: "far/y.csv")
    try binary.write("far/\n", to: ".artifactignore")
    try binary.run("push", "data", "customers", "--kind", "dataset")
    try binary.run("push", "--ref", "far", "clicks")
    let run = try binary.run(
      "run", "--in", "customers=data", "--in", "customers:x.csv=one.csv", "--in", "clicks=near", "-p", "word=it's",
      "--out",
      "out/sum.txt=sums", "--out", "all", "--out", "more", "--", "sh", "-c",
      "mkdir -p out all more; echo m > more/m; cat data/x.csv one.csv near/y.csv > out/sum.txt; echo \"{word}\" > all/word"
    )
    #expect(run.code == 0, "\(run.error)")
    let script = try binary.run("reproduce", "sums", "--script")
    #expect(script.code == 0)
    try binary.write(script.out, to: "again.sh")
    let again = try binary.shell(
      "mkdir bin; ln -s $A bin/artifact; rm -r data one.csv near; PATH=$PWD/bin:$PATH sh again.sh")
    #expect(again.code == 0, "\(again.error)")
    #expect(again.out.contains("out/sum.txt: OK"), "\(again.out)")
    try binary.write("changed\n", to: "far/y.csv")
    #expect(try binary.shell("PATH=$PWD/bin:$PATH sh again.sh").code != 0)
  }

  @Test func `what cannot be reproduced ends with 3 and names what to suspect`() throws {
    defer { binary.remove() }
    try binary.run("run", "--quiet", "--out", "t=times", "--", "sh", "-c", "date +%s.%N > t")
    let output = try binary.run("reproduce", "times")
    #expect(output.code == 3 && output.out.hasPrefix("different\n") && output.out.contains("suspect 1:"))
    #expect(try binary.run("reproduce", "nobody").code == 10)
    #expect(try binary.run("reproduce", "times", "--tolerance", "auc=x").code == 2)
    #expect(try binary.run("impact", "times").error.contains("1 report"))
  }

  @Test func `inputs that changed and outputs that were not written are told`() throws {
    defer { binary.remove() }
    try binary.write("1\n", to: "data/x.csv")
    try binary.run("push", "data", "customers", "--kind", "dataset")
    try binary.write("2\n", to: "data/x.csv")
    let changed = try binary.run("run", "--in", "customers=data", "--", "true")
    #expect(changed.code == 125 && changed.error.contains("x.csv") && changed.error.contains("try:"))
    let missing = try binary.run("run", "--out", "model.bin=m", "--", "true")
    #expect(missing.code == 8 && missing.error.contains("model.bin"))
    #expect(try binary.run("ls").out.contains("m@") == false)
  }
}
