import Testing

/// The walls between the targets, which the package manager does not enforce.
@Suite struct WallTests {
  @Test func `every target imports only what it may`() throws {
    let files = try SourceFile.all()
    #expect(files.count > 100)
    #expect(Wall.imports(files) == [])
    #expect(!files.contains { $0.imports.contains { $0.hasPrefix("Foundation") } })
  }

  @Test func `only the layer below, two files of hashing and the one that starts processes are unsafe`() throws {
    let files = try SourceFile.all()
    #expect(Wall.unsafe(files) == [])
    #expect(Wall.unsafeFiles.isSubset(of: files.map(\.path)))
  }

  @Test func `the libraries read no clock, chance or environment but in the files that say so`() throws {
    let files = try SourceFile.all()
    #expect(Wall.surroundings(files) == [])
    #expect(Wall.clockFiles.union(Wall.randomFiles).isSubset(of: files.map(\.path)))
  }

  @Test func `only one file of one target starts processes`() throws {
    let files = try SourceFile.all()
    #expect(Wall.spawning(files) == [])
    #expect(files.contains { $0.path == Wall.spawningFile })
  }

  @Test func `no file is longer than 400 lines`() throws {
    #expect(try Wall.length(SourceFile.all()) == [])
  }

  @Test func `every command says its name, so that a start takes 2 ms and not 4`() throws {
    #expect(try Wall.nameless(SourceFile.all()) == [])
    #expect(Wall.nameless([SourceFile("artifact/A.swift", "CommandConfiguration(\n  abstract: \"x\")")]).count == 1)
  }

  @Test func `nothing is forced, unchecked or left to be done`() throws {
    #expect(try Wall.shortcuts(SourceFile.all()) == [])
  }

  // MARK: The rules themselves

  @Test(arguments: [
    ("ArtifactCore/A.swift", "import ArtifactIO"), ("ArtifactCore/A.swift", "import Glibc"),
    ("ArtifactCore/A.swift", "public import Foundation"), ("ArtifactIO/A.swift", "import ArtifactCore"),
    ("ArtifactStore/A.swift", "@testable import Glibc"), ("ArtifactStore/A.swift", "import struct Foundation.Data"),
    ("artifact/A.swift", "import Foundation"), ("artifact/A.swift", "import CLinux"), ("New/A.swift", ""),
    ("CLinux/A.swift", ""),
  ])
  func `an import that crosses a wall is found`(path: String, text: String) {
    #expect(Wall.imports([SourceFile(path, text)]).count == 1)
  }

  @Test(arguments: ["  unsafe memcpy(a, b)", "nonisolated(unsafe) var x", "let p: UnsafePointer<UInt8>"])
  func `unsafe code is found, and not in comments`(line: String) {
    #expect(Wall.unsafe([SourceFile("ArtifactStore/A.swift", "a\n\(line)")]).count == 1)
    #expect(
      Wall.unsafe([SourceFile("ArtifactIO/A.swift", line), SourceFile("ArtifactCore/B.swift", "// \(line)")]).isEmpty)
  }

  @Test(arguments: [
    "getenv(name)", "clock_gettime(CLOCK_REALTIME, &t)", "var g = SystemRandomNumberGenerator()", "Platform.now()",
    "Platform.randomBytes(8)", "Int.random(in: 0...1)",
  ])
  func `a look at the surroundings is found`(line: String) {
    #expect(Wall.surroundings([SourceFile("ArtifactStore/Read/A.swift", line)]).count == 1)
    #expect(!Wall.surroundings([SourceFile("ArtifactCore/A.swift", line)]).isEmpty)
    #expect(Wall.surroundings([SourceFile("ArtifactIO/A.swift", line)]).isEmpty)
  }

  @Test(arguments: ["let id = fork()", "execve(a, b, c)", "import CTrace", "posix_spawn(&id, p, nil, nil, a, e)"])
  func `a process started elsewhere is found`(line: String) {
    #expect(Wall.spawning([SourceFile("ArtifactRun/Running/A.swift", line)]).count == 1)
    #expect(Wall.spawning([SourceFile("CLinux/a.c", line)]).count == 1)
    #expect(Wall.spawning([SourceFile(Wall.spawningFile, line), SourceFile("CTrace/spawn.c", line)]).isEmpty)
  }

  @Test func `a file of 401 lines is found`() {
    #expect(Wall.length([SourceFile("a.swift", String(repeating: "x\n", count: 400))]).isEmpty)
    #expect(Wall.length([SourceFile("a.swift", String(repeating: "x\n", count: 401))]).count == 1)
  }

  @Test(arguments: [
    "try! f()", "x as! Y", "fatalError(\"no\")", "final class A: @unchecked Sendable {}", "// TODO: later", "/// FIXME",
  ])
  func `a shortcut is found`(line: String) {
    #expect(Wall.shortcuts([SourceFile("ArtifactStore/A.swift", line)]).count == 1)
  }
}
