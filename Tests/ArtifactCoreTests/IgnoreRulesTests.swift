import ArtifactCore
import Foundation
import Testing

/// A generator whose numbers follow from its seed alone (SplitMix64).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func one<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: choices.indices, using: &self)] }

  mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &self) == 0 }
}

@Suite struct IgnoreRulesTests {
  private static func ignored(_ lines: String, _ path: String, base: String = "") -> Bool {
    var rules = IgnoreRules()
    rules.add(fileContents: Array(lines.utf8), base: Array(base.utf8))
    let isDirectory = path.hasSuffix("/")
    return rules.isIgnored(path: Array((isDirectory ? String(path.dropLast()) : path).utf8), isDirectory: isDirectory)
  }

  @Test(arguments: [
    ("", "a", false), ("# a", "# a", false), ("\\# a", "# a", true), ("a", "a", true), ("a", "b/a", true),
    ("a", "ab", false),
    ("a", "a/b", true), ("/a", "a", true), ("/a", "b/a", false), ("a/b", "a/b", true), ("a/b", "c/a/b", false),
    ("a/", "a", false), ("a/", "a/", true), ("a/", "b/a/", true), ("a/", "a/c", true), ("*.o", "x/y.o", true),
    ("*.o", "o", false), ("a ", "a", true), ("a\\ ", "a ", true), ("a\\ ", "a", false), ("a\r\n", "a", true),
    ("\u{feff}a", "a", true), ("*\n!a", "a", false), ("*\n!a", "b", true), ("!a\n*", "a", true), ("\\!a", "!a", true),
    ("d/\n!d/a", "d/a", true), ("d/*\n!d/a", "d/a", false), ("d/*\n!d/a", "d/b", true),
    ("*/a", "a", false), ("*/a", "b/a", true), ("*/a", "b/c/a", false), ("**/a", "a", true), ("**/a", "b/c/a", true),
    ("a/**", "a", false), ("a/**", "a/b/c", true), ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true),
    ("a/**/b", "a/xb", false), ("a**/b", "ax/b", true), ("?", "a", true), ("?", "é", false), ("??", "é", true),
    ("a?b", "a/b", false), ("/a?b", "a/b", false), ("[a-c]", "b", true), ("[a-c]", "d", false), ("[!a-c]", "d", true),
    ("[^a-c]", "b", false), ("?**/b", "a/x/b", false), ("?**/b", "ax/b", true), ("[!]]", "]", false),
    ("[!]]", "a", true), ("[]]", "]", true), ("[]-a]", "^", true), ("[a", "[a", false), ("[[:digit:]]x", "5x", true),
    ("[[:nothing:]]", "a", false), ("\\a", "a", true), ("a\\", "a\\", false), ("/", "a", false), ("//", "a", false),
    ("!", "a", false),
  ])
  func `a rule ignores what gitignore says`(lines: String, path: String, expected: Bool) {
    #expect(Self.ignored(lines, path) == expected)
  }

  @Test func `rules of a deeper file speak for their directory and go before those above, whenever they are added`() {
    for isDeepFirst in [false, true] {
      var rules = IgnoreRules()
      let files = [("", "*.csv\nkeep/drop"), ("data", "!*.csv\n/top\nin/ner")]
      for (base, lines) in isDeepFirst ? files.reversed() : files {
        rules.add(fileContents: Array(lines.utf8), base: Array(base.utf8))
      }
      let isIgnored = { (path: String) in rules.isIgnored(path: Array(path.utf8), isDirectory: false) }
      #expect(isIgnored("a.csv") && !isIgnored("data/a.csv") && isIgnored("database/a.csv"))
      #expect(isIgnored("data/top") && !isIgnored("data/x/top") && !isIgnored("top"))
      #expect(isIgnored("data/in/ner") && !isIgnored("in/ner") && isIgnored("keep/drop"))
    }
  }

  @Test func `a walk asks about an entry alone`() {
    var rules = IgnoreRules()
    #expect(rules.isEmpty && !rules.isIgnored(path: Array("d/a".utf8), isDirectory: false))
    rules.add(fileContents: Array("# nothing\n\n".utf8))
    #expect(rules.isEmpty)
    rules.add(fileContents: Array("d/\n*.o".utf8))
    #expect(!rules.isIgnored(entry: Array("d/a".utf8), isDirectory: false))
    #expect(rules.isIgnored(path: Array("d/a".utf8), isDirectory: false))
    #expect(rules.isIgnored(entry: Array("d".utf8), isDirectory: true))
    #expect(rules.isIgnored(entry: Array("d/a.o".utf8), isDirectory: false))
  }

  @Test(.timeLimit(.minutes(1))) func `no pattern makes matching explode`() {
    let path = String(repeating: "a/", count: 60) + "a"
    #expect(!Self.ignored(String(repeating: "**/a/", count: 40) + "b", path))
    #expect(!Self.ignored("/" + String(repeating: "**/*a*", count: 30) + "b", path))
    let name = String(repeating: "a", count: 250)
    #expect(!Self.ignored(String(repeating: "*a", count: 100) + "*b", name))
    #expect(Self.ignored(String(repeating: "*a", count: 100) + "*", name))
  }
}

/// The same questions put to git itself.
@Suite struct IgnoreRulesAgainstGitTests {
  private static let names = ["a", "b", "ab", "foo.o", "a b", "[x]", "é", "!n", "a-b", "1", "B"]

  /// Paths of one case; those that others lie below are directories.
  private static let paths: [String] = {
    var result = [String]()
    for first in ["a", "b", "ab", "foo.o", "a b"] {
      result.append(first)
      for second in ["a", "b", "foo.o"] {
        result.append(first + "/" + second)
        if second == "a", first < "ab" || first == "b" {
          result += [first + "/a/b", first + "/a/ab", first + "/a/a", first + "/a/a/b"]
        }
      }
    }
    return result + names.filter { !result.contains($0) } + ["a/[x]", "a/é", "a/!n", "b/B", "b/a/1"]
  }()

  private static let entries = paths.map { path in
    (path: path, isDirectory: paths.contains { $0.hasPrefix(path + "/") })
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `generated rules ignore exactly what git check-ignore ignores`(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let folder = try Folder()
    var rules = IgnoreRules()
    var asked = [(path: String, isDirectory: Bool)]()
    var context = [String: String]()

    func addFile(_ base: String, count: Int) throws {
      let lines = (0..<count).map { _ in Self.line(&random) }.joined(separator: random.chance(9) ? "\r\n" : "\n")
      try folder.write(base.isEmpty ? ".gitignore" : base + "/.gitignore", lines)
      rules.add(fileContents: Array(lines.utf8), base: Array(base.utf8))
      context[base] = lines
    }

    for number in 0..<80 {
      let root = "c\(number)"
      for (path, isDirectory) in Self.entries {
        // Files need not exist: git looks only whether a path is a directory.
        if isDirectory { try folder.makeDirectory(root + "/" + path) }
        asked.append((root + "/" + path, isDirectory))
      }
      try addFile(root, count: Int.random(in: 1...4, using: &random))
      if random.chance(3) { try addFile(root + "/a", count: 2) }
      if random.chance(5) { try addFile(root + "/a/a", count: 1) }
    }
    try addFile("", count: 1)

    let expected = try folder.ignoredByGit(asked.map(\.path))
    #expect(!expected.isEmpty)
    for (path, isDirectory) in asked
    where rules.isIgnored(path: Array(path.utf8), isDirectory: isDirectory) != expected.contains(path) {
      let files = context.filter { $0.key.isEmpty || path.hasPrefix($0.key + "/") }
      Issue.record("seed \(seed): git says \(expected.contains(path)) for \(path), rules \(files)")
    }
  }

  @Test func `each class holds for each ASCII byte what it holds for git`() throws {
    let folder = try Folder()
    var rules = IgnoreRules()
    var asked = [String]()
    let classes = [
      "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit",
    ]
    let sets =
      classes.flatMap { ["[[:\($0):]]", "[![:\($0):]]"] } + [
        "[+--]", "[!-a]", "[z-a]", "[]-a]", "[\\]-a]", "[a\\-z]", "[a-c-e]", "[!]]", "[^]-a]", "[[:digit:]-a]",
        "[a-[:digit:]]",
        "[+-\\]]",
      ]
    for (number, set) in sets.enumerated() {
      let line = "x" + set
      try folder.makeDirectory("c\(number)")
      try folder.write("c\(number)/.gitignore", line)
      rules.add(fileContents: Array(line.utf8), base: Array("c\(number)".utf8))
      for byte in (1...127) as ClosedRange<UInt8> where byte != UInt8(ascii: "/") {
        let path = "c\(number)/x" + String(Unicode.Scalar(byte))
        asked.append(path)
      }
    }
    let expected = try folder.ignoredByGit(asked)
    for path in asked {
      #expect(
        rules.isIgnored(path: Array(path.utf8), isDirectory: false) == expected.contains(path), "\(printable(path))")
    }
  }

  /// A line made from a path of the case with some of it replaced, or from loose pieces.
  private static func line(_ random: inout Seeded) -> String {
    var text = ""
    if random.chance(4) {
      let pieces = [
        "a", "b", "foo", ".o", "*", "**", "/", "?", "[ab]", "[!a]", "[", "]", "!", "-", "\\", " ", "#", "x",
        "[[:alpha:]]",
        "**/", "/**", "[a-", "é", "[]x]", "[x", "\\ ", "\t",
      ]
      for _ in 0..<Int.random(in: 0...5, using: &random) { text += random.one(pieces) }
    } else {
      var parts = random.one(paths).split(separator: "/").map(String.init)
      if random.chance(3) { parts.removeFirst(min(1, parts.count - 1)) }
      for index in parts.indices where random.chance(2) {
        parts[index] = random.one([
          "*", "**", "?", "***", "a*", "*b", "*a*", "[ab]", "[!b]", "[a-b]*", "*.o", "?b", "**a", "a**", "\\a",
          "*[[:alpha:]]",
          "[^.]*", "?**", "[ab]**", "**?", "*a**", "??", "\\[x\\]", "[[]x]", "f*o", "*o*.*", "a?b",
        ])
      }
      if random.chance(5) { parts.insert("**", at: Int.random(in: 0...parts.count, using: &random)) }
      text = parts.joined(separator: "/")
    }
    if random.chance(5) { text = "/" + text }
    if random.chance(4) { text += "/" }
    if random.chance(3) { text = "!" + text }
    if random.chance(9) { text += random.one([" ", "  ", "\\ ", "\t"]) }
    return text
  }

  /// A repository in a temporary directory, removed at the end.
  private final class Folder {
    private let root: URL

    init() throws {
      root = FileManager.default.temporaryDirectory.appending(path: "ignore-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      _ = try git(["init", "--quiet", "--template="])
    }

    deinit {
      // A leftover in the temporary directory harms nobody.
      try? FileManager.default.removeItem(at: root)
    }

    func makeDirectory(_ path: String) throws {
      try FileManager.default.createDirectory(atPath: root.path + "/" + path, withIntermediateDirectories: true)
    }

    func write(_ path: String, _ text: String) throws {
      let file = root.path + "/" + path
      if !FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) {
        throw CocoaError(.fileWriteUnknown)
      }
    }

    func ignoredByGit(_ paths: [String]) throws -> Set<String> {
      try Data(paths.joined(separator: "\0").utf8).write(to: root.appending(path: ".git/asked"))
      let answer = try git(["check-ignore", "--no-index", "-z", "--stdin"], input: ".git/asked")
      return Set(answer.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    }

    /// Runs git without anybody's settings; input and output are files, so nothing waits for a full pipe.
    private func git(_ arguments: [String], input: String? = nil) throws -> Data {
      let output = root.appending(path: input == nil ? "output" : ".git/output")
      _ = FileManager.default.createFile(atPath: output.path, contents: nil)
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["git"] + arguments
      process.currentDirectoryURL = root
      process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }.merging(
        ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": "/nonexistent"],
        uniquingKeysWith: { $1 })
      process.standardInput =
        try input.map { try FileHandle(forReadingFrom: root.appending(path: $0)) } ?? FileHandle.nullDevice
      process.standardOutput = try FileHandle(forWritingTo: output)
      try process.run()
      process.waitUntilExit()
      // 1 means that nothing is ignored.
      guard process.terminationReason == .exit, process.terminationStatus <= 1 else {
        throw CocoaError(.executableLoad)
      }
      defer { try? FileManager.default.removeItem(at: output) }
      return try Data(contentsOf: output)
    }
  }
}
