import ArtifactCore
import ArtifactIO
import ArtifactStore
import TestSupport
import Testing

@testable import ArtifactRun

/// A store, a project and what surrounds them.
struct Project {
  let folder: TestFolder
  let store: Store
  let root: Path

  init() throws {
    folder = try TestFolder()
    store = try Store.create(at: folder("store"), actor: "test", local: nil)
    root = try #require(try Files.folder(folder("project")).path.real)
    try folder.sh("cd project && git init -q && git config user.email a@b && git config user.name x")
  }

  func surroundings(_ extra: String...) -> RunSurroundings {
    let variables = ["PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"] + extra
    return RunSurroundings(
      folder: root, variables: variables.map { Array($0.utf8) }, scratch: folder.path, cache: nil, actor: "test",
      host: "here")
  }

  func request(_ script: String, _ change: (inout RunRequest) throws -> Void = { _ in }) rethrows -> RunRequest {
    var request = RunRequest(command: ["sh", "-c", script].map { Array($0.utf8) })
    try change(&request)
    return request
  }

  @discardableResult
  func run(_ request: RunRequest, _ surroundings: RunSurroundings? = nil) throws -> CompletedRun {
    let report = try Runner.run(request, in: store, surroundings ?? self.surroundings()) { error, _ in
      Issue.record("\(error)")
    }
    guard case .ran(let run)? = report else {
      Issue.record("it did not run")
      throw CancellationError()
    }
    return run
  }

  func push(_ path: String, as name: String) throws {
    _ = try store.push(folder(path), PushRequest(name: try PackageName(name), actor: "test"), Progress())
  }

  func output(_ path: String, _ name: String? = nil) throws -> RunRequest.Output {
    RunRequest.Output(path: Array(path.utf8), name: try name.map { try PackageName($0) })
  }

  func input(_ reference: String, _ path: String) throws -> RunRequest.Input {
    RunRequest.Input(reference: try Reference(reference), path: Array(path.utf8))
  }

  func log(_ run: CompletedRun, _ stream: String) throws -> String {
    guard let log = run.record.logs.first(where: { $0.stream == stream }) else { return "" }
    let bytes = try blob(log.blob)
    return String(decoding: bytes, as: UTF8.self)
  }

  func blob(_ digest: Digest) throws -> [UInt8] {
    // Short texts are one object, whose size the reader finds.
    for size in UInt64(0)...4_096 {
      var bytes = [UInt8]()
      let entry = TreeEntry(kind: .file, size: size, digest: digest, name: [])
      do {
        try store.cat(entry) { (part) throws(StoreError) in for index in part.indices { bytes.append(part[index]) } }
        return bytes
      } catch { continue }
    }
    return []
  }
}

/// Running commands and what is recorded of it.
@Suite struct RunTests {
  @Test func `a run is planned before and has its result after`() throws {
    let project = try Project()
    try project.folder.write("project/a.sh", "echo code\n")
    let run = try project.run(
      try project.request("cat a.sh > out.txt; echo auc=0.5 >> $ARTIFACT_METRICS; echo said") {
        $0.outputs = [try project.output("out.txt", "m")]
        $0.parameters = ["depth": "8"]
        $0.seeds = ["run": "7"]
      })
    #expect(run.exitCode == 0)
    #expect(run.record.metrics == [Metric(name: "auc", value: "0.5")].compactMap { $0 })
    #expect(run.versions.map { "\($0.name)@\($0.version)" } == ["m@1"])
    #expect(run.record.tracing == "seccomp")
    #expect(run.record.undeclared.isEmpty)
    #expect(try project.log(run, "stdout") == "said\n")
    guard case .plan(let plan) = try project.store.fact(run.plan) else { throw CancellationError() }
    #expect(plan.parameters == ["depth": "8"] && plan.seeds == ["run": "7"])
    #expect(
      try project.store.tree(try #require(plan.code)).map { String(decoding: $0.name, as: UTF8.self) } == ["a.sh"])
    #expect(try project.store.refresh().runs.map { $0.finish?.outcome } == [.finished])
  }

  @Test func `equal work has an equal plan wherever, whoever and whenever; other work has another`() throws {
    func plan(_ code: String, _ data: String, depth: String, _ variable: String = "TZ=UTC") throws -> Digest {
      let project = try Project()
      try project.folder.write("project/a.sh", code)
      try project.folder.write("project/data/x.csv", data)
      try project.push("project/data", as: "d")
      let request = try project.request("cat data/x.csv > out.txt") {
        $0.inputs = [try project.input("d", "data")]
        $0.outputs = [try project.output("out.txt", "m")]
        $0.parameters = ["depth": depth]
      }
      var surroundings = project.surroundings(variable, "USER=\(UInt8.random(in: 0...255))")
      surroundings.actor = "user \(UInt8.random(in: 0...255))"
      return try project.run(request, surroundings).plan
    }
    let first = try plan("one", "1", depth: "8")
    #expect(try plan("one", "1", depth: "8") == first)
    #expect(try plan("two", "1", depth: "8") != first)
    #expect(try plan("one", "2", depth: "8") != first)
    #expect(try plan("one", "1", depth: "9") != first)
    #expect(try plan("one", "1", depth: "8", "PYTHONHASHSEED=3") != first)
  }

  @Test func `an input that is not what was named stops the run, and says what differs`() throws {
    let project = try Project()
    try project.folder.write("project/data/x.csv", "1")
    try project.push("project/data", as: "d")
    try project.folder.write("project/data/x.csv", "2")
    let request = try project.request("true") { $0.inputs = [try project.input("d", "data")] }
    let error = #expect(throws: RunError.self) { try project.run(request) }
    #expect(error?.code == .changed)
    #expect(error?.detail.contains("x.csv") == true)
    #expect(try project.store.refresh().runs.isEmpty)
  }

  @Test func `an input that is not there is pulled, a file too`() throws {
    let project = try Project()
    try project.folder.write("data/x.csv", "1")
    try project.push("data", as: "d")
    let run = try project.run(
      try project.request("cat in/x.csv y.csv") {
        $0.inputs = [try project.input("d", "in"), try project.input("d:x.csv", "y.csv")]
      })
    #expect(try project.log(run, "stdout") == "11")
    #expect(run.record.inputs.count == 2 && run.record.undeclared.isEmpty)
  }

  @Test func `outputs that were not written, or were there before, are missing`() throws {
    let project = try Project()
    try project.folder.write("project/old.txt", "old")
    let run = try project.run(
      try project.request("true") {
        $0.outputs = [try project.output("new.txt", "m"), try project.output("old.txt", "n")]
      })
    #expect(run.missing.count == 2 && run.versions.isEmpty)
    #expect(try project.store.refresh().runs.map { $0.finish?.outcome } == [.failed])
  }

  @Test func `what is read without being declared is named, with its digest`() throws {
    let project = try Project()
    try project.folder.write("elsewhere.txt", "secret sauce")
    let path = try #require(project.folder("elsewhere.txt").real)
    let run = try project.run(project.request("cat ../elsewhere.txt > own.tmp; cat own.tmp > /dev/null; rm own.tmp"))
    #expect(run.record.undeclared.map(\.path) == [path.bytes])
    #expect(run.record.undeclared.first?.digest == Digest.of(Array("secret sauce".utf8)))
    let untraced = try project.run(project.request("cat ../elsewhere.txt") { $0.tracing = .off })
    #expect(untraced.record.tracing == "declared" && untraced.record.undeclared.isEmpty)
  }

  @Test func `a command that changes its folder, or that of its folder, is followed`() throws {
    let project = try Project()
    for name in ["a", "b", "b/c"] { try project.folder.write("far/\(name)/x", "\(name)") }
    let far = try #require(project.folder("far").real)
    try project.folder.write(
      "project/work.py",
      """
      import os
      def read(path): open(path).read()
      os.chdir("\(String(decoding: far.bytes, as: UTF8.self))")
      for _ in range(600): read("a/x")
      os.chdir("b")
      read("x")
      fd = os.open("c", os.O_RDONLY)
      for _ in range(600): read("x")
      os.fchdir(fd)
      read("x")
      for _ in range(600): read("x")
      os.rename("../../b", "../../moved")
      read("x")

      """)
    var request = RunRequest(command: ["/usr/bin/python3", "-S", "work.py"].map { Array($0.utf8) })
    request.tracing = .on
    let run = try project.run(request)
    #expect(run.exitCode == 0)
    let root = String(decoding: far.bytes, as: UTF8.self)
    let read = run.record.undeclared.map { String(decoding: $0.path, as: UTF8.self).replacing(root, with: "") }
    // What was read below b has another name now.
    #expect(read == ["/a/x", "/moved/c/x"])
    try project.folder.sh("mv far/moved far/b")
    try project.folder.sh("sed -i /rename/,\\$d project/work.py")
    let again = try project.run(request)
    let found = again.record.undeclared.map { String(decoding: $0.path, as: UTF8.self).replacing(root, with: "") }
    #expect(found == ["/a/x", "/b/c/x", "/b/x"])
  }

  @Test func `an input that changes while the command runs is flagged`() throws {
    let project = try Project()
    try project.folder.write("project/data/x.csv", "1")
    try project.push("project/data", as: "d")
    let run = try project.run(
      try project.request("cat data/x.csv; echo 2 > data/x.csv") { $0.inputs = [try project.input("d", "data")] })
    #expect(run.record.flags.contains { $0.hasPrefix("changed: the input data") })
  }

  @Test func `a clean room holds the code and the inputs and nothing else`() throws {
    let project = try Project()
    try project.folder.write("data/x.csv", "1")
    try project.push("data", as: "d")
    try project.folder.write("project/a.sh", "code")
    try project.folder.write("project/.gitignore", "junk\n")
    try project.folder.write("project/junk", "junk")
    let run = try project.run(
      try project.request("ls > out.txt") {
        $0.isCleanRoom = true
        $0.inputs = [try project.input("d", "in")]
        $0.outputs = [try project.output("out.txt", "m")]
      })
    #expect(run.exitCode == 0)
    #expect(String(decoding: try project.folder.read("project/out.txt"), as: UTF8.self) == "a.sh\nin\nout.txt\n")
  }

  @Test func `an equal plan's outputs are given back without running`() throws {
    let project = try Project()
    let request = try project.request("date +%N > out.txt") {
      $0.outputs = [try project.output("out.txt", "m")]
      $0.reuses = true
    }
    try project.run(request)
    let first = try project.folder.read("project/out.txt")
    try project.folder.sh("rm project/out.txt")
    let report = try Runner.run(request, in: project.store, project.surroundings()) { _, _ in }
    guard case .reused? = report else { throw CancellationError() }
    #expect(try project.folder.read("project/out.txt") == first)
    #expect(try project.store.refresh().runs.count == 1)
  }

  @Test func `a preview stores no run`() throws {
    let project = try Project()
    let report = try Runner.run(project.request("exit 3"), in: project.store, project.surroundings(), isPreview: true) {
      _, _ in
    }
    guard case .preview(let object)? = report else { throw CancellationError() }
    #expect(object["plan"]?["command"]?.array?.count == 3)
    #expect(try project.store.refresh().runs.isEmpty)
  }

  @Test func `a command that is not there leaves no run`() throws {
    let project = try Project()
    #expect(throws: StartFailure.self) { try project.run(RunRequest(command: [Array("no-such".utf8)])) }
    #expect(try project.store.refresh().runs.isEmpty)
  }

  @Test func `secrets from everywhere are nowhere in the store`() throws {
    let project = try Project()
    let canaries = (1...7).map { "canary\($0)x9Qw7Zr" }
    try project.folder.sh(
      "cd project && git remote add origin https://me:\(canaries[0])@example.org/r.git && echo x > f && git add . && git commit -qm 1"
    )
    let run = try project.run(
      project.request(
        """
        echo $API_TOKEN; echo "url https://u:\(canaries[3])@example.org/x?sig=\(canaries[4])" >&2
        echo "password: \(canaries[5])"
        """.replacing("\n", with: "; ")
      ) {
        $0.command += [Array("--password".utf8), Array(canaries[2].utf8), Array("db-token=\(canaries[6])".utf8)]
        $0.parameters = ["api_key": canaries[2]]
      }, project.surroundings("API_TOKEN=\(canaries[1])", "PYTHONTOKEN=\(canaries[1])"))
    #expect(run.exitCode == 0)
    let found = try project.folder.sh(
      """
      cd store; for p in blobs/sha256/*; do zstd -dcq $p; done > ../plain; cat artifact/log/entry/*/* >> ../plain
      grep -aoE 'canary[0-9]x9Qw7Zr' ../plain | sort -u || true
      """)
    #expect(found == "")
    #expect(try project.folder.sh("grep -ac redacted plain || true") != "0\n")
  }
}

/// Repeating runs.
@Suite struct ReproductionTests {
  func reproduce(_ reference: String, _ project: Project, tolerances: [String: Double] = [:]) throws -> Reproduction {
    var request = ReproductionRequest(reference: try Reference(reference))
    request.tolerances = tolerances
    return try Reproducer.run(request, in: project.store, project.surroundings())
  }

  @Test func `a run that does the same again is identical, and the verdict is in the log`() throws {
    let project = try Project()
    try project.folder.write("data/x.csv", "1")
    try project.push("data", as: "d")
    try project.run(
      try project.request("cat data/x.csv > out.txt; echo auc=0.5 >> $ARTIFACT_METRICS") {
        $0.inputs = [try project.input("d", "data")]
        $0.outputs = [try project.output("out.txt", "m")]
      })
    let found = try reproduce("m@1", project)
    #expect(found.verdict == "identical" && found.suspects.isEmpty)
    #expect(try project.store.refresh().reports.map(\.record) == [found.report])
    #expect(try reproduce("sha256:\(found.result.hex)", project).verdict == "identical")
  }

  @Test func `a run that does something else is different, with suspects in order`() throws {
    let project = try Project()
    try project.run(
      try project.request("date +%N > out.txt; echo auc=0.$(date +1%N) >> $ARTIFACT_METRICS") {
        $0.outputs = [try project.output("out.txt", "m")]
      })
    let found = try reproduce("m", project)
    #expect(found.verdict == "different" && !found.isReproduced)
    #expect(found.suspects.last?.hasPrefix("the command itself") == true)
    #expect(try reproduce("m", project, tolerances: ["auc": 1]).verdict == "metrics")
  }

  @Test func `the network is not there, and what is undeclared is missed`() throws {
    let project = try Project()
    try project.folder.write("elsewhere.txt", "1")
    try project.run(
      try project.request("cat ../elsewhere.txt > out.txt; tail -n +3 /proc/net/dev | wc -l >> out.txt") {
        $0.outputs = [try project.output("out.txt", "m")]
      })
    let found = try reproduce("m", project)
    #expect(found.verdict == "different")
    #expect(found.suspects.first?.contains("elsewhere.txt") == true)
  }

  @Test func `what no run made cannot be repeated`() throws {
    let project = try Project()
    try project.folder.write("data/x.csv", "1")
    try project.push("data", as: "d")
    let error = #expect(throws: RunError.self) { try reproduce("d", project) }
    #expect(error?.code == .unsupported)
  }

  @Test func `the script by hand says the same steps`() throws {
    let project = try Project()
    try project.run(
      try project.request("echo it > out.txt") { $0.outputs = [try project.output("out.txt", "m")] })
    let script = try Reproducer.script(ReproductionRequest(reference: try Reference("m")), in: project.store)
    #expect(script.contains("unshare -rn sh -c 'echo it > out.txt'"))
    #expect(script.contains("sha256sum -c"))
  }
}
