public import ArgumentParser
public import ArtifactRun

extension RunRequest.Tracing: ExpressibleByArgument {}
