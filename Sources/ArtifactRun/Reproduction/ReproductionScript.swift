import ArtifactCore
import ArtifactIO
public import ArtifactStore

extension Reproducer {
  /// A shell script that does by hand what `run` does.
  public static func script(_ request: ReproductionRequest, in store: Store) throws -> String {
    let recipe = try RunRecipe(request.reference, in: store)
    try recipe.check()
    guard let code = recipe.plan.code else { throw RunError(.unsupported, recipe.name, "no code was recorded") }
    var lines = [
      "#!/bin/sh", "# Repeats the run \(recipe.digest.text)", "# that made \(recipe.name), without a network.",
      "set -eu",
      "export ARTIFACT_STORE=\(shellWord((store.path.real ?? store.path).bytes))", "room=$(mktemp -d)",
      "artifact pull \(code.text) \"$room/code\"",
    ]
    var folder = "\"$room/code\""
    if !recipe.plan.folder.isEmpty { folder += "/\(shellWord(recipe.plan.folder))" }
    lines.append("mkdir -p \(folder) \"$room/home\"")
    let inputs = RecordedInputs(recipe: recipe, store: store)
    for input in recipe.plan.inputs { lines += try Self.lines(for: input, in: folder, inputs) }
    for output in recipe.plan.outputs { lines.append("mkdir -p \"$(dirname \(folder)/\(shellWord(output.path)))\"") }
    var path = "/usr/local/bin:/usr/bin:/bin"
    if let record = recipe.plan.environment, recipe.environment?.environment.interpreter != nil {
      lines.append("artifact env restore \(record.text) \"$room/environment\"")
      path = "$room/environment/bin:" + path
    }
    var variables = ["HOME=\"$room/home\"", "PATH=\"\(path)\"", "ARTIFACT_METRICS=\"$room/metrics\""]
    for (name, value) in recipe.variables.sorted(by: { $0.key < $1.key }) {
      variables.append("\(name)=\(shellWord(Array(value.utf8)))")
    }
    lines.append("cd \(folder)")
    lines.append("touch \"$room/metrics\"")
    let words = recipe.command.map { shellWord($0) }.joined(separator: " ")
    lines.append("env -i \(variables.joined(separator: " ")) unshare -rn \(words)")
    lines.append("echo \"what is written is in $(pwd)\"")
    for (number, output) in recipe.result.outputs.enumerated() {
      if case .blob(let digest) = output.content {
        lines.append("echo \(shellWord(Array("\(digest.hex)  ".utf8) + output.path)) | sha256sum -c")
      } else {
        let recorded = "\"$room/recorded-\(number + 1)\""
        lines.append("artifact pull \(output.content.digest.text) \(recorded)")
        lines.append("diff -r \(recorded) \(shellWord(output.path))")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The lines that put one input in its place, or check it where it has to lie.
  private static func lines(
    for input: PlanRecord.Input, in folder: String, _ inputs: RecordedInputs
  ) throws -> [String] {
    let isFixed = input.path.first == 0x2f
    let place = isFixed ? shellWord(input.path) : "\(folder)/\(shellWord(input.path))"
    if isFixed, case .blob(let digest) = input.content {
      return ["echo \(shellWord(Array("\(digest.hex)  ".utf8) + input.path)) | sha256sum -c"]
    }
    var source = Array(input.content.digest.text.utf8)
    if input.isReference { source = try inputs.source(of: input).bytes }
    if case .blob = input.content { source = try inputs.source(of: input).bytes }
    if isFixed {
      return [
        "fixed=$(mktemp -d)", "artifact pull \(shellWord(source)) \"$fixed/input\"",
        "diff -r \"$fixed/input\" \(place)",
      ]
    }
    return ["mkdir -p \"$(dirname \(place))\"", "artifact pull \(shellWord(source)) \(place)"]
  }
}
