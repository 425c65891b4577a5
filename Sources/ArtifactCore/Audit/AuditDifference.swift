/// What was in a channel at one time and not at another.
public struct AuditDifference: Sendable {
  /// A name whose version is another one.
  public struct Row: Sendable {
    /// The name.
    public let name: String
    /// What was there first; nil if nothing was.
    public let before: AuditReport.Item?
    /// What was there then; nil if nothing was.
    public let after: AuditReport.Item?
  }

  /// The channel at the one time.
  public let before: AuditReport
  /// The channel at the other.
  public let after: AuditReport
  /// The names that differ, in order.
  public let rows: [Row]

  /// Compares two audits of one channel.
  public init(_ before: AuditReport, _ after: AuditReport) {
    self.before = before
    self.after = after
    let names = Set((before.items + after.items).map { Array($0.name.utf8) }).sorted {
      $0.lexicographicallyPrecedes($1)
    }
    rows = names.compactMap { bytes in
      let name = String(decoding: bytes, as: UTF8.self)
      let first = before.items.first { ExactText.equal($0.name, name) }
      let second = after.items.first { ExactText.equal($0.name, name) }
      return first?.version == second?.version ? nil : Row(name: name, before: first, after: second)
    }
  }

  /// Whether another policy was in force.
  public var isOtherPolicy: Bool { before.policy?.digest != after.policy?.digest }

  /// Whether anything differs.
  public var isEmpty: Bool { rows.isEmpty && !isOtherPolicy }

  /// Findings of both, each once.
  public var findings: [AuditReport.Finding] {
    after.findings + before.findings.filter { !after.findings.contains($0) }
  }

  /// The difference for a program.
  public var json: JSONObject {
    func side(_ report: AuditReport) -> JSON {
      var object: JSONObject = ["at": .string(report.at.text)]
      object.put("policy", report.policy?.digest)
      return .object(object)
    }
    return [
      "after": side(after), "before": side(before), "channel": .string(after.channel),
      "changes": .array(
        rows.map { row in
          var object: JSONObject = ["name": .string(row.name)]
          if let before = row.before { object["before"] = .object(before.json) }
          if let after = row.after { object["after"] = .object(after.json) }
          return .object(object)
        }),
      "findings": .array(findings.map { .object($0.json) }), "policyChanged": .boolean(isOtherPolicy),
    ]
  }
}
