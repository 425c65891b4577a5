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
      "export ARTIFACT_STORE=\(quoted((store.path.real ?? store.path).bytes))", "room=$(mktemp -d)",
      "artifact pull \(code.text) \"$room/code\"",
    ]
    var folder = "\"$room/code\""
    if !recipe.plan.folder.isEmpty { folder += "/\(quoted(recipe.plan.folder))" }
    lines.append("mkdir -p \(folder) \"$room/home\"")
    for input in recipe.plan.inputs {
      let place = "\(folder)/\(quoted(input.path))"
      lines.append("mkdir -p \"$(dirname \(place))\"")
      switch input.content {
      case .tree(let digest): lines.append("artifact pull \(digest.text) \(place)")
      case .blob(let digest):
        lines.append("artifact cat \(try Self.place(of: digest, input, recipe, store)) > \(place)")
      }
    }
    for output in recipe.plan.outputs { lines.append("mkdir -p \"$(dirname \(folder)/\(quoted(output.path)))\"") }
    var path = "/usr/local/bin:/usr/bin:/bin"
    if let record = recipe.plan.environment, recipe.environment?.environment.interpreter != nil {
      lines.append("artifact env restore \(record.text) \"$room/environment\"")
      path = "$room/environment/bin:" + path
    }
    var variables = ["HOME=\"$room/home\"", "PATH=\"\(path)\"", "ARTIFACT_METRICS=\"$room/metrics\""]
    for (name, value) in recipe.variables.sorted(by: { $0.key < $1.key }) {
      variables.append("\(name)=\(quoted(Array(value.utf8)))")
    }
    lines.append("cd \(folder)")
    lines.append("touch \"$room/metrics\"")
    let words = recipe.command.map { quoted($0) }.joined(separator: " ")
    lines.append("env -i \(variables.joined(separator: " ")) unshare -rn \(words)")
    lines.append("echo \"what is written is in $(pwd)\"")
    for output in recipe.result.outputs {
      if case .blob(let digest) = output.content {
        lines.append("echo \(quoted(Array("\(digest.hex)  ".utf8) + output.path)) | sha256sum -c")
      } else {
        lines.append(
          "artifact pull \(output.content.digest.text) \"$room/recorded\" && diff -r \"$room/recorded\" \(quoted(output.path))"
        )
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func place(
    of digest: Digest, _ input: PlanRecord.Input, _ recipe: RunRecipe, _ store: Store
  ) throws -> String {
    for origin in recipe.result.inputs where origin.path == input.path {
      var found: [UInt8]?
      try store.walk(store.record(origin.record).tree, recursively: true) { (path, entry) throws(StoreError) in
        if entry.digest == digest { found = path }
      }
      if let found { return quoted(Array("\(origin.record.text):".utf8) + found) }
    }
    throw RunError(.missing, "the input \(printable(input.path))", "no package of this store holds it")
  }

  /// A word as a shell reads it back; it is shown, so what no terminal can show is written as the shell's escapes.
  static func quoted(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    if !bytes.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-./:@=+,".contains($0)) }) {
      return text
    }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
