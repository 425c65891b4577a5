import ArtifactCore

extension ErrorReport {
  /// Writes the report to standard error; what it suggests names the store as the command line did.
  ///
  /// - Returns: What the process ends with.
  func show(asJSON: Bool) -> Int32 {
    var report = self
    report.advice = advice.map(Suggestion.advice)
    Console.remark(asJSON ? report.json : report.text(Settings.error.style))
    return exitCode
  }

  /// At most a line each for what, why and what to try.
  func text(_ style: Style) -> String {
    var lines = ["\(style.red("error:")) \(message)"]
    if let why { lines.append("  \(style.faint("why:")) \(why)") }
    if !advice.isEmpty { lines.append("  \(style.faint("try:")) \(advice.joined(separator: "  /  "))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same for programs.
  var json: String {
    var error: JSONObject = ["code": .string(code), "message": .string(message)]
    if let why { error["why"] = .string(why) }
    if !advice.isEmpty { error["try"] = .array(advice.map { .string($0) }) }
    let object: JSON = ["error": .object(error), "exit": .integer(Int64(exitCode)), "schema": 1]
    return String(decoding: object.plainBytes(), as: UTF8.self) + "\n"
  }
}
