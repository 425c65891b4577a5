/// A measured number, kept as the decimal text that was given (store-layout.md §2.3).
public struct Metric: Sendable, Equatable {
  /// What was measured.
  public let name: String
  /// At which step, if the measurement is one of a series.
  public let step: Int?
  /// The number: `0.9132`, `-1e-7`, or `nan`, `inf`, `-inf`.
  public let value: String

  /// Creates a metric; nil if `value` is no decimal number.
  public init?(name: String, step: Int? = nil, value: String) {
    guard Self.isDecimal(value) else { return nil }
    self.name = name
    self.step = step
    self.value = value
  }

  /// The nearest floating-point value.
  public var number: Double { Double(value) ?? .nan }

  /// Whether a text is a number by the grammar of RFC 8259 §6, or `nan`, `inf` or `-inf`.
  public static func isDecimal(_ text: String) -> Bool {
    if text == "nan" || text == "inf" || text == "-inf" { return true }
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    func digits() -> Int {
      let count = rest.prefix { NamePart.isDigit($0) }.count
      rest.removeFirst(count)
      return count
    }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, whole == 1 || !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  static func list(_ metrics: [Metric]) -> [JSON] {
    metrics.map { metric in
      var object: JSONObject = ["name": .string(metric.name), "value": .string(metric.value)]
      if let step = metric.step { object["step"] = JSON(step) }
      return .object(object)
    }
  }

  static func list(_ members: inout MemberReader) throws(FormatError) -> [Metric] {
    var result = [Metric]()
    for var inner in try members.objects("metrics") {
      guard
        let metric = Metric(
          name: try inner.string("name"), step: try inner.optionalInteger("step"), value: try inner.string("value"))
      else { throw inner.wrong("value", "a decimal number") }
      result.append(metric)
      try inner.finish()
    }
    return result
  }
}
