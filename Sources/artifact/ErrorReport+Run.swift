import ArtifactIO
import ArtifactRun

extension ErrorReport {
  /// What was found around a command.
  init(_ error: RunError) {
    let subject = error.subject
    switch error.code {
    case .usage: self.init("usage", ExitCodes.usage, "\(subject) cannot be used")
    case .changed:
      self.init(
        "changed", ExitCodes.differs, "\(subject) is not what was named",
        "artifact push it as a new version and name that", "artifact pull --force puts the named version there")
    case .missing: self.init("missing", ExitCodes.notFound, "\(subject) is missing")
    case .tool: self.init("tool", ExitCodes.error, "\(subject) did not do its work")
    case .unsupported: self.init("unsupported", ExitCodes.rejected, "\(subject) cannot be captured or rebuilt")
    case .version:
      self.init(
        "version", ExitCodes.notFound, "there is no \(subject) here", "install it",
        "--python names one that is elsewhere")
    case .network:
      self.init(
        "network", ExitCodes.error, "the network cannot be shut out", "allow user namespaces, or run it as root",
        "--allow-network does without")
    case .damaged: self.init("damaged", ExitCodes.damaged, "\(subject) is damaged")
    }
    why = error.detail
  }

  /// A command that could not be started.
  init(_ failure: StartFailure) {
    let subject = failure.subject.printable
    switch failure.step {
    case .program:
      self.init("not-started", ExitCodes.notStarted, "cannot start \(subject)", "check the name and the search path")
    case .folder: self.init("not-started", ExitCodes.notStarted, "cannot work in \(subject)")
    case .network:
      self.init(
        "network", ExitCodes.error, "the network cannot be shut out", "allow user namespaces, or run it as root",
        "--allow-network does without")
    case .process: self.init("not-started", ExitCodes.notStarted, "no process can be made for \(subject)")
    }
    why = failure.detail
  }
}
