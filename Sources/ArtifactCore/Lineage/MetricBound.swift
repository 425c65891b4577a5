/// A demand on a metric, as a person writes it: `auc>0.9`, `loss<=1e-3`, `epochs=10`.
public struct MetricBound: Sendable, Equatable {
  /// How the value must compare.
  public enum Relation: String, Sendable, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case unequal = "!="
    case above = ">"
    case below = "<"
    case equal = "="
  }

  /// The metric.
  public let name: String
  /// How its last value must compare.
  public let relation: Relation
  /// With what.
  public let value: Double

  /// Reads a bound; `.syntax` says what is wrong with it.
  public init(_ text: String) throws(FormatError) {
    guard let start = text.firstIndex(where: { "<>=!".contains($0) }) else {
      throw FormatError(.syntax, "metric bound", "\"\(printable(text))\" has no <, <=, >, >=, = or !=")
    }
    let rest = text[start...]
    guard let relation = Relation.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
      throw FormatError(.syntax, "metric bound", "\"\(printable(text))\" has no <, <=, >, >=, = or !=")
    }
    let name = text[..<start].trimmingSpaces
    let number = rest.dropFirst(relation.rawValue.count).trimmingSpaces
    guard !name.isEmpty, Metric.isDecimal(number), let value = Double(number) else {
      throw FormatError(.syntax, "metric bound", "\"\(printable(text))\" is not a name, a relation and a number")
    }
    self.name = name
    self.relation = relation
    self.value = value
  }

  /// Whether a value meets the bound; `nan` meets none.
  public func holds(for value: Double) -> Bool {
    if value.isNaN { return false }
    return switch relation {
    case .atLeast: value >= self.value
    case .atMost: value <= self.value
    case .unequal: value != self.value
    case .above: value > self.value
    case .below: value < self.value
    case .equal: value == self.value
    }
  }
}

extension Substring {
  /// The text without spaces at its ends.
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
