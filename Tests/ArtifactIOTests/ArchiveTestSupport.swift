import Foundation

@testable import ArtifactIO

/// An entry with its contents, for comparing.
struct ArchiveItem: Equatable, CustomStringConvertible {
  var path: [UInt8]
  var kind: ArchiveReader.Entry.Kind
  var isExecutable = false
  var body: [UInt8] = []

  static func file(_ path: String, _ body: String = "", isExecutable: Bool = false) -> ArchiveItem {
    file(Array(path.utf8), Array(body.utf8), isExecutable: isExecutable)
  }
  static func file(_ path: [UInt8], _ body: [UInt8] = [], isExecutable: Bool = false) -> ArchiveItem {
    ArchiveItem(path: path, kind: .file(size: Int64(body.count)), isExecutable: isExecutable, body: body)
  }
  static func directory(_ path: String) -> ArchiveItem {
    ArchiveItem(path: Array(path.utf8), kind: .directory)
  }
  static func link(_ path: String, _ target: String) -> ArchiveItem {
    ArchiveItem(path: Array(path.utf8), kind: .symlink(target: Array(target.utf8)))
  }
  static func hardlink(_ path: String, _ target: String) -> ArchiveItem {
    ArchiveItem(path: Array(path.utf8), kind: .hardlink(target: Array(target.utf8)))
  }
  static func other(_ path: String, _ name: String) -> ArchiveItem {
    ArchiveItem(path: Array(path.utf8), kind: .other(name))
  }

  var description: String {
    let name = ArchiveName.printable(path)
    let contents = body.count > 40 ? "\(body.count) bytes" : ArchiveName.printable(body)
    return "\(name) \(kind)\(isExecutable ? " x" : "") '\(contents)'"
  }
}

enum TestArchives {
  /// Reads everything, in pieces of `step` bytes.
  static func items(
    _ path: String, limits: ArchiveReader.Limits = .init(), allowExternalLinks: Bool = false, step: Int = 1000
  ) throws(IOFailure) -> [ArchiveItem] {
    var reader = try ArchiveReader(path: Array(path.utf8), limits: limits, allowExternalLinks: allowExternalLinks)
    return try items(&reader, step: step)
  }

  static func items(_ reader: inout ArchiveReader, step: Int = 1000) throws(IOFailure) -> [ArchiveItem] {
    var items: [ArchiveItem] = []
    var buffer = [UInt8](repeating: 0, count: step)
    while let entry = try reader.next() {
      var item = ArchiveItem(path: entry.path, kind: entry.kind, isExecutable: entry.isExecutable)
      while case let count = try reader.read(into: &buffer), count > 0 { item.body += buffer[..<count] }
      items.append(item)
    }
    return items
  }

  /// Writes `items` to a new file.
  static func write(_ items: [ArchiveItem], to path: String, _ format: ArchiveWriter.Format) throws(IOFailure) {
    var writer = try ArchiveWriter(path: Array(path.utf8), format: format)
    for item in items {
      switch item.kind {
      case .directory: try writer.addDirectory(item.path)
      case .symlink(let target): try writer.addSymlink(item.path, target: target)
      case .file(let size):
        try writer.addFile(item.path, size: size, isExecutable: item.isExecutable)
        var rest = item.body[...]
        while !rest.isEmpty {
          let part = Array(rest.prefix(70_001))
          try writer.write(part.span)
          rest = rest.dropFirst(part.count)
        }
      case .hardlink, .other: fatalError("cannot be written")
      }
    }
    try writer.finish()
  }

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "fixtures/archives/hostile").path
}

/// A directory that is removed with its owner.
final class ArchiveFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/archive-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    // What cannot be removed is left to the system's own cleaning.
    try? FileManager.default.removeItem(atPath: path)
  }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: self(name)))) }
  func put(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: self(name))) }

  /// Runs a shell script here; its output, or its failure.
  @discardableResult
  func sh(_ script: String, _ environment: [String: String] = [:]) throws -> String {
    try run(["bash", "-euo", "pipefail", "-c", script], environment)
  }

  /// Runs a Python program here; its output.
  @discardableResult
  func python(_ program: String) throws -> String { try run(["python3", "-c", program], [:]) }

  private func run(_ words: [String], _ environment: [String: String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ArchiveScriptFailure(words: words, status: process.terminationStatus, complaint: complaint)
    }
    return text
  }

  /// Whether a tool is on this host; tests of an absent tool are skipped.
  static func has(_ tool: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") }
  }
}

struct ArchiveScriptFailure: Error {
  let words: [String]
  let status: Int32
  let complaint: String
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed everywhere.
struct ArchiveRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
