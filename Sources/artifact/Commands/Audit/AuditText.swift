import ArtifactCore

/// Audits for people at a terminal.
struct AuditText {
  private let style: Style
  private let width: Int?

  init(_ screen: Settings.Screen) {
    style = screen.style
    width = screen.columns
  }

  /// Ends with the code of the worst finding, if there is one for it.
  static func finish(_ findings: [AuditReport.Finding]) throws {
    if findings.contains(where: { $0.kind == .damaged }) { throw Finish(code: ExitCodes.damaged) }
    if findings.contains(where: { $0.kind == .signature }) { throw Finish(code: ExitCodes.signature) }
  }

  // MARK: Channel

  func show(_ report: AuditReport) {
    Console.result(style.bold("\(report.channel) at \(Self.second(report.at)) UTC"))
    if report.items.isEmpty {
      Console.result("nothing was in it")
    } else {
      var table = Table([
        .init(title: "VERSION"), .init(title: "SINCE"), .init(title: "HOW"), .init(title: "BY", mayShrink: true),
        .init(title: "APPROVED BY", mayShrink: true), .init(title: "STATE"),
      ])
      for item in report.items {
        let kinds = report.kinds(on: item)
        table.add([
          item.title, Self.minute(item.moved.time), item.way.words, printable(item.person ?? item.moved.actor),
          Self.approvers(item), kinds.isEmpty ? "in order" : kinds.map(\.word).joined(separator: ", "),
        ])
      }
      for line in table.lines(width: width, style: style) { Console.result(line) }
    }
    if let policy = report.policy {
      let rules = Units.count(policy.ruleCount, "rule")
      Console.result(
        "policy \(policy.digest.short), \(rules) for \(report.channel), since \(Self.minute(policy.act.time)), log entry "
          + "\(policy.act.sequence)")
    } else {
      Console.result("no policy was in force")
    }
    show(report.findings)
    let checks = report.checks.filter { $0.what != "history" }.map { check in
      check.bad == 0 ? check.counted : style.red("\(check.counted), \(check.bad) NOT IN ORDER")
    }
    let size = report.size == 1 ? "1 entry" : "\(Units.count(report.size)) entries"
    Console.result("checked: \(checks.joined(separator: ", ")), of a log of \(size)")
  }

  private static func approvers(_ item: AuditReport.Item) -> String {
    (item.admission?.decisions ?? []).filter { $0.isApproval && $0.complaint == nil }
      .map { printable($0.signature.person) }.joined(separator: ", ")
  }

  private func show(_ findings: [AuditReport.Finding]) {
    for finding in findings {
      let word = finding.kind.isRed ? style.red(finding.kind.word) : style.yellow(finding.kind.word)
      let entry = finding.sequence.map { ", log entry \($0)" } ?? ""
      Console.result("\(word)  \(printable(finding.subject))\(entry)")
      Console.result("  \(printable(finding.detail))")
    }
  }

  // MARK: Difference

  func show(_ difference: AuditDifference) {
    let (before, after) = (difference.before, difference.after)
    Console.result(style.bold("\(after.channel) from \(Self.second(before.at)) to \(Self.second(after.at)) UTC"))
    if difference.isEmpty { Console.result("the same") }
    if !difference.rows.isEmpty {
      var table = Table([
        .init(title: "NAME"), .init(title: "BEFORE", isNumber: true), .init(title: "AFTER", isNumber: true),
        .init(title: "HOW"), .init(title: "SINCE"), .init(title: "BY", mayShrink: true),
        .init(title: "APPROVED BY, OR WHY", mayShrink: true),
      ])
      for row in difference.rows {
        let item = row.after ?? row.before
        table.add([
          row.name, row.before.map { "\($0.version)" } ?? "-", row.after.map { "\($0.version)" } ?? "-",
          item?.way.words ?? "", item.map { Self.minute($0.moved.time) } ?? "",
          printable(item.map { $0.person ?? $0.moved.actor } ?? ""),
          printable(item?.reason ?? "").isEmpty ? item.map(Self.approvers) ?? "" : printable(item?.reason ?? ""),
        ])
      }
      for line in table.lines(width: width, style: style) { Console.result(line) }
    }
    if difference.isOtherPolicy {
      let words = [before, after].map { $0.policy?.digest.short ?? "none" }
      Console.result("policy \(words[0]) -> \(words[1])")
    }
    show(difference.findings)
  }

  // MARK: Person

  func show(_ history: PersonHistory) {
    for key in history.keys {
      let end = key.revocation.map {
        ", \(style.yellow("revoked")) in log entry \($0.act.sequence): \(printable($0.reason))"
      }
      Console.result(
        "key \(key.fingerprint) since \(Self.minute(key.act.time)), log entry \(key.act.sequence)\(end ?? "")")
    }
    var table = Table([
      .init(title: "ENTRY", isNumber: true), .init(title: "TIME"), .init(title: "EVENT"),
      .init(title: "WHAT", mayShrink: true), .init(title: "SHOWN BY"), .init(title: "WHY", mayShrink: true),
    ])
    for moment in history.moments {
      table.add([
        "\(moment.act.sequence)", Self.minute(moment.act.time), moment.word, printable(moment.what),
        moment.isSigned ? "a signature" : "a claim", printable(moment.why),
      ])
    }
    if !table.isEmpty { for line in table.lines(width: width, style: style) { Console.result(line) } }
    show(history.findings)
    Console.result(
      "by what entries claim: \(Units.count(history.versionCount, "version")), \(Units.count(history.runCount, "run")), "
        + "\(Units.count(history.reportCount, "report"))")
  }

  private static func second(_ time: Timestamp) -> String {
    "\(time.text.prefix(10)) \(time.text.dropFirst(11).prefix(8))"
  }

  static func minute(_ time: Timestamp) -> String { "\(time.text.prefix(10)) \(time.text.dropFirst(11).prefix(5))" }
}
