/// What a page says of one version: who let it in, on what evidence, made from what, and where it works.
struct VersionSection {
  private let report: AuditReport
  private let item: AuditReport.Item
  private let number: Int
  private var out = MarkupText()

  var markup: String { out.text }

  init(_ report: AuditReport, _ item: AuditReport.Item, number: Int) {
    self.report = report
    self.item = item
    self.number = number
    out.line("<section aria-labelledby=\"v\(number)\">")
    out.line("<h2 id=\"v\(number)\">\(Self.escaped(item.title))</h2>")
    facts()
    admission()
    decisions()
    data()
    lineage()
    working()
    out.line("</section>")
  }

  private static func escaped(_ text: String) -> String { MarkupText.escaped(text) }

  private mutating func fact(_ name: String, _ markup: String) { out.line("<dt>\(name)</dt><dd>\(markup)</dd>") }

  private mutating func facts() {
    out.line("<dl>")
    fact("Record", "<code>\(item.record.text)</code>")
    fact("Kind", Self.escaped(item.kind))
    fact("In the channel since", "\(PageTable.time(item.moved.time)), log entry \(item.moved.sequence)")
    let how =
      item.way == .brokeGlass ? "<span class=\"word bad\">BROKEN GLASS</span>" : Self.escaped(item.way.words)
    fact("How", "\(how) by \(Self.escaped(item.person ?? item.moved.actor))")
    if let reason = item.reason { fact("Why", Self.escaped(reason)) }
    fact(
      "Published",
      "\(PageTable.time(item.published.time)) by \(Self.escaped(item.published.actor)), log entry \(item.published.sequence)"
    )
    if let erasure = item.erasure {
      fact("Bytes", "<span class=\"word note\">ERASED SINCE</span> \(Self.escaped(erasure))")
    }
    for gap in item.gaps { fact("Lineage", "<span class=\"word bad\">GAP</span> \(Self.escaped(gap))") }
    if item.gaps.isEmpty { fact("Lineage", "<span class=\"word good\">complete</span>") }
    out.line("</dl>")
  }

  // MARK: Rules

  private mutating func admission() {
    out.line("<h3>Who let it in, and on what evidence</h3>")
    guard let admission = item.admission else {
      out.line("<p>No promotion under the rules let it in.</p>")
      return
    }
    let act =
      "log entry \(admission.act.sequence), \(PageTable.time(admission.act.time)), by \(Self.escaped(admission.act.actor))"
    out.line(
      item.way == .rolledBack
        ? "<p>It had been let in before by the promotion of \(act).</p>" : "<p>By the promotion of \(act).</p>")
    guard let policy = admission.policy else {
      out.line(
        "<p><span class=\"word note\">NO POLICY</span> was in force: only the order of the channels counted.</p>")
      return
    }
    out.line(
      "<p>Under policy <code>\(policy.short)</code> of log entry \(admission.policySequence ?? 0).</p>")
    if admission.rules.isEmpty { out.line("<p>It has no rule for this channel.</p>") }
    if !admission.rules.isEmpty {
      var table = PageTable(
        "The rules of the channel, and what shows that they were kept.", ["Rule", "Line", "Shown by", "Evidence"])
      for rule in admission.rules {
        let reports = rule.reports.map { report in
          let day = report.time.map { ", \($0.text.prefix(10))" } ?? ""
          let detail = report.detail.isEmpty ? "" : " (\(report.detail))"
          return Self.escaped("\(report.kind): \(report.verdict)\(detail)\(day), by \(report.actor), ")
            + "<code>\(report.record.short)</code>"
        }
        table.add([
          PageTable.Cell(markup: "<code>\(Self.escaped(rule.text))</code>", classes: "id"), .text("\(rule.line)"),
          .text(rule.shown), PageTable.Cell(markup: reports.joined(separator: "<br/>")),
        ])
      }
      out.line(table.markup)
    }
  }

  private mutating func decisions() {
    guard let admission = item.admission, let proposal = admission.proposal else { return }
    out.line("<h3>Approvals and signatures</h3>")
    var table = PageTable(
      "The proposal of log entry \(proposal.act.sequence), and what was decided on it; every signature was computed again.",
      ["Person", "Decision", "Time", "Entry", "Counts", "Signature", "Key"])
    let asker = proposal.signature?.person ?? proposal.act.actor
    table.add(
      [
        .text(asker), .text(["asked", proposal.reason].compactMap { $0 }.joined(separator: ": ")),
        .time(proposal.act.time),
        .text("\(proposal.act.sequence)"), .text("it is the request"), Self.signature(proposal.signature),
        proposal.signature.map { .code($0.fingerprint) } ?? .text(""),
      ], isRed: proposal.signature?.complaint != nil)
    for decision in admission.decisions {
      let word = decision.isApproval ? "approved" : "rejected"
      table.add(
        [
          .text(decision.signature.person), .text([word, decision.reason].compactMap { $0 }.joined(separator: ": ")),
          .time(decision.act.time), .text("\(decision.act.sequence)"),
          .text(decision.complaint.map { "no: \($0)" } ?? (decision.isApproval ? "yes" : "against it")),
          Self.signature(decision.signature), .code(decision.signature.fingerprint),
        ], isRed: decision.signature.complaint != nil)
    }
    out.line(table.markup)
  }

  private static func signature(_ note: AuditReport.SignatureNote?) -> PageTable.Cell {
    guard let note else { return .text("none: a claim") }
    if let complaint = note.complaint {
      return PageTable.Cell(markup: "<span class=\"word bad\">BAD SIGNATURE</span> \(escaped(complaint))")
    }
    var markup = "<span class=\"word good\">holds</span>"
    if let later = note.revokedLater {
      markup += " <span class=\"word note\">KEY REVOKED SINCE</span> in log entry \(later)"
    }
    return PageTable.Cell(markup: markup)
  }

  // MARK: Lineage

  private mutating func data() {
    out.line("<h3>Data it was made from</h3>")
    if item.data.isEmpty {
      out.line("<p>No dataset is known.</p>")
      return
    }
    var table = PageTable("Datasets among its causes, the nearest first.", ["Dataset", "Detail", "Steps", "Record"])
    for source in item.data {
      table.add([.text(source.title), .text(source.detail), .text("\(source.distance)"), .code(source.record.short)])
    }
    out.line(table.markup)
  }

  private mutating func lineage() {
    guard let picture = item.picture else { return }
    let drawing = LineageDrawing(picture, prefix: "g\(number)")
    out.line("<h3>Lineage</h3>")
    if !drawing.cut.isEmpty { out.line("<p>\(Self.escaped(String(drawing.cut.dropFirst())))</p>") }
    out.line(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\(Self.escaped("Drawing of the lineage of \(item.title)"))\">"
    )
    out.line(drawing.svg)
    out.line("</div>")
    var table = PageTable("The same, in rows.", ["What", "Kind", "Detail", "How it was made", "Id"])
    var causes = [[String]](repeating: [], count: picture.nodes.count)
    for edge in picture.edges { causes[edge.effect].append("\(edge.word) \(picture.nodes[edge.cause].title)") }
    for (place, node) in picture.nodes.enumerated() {
      table.add(
        [
          .text(node.title + (node.isFocus ? " (this version)" : "")), .text(node.kind), .text(node.detail),
          .text(causes[place].joined(separator: "; ")), .code(node.digest.short),
        ], isRed: node.kind == "missing record")
    }
    out.line(table.markup)
  }

  private mutating func working() {
    out.line("<h3>Where it worked</h3>")
    if item.working.isEmpty {
      out.line("<p>No deployment of the name is noted for that time.</p>")
      return
    }
    var table = PageTable(
      "Every version of the name that was deployed at that time.",
      ["Target", "Version", "Mode", "Share", "Since", "By"])
    for work in item.working {
      let other = work.version == item.version ? "" : ", not the one in the channel"
      table.add([
        .text(work.target), .text("\(item.name)@\(work.version)\(other)"), .text(work.mode), .text(work.share),
        .time(work.act.time), .text(work.act.actor),
      ])
    }
    out.line(table.markup)
  }
}
