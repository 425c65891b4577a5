import ArtifactCore
import ArtifactStore

/// Damage and what it reaches, for people and for programs.
enum DamageLines {
  /// Paths that are shown of one version; programs get more.
  private static let pathsShown = 3

  /// One line a problem, then each version with the first paths that are lost.
  static func text(_ report: VerifyReport, _ style: Style) -> [String] {
    var lines = report.problems.map { "\(style.red("damaged:")) \($0.subject): \($0.detail)" }
    lines += report.voids.map { "\(style.yellow("void:")) log entry \($0.sequence): \(printable($0.reason))" }
    lines += report.strays.map { "\(style.yellow("stray:")) \($0.subject): \($0.detail)" }
    return lines + text(report.hurt, style)
  }

  /// Each version with the first paths that are lost.
  static func text(_ hurt: [VerifyReport.Hurt], _ style: Style) -> [String] {
    hurt.flatMap { hurt -> [String] in
      var lines = ["\(style.red("lost:")) \(hurt.reference): \(Units.count(hurt.pathCount, "path"))"]
      if let first = hurt.paths.first, first.path.isEmpty {
        lines[0] = "\(style.red("lost:")) \(hurt.reference): all of it"
      }
      for path in hurt.paths.prefix(pathsShown) {
        lines.append(path.path.isEmpty ? "  \(path.why)" : "  \(path.path): \(path.why)")
      }
      if hurt.pathCount > pathsShown { lines.append("  and \(Units.count(hurt.pathCount - pathsShown)) more") }
      return lines
    }
  }

  /// Versions that are not whole.
  static func json(_ hurt: [VerifyReport.Hurt]) -> JSON {
    .array(
      hurt.map { hurt in
        var object: JSONObject = [
          "name": .string(hurt.name),
          "paths": .array(
            hurt.paths.map {
              ["object": .string($0.object.text), "path": .string($0.path), "why": .string($0.why)]
            }),
        ]
        object["pathCount"] = JSON(hurt.pathCount)
        if let version = hurt.version { object["version"] = JSON(version) }
        return .object(object)
      })
  }

  /// What is wrong with files.
  static func json(_ problems: [VerifyReport.Problem]) -> JSON {
    .array(problems.map { ["detail": .string($0.detail), "subject": .string($0.subject)] })
  }
}
