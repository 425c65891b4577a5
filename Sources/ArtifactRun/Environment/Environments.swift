public import ArtifactCore
public import ArtifactIO
public import ArtifactStore

/// An environment that was captured and published.
public struct CapturedEnvironment: Sendable {
  /// The version.
  public let version: PushResult
  /// What a person should know.
  public let notes: [String]
}

/// Captures Python environments under a name, and rebuilds them.
public enum Environments {
  /// Captures the environment of an interpreter as the next version of a name.
  ///
  /// - Parameters:
  ///   - interpreter: A path or a name in the search path.
  ///   - wheelhouses: Folders with the wheels that packages may have been installed from.
  public static func capture(
    _ name: PackageName, interpreter: [UInt8], wheelhouses: [Path], in store: Store, _ surroundings: RunSurroundings
  ) throws -> CapturedEnvironment {
    let tool = surroundings.tool
    guard let executable = tool.find(interpreter, in: surroundings.folder), executable.isExecutable else {
      throw StartFailure(step: .program, subject: Path(interpreter), number: 0)
    }
    let python = try Python(executable, in: surroundings.folder, tool)
    let scratch = try ScratchFolder(in: surroundings.scratch)
    defer { scratch.remove() }
    let capture = try store.recording(Progress()) { intake in
      var capture = try EnvironmentCapture(python, wheelhouses: wheelhouses, store, intake, tool, scratch)
      try capture.run()
      try intake.flush()
      return capture
    }
    var request = PushRequest(name: name, actor: surroundings.actor)
    request.kind = .environment
    request.environment = capture.facts
    request.rules = ScanRules(readsIgnoreFiles: false)
    let version = try store.push(capture.folder, request, Progress())
    return CapturedEnvironment(version: version, notes: capture.notes)
  }

  /// Rebuilds an environment in a folder that must not exist yet.
  public static func restore(
    _ record: PackageRecord, to folder: Path, interpreter: Path?, in store: Store, _ surroundings: RunSurroundings
  ) throws -> RestoredEnvironment {
    guard record.kind == .environment else {
      throw RunError(.unsupported, "a \(record.kind.rawValue)", "it is no environment")
    }
    let scratch = try ScratchFolder(in: surroundings.scratch)
    defer { scratch.remove() }
    let place = folder.bytes.first == 0x2f ? folder : surroundings.folder.appending(folder.bytes)
    var restore = EnvironmentRestore(store, to: place, surroundings.tool, scratch)
    return try restore.run(record, interpreter: interpreter)
  }

  /// The environment that a reference names: an environment itself, or that of the run behind a version.
  public static func record(_ reference: Reference, in store: Store) throws -> PackageRecord {
    // What is no name may still be the digest of a run.
    if let found = try? store.resolve(reference), let content = found.content, content.kind == .environment {
      return content
    }
    guard let record = try RunRecipe(reference, in: store).environment else {
      throw RunError(.missing, reference.description, "no environment was recorded for it")
    }
    return record
  }
}
