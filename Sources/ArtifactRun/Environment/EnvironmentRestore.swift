import ArtifactCore
public import ArtifactIO
import ArtifactStore

/// An environment that was rebuilt.
public struct RestoredEnvironment: Sendable {
  /// The folder.
  public let path: Path
  /// Its interpreter.
  public let python: Path
  /// The version of the interpreter.
  public let version: String
  /// How the interpreter differs from the recorded one, if it does.
  public let remark: String?
  /// Files that were installed and checked.
  public let fileCount: Int
}

/// Rebuilds a Python environment from its wheels, with nothing but what is in the store.
struct EnvironmentRestore {
  private let store: Store
  private let tool: Tool
  private let target: Path
  private let scratch: ScratchFolder
  private var fileCount = 0

  init(_ store: Store, to target: Path, _ tool: Tool, _ scratch: ScratchFolder) {
    self.store = store
    self.target = target
    self.tool = tool
    self.scratch = scratch
  }

  /// Makes the virtual environment and installs every wheel.
  ///
  /// - Parameter interpreter: The Python to use; one of the recorded version is looked for if nil.
  mutating func run(_ record: PackageRecord, interpreter: Path?) throws -> RestoredEnvironment {
    guard let wanted = record.environment.interpreter else {
      throw RunError(.unsupported, "the environment", "no Python is recorded in it")
    }
    if try File.status(target, followLinks: false) != nil {
      throw IOFailure(.exists, "making", target.printable, "it is there already")
    }
    let base: Python
    if let interpreter {
      base = try Python(interpreter, in: scratch.path, tool)
    } else {
      base = try Python.find(wanted, tool, in: scratch.path)
    }
    guard base.minor == Python.minor(of: wanted.version), base.implementation == wanted.implementation else {
      throw RunError(
        .version, "\(wanted.implementation) \(wanted.version)",
        "\(base.executable.printable) is \(base.implementation) \(base.version), which cannot take its packages")
    }
    let words = ["-I", "-m", "venv", "--without-pip"].map { Array($0.utf8) }
    let answer = try tool.ask([base.executable.bytes] + words + [target.bytes], in: scratch.path)
    guard answer.end == .exit(0) else {
      throw RunError(
        .tool, base.executable.printable,
        "it cannot make a virtual environment: \(printable(String(decoding: answer.error.suffix(300), as: UTF8.self)))")
    }
    let python = try Python(target.appending("bin/python"), in: scratch.path, tool)
    try install(record, python)
    return RestoredEnvironment(
      path: target, python: python.executable, version: python.version,
      remark: python.version == wanted.version ? nil : "Python \(python.version) instead of \(wanted.version)",
      fileCount: fileCount)
  }

  private mutating func install(_ record: PackageRecord, _ python: Python) throws {
    let entries = try store.tree(record.tree)
    for package in record.environment.packages {
      guard let name = package.file, let entry = entries.first(where: { $0.name.elementsEqual(name.utf8) }) else {
        throw RunError(.missing, "\(package.name) \(package.version)", "the store has no wheel of it")
      }
      let place = scratch.path.appending("wheel-\(entry.digest.short)")
      _ = try store.pull(entry, to: place, Progress())
      try install(try WheelArchive(place, name: name), from: place, python)
    }
    if let unowned = entries.first(where: { $0.name.elementsEqual(EnvironmentCapture.unownedFolder.utf8) }) {
      _ = try store.pull(unowned, to: python.packages, Progress())
    }
  }

  private mutating func install(_ wheel: WheelArchive, from place: Path, _ python: Python) throws {
    let listed = wheel.record.byPath
    var lines = [WheelRecord.Line]()
    var missing = Set(wheel.record.lines.filter { $0.digest != nil }.map(\.path))
    let prefix = try Directory(python.prefix)
    var archive = try ArchiveReader(path: place.bytes)
    while let entry = try archive.next() {
      guard case .file = entry.kind else { continue }
      let path = String(decoding: entry.path, as: UTF8.self)
      var bytes = try WheelArchive.body(&archive)
      if path == "\(wheel.base).dist-info/RECORD" { continue }
      guard let line = listed[path], line.digest == nil || line.digest == Digest.of(bytes) else {
        throw RunError(.damaged, wheel.name, "\(printable(path)) is not what the wheel's RECORD says")
      }
      missing.remove(path)
      let kind = WheelArchive.place(path)
      if case .script = kind, bytes.starts(with: Array("#!python".utf8)) {
        bytes = Array("#!".utf8) + python.executable.bytes + bytes.drop { $0 != 0x0a }
      }
      let isScript = if case .script = kind { true } else { false }
      lines.append(try write(bytes, kind, isExecutable: entry.isExecutable || isScript, wheel, prefix, python))
    }
    if let path = missing.sorted().first {
      throw RunError(.damaged, wheel.name, "\(printable(path)) is in its RECORD, but not in the wheel")
    }
    for program in wheel.programs {
      let text = program.script(python: python.executable)
      lines.append(try write(text, .script(program.name), isExecutable: true, wheel, prefix, python))
    }
    let installer = Array("artifact\n".utf8)
    let info = "\(wheel.base).dist-info"
    lines.append(try write(installer, .packages("\(info)/INSTALLER"), isExecutable: false, wheel, prefix, python))
    lines.append(WheelRecord.Line(path: "\(info)/RECORD", digest: nil, size: nil))
    _ = try write(
      WheelRecord(lines: lines).bytes, .packages("\(info)/RECORD"), isExecutable: false, wheel, prefix, python)
  }

  /// Writes one file where it belongs; its line for the installed `RECORD`.
  private mutating func write(
    _ bytes: [UInt8], _ place: WheelArchive.Place, isExecutable: Bool, _ wheel: WheelArchive, _ prefix: Directory,
    _ python: Python
  ) throws -> WheelRecord.Line {
    let packages = String(decoding: python.packages.below(python.prefix) ?? [], as: UTF8.self)
    let project = String(wheel.name.prefix { $0 != "-" })
    let inside =
      switch place {
      case .packages(let path): "\(packages)/\(path)"
      case .script(let name): "bin/\(name)"
      case .header(let name): "include/site/python\(python.minor)/\(project)/\(name)"
      case .prefix(let path): path
      }
    try prefix.write(bytes, to: Array(inside.utf8), isExecutable: isExecutable)
    fileCount += 1
    let up = String(repeating: "../", count: packages.split(separator: "/").count)
    let path = if case .packages(let path) = place { path } else { up + inside }
    return WheelRecord.Line(path: path, digest: Digest.of(bytes), size: UInt64(bytes.count))
  }
}
