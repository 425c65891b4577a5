public import ArtifactIO
import Foundation

/// A folder that is removed with its owner.
public final class TestFolder: Sendable {
  /// The folder's path.
  public let text: String
  /// The folder's path.
  public var path: Path { Path(text) }

  /// Makes a folder with a random name, by default among the system's temporary ones.
  public init(in parent: String? = nil) throws {
    text =
      (parent ?? FileManager.default.temporaryDirectory.path) + "/artifact-test-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: text, withIntermediateDirectories: false)
  }

  /// A parent whose files are in memory, where there is one: for tests that write the same files over and over.
  public static let inMemory: String? = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : nil

  deinit {
    // What cannot be removed is left to the system's own cleaning.
    try? Directory(path.parent).removeTree(path.lastComponent)
  }

  /// A path below the folder.
  public func callAsFunction(_ name: String) -> Path { path.appending(name) }

  /// Runs a shell script in the folder; its output, or its failure.
  @discardableResult
  public func sh(_ script: String) throws -> String {
    try Shell.run(["bash", "-euo", "pipefail", "-c", script], in: text)
  }

  /// Makes folders as needed and writes a file.
  public func write(_ name: String, _ bytes: [UInt8], isExecutable: Bool = false) throws {
    try Files.write(path.appending(name), bytes, isExecutable: isExecutable)
  }

  /// Writes a text file.
  public func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  /// The bytes of a file.
  public func read(_ name: String) throws -> [UInt8] { try Files.read(path.appending(name)) }

  /// Sets a file's time of modification to some seconds ago.
  public func age(_ name: String, bySeconds seconds: Int) throws {
    try sh("find '\(name)' -type f -exec touch -h -d '-\(seconds) seconds' {} +")
  }

  /// What is below the folder.
  public func tree(_ name: String) throws -> FolderTree { try FolderTree(path.appending(name)) }
}

/// Files by raw path.
public enum Files {
  /// Makes folders as needed and writes a new file.
  public static func write(_ path: Path, _ bytes: [UInt8], isExecutable: Bool = false) throws {
    let parent = try folder(path.parent)
    try parent.removeTree(path.lastComponent)
    let file = try parent.create(path.lastComponent)
    try file.write(bytes.span)
    if isExecutable { try file.setMode(0o755) }
    try file.close()
  }

  /// Opens a folder, making it and its parents.
  public static func folder(_ path: Path) throws -> Directory {
    do { return try Directory(path) } catch  where error.code == .notFound {
      let parent = try folder(path.parent)
      try parent.makeDirectory(path.lastComponent)
      return try Directory(path)
    }
  }

  /// The bytes of a file.
  public static func read(_ path: Path) throws -> [UInt8] {
    let file = try File.open(path)
    let count = Int(try file.status().size)
    var bytes = [UInt8](repeating: 0, count: count)
    _ = try file.read(into: &bytes, at: 0, count: count)
    return bytes
  }

  /// The names in a folder, sorted.
  public static func names(_ path: Path) throws -> [String] {
    try Directory(path).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
  }
}

/// Other programs.
public enum Shell {
  /// A program that did not end well.
  public struct Failure: Error {
    /// The command.
    public let words: [String]
    /// Its exit code, or the number of the signal that ended it.
    public let status: Int32
    /// What it wrote to standard error.
    public let complaint: String
  }

  /// Runs a program; its output, or its failure.
  @discardableResult
  public static func run(_ words: [String], in folder: String, _ environment: [String: String] = [:]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let complaints = FileManager.default.temporaryDirectory.appending(
      path: "complaints-\(UInt64.random(in: 0...UInt64.max))")
    try Data().write(to: complaints)
    // A leftover file in the temporary folder does no harm.
    defer { try? FileManager.default.removeItem(at: complaints) }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: complaints)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let complaint = String(decoding: try Data(contentsOf: complaints), as: UTF8.self)
      throw Failure(words: words, status: process.terminationStatus, complaint: complaint)
    }
    return text
  }

  /// Whether a tool is on this host; tests of an absent tool are skipped.
  public static func has(_ tool: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") }
  }
}
