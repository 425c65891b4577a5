import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The environment of a command, as a record in the store.
struct RecordedEnvironment: Sendable {
  /// The record.
  var record: Digest
  /// The Python, if the command runs in one.
  var python: Python?
  /// What a person should know.
  var notes: [String] = []
  /// Which linear algebra does the work, in its own words.
  var algebra: String?

  /// Finds out what a command runs in; what was found out before and has not changed is not looked at again.
  static func of(
    _ program: Path, _ store: Store, _ surroundings: RunSurroundings, _ intake: Intake
  ) throws -> RecordedEnvironment {
    let tool = surroundings.tool
    guard let executable = Python.behind(program, in: surroundings.folder, tool) else {
      return RecordedEnvironment(record: try intake.store(.package(plain(intake))))
    }
    let python = try Python(executable, in: surroundings.folder, tool)
    let cache = EnvironmentCache(python, store, surroundings.cache)
    if let found = cache.read(store) { return found }
    let scratch = try ScratchFolder(in: surroundings.scratch)
    defer { scratch.remove() }
    var capture = try EnvironmentCapture(python, wheelhouses: [], store, intake, tool, scratch)
    try capture.run()
    let folder = try intake.store(capture.folder, rules: ScanRules(readsIgnoreFiles: false))
    var record = PackageRecord(
      kind: .environment, tree: folder.tree, size: folder.size, fileCount: folder.fileCount)
    record.environment = capture.facts
    let result = RecordedEnvironment(
      record: try intake.store(.package(record)), python: python, notes: capture.notes,
      algebra: linearAlgebra(python, surroundings))
    cache.write(result)
    return result
  }

  /// Where no interpreter is known, the system is all that can be said.
  private static func plain(_ intake: Intake) throws -> PackageRecord {
    let folder = try intake.store([TreeEntry]())
    var record = PackageRecord(
      kind: .environment, tree: folder.tree, size: folder.size, fileCount: folder.fileCount)
    record.environment.os = "linux"
    #if arch(x86_64)
      record.environment.arch = "x86_64"
    #elseif arch(arm64)
      record.environment.arch = "aarch64"
    #endif
    return record
  }

  private static let question = """
    from numpy import zeros
    from threadpoolctl import threadpool_info
    print("; ".join(" ".join(str(i.get(k)) for k in ("internal_api", "version", "architecture", "num_threads"))
      for i in threadpool_info()))
    """

  /// Nil where there is no threadpoolctl to ask.
  static func linearAlgebra(_ python: Python, _ surroundings: RunSurroundings) -> String? {
    let words = [python.executable.bytes, Array("-I".utf8), Array("-c".utf8), Array(question.utf8)]
    // Most environments have none; then nothing is said.
    guard let answer = try? surroundings.tool.ask(words, in: surroundings.folder), answer.end == .exit(0) else {
      return nil
    }
    let text = String(decoding: answer.output.filter { $0 != 0x0a }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }
}

/// What was found out about an environment, for as long as none of its files changes.
private struct EnvironmentCache {
  private let python: Python
  private let place: Path?

  init(_ python: Python, _ store: Store, _ folder: Path?) {
    self.python = python
    // An environment that cannot be listed is looked at every time.
    guard let folder, let files = try? FileList(python.packages) else {
      place = nil
      return
    }
    let key = [
      python.executable.bytes, python.prefix.bytes, Array(python.build.utf8), Array(files.state.hex.utf8),
      Array(store.config.id.utf8),
    ].joined(separator: [0])
    place = folder.appending("environment-\(Digest.of(Array(key)).hex.prefix(32))")
  }

  func read(_ store: Store) -> RecordedEnvironment? {
    // A cache that cannot be read, or names what the store has lost, is no cache.
    guard let place, let bytes = try? File.contents(place, limit: 1 << 20),
      let object = (try? JSON.canonical(bytes))?.object, let text = object["record"]?.string,
      let record = Digest(text: text), (try? store.fact(record)) != nil
    else { return nil }
    return RecordedEnvironment(
      record: record, python: python, notes: object["notes"]?.array?.compactMap(\.string) ?? [],
      algebra: object["algebra"]?.string)
  }

  func write(_ environment: RecordedEnvironment) {
    guard let place else { return }
    var object: JSONObject = [
      "notes": .array(environment.notes.map { .string($0) }), "record": .string(environment.record.text),
    ]
    if let algebra = environment.algebra { object["algebra"] = .string(algebra) }
    // A cache that cannot be written only costs time at the next run.
    try? Self.put(JSON.object(object).plainBytes(), place)
  }

  private static func put(_ bytes: [UInt8], _ place: Path) throws(IOFailure) {
    let root = try Directory(Path("/"))
    let folder = try root.making(place.parent.real?.bytes ?? place.parent.bytes)
    let temporary = Array(".\(Hex.text(Platform.processID.bytes))".utf8)
    try folder.removeTree(temporary)
    try folder.write(bytes, to: temporary)
    try folder.rename(temporary, to: folder, as: place.lastComponent)
  }
}

extension Int32 {
  fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
