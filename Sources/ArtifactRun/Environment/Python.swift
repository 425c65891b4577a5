import ArtifactCore
import ArtifactIO

/// A Python interpreter, by what it says about itself.
struct Python: Sendable, Equatable {
  /// The file that was asked.
  let executable: Path
  /// `cpython`, and so on.
  let implementation: String
  /// `3.11.7`.
  let version: String
  /// How it was built.
  let build: String
  /// Where its environment is; equal to `base` outside of a virtual one.
  let prefix: Path
  /// Where it is installed.
  let base: Path
  /// Where its own modules are.
  let standardLibrary: Path
  /// Where packages are installed.
  let packages: Path
  /// Where their programs are installed.
  let scripts: Path
  /// The tag of its extension modules, as `cpython-311-x86_64-linux-gnu`.
  let abi: String
  /// The platform, as `linux-x86_64`.
  let platform: String

  /// Whether it is a virtual environment.
  var isVirtual: Bool { prefix != base }

  /// Major and minor version: packages are installed for one of them.
  var minor: String { Self.minor(of: version) }

  static func minor(of version: String) -> String { version.split(separator: ".").prefix(2).joined(separator: ".") }

  private static let question = """
    from json import dumps
    from sys import base_prefix, implementation, prefix, version, version_info
    from sysconfig import get_config_var, get_path as p, get_platform
    v = "%d.%d.%d" % version_info[:3]
    if version_info[3] != "final":
        v += "%s%d" % version_info[3:]
    print(dumps([implementation.name, v, version, prefix, base_prefix, p("stdlib"), p("purelib"), p("platlib"),
      p("scripts"), get_config_var("SOABI") or "", get_platform()]))
    """

  /// Asks an interpreter.
  init(_ executable: Path, in folder: Path, _ tool: Tool) throws {
    let words = [executable.bytes, Array("-I".utf8), Array("-c".utf8), Array(Self.question.utf8)]
    let answer = try tool.ask(words, in: folder)
    // Whatever it prints instead is no answer.
    guard answer.end == .exit(0), let list = (try? JSON.parseLenient(answer.output))?.array, list.count == 11 else {
      throw RunError(.tool, executable.printable, "it does not answer as a Python does")
    }
    let texts = list.map { $0.string ?? "" }
    func path(_ text: String) -> Path { Path(text).real ?? Path(text) }
    guard ExactText.equal(texts[6], texts[7]) else {
      throw RunError(.unsupported, executable.printable, "it keeps packages in two places, \(texts[6]) and \(texts[7])")
    }
    self.executable = executable
    implementation = texts[0]
    version = texts[1]
    build = texts[2].split(whereSeparator: \.isNewline).joined(separator: " ")
    prefix = path(texts[3])
    base = path(texts[4])
    standardLibrary = path(texts[5])
    packages = path(texts[6])
    scripts = path(texts[8])
    abi = texts[9]
    platform = texts[10]
  }

  /// What the record says about it.
  var interpreter: EnvironmentFacts.Interpreter {
    EnvironmentFacts.Interpreter(implementation: implementation, version: version, tags: abi.isEmpty ? [] : [abi])
  }

  /// The processor, from the platform.
  var machine: String { String(platform.split(separator: "-", maxSplits: 1).last ?? "") }

  /// The other package manager that it belongs to, if it does.
  var foreignManager: String? {
    // What cannot be looked at is not there.
    if let status = try? File.status(prefix.appending("conda-meta")), status.kind == .directory { return "conda" }
    return packages.lastComponent == Array("dist-packages".utf8) ? "Debian" : nil
  }

  /// The interpreter behind the first word of a command, if there is one.
  ///
  /// A Python itself, or a program whose first line names one.
  static func behind(_ program: Path, in folder: Path, _ tool: Tool) -> Path? {
    if isName(program.lastComponent) { return program }
    // A program that cannot be read names nothing.
    guard let bytes = try? head(of: program), bytes.starts(with: [0x23, 0x21]) else { return nil }
    let words = bytes.dropFirst(2).prefix { $0 != 0x0a }.split(separator: 0x20).map { Array($0) }
    guard let first = words.first else { return nil }
    if isName(Path(first).lastComponent) { return Path(first) }
    guard Path(first).lastComponent == Array("env".utf8), let second = words.dropFirst().first, isName(second) else {
      return nil
    }
    return tool.find(second, in: folder)
  }

  private static func head(of program: Path) throws(IOFailure) -> [UInt8] {
    let file = try File.open(program)
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = try file.read(into: &bytes, at: 0, count: bytes.count)
    return Array(bytes[..<count])
  }

  static func isName(_ name: [UInt8]) -> Bool {
    String(decoding: name, as: UTF8.self).wholeMatch(of: /(python|pypy)[0-9.]*/) != nil
  }

  /// An interpreter that can run what `wanted` ran: the same version if possible, else one that takes its packages.
  static func find(_ wanted: EnvironmentFacts.Interpreter, _ tool: Tool, in folder: Path) throws -> Python {
    let minor = minor(of: wanted.version)
    var places = [Path]()
    if let home = Tool.value(of: "HOME", in: tool.variables) {
      places.append(Path(home).appending(".pyenv/versions/\(wanted.version)/bin/python"))
    }
    places += ["python\(minor)", "python3", "python"].compactMap { tool.find(Array($0.utf8), in: folder) }
    var close: Python?
    var seen = [String]()
    for place in places where place.isExecutable {
      // One that does not answer is passed over; what was found is told if none fits.
      guard let python = try? Python(place, in: folder, tool), python.implementation == wanted.implementation else {
        continue
      }
      if python.version == wanted.version { return python }
      seen.append("\(python.version) at \(place.printable)")
      if close == nil, python.minor == minor { close = python }
    }
    if let close { return close }
    throw RunError(
      .version, "Python \(wanted.version)",
      seen.isEmpty ? "no Python is in the search path" : "there is only \(seen.joined(separator: ", "))")
  }
}
