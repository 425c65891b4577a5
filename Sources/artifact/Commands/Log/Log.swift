import ArgumentParser

/// The command `artifact log`.
struct Log: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Who changed what, and when; and proofs of it for others.",
    discussion: """
        artifact log -n 5                          the last five entries
        artifact log anchor -o anchor.txt          a signed checkpoint, to keep elsewhere
        artifact log verify --checkpoint anchor.txt --key alice.pub
        artifact log export public/                tiles and entries for other verifiers
      """,
    subcommands: [
      LogShow.self, LogVerify.self, LogAnchor.self, LogCosign.self, LogProve.self, LogExport.self, LogAccept.self,
    ],
    defaultSubcommand: LogShow.self)
}
