import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Finds out what a Python environment is made of, and collects its wheels in a folder.
struct EnvironmentCapture {
  /// What the record will say.
  private(set) var facts = EnvironmentFacts()
  /// What a person should know.
  private(set) var notes: [String] = []
  private let python: Python
  private let tool: Tool
  private let intake: Intake
  private let sources: WheelSources
  private let scratch: ScratchFolder
  /// Where the wheels are collected.
  let folder: Path

  /// The folder in the tree for files that no package owns.
  static let unownedFolder = "unowned"

  init(
    _ python: Python, wheelhouses: [Path], _ store: Store, _ intake: Intake, _ tool: Tool, _ scratch: ScratchFolder
  ) throws {
    self.python = python
    self.tool = tool
    self.intake = intake
    self.scratch = scratch
    sources = try WheelSources(folders: wheelhouses, store, scratch)
    folder = try scratch.folder("wheels")
    facts.os = "linux"
    facts.arch = python.machine
    facts.interpreter = python.interpreter
  }

  /// Collects everything.
  mutating func run() throws {
    if python.foreignManager == "conda" {
      throw RunError(
        .unsupported, python.prefix.printable, "it is a conda environment; only wheels can be captured so far")
    }
    if python.foreignManager != nil {
      notes.append("the packages of \(python.packages.printable) belong to the system and are not captured")
      return
    }
    let files = try FileList(python.packages)
    var owned = Set<[UInt8]>()
    for name in try Directory(python.packages).names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if name.suffix(9).elementsEqual(".egg-info".utf8) || name.suffix(9).elementsEqual(".egg-link".utf8) {
        throw RunError(
          .unsupported, printable(name), "it was installed without a wheel; pip install it again with a new pip")
      }
      guard let distribution = try Distribution(name, in: python.packages) else { continue }
      owned.formUnion(distribution.record.lines.map { Array($0.path.utf8) })
      try add(distribution)
    }
    for path in files.paths where !owned.contains(path) && !path.suffix(4).elementsEqual(".pyc".utf8) {
      facts.unowned.append(path)
      let target = Array("\(Self.unownedFolder)/".utf8) + path
      _ = try Directory(folder).making(Path(target).parent.bytes)
      try File.copy(python.packages.appending(path), to: folder.appending(target))
    }
    if !facts.edited.isEmpty { notes.append("edited after installation: \(Self.list(facts.edited))") }
    if !facts.unowned.isEmpty { notes.append("owned by no package, and kept as they are: \(Self.list(facts.unowned))") }
  }

  static func list(_ paths: [[UInt8]]) -> String {
    let first = paths.prefix(3).map { printable($0) }.joined(separator: ", ")
    return paths.count > 3 ? "\(first) and \(paths.count - 3) more" : first
  }

  private mutating func add(_ distribution: Distribution) throws {
    var package = EnvironmentFacts.Package(
      name: distribution.name, version: distribution.version, origin: "repacked")
    if let direct = distribution.direct {
      package.source = direct.isFolder ? nil : direct.url + (direct.commit.map { "@\($0)" } ?? "")
      if let source = direct.folder, try File.status(source)?.kind == .directory {
        package.code = try CodeSnapshot.take(around: source, excluding: [], tool, intake).record
      }
    }
    if distribution.direct?.isEditable == true {
      package.file = try build(distribution)
      package.origin = "local"
    } else {
      let edited = try edited(distribution)
      facts.edited += edited
      if edited.isEmpty, let found = try sources.put(distribution, into: folder) {
        package.file = found.file
        package.origin =
          distribution.direct == nil ? found.origin : distribution.direct?.commit == nil ? "local" : "vcs"
      } else {
        package.file = try repack(distribution)
      }
    }
    if let file = package.file {
      let (digest, size) = try File.digest(folder.appending(file))
      package.digest = digest
      package.size = size
    }
    facts.packages.append(package)
  }

  /// Files that are not as they were installed.
  private func edited(_ distribution: Distribution) throws -> [[UInt8]] {
    var result = [[UInt8]]()
    for line in distribution.record.lines {
      guard let wanted = line.digest, !distribution.isTrace(line.path), !line.path.hasPrefix("../") else { continue }
      let place = python.packages.appending(line.path)
      guard try File.status(place) != nil, try File.digest(place).digest == wanted else {
        result.append(Array(line.path.utf8))
        continue
      }
    }
    return result
  }

  /// Makes a wheel of the installed files as they are.
  private func repack(_ distribution: Distribution) throws -> String {
    var files = [(name: String, place: Path)]()
    var seen = Set<String>()
    let programs = Set(distribution.programs.map(\.name))
    for line in distribution.record.lines where !distribution.isTrace(line.path) && seen.insert(line.path).inserted {
      let place = python.packages.appending(line.path)
      guard let status = try File.status(place), status.kind == .file else { continue }
      guard line.path.hasPrefix("../") else {
        files.append((line.path, place))
        continue
      }
      guard let inside = place.parent.real?.appending(place.lastComponent).below(python.prefix) else {
        throw RunError(.unsupported, distribution.name, "it installed \(line.path) outside of the environment")
      }
      let text = String(decoding: inside, as: UTF8.self)
      let scripts = String(decoding: python.scripts.below(python.prefix) ?? Array("bin".utf8), as: UTF8.self) + "/"
      if text.hasPrefix(scripts) {
        let name = String(text.dropFirst(scripts.count))
        if !programs.contains(name) { files.append(("\(distribution.base).data/scripts/\(name)", place)) }
      } else {
        files.append(("\(distribution.base).data/data/\(text)", place))
      }
    }
    let name = distribution.wheelName
    var writer = try WheelWriter(folder.appending(name))
    for file in files.sorted(by: { ExactText.precedesBytewise($0.name, $1.name) }) {
      var bytes = try File.contents(file.place, limit: 2 << 30)
      if file.name.contains(".data/scripts/"), bytes.starts(with: [0x23, 0x21]) {
        bytes = Array("#!python".utf8) + bytes.drop { $0 != 0x0a }
      }
      try writer.add(file.name, bytes, isExecutable: try File.status(file.place)?.isExecutable ?? false)
    }
    try writer.finish(recordName: "\(distribution.infoFolder)/RECORD")
    return name
  }

  /// Builds the wheel of a package that is used where its source lies, and normalises it.
  private func build(_ distribution: Distribution) throws -> String {
    guard let source = distribution.direct?.folder else {
      throw RunError(.unsupported, distribution.name, "it is editable, but its source is in no folder")
    }
    let built = try scratch.folder("built-\(distribution.base)")
    let words = [
      python.executable.bytes, Array("-m".utf8), Array("pip".utf8), Array("wheel".utf8), Array("--no-deps".utf8),
      Array("--no-index".utf8), Array("--no-build-isolation".utf8), Array("--quiet".utf8), Array("-w".utf8),
      built.bytes,
      source.bytes,
    ]
    let answer = try tool.ask(words, in: scratch.path, isOffline: true)
    guard answer.end == .exit(0), let file = try Directory(built).names().first else {
      let line = String(decoding: answer.error, as: UTF8.self).split(whereSeparator: \.isNewline).last ?? "pip failed"
      throw RunError(
        .unsupported, distribution.name,
        "it is editable, and its wheel cannot be built without a network: \(printable(String(line)))")
    }
    let name = String(decoding: file, as: UTF8.self)
    var entries = [(name: String, bytes: [UInt8], isExecutable: Bool)]()
    var archive = try ArchiveReader(path: built.appending(file).bytes)
    while let entry = try archive.next() {
      guard case .file = entry.kind else { continue }
      let path = String(decoding: entry.path, as: UTF8.self)
      if path.hasSuffix(".dist-info/RECORD") { continue }
      entries.append((path, try WheelArchive.body(&archive), entry.isExecutable))
    }
    let base = name.split(separator: "-").prefix(2).joined(separator: "-")
    var writer = try WheelWriter(folder.appending(name))
    for entry in entries.sorted(by: { ExactText.precedesBytewise($0.name, $1.name) }) {
      try writer.add(entry.name, entry.bytes, isExecutable: entry.isExecutable)
    }
    try writer.finish(recordName: "\(base).dist-info/RECORD")
    return name
  }
}
