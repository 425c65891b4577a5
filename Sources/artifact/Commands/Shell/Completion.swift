import ArgumentParser
import ArtifactCore

/// The command `artifact completion`.
struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a completion script for a shell.",
    discussion: """
      Completes commands, options, and the names, versions, tags and paths of the store.

        source <(artifact completion bash)                     in ~/.bashrc
        artifact completion zsh > ~/.zfunc/_artifact           a folder of $fpath
        artifact completion fish > ~/.config/fish/completions/artifact.fish
      """)

  @Argument(help: "bash, zsh or fish.", completion: .list(["bash", "zsh", "fish"]))
  var shell: RawArgument

  func run() throws {
    guard let known = CompletionShell.allCases.first(where: { Array($0.rawValue.utf8) == shell.bytes }) else {
      throw CommandFailure.usage(
        "there is no script for \(printable(shell.bytes))", "the shells are bash, zsh and fish")
    }
    Console.result(Artifact.completionScript(for: known) + (known == .bash ? BashWords.script : ""))
  }
}
