import Foundation

/// One source file, with what is not code taken out.
struct SourceFile: Sendable {
  /// Path below `Sources/`, with slashes.
  let path: String
  /// The lines as they stand.
  let lines: [String]

  /// The target that it belongs to.
  var target: String { String(path.prefix { $0 != "/" }) }
  var isSwift: Bool { path.hasSuffix(".swift") }

  init(_ path: String, _ text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The lines without comments.
  var code: [Substring] {
    lines.map { line in line.range(of: "//").map { line[..<$0.lowerBound] } ?? line[...] }
  }

  /// Modules that the file imports.
  ///
  /// What stands in a text of several lines is another language's.
  var imports: [String] {
    var isText = false
    return code.compactMap { line in
      if line.split(separator: "\"\"\"", omittingEmptySubsequences: false).count % 2 == 0 { isText.toggle() }
      if isText { return nil }
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
        words[..<keyword].allSatisfy({
          ["public", "internal", "private", "fileprivate", "package"].contains($0) || $0.hasPrefix("@")
        })
      else { return nil }
      return String(words[keyword + 1].prefix { $0 != "." })
    }
  }

  /// Every file below `Sources/`.
  static func all() throws -> [SourceFile] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
    return try names.filter { name in ["swift", "c", "h"].contains { name.hasSuffix(".\($0)") } }.map { name in
      SourceFile(name, try String(contentsOf: root.appending(path: name), encoding: .utf8))
    }
  }
}

/// The rules about what may stand where.
///
/// Each gives one line for every breach.
enum Wall {
  static let allowedImports: [String: Set<String>] = [
    "ArtifactCore": ["Crypto", "CSHA256"],
    "ArtifactIO": ["CLinux", "CZstd", "CArchive", "Glibc", "Synchronization"],
    "ArtifactStore": ["ArtifactCore", "ArtifactIO", "Synchronization"],
    "ArtifactRun": ["ArtifactCore", "ArtifactIO", "ArtifactStore", "CTrace", "Synchronization"],
    "artifact": ["ArgumentParser", "ArtifactCore", "ArtifactIO", "ArtifactRun", "ArtifactStore", "Synchronization"],
  ]
  /// Targets in C; they import nothing.
  static let foreignTargets: Set<String> = ["CArchive", "CLinux", "CSHA256", "CTrace", "CZstd"]

  static func imports(_ files: [SourceFile]) -> [String] {
    files.flatMap { file -> [String] in
      if foreignTargets.contains(file.target) {
        return file.isSwift ? ["\(file.path): Swift in a target of C"] : []
      }
      guard let allowed = allowedImports[file.target] else { return ["\(file.path): a target that no wall knows"] }
      return file.imports.filter { !allowed.contains($0) }.map { "\(file.path): imports \($0)" }
    }
  }

  /// Files outside ArtifactIO that may say `unsafe`.
  static let unsafeFiles: Set<String> = [
    "ArtifactCore/Identity/SHA256Hasher.swift", "ArtifactCore/Identity/PairedHashing.swift",
    "ArtifactRun/Process/ChildProcess.swift",
  ]

  static func unsafe(_ files: [SourceFile]) -> [String] {
    find(
      files.filter { $0.isSwift && $0.target != "ArtifactIO" && !unsafeFiles.contains($0.path) },
      /\bunsafe\b|\bUnsafe[A-Z]/)
  }

  /// Where a library asks the system for time or chance; all of it goes through `Platform`.
  static let clockFiles: Set<String> = [
    "ArtifactRun/Running/Stopwatch.swift", "ArtifactStore/Log/Log.swift", "ArtifactStore/Ingest/IngestWorker.swift",
    "ArtifactStore/Verify/CheckMemory.swift",
  ]
  static let randomFiles: Set<String> = [
    "ArtifactRun/Process/ScratchFolder.swift", "ArtifactStore/Archive/UnfinishedExport.swift",
    "ArtifactStore/Ingest/OpenPack.swift",
    "ArtifactStore/Ingest/StatCache.swift", "ArtifactStore/Log/Log.swift", "ArtifactStore/Log/LogMemory.swift",
    "ArtifactStore/Store+Create.swift", "ArtifactStore/TemporaryFolder.swift",
  ]

  static func surroundings(_ files: [SourceFile]) -> [String] {
    let inner = files.filter { ["ArtifactCore", "ArtifactRun", "ArtifactStore"].contains($0.target) }
    return find(
      inner,
      /clock_gettime|gettimeofday|getenv|environ\b|SystemRandomNumberGenerator|\.random\(|randomElement|\.shuffle|ContinuousClock|SuspendingClock|CommandLine|ProcessInfo|Terminal\./
    ) + find(inner.filter { !clockFiles.contains($0.path) }, /Platform\.(now|uptime)/)
      + find(inner.filter { !randomFiles.contains($0.path) }, /Platform\.randomBytes/)
      + find(inner.filter { $0.target == "ArtifactCore" }, /Platform\./)
      + find(files.filter { $0.target == "artifact" }, /getenv|clock_gettime/)
  }

  /// The only Swift file that starts processes; what it calls is in `CTrace`.
  static let spawningFile = "ArtifactRun/Process/ChildProcess.swift"

  static func spawning(_ files: [SourceFile]) -> [String] {
    find(
      files.filter { $0.target != "CTrace" && $0.path != spawningFile },
      /\b(fork|vfork|clone3|posix_spawnp?|exec[lv]p?e?|execveat|fexecve|popen|system|ctrace_spawn)\(|import CTrace/)
  }

  static func length(_ files: [SourceFile], limit: Int = 400) -> [String] {
    files.filter { $0.lines.count - 1 > limit }.map { "\($0.path): \($0.lines.count - 1) lines" }
  }

  /// Commands that do not say their name: the parser then finds it by looking through all conformances of the program, and
  /// does so for every command at every start.
  static func nameless(_ files: [SourceFile]) -> [String] {
    files.compactMap { file in
      let text = file.lines.joined(separator: "\n")
      let (all, named) = (
        text.matches(of: /CommandConfiguration\(/), text.matches(of: /CommandConfiguration\(\s*commandName:/)
      )
      return all.count == named.count ? nil : "\(file.path): \(all.count - named.count) without commandName"
    }
  }

  static func shortcuts(_ files: [SourceFile]) -> [String] {
    find(files.filter(\.isSwift), /\btry!|\bas!|\bfatalError\(|@unchecked\s+Sendable|@preconcurrency/)
      + files.flatMap { file in
        // A quoted note of somebody else is no note of ours.
        file.lines.enumerated().filter {
          $0.element.contains(/\b(TODO|FIXME|HACK)\b/) && !$0.element.contains("\"XXX TODO")
        }
        .map { "\(file.path):\($0.offset + 1): \($0.element)" }
      }
  }

  private static func find(_ files: [SourceFile], _ pattern: some RegexComponent) -> [String] {
    files.flatMap { file in
      file.code.enumerated().filter { $0.element.contains(pattern) }
        .map { "\(file.path):\($0.offset + 1): \($0.element)" }
    }
  }
}
