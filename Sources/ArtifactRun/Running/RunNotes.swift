import ArtifactCore
import ArtifactIO

/// What a command tells about itself while it runs: lines in the file named by `ARTIFACT_METRICS`.
///
/// A line is a JSON object, or `name=value`, or `name value`, for a metric. Objects have one of these forms:
///
///     {"name":"auc","value":0.91,"step":3}
///     {"param":"lr","value":"0.1"}
///     {"tag":"baseline"}
///     {"file":"plot.png","as":"fraud/plots","kind":"other"}
struct RunNotes {
  private(set) var metrics: [Metric] = []
  private(set) var parameters: [String: String] = [:]
  private(set) var tags: [String] = []
  private(set) var files: [RunRequest.Output] = []
  /// Lines that are none of these.
  private(set) var strange: [String] = []

  init(_ bytes: [UInt8]) {
    for line in bytes.split(separator: 0x0a) where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) {
      if !take(Array(line)) { strange.append(printable(Array(line.prefix(80)))) }
    }
  }

  private mutating func take(_ line: [UInt8]) -> Bool {
    guard line.first == UInt8(ascii: "{") else { return takePlain(line) }
    // A line that is no JSON is told as strange.
    guard let members = (try? JSON.parseLenient(line))?.object else { return false }
    if let tag = members["tag"]?.string {
      tags.append(tag)
    } else if let name = members["param"]?.string, let value = members["value"] {
      parameters[name] = value.string ?? String(decoding: value.plainBytes(), as: UTF8.self)
    } else if let file = members["file"]?.string {
      return take(file: file, members)
    } else if let name = members["name"]?.string, let value = members["value"] {
      return add(name, value, step: members["step"])
    } else {
      let step = members["step"]
      return !members.isEmpty && members.filter { $0.key != "step" }.allSatisfy { add($0.key, $0.value, step: step) }
    }
    return true
  }

  private mutating func take(file: String, _ members: JSONObject) -> Bool {
    var output = RunRequest.Output(path: Array(file.utf8))
    if let name = members["as"]?.string {
      guard let name = try? PackageName(name) else { return false }
      output.name = name
    }
    if let kind = members["kind"]?.string {
      guard let kind = PackageKind(rawValue: kind) else { return false }
      output.kind = kind
    }
    files.append(output)
    return true
  }

  private mutating func takePlain(_ line: [UInt8]) -> Bool {
    let words = String(decoding: line, as: UTF8.self).split { $0 == "=" || $0 == " " || $0 == "\t" || $0 == "\r" }
    guard words.count == 2 || words.count == 3 else { return false }
    return add(
      String(words[0]), .string(String(words[1])),
      step: words.count == 3 ? Int(words[2]).map { .integer(Int64($0)) } : nil)
  }

  private mutating func add(_ name: String, _ value: JSON, step: JSON?) -> Bool {
    let text = value.string ?? String(decoding: value.plainBytes(), as: UTF8.self)
    let plain =
      ["NaN", "Infinity", "-Infinity"].contains(text)
      ? ["nan", "inf", "-inf"][text == "NaN" ? 0 : text.first == "-" ? 2 : 1] : text
    guard let metric = Metric(name: name, step: step?.integer.map { Int($0) }, value: plain) else { return false }
    metrics.append(metric)
    return true
  }
}
