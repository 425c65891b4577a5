// The conformance of a public type is public, and so must be what it names.
public import ArgumentParser
public import ArtifactCore
public import ArtifactStore

extension PackageKind: ExpressibleByArgument {}

extension ListedRun.Status: ExpressibleByArgument {}

extension DeploymentMode: ExpressibleByArgument {}
