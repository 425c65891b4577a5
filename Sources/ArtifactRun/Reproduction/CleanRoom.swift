import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Where commands run with nothing but what a store gave: an own home, a restored environment, no network.
struct CleanRoom {
  let scratch: ScratchFolder
  let surroundings: RunSurroundings
  /// Where the command runs.
  let folder: Path
  var environment: RestoredEnvironment?

  /// Runs a command to its end.
  func run(_ command: [[UInt8]], variables: [String: String], allowsNetwork: Bool = false) throws -> Outcome {
    let home = try scratch.folder("home")
    try Directory(scratch.path).write([], to: Array("metrics".utf8))
    var values = variables
    var path = Tool.value(of: "PATH", in: surroundings.variables) ?? Array("/usr/bin:/bin".utf8)
    if let environment {
      path = environment.path.appending("bin").bytes + [0x3a] + path
      values["VIRTUAL_ENV"] = String(decoding: environment.path.bytes, as: UTF8.self)
    }
    values["HOME"] = String(decoding: home.bytes, as: UTF8.self)
    values["TMPDIR"] = String(decoding: scratch.path.bytes, as: UTF8.self)
    values["ARTIFACT_METRICS"] = String(decoding: scratch.path.appending("metrics").bytes, as: UTF8.self)
    let kept = surroundings.variables.filter { variable in
      ["USER=", "LOGNAME=", "LD_LIBRARY_PATH=", "CUDA_VISIBLE_DEVICES="].contains {
        variable.starts(with: Array($0.utf8))
      }
    }
    let all = Variables.setting(values, in: kept + [Array("PATH=".utf8) + path])
    guard let program = Tool(variables: all).find(command[0], in: folder), program.isExecutable else {
      throw StartFailure(step: .program, subject: Path(command[0]), number: 0)
    }
    var process = ProcessRequest(program: program, words: command, variables: all, folder: folder)
    process.isOffline = !allowsNetwork
    ChildProcess.catchSignals()
    return try Supervision.run(process, input: Descriptor.null(), isQuiet: true)
  }
}
