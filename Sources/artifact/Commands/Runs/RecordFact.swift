import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactRun

/// The command `artifact record`.
struct RecordFact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Inside a run: note a metric, a parameter, a tag or a file.",
    discussion: """
        artifact record metric auc 0.9132 --step 3
        artifact record param depth 8
        artifact record tag baseline
        artifact record file plot.png fraud/plots,kind=other
      """)

  /// What can be noted.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case metric, param, tag, file
  }

  @Argument(help: "metric, param, tag or file.")
  var kind: Kind

  @Argument(help: "The name, the tag or the file.")
  var name: RawArgument

  @Argument(help: "The value; for a file the name to publish it under.")
  var value: RawArgument?

  @Option(help: ArgumentHelp("At which step a metric was measured.", valueName: "n"))
  var step: Int?

  func validate() throws {
    if [.metric, .param].contains(kind), value == nil { throw ValidationError("a \(kind.rawValue) needs a value") }
    if kind == .tag, value != nil { throw ValidationError("a tag has no value") }
    if step != nil, kind != .metric { throw ValidationError("only a metric has a step") }
  }

  func run() throws {
    guard let path = Settings.metricsFile else {
      throw CommandFailure.usage("there is no run to add to", "this works in a command that artifact run has started")
    }
    try RunJournal.append(object(), to: path)
  }

  private func object() throws -> JSONObject {
    let text = try name.text("the name")
    switch kind {
    case .tag: return ["tag": .string(text)]
    case .param: return ["param": .string(text), "value": .string(try value?.text("the value") ?? "")]
    case .metric:
      let number = try value?.text("the value") ?? ""
      guard Metric.isDecimal(number) else {
        throw CommandFailure.usage("the value \"\(printable(number))\" cannot be used", "a metric is a decimal number")
      }
      var object: JSONObject = ["name": .string(text), "value": .string(number)]
      if let step { object["step"] = .integer(Int64(step)) }
      return object
    case .file:
      var object: JSONObject = ["file": .string(text)]
      guard let value else { return object }
      let output = try Run.output(RawArgument(bytes: name.bytes + [UInt8(ascii: "=")] + value.bytes))
      if let name = output.name { object["as"] = .string(name.text) }
      if let kind = output.kind { object["kind"] = .string(kind.rawValue) }
      return object
    }
  }
}
