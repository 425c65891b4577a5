import Foundation
import TestSupport
import Testing

/// `env capture`, `restore`, `show`, `diff` and `export`.
@Suite struct EnvironmentCommandTests {
  let binary: Binary
  let folder: TestFolder
  let environment: PythonEnvironment

  init() throws {
    binary = try Binary()
    folder = try TestFolder()
    try binary.run("init")
    environment = try PythonEnvironment("venv", in: folder)
    for version in ["1.0", "1.1"] {
      try PythonEnvironment.wheel("hello", version, says: version, into: "wheels", in: folder)
    }
    try PythonEnvironment.wheel("extra", "0.1", says: "x", into: "wheels", in: folder)
    try environment.install("wheels/hello-1.0-py3-none-any.whl")
  }

  @discardableResult
  func capture(_ more: String...) throws -> Binary.Output {
    try binary.run(["env", "capture", "env", "--python", environment.python] + more)
  }

  func hash(_ wheel: String) throws -> String {
    String(try folder.sh("sha256sum wheels/\(wheel)-py3-none-any.whl").prefix(64))
  }

  @Test func `an environment is captured, shown, exported and rebuilt`() throws {
    defer { binary.remove() }
    let captured = try capture("--wheelhouse", "\(folder.text)/wheels")
    #expect(captured.code == 0 && captured.out == "env@1\n")
    #expect(captured.error.contains("1 package, all from their wheels"))
    #expect(try capture("--json").out.contains(#""new":false"#))
    let show = try binary.run("env", "show", "env")
    #expect(show.out.contains("cpython 3.") && show.out.contains("hello    1.0      index"))
    let digest = try hash("hello-1.0")
    let requirements = try binary.run("env", "export", "env").out
    #expect(requirements.hasSuffix("\nhello==1.0 --hash=sha256:\(digest)\n"))
    let lock = try binary.run("env", "export", "env", "--format", "pylock").out
    #expect(lock.hasPrefix("lock-version = \"1.0\"\n") && lock.contains("hashes = { sha256 = \"\(digest)\" }"))
    let restored = try binary.run("env", "restore", "env@1", "again")
    #expect(restored.code == 0 && restored.out.hasSuffix("again/bin/python\n"))
    #expect(try binary.shell("again/bin/hello-say").out == "1.0\n")
    #expect(try binary.run("env", "restore", "env", "again").code != 0)
    #expect(try binary.run("env", "restore", "nobody", "x").code == 10)
  }

  @Test func `environments differ by their packages, old to new`() throws {
    defer { binary.remove() }
    try capture("--wheelhouse", "\(folder.text)/wheels")
    #expect(try binary.run("env", "diff", "env@1", "env@1").code == 0)
    try folder.sh("rm -r '\(try environment.packages)'/hello*")
    try environment.install("wheels/hello-1.1-py3-none-any.whl")
    try environment.install("wheels/extra-0.1-py3-none-any.whl")
    try capture("--wheelhouse", "\(folder.text)/wheels")
    let diff = try binary.run("env", "diff", "env@1", "env@2")
    #expect(diff.code == 3)
    #expect(
      diff.out.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        == ["extra none -> 0.1", "hello 1.0 -> 1.1"])
    #expect(
      try binary.run("env", "diff", "env@1", "env@2", "--json").out.contains(
        #""changes":[{"after":"0.1","before":"none","name":"extra"},{"after":"1.1","before":"1.0","name":"hello"}]"#))
  }

  @Test func `what cannot be captured is refused with its reason`() throws {
    defer { binary.remove() }
    try folder.sh("mkdir venv/conda-meta")
    let conda = try capture()
    #expect(conda.code == 7 && conda.error.contains("conda"))
    #expect(try binary.run("env", "capture", "env", "--python", "no-such-python").code == 125)
    #expect(
      try binary.run("env", "capture", "env", "--python", "/bin/true").error.contains("does not answer as a Python"))
  }

  @Test func `a run's Python is reproduced from the store alone`() throws {
    defer { binary.remove() }
    try capture("--wheelhouse", "\(folder.text)/wheels")
    try binary.write("import hello\nhello.say()\nopen('out.txt', 'w').write(hello.__name__)\n", to: "x.py")
    let run = try binary.run("run", "--out", "out.txt=m", "--", environment.python, "x.py")
    #expect(run.code == 0 && run.out == "1.0\n", "\(run.error)")
    try folder.sh("rm -r venv wheels")
    let found = try binary.run("reproduce", "m@1")
    #expect(found.code == 0 && found.out.hasPrefix("identical\n"), "\(found.out)\(found.error)")
    try binary.write(try binary.run("reproduce", "m@1", "--script").out, to: "again.sh")
    let script = try binary.shell("mkdir bin; ln -s $A bin/artifact; PATH=$PWD/bin:$PATH sh again.sh")
    #expect(script.code == 0 && script.out.contains("out.txt: OK"), "\(script.out)\(script.error)")
  }
}
