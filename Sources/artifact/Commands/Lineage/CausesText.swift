import ArtifactCore
import ArtifactStore

/// Why two things differ, for people and programs.
struct CausesText {
  let causes: Causes
  /// Whether the lines of code are shown too.
  let showsPatch: Bool
  private static let filesShown = 10

  /// Adds the lines, under a heading.
  func show(_ lines: Lines, _ style: Style) {
    lines.add(style.bold("why"))
    if causes.isEmpty {
      lines.add("  nothing that is recorded differs: code, data, environment and parameters are equal")
    }
    for data in causes.data { show(data, lines, style) }
    if !causes.code.isEmpty {
      lines.add("  code         \(Self.sum(causes.code))\(causes.commit.map { "  commit \(Self.text($0))" } ?? "")")
      for code in causes.code { show(code, lines, style) }
    }
    show("environment", causes.environment, lines)
    if let command = causes.command { lines.add("  command      \(Self.text(command))") }
    show("parameters", causes.parameters, lines)
    show("hardware", causes.hardware, lines)
    show("metrics", causes.metrics, lines)
  }

  private func show(_ data: Causes.Data, _ lines: Lines, _ style: Style) {
    var parts = ["\(printable(data.before ?? "none")) -> \(printable(data.after ?? "none"))"]
    if let rows = data.rowChange, rows != 0 {
      parts.append("\(Self.signed(rows)) \(abs(rows) == 1 ? "row" : "rows")")
    }
    if let before = data.size.before, let after = data.size.after, before != after {
      parts.append("\(after > before ? "+" : "-")\(Units.bytes(after > before ? after - before : before - after))")
    }
    lines.add("  data         \(printable(data.path)): \(parts.joined(separator: ", "))")
    for change in data.files.prefix(Self.filesShown) { lines.add("    " + Diff.line(change, style)) }
    let rest = data.files.count - Self.filesShown
    if rest > 0 { lines.add("    and \(Units.count(rest, "more file"))") }
  }

  private func show(_ code: Causes.Code, _ lines: Lines, _ style: Style) {
    let counts = code.lines.map { "+\($0.added) -\($0.removed)" } ?? "no text"
    lines.add("    \(code.change.kind.rawValue.padded(to: 8)) \(counts.padded(to: 10)) \(printable(code.change.path))")
    guard showsPatch, let patch = code.lines?.patch else { return }
    for line in patch {
      let text = "      " + printable(line)
      switch line.first {
      case UInt8(ascii: "+"): lines.add(style.green(text))
      case UInt8(ascii: "-"): lines.add(style.red(text))
      default: lines.add(text)
      }
    }
  }

  private func show(_ title: String, _ changes: [Causes.Change], _ lines: Lines) {
    for (position, change) in changes.enumerated() {
      lines.add("  \((position == 0 ? title : "").padded(to: 12)) \(printable(change.name)) \(Self.text(change))")
    }
  }

  /// `0.91 -> 0.93`, with the difference of numbers.
  static func text(_ change: Causes.Change) -> String {
    let text = "\(printable(change.before ?? "none")) -> \(printable(change.after ?? "none"))"
    guard let one = change.before.flatMap({ Double($0) }), let other = change.after.flatMap({ Double($0) }),
      one.isFinite, other.isFinite
    else { return text }
    let difference = other - one
    return "\(text) (\(difference < 0 ? "-" : "+")\(short(abs(difference))))"
  }

  /// At most six digits: differences of decimal texts are not exact.
  static func short(_ value: Double) -> String {
    if value >= 1e15 || value != 0 && value < 1e-6 { return "\(value)" }
    var text = Units.decimal(value, places: value >= 100_000 ? 0 : 6)
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text
  }

  private static func signed(_ value: Int64) -> String { value < 0 ? Units.count(value) : "+\(Units.count(value))" }

  private static func sum(_ code: [Causes.Code]) -> String {
    let added = code.reduce(0) { $0 + ($1.lines?.added ?? 0) }
    let removed = code.reduce(0) { $0 + ($1.lines?.removed ?? 0) }
    return "\(Units.count(code.count, "file")) +\(added) -\(removed)"
  }

  // MARK: For programs

  var json: JSONObject {
    func list(_ changes: [Causes.Change]) -> JSON { .array(changes.map { .object(Self.json($0)) }) }
    var object: JSONObject = [
      "code": .array(causes.code.map { .object(json($0)) }), "data": .array(causes.data.map { .object(Self.json($0)) }),
      "environment": list(causes.environment), "hardware": list(causes.hardware), "metrics": list(causes.metrics),
      "parameters": list(causes.parameters),
    ]
    if let command = causes.command { object["command"] = .object(Self.json(command)) }
    if let commit = causes.commit { object["commit"] = .object(Self.json(commit)) }
    return object
  }

  private static func json(_ change: Causes.Change) -> JSONObject {
    var object: JSONObject = ["name": .string(change.name)]
    if let before = change.before { object["before"] = .string(before) }
    if let after = change.after { object["after"] = .string(after) }
    return object
  }

  private func json(_ code: Causes.Code) -> JSONObject {
    var object = Diff.json(code.change)
    if let lines = code.lines {
      object["added"] = JSON(lines.added)
      object["removed"] = JSON(lines.removed)
      if showsPatch { object["patch"] = .array(lines.patch.map { .bytes($0) }) }
    }
    return object
  }

  private static func json(_ data: Causes.Data) -> JSONObject {
    var object: JSONObject = [
      "files": .array(data.files.map { .object(Diff.json($0)) }), "path": .bytes(data.path),
    ]
    if let before = data.before { object["before"] = .string(before) }
    if let after = data.after { object["after"] = .string(after) }
    object["rowsBefore"] = data.rows.before.flatMap { JSON($0) }
    if let rows = data.rowChange { object["rowChange"] = .integer(rows) }
    object["rowsAfter"] = data.rows.after.flatMap { JSON($0) }
    object["bytesBefore"] = data.size.before.flatMap { JSON($0) }
    object["bytesAfter"] = data.size.after.flatMap { JSON($0) }
    return object
  }
}
