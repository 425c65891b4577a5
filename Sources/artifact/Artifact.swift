import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactRun
import ArtifactStore

/// The program.
@main
struct Artifact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artifact", abstract: "A store for datasets, models and what they were made from.",
    version: "artifact 0.1.0",
    subcommands: [
      Init.self, Push.self, Pull.self, List.self, Show.self, Files.self, Cat.self, Diff.self, TagVersion.self,
      Untag.self, Promote.self, RollbackChannel.self, ChannelGroup.self, ReportGroup.self,
      PolicyGroup.self, KeyGroup.self, Propose.self, Proposals.self, Approve.self, Reject.self,
      Deploy.self, Retire.self, Deployments.self, AuditGroup.self, Sample.self, Run.self, RecordFact.self,
      Reproduce.self, Env.self,
      LineageTree.self, Impact.self,
      Why.self, Runs.self, Compare.self, Copy.self, Export.self, Log.self, Prove.self, VerifyProof.self, Verify.self,
      Repair.self, Stats.self,
      Erase.self, Collect.self, Completion.self,
    ])

  static func main() {
    Signals.ignoreBrokenPipes()
    Signals.endAtUnreadablePages()
    let words = CommandWords(Settings.arguments)
    do {
      guard try words.isForCommand() else {
        Console.result(RootHelp.text)
        return
      }
      var command = try parseAsRoot(words.words)
      try command.run()
    } catch {
      Platform.exit(end(with: error, words))
    }
  }

  /// Says what there is to say about an error; help and version come as errors too.
  private static func end(with error: any Error, _ words: CommandWords) -> Int32 {
    switch error {
    case let finish as Finish: return finish.code
    case is StoreError, is CommandFailure, is FormatError, is IOFailure, is RunError, is StartFailure:
      return ErrorReport(error).show(asJSON: words.wantsJSON)
    default: break
    }
    if exitCode(for: error) == .success {
      Console.result(fullMessage(for: error, columns: min(Settings.output.columns ?? 80, 100)))
      return ExitCodes.done
    }
    return ErrorReport(words.failure(message(for: error))).show(asJSON: words.wantsJSON)
  }
}
