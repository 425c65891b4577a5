extension AuditReport {
  /// A row for every version in the channel, as comma-separated values (RFC 4180: CRLF, cells with commas, quotes or line
  /// ends in quotes).
  ///
  /// A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula; an apostrophe before it says that it
  /// is text.
  public var csv: String {
    var rows = [
      [
        "channel", "at", "name", "version", "record", "how", "since", "entry", "by", "reason", "policy", "approved by",
        "evidence", "data", "works at", "findings",
      ]
    ]
    for item in items {
      let admission = item.admission
      let people = admission?.decisions.filter { $0.isApproval && $0.complaint == nil }.map(\.signature.person) ?? []
      rows.append([
        channel, at.text, item.name, "\(item.version)", item.record.text, item.way.words, item.moved.time.text,
        "\(item.moved.sequence)", item.person ?? item.moved.actor, item.reason ?? "", admission?.policy?.text ?? "",
        people.joined(separator: " "),
        admission?.rules.flatMap(\.reports).map { "\($0.kind) \($0.verdict) \($0.record.short)" }.joined(
          separator: "; ") ?? "",
        item.data.map(\.title).joined(separator: " "),
        item.working.map { "\($0.target) @\($0.version) \($0.share)" }.joined(separator: "; "),
        findings(on: item).map { "\($0.kind.word): \($0.detail)" }.joined(separator: "; "),
      ])
    }
    return rows.map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
  }

  /// The findings that are about a version.
  func findings(on item: Item) -> [Finding] {
    let sequences = [item.moved.sequence, item.admission?.act.sequence, item.published.sequence].compactMap { $0 }
    return findings.filter { finding in
      ExactText.equal(finding.subject, item.title) || finding.subject == "record \(item.record.short)"
        || finding.kind == .damaged && finding.sequence.map(sequences.contains) ?? false
        || [.signature, .revoked].contains(finding.kind)
          && finding.sequence.map(item.decisionSequences.contains) ?? false
    }
  }

  static func cell(_ text: String) -> String {
    var text = printable(text)
    if let first = text.utf8.first, "=+-@".utf8.contains(first) { text = "'" + text }
    guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension AuditReport.Item {
  var decisionSequences: [Int] {
    (admission?.decisions.map(\.act.sequence) ?? []) + (admission?.proposal.map { [$0.act.sequence] } ?? [])
      + (way == .brokeGlass ? [moved.sequence] : [])
  }
}
