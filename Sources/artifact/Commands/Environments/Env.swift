import ArgumentParser

/// The command `artifact env`.
struct Env: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env", abstract: "Capture a Python environment, and rebuild it without a network.",
    discussion: """
        artifact env capture fraud/env --python .venv/bin/python --wheelhouse wheels/
        artifact env restore fraud/env ./rebuilt
        artifact env diff fraud/model@6 fraud/model@7
      """,
    subcommands: [EnvCapture.self, EnvRestore.self, EnvShow.self, EnvDiff.self, EnvExport.self])
}
