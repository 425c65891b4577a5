import Foundation

/// The built program, run as a process in a folder of its own.
struct Binary: Sendable {
  /// What a run gave.
  struct Output: Sendable {
    let code: Int32
    let out: String
    let error: String
    let bytes: [UInt8]
  }

  /// The working directory; also the home.
  let folder: URL

  /// Makes an empty folder.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("artifact-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Removes the folder.
  func remove() {
    // What is left in the system's temporary folder does no harm.
    try? FileManager.default.removeItem(at: folder)
  }

  /// The package's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Beside the test bundle.
  static let program: URL = {
    let arguments = CommandLine.arguments
    let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
    var place = URL(fileURLWithPath: bundle).deletingLastPathComponent()
    while place.path != "/" {
      let program = place.appendingPathComponent("artifact")
      if FileManager.default.isExecutableFile(atPath: program.path) { return program }
      place.deleteLastPathComponent()
    }
    return root.appendingPathComponent(".build/debug/artifact")
  }()

  /// Runs the program with arguments.
  @discardableResult
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Output {
    try run(arguments, environment: environment)
  }

  /// Runs the program with arguments.
  @discardableResult
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Output {
    try launch(Self.program, arguments, environment)
  }

  /// Runs a shell line in which `$A` is the program.
  func shell(_ line: String) throws -> Output {
    try launch(URL(fileURLWithPath: "/bin/bash"), ["-c", line], ["A": Self.program.path])
  }

  /// Runs a line in which `$A` is the program, without the privileges that let root pass every permission.
  func unprivileged(_ line: String) throws -> Output {
    try shell(getuid() == 0 ? "P=$A; A=\"setpriv --bounding-set=-all $P\"; \(line)" : line)
  }

  private func launch(_ program: URL, _ arguments: [String], _ extra: [String: String]) throws -> Output {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var environment = ["HOME": folder.path, "USER": "fox", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    environment.merge(extra) { $1 }
    process.environment = environment
    let out = Pipe()
    let errorFile = FileManager.default.temporaryDirectory.appendingPathComponent(
      "artifact-stderr-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
    process.standardOutput = out
    process.standardError = try FileHandle(forWritingTo: errorFile)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = [UInt8](out.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    let error = try String(decoding: Data(contentsOf: errorFile), as: UTF8.self)
    try FileManager.default.removeItem(at: errorFile)
    return Output(
      code: process.terminationStatus, out: String(decoding: bytes, as: UTF8.self), error: error, bytes: bytes)
  }

  /// Writes a file.
  func write(_ text: String, to path: String) throws {
    let url = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// A store with two versions of `customers`, the first tagged `raw`.
  static func withStore() throws -> Binary {
    let binary = try Binary()
    try binary.write("one\n", to: "data/a.csv")
    try binary.write("two\n", to: "data/sub/b.csv")
    try binary.run("init")
    try binary.run("push", "data", "customers", "--kind", "dataset", "--tag", "raw", "--note", "first", "--meta", "k=v")
    try binary.write("three\n", to: "data/c.csv")
    try binary.run("push", "data", "customers")
    return binary
  }
}

/// Texts that are kept in `fixtures/snapshots`; `ARTIFACT_ACCEPT=1` rewrites them.
enum Snapshot {
  /// The kept text; nil if there is none yet.
  static func text(_ name: String, accepting new: String) throws -> String? {
    let file = Binary.root.appendingPathComponent("fixtures/snapshots/\(name)")
    if ProcessInfo.processInfo.environment["ARTIFACT_ACCEPT"] == "1" {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(new.utf8).write(to: file)
    }
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try String(decoding: Data(contentsOf: file), as: UTF8.self)
  }
}
