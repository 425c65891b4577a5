import ArgumentParser
import Testing

@testable import artifact

/// Help texts and completion scripts.
@Suite struct HelpTests {
  @Test func `the general help fits a screen of 80 columns and 24 lines`() {
    let lines = RootHelp.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 23)
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: CommandWords.names)
  func `the general help names every command`(command: String) {
    #expect(RootHelp.text.contains(command))
  }

  @Test(arguments: ["--help"] + CommandWords.names)
  func `help texts are as accepted`(command: String) throws {
    let binary = try Binary()
    defer { binary.remove() }
    let output = try binary.run(command == "--help" ? [command] : [command, "--help"])
    #expect(output.code == 0)
    #expect(output.error == "")
    let name = command == "--help" ? "artifact" : command
    #expect(try Snapshot.text("help/\(name).txt", accepting: output.out) == output.out)
  }

  @Test(arguments: [["help"], ["--help"], ["-h"], []])
  func `every way to ask for help gives the same`(words: [String]) throws {
    let binary = try Binary()
    defer { binary.remove() }
    let output = try binary.run(words)
    #expect(output.code == 0)
    #expect(output.out == RootHelp.text + "\n")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `a completion script is printed for each shell`(shell: String) throws {
    let binary = try Binary()
    defer { binary.remove() }
    let output = try binary.run("completion", shell)
    #expect(output.code == 0)
    #expect(output.out.contains("---completion"))
  }

  @Test func `completion knows names, tags, versions and paths of the store`() throws {
    let binary = try Binary.withStore()
    defer { binary.remove() }
    func complete(_ word: String) throws -> [Substring] {
      let words = ["---completion", "show", "--", "positional@0", "2", "\(word.count)", "artifact", "show", word]
      return try binary.run(words).out.split(separator: "\n")
    }
    #expect(try complete("cu") == ["customers"])
    #expect(try complete("customers@") == ["customers@raw", "customers@2", "customers@1"])
    #expect(try complete("customers@1:s") == ["customers@1:sub/"])
    #expect(try complete("customers:sub/") == ["customers:sub/b.csv"])
    #expect(try complete("x") == [])
  }
}
