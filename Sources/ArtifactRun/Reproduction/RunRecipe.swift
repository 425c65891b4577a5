import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Everything recorded about a run that is to be repeated.
struct RunRecipe {
  /// The result's record and its content.
  let digest: Digest
  let result: ResultRecord
  let plan: PlanRecord
  /// The version that was named, if one was.
  let package: Digest?
  /// What was named, printable.
  let name: String
  /// The environment's record.
  let environment: PackageRecord?

  /// Finds the run behind a reference: that of a version, or one that is named by its result's or plan's digest.
  init(_ reference: Reference, in store: Store) throws {
    name = reference.description
    let digest: Digest
    if case .digest(let prefix) = reference.target, let found = try Self.run(prefix, in: store) {
      digest = found
      package = nil
    } else {
      let resolved = try store.resolve(reference)
      guard let from = resolved.content?.from else {
        throw RunError(.unsupported, reference.description, "no run that is recorded here made it")
      }
      digest = from
      package = resolved.record
    }
    guard case .result(let result) = try store.fact(digest), case .plan(let plan) = try store.fact(result.plan) else {
      throw RunError(.damaged, "run \(digest.short)", "its records are not those of a run")
    }
    self.digest = digest
    self.result = result
    self.plan = plan
    if let record = plan.environment, case .package(let package) = try store.fact(record) {
      environment = package
    } else {
      environment = nil
    }
  }

  /// The last finished run whose result or plan starts so.
  private static func run(_ prefix: DigestPrefix, in store: Store) throws -> Digest? {
    let runs = try store.refresh().runs
    let found = runs.last { run in
      run.finish.map { prefix.matches($0.result) } ?? false || prefix.matches(run.plan) && run.finish != nil
    }
    if found == nil, let open = runs.last(where: { prefix.matches($0.plan) }) {
      throw RunError(.missing, "the result of run \(open.id.prefix(12))", "it was aborted or still goes on")
    }
    return found?.finish?.result
  }

  /// Refuses what cannot be repeated.
  func check() throws {
    if result.flags.contains(where: { $0.hasPrefix("redacted:") }) {
      throw RunError(.unsupported, name, "its command held a secret, which was not recorded")
    }
    for output in plan.outputs where output.path.first == 0x2f {
      throw RunError(
        .unsupported, name, "it writes \(printable(output.path)), and a repetition would overwrite what is there")
    }
    guard plan.code != nil else { throw RunError(.unsupported, name, "no code was recorded") }
  }

  /// The words of the command with parameters put in.
  var command: [[UInt8]] {
    var request = RunRequest(command: plan.command)
    request.parameters = plan.parameters
    return request.filledCommand
  }

  /// Environment variables that the command gets whatever surrounds it.
  var variables: [String: String] {
    var result = ["LC_ALL": "C.UTF-8"]
    for (name, value) in self.result.variables where name == "LANG" || name == "TZ" || name.hasPrefix("LC_") {
      result[name] = value
    }
    for (name, value) in plan.variables { result[name] = value }
    result["ARTIFACT_SEED"] = plan.seeds["run"]
    var parameters = JSONObject()
    for (name, value) in plan.parameters { parameters[name] = .string(value) }
    result["ARTIFACT_PARAMS"] = String(decoding: JSON.object(parameters).plainBytes(), as: UTF8.self)
    return result
  }

  /// Where an input was last known, for a person.
  func origin(of input: PlanRecord.Input) -> String {
    let origin = result.inputs.first { $0.path == input.path }
    guard let name = origin?.name ?? input.name else { return input.content.digest.text }
    return origin?.version.map { "\(name)@\($0)" } ?? name
  }

  /// What may be the cause of a difference, the likeliest first.
  func suspects(_ restored: RestoredEnvironment?, hardware: [String: String]) -> [String] {
    var suspects = [String]()
    if !result.undeclared.isEmpty {
      let paths = result.undeclared.prefix(3).map { printable($0.path) }.joined(separator: ", ")
      suspects.append("inputs: read without being declared: \(paths)")
    }
    for flag in result.flags where flag.hasPrefix("changed:") { suspects.append("inputs: \(flag.dropFirst(9))") }
    for flag in result.flags where flag.hasPrefix("code:") { suspects.append(flag) }
    if let remark = restored?.remark { suspects.append("packages: \(remark)") }
    if let facts = environment?.environment, facts.interpreter != nil, facts.packages.isEmpty {
      suspects.append("packages: none were recorded")
    }
    for name in ["algebra", "flags", "processor"] {
      guard let before = result.hardware[name], let now = hardware[name], before != now else { continue }
      let pinned = plan.variables["OPENBLAS_CORETYPE"] != nil && name != "algebra"
      if !pinned { suspects.append("BLAS kernel: \(name) was \(before) and is \(now)") }
    }
    if plan.variables["OMP_NUM_THREADS"] == nil {
      let count = result.hardware["processors"] ?? "?"
      suspects.append("threads: their number was not set (\(count) processors then)")
    }
    if let gpu = result.hardware["gpu"], gpu != hardware["gpu"] { suspects.append("GPU: \(gpu) then") }
    if environment?.environment.interpreter != nil, plan.variables["PYTHONHASHSEED"] == nil {
      suspects.append("hash seed: PYTHONHASHSEED was not set")
    }
    if plan.seeds.isEmpty { suspects.append("seeds: none was recorded") }
    suspects.append("the command itself: clocks, random numbers, file names in what it writes")
    return suspects
  }
}
