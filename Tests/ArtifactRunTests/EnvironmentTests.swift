import ArtifactCore
import ArtifactIO
import ArtifactStore
import TestSupport
import Testing

@testable import ArtifactRun

/// Capturing environments, and rebuilding them from the store.
@Suite struct EnvironmentTests {
  let project: Project
  let environment: PythonEnvironment

  init() throws {
    project = try Project()
    environment = try Self.environment(in: project)
  }

  static func environment(in project: Project, _ name: String = "venv") throws -> PythonEnvironment {
    let environment = try PythonEnvironment(name, in: project.folder)
    try PythonEnvironment.wheel("hello", "1.0", says: "hi", into: "wheels", in: project.folder)
    try environment.install("wheels/hello-1.0-py3-none-any.whl")
    return environment
  }

  func capture(_ wheelhouses: [String] = ["wheels"], _ python: String? = nil) throws -> CapturedEnvironment {
    try Environments.capture(
      try PackageName("env"), interpreter: Array((python ?? environment.python).utf8),
      wheelhouses: wheelhouses.map { project.folder($0) }, in: project.store, project.surroundings())
  }

  func restore(_ record: PackageRecord, _ name: String = "again", _ python: String? = nil) throws -> RestoredEnvironment
  {
    try Environments.restore(
      record, to: project.folder(name), interpreter: python.map { Path($0) }, in: project.store, project.surroundings())
  }

  func refusal(_ work: () throws -> Void) -> RunError? { #expect(throws: RunError.self) { try work() } }

  @Test func `a package is recorded as the wheel that it was installed from`() throws {
    let found = try capture()
    let package = try #require(found.version.content.environment.packages.first)
    #expect(found.version.content.environment.packages.count == 1)
    #expect(package.name == "hello" && package.version == "1.0" && package.origin == "index")
    let wheel = try project.folder.read("wheels/hello-1.0-py3-none-any.whl")
    #expect(package.digest == Digest.of(wheel) && found.notes.isEmpty)
  }

  @Test func `two machines with the same wheels have the same environment, and their runs the same plan`() throws {
    func plan(_ project: Project, _ environment: PythonEnvironment, _ user: String) throws -> (Digest, Digest) {
      _ = try Environments.capture(
        try PackageName("env"), interpreter: Array(environment.python.utf8),
        wheelhouses: [project.folder("wheels")], in: project.store, project.surroundings())
      try project.folder.write("project/x.py", "import hello; hello.say()\n")
      try project.folder.sh("touch -d '\(user == "fox" ? 1 : 400) days ago' project/x.py")
      var request = RunRequest(command: [environment.python, "x.py"].map { Array($0.utf8) })
      request.parameters = ["depth": "3"]
      var surroundings = project.surroundings("USER=\(user)", "VIRTUAL_ENV=\(environment.name)")
      surroundings.actor = user
      surroundings.host = "host of \(user)"
      let run = try project.run(request, surroundings)
      #expect(try project.log(run, "stdout") == "hi\n")
      guard case .plan(let plan) = try project.store.fact(run.plan) else { throw CancellationError() }
      return (run.plan, try #require(plan.environment))
    }
    let here = try plan(project, environment, "fox")
    let other = try Project()
    let there = try plan(other, try Self.environment(in: other, "elsewhere"), "owl")
    #expect(here == there)
    try PythonEnvironment.wheel("more", "2.0", says: "more", into: "wheels", in: project.folder)
    try environment.install("wheels/more-2.0-py3-none-any.whl")
    #expect(try plan(project, environment, "fox") != here)
  }

  @Test func `without its wheel a package is made into one again, the same each time, and says so`() throws {
    let first = try capture([])
    #expect(first.version.content.environment.packages.map(\.origin) == ["repacked"])
    #expect(try capture([]).version.record == first.version.record)
    let other = try Project()
    let found = try Environments.capture(
      try PackageName("env"), interpreter: Array(try Self.environment(in: other, "b").python.utf8), wheelhouses: [],
      in: other.store, other.surroundings())
    #expect(found.version.record == first.version.record)
  }

  @Test func `files that were edited or that no package owns are named and kept`() throws {
    let packages = try environment.packages
    try Files.write(Path("\(packages)/hello/__init__.py"), Array("def say():\n    print('edited')\n".utf8))
    try Files.write(Path("\(packages)/sneaky.py"), Array("x = 1\n".utf8))
    let found = try capture()
    let facts = found.version.content.environment
    #expect(facts.edited.map { String(decoding: $0, as: UTF8.self) } == ["hello/__init__.py"])
    #expect(facts.unowned.map { String(decoding: $0, as: UTF8.self) } == ["sneaky.py"])
    #expect(facts.packages.map(\.origin) == ["repacked"] && found.notes.count == 2)
    let restored = try restore(found.version.content)
    #expect(
      try project.folder.sh("'\(restored.python.printable)' -c 'import hello, sneaky; hello.say(); print(sneaky.x)'")
        == "edited\n1\n")
  }

  @Test func `an environment is rebuilt with its programs`() throws {
    let found = try capture()
    try project.folder.sh("rm -r venv wheels")
    let restored = try restore(found.version.content)
    #expect(try project.folder.sh("again/bin/hello-say") == "hi\n")
    #expect(restored.remark == nil && restored.fileCount >= 6)
    #expect(throws: IOFailure.self) { try restore(found.version.content) }
    // What was rebuilt is captured as the same environment.
    #expect(try capture([], restored.python.printable).version.record == found.version.record)
  }

  @Test func `a wheel that the store has not is named`() throws {
    var record = try capture().version.content
    record.environment.packages.append(.init(name: "gone", version: "3.0", origin: "index"))
    let error = refusal { _ = try restore(record) }
    #expect(error?.code == .missing && error?.subject == "gone 3.0")
  }

  @Test func `a wheel whose files are not those of its RECORD is refused`() throws {
    try project.folder.sh(
      """
      cd wheels; mkdir w; cd w; /usr/bin/python3 -m zipfile -e ../hello-1.0-py3-none-any.whl .
      echo 'def say(): print("changed")' > hello/__init__.py
      rm ../hello-1.0-py3-none-any.whl; /usr/bin/python3 -m zipfile -c ../hello-1.0-py3-none-any.whl hello hello-1.0.dist-info
      """)
    let error = refusal { _ = try restore(try capture().version.content) }
    #expect(error?.code == .damaged && error?.detail.contains("hello/__init__.py") == true)
  }

  @Test func `a Python of another version is refused, by name or by search`() throws {
    var record = try capture().version.content
    record.environment.interpreter = .init(implementation: "cpython", version: "9.9.9")
    for python in [nil, PythonEnvironment.base] {
      let error = refusal { _ = try restore(record, "again", python) }
      #expect(error?.code == .version && error?.subject.hasSuffix("9.9.9") == true)
    }
  }

  @Test func `conda and packages without a wheel are refused by name`() throws {
    try project.folder.sh("mkdir venv/conda-meta")
    let conda = refusal { _ = try capture() }
    #expect(conda?.code == .unsupported && conda?.detail.contains("conda") == true)
    try project.folder.sh("rmdir venv/conda-meta; mkdir '\(try environment.packages)/old-1.0.egg-info'")
    let egg = refusal { _ = try capture() }
    #expect(egg?.code == .unsupported && egg?.subject == "old-1.0.egg-info")
  }

  @Test func `packages of the system are not captured, and that is said`() throws {
    let place = try project.folder.sh(
      "\(PythonEnvironment.base) -I -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'")
    guard place.hasSuffix("dist-packages\n") else { return }
    let found = try capture([], PythonEnvironment.base)
    #expect(found.version.content.environment.packages.isEmpty)
    #expect(found.notes.contains { $0.contains("belong to the system") })
  }

  @Test func `an editable package whose wheel cannot be built without a network is refused by name`() throws {
    try project.folder.write("source/pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"nothing\"\n")
    let info = "\(try environment.packages)/hello-1.0.dist-info"
    try Files.write(
      Path("\(info)/direct_url.json"),
      Array("{\"url\":\"file://\(project.folder.text)/source\",\"dir_info\":{\"editable\":true}}".utf8))
    let error = refusal { _ = try capture() }
    #expect(error?.code == .unsupported && error?.subject == "hello")
    #expect(error?.detail.contains("editable") == true)
  }

  @Test func `a package that is used where its source lies is built into a wheel, beside its source`() throws {
    let settings = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
    try project.folder.write("source/pyproject.toml", settings)
    try project.folder.write("source/backend.py", PythonEnvironment.backend)
    try project.folder.write("source/near/__init__.py", "def say():\n    print('near')\n")
    try environment.installEditable("source")
    let found = try capture()
    let package = try #require(found.version.content.environment.packages.first { $0.name == "near" })
    #expect(package.origin == "local" && package.file == "near-0.1-py3-none-any.whl" && package.source == nil)
    let source = try #require(package.code.map { try project.store.fact($0) })
    guard case .package(let code) = source else { throw CancellationError() }
    #expect(code.kind == .code && code.fileCount == 3)
    // Built again a second later, it is the same wheel.
    try project.folder.sh("sleep 2; rm -rf source/build")
    #expect(try capture().version.record == found.version.record)
    try project.folder.sh("rm -r source venv")
    let restored = try restore(found.version.content)
    #expect(try project.folder.sh("'\(restored.python.printable)' -c 'import near; near.say()'") == "near\n")
  }

  @Test func `credentials in a package's address are not recorded`() throws {
    let info = "\(try environment.packages)/hello-1.0.dist-info"
    try Files.write(
      Path("\(info)/direct_url.json"),
      Array(
        "{\"url\":\"https://me:canary7@example.org/r.git\",\"vcs_info\":{\"vcs\":\"git\",\"commit_id\":\"abc\"}}".utf8))
    let package = try #require(try capture().version.content.environment.packages.first)
    #expect(package.source == "https://example.org/r.git@abc" && package.origin == "vcs")
  }
}
