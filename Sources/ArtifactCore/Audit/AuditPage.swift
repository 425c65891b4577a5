extension AuditReport {
  /// The report as one page that needs nothing else: no network, no script, no other file.
  public var html: String { AuditPage(self).text }
}

/// The page of an audit.
struct AuditPage {
  let report: AuditReport
  private var out = MarkupText()

  /// Names with a section of their own; more are in the first table alone.
  static let sectionLimit = 200

  /// The page.
  var text: String { out.text }

  init(_ report: AuditReport) {
    self.report = report
    head()
    out.line("<main>")
    summary()
    findings()
    channel()
    for (number, item) in report.items.prefix(Self.sectionLimit).enumerated() {
      out.raw(VersionSection(report, item, number: number + 1).markup)
    }
    policy()
    timeline()
    integrity()
    out.line("</main>")
    out.line(
      "<footer><p>Times are in UTC and are claims of whoever wrote the entry; their order is the log&#39;s. Asked "
        + "\(PageTable.time(report.made)).</p></footer>")
    out.line("</body>")
    out.line("</html>")
  }

  private static func escaped(_ text: String) -> String { MarkupText.escaped(text) }

  private var title: String { "What was in \(report.channel) on \(PageTable.minute(report.at)) UTC" }

  // MARK: Head

  private mutating func head() {
    out.line("<!DOCTYPE html>")
    out.line("<html lang=\"en\">")
    out.line("<head>")
    out.line("<meta charset=\"utf-8\"/>")
    // Whatever a name holds, nothing is loaded, nothing is run, and no other style counts.
    let style = "\n\(PageStyle.css)\n"
    let hash = Base64.text(Digest.of(Array(style.utf8)).bytes)
    out.line(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;sha256-\(hash)&#39;\"/>"
    )
    out.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
    out.line("<meta name=\"color-scheme\" content=\"light dark\"/>")
    out.line("<title>\(Self.escaped(title))</title>")
    out.line("<style>\(style)</style>")
    out.line("</head>")
    out.line("<body>")
  }

  private mutating func summary() {
    out.line("<header>")
    out.line("<h1>\(Self.escaped(title))</h1>")
    let names = report.items.count
    let what = names == 0 ? "Nothing was in it." : "\(names) \(names == 1 ? "version was" : "versions were") in it."
    out.line("<p>\(what)</p>")
    out.line("</header>")
    let red = report.findingCounts.filter(\.kind.isRed)
    if red.isEmpty {
      let signatures = report.checks.first { $0.what == "signatures" }?.count ?? 0
      out.line(
        "<div class=\"banner good\"><p><span class=\"word good\">IN ORDER</span> Nothing is damaged, no event is void, no "
          + "glass was broken, nothing is missing; \(signatures == 1 ? "1 signature holds" : "\(signatures) signatures hold")"
          + ".</p></div>")
    } else {
      let words = red.map { "<span class=\"word bad\">\($0.count) \($0.kind.word)</span>" }.joined(separator: ", ")
      out.line("<div class=\"banner bad\"><p>\(words). <a href=\"#findings\">What it is about</a></p></div>")
    }
    let others = report.findingCounts.filter { !$0.kind.isRed }
    if !others.isEmpty {
      let words = others.map { "<span class=\"word note\">\($0.count) \($0.kind.word)</span>" }.joined(separator: ", ")
      out.line("<div class=\"banner note\"><p>Worth knowing: \(words).</p></div>")
    }
    out.line("<nav aria-label=\"On this page\"><ul>")
    if !report.findings.isEmpty { out.line("<li><a href=\"#findings\">Findings</a></li>") }
    out.line("<li><a href=\"#channel\">In the channel</a></li>")
    for (number, item) in report.items.prefix(Self.sectionLimit).enumerated() {
      out.line("<li><a href=\"#v\(number + 1)\">\(Self.escaped(item.title))</a></li>")
    }
    for (id, name) in [("policy", "Policy"), ("timeline", "Timeline"), ("integrity", "Integrity")] {
      out.line("<li><a href=\"#\(id)\">\(name)</a></li>")
    }
    out.line("</ul></nav>")
  }

  // MARK: Sections

  private mutating func findings() {
    if report.findings.isEmpty { return }
    out.line("<section aria-labelledby=\"findings\">")
    out.line("<h2 id=\"findings\">Findings</h2>")
    var table = PageTable(
      "Everything that is not as it should be, the worst first.", ["What", "About", "Detail", "Entry"])
    for finding in report.findings {
      table.add(
        [
          Self.word(finding.kind), .text(finding.subject), .text(finding.detail),
          .text(finding.sequence.map { "\($0)" } ?? ""),
        ], isRed: finding.kind.isRed)
    }
    out.line(table.markup)
    out.line("</section>")
  }

  static func word(_ kind: AuditReport.Finding.Kind) -> PageTable.Cell {
    PageTable.Cell(markup: "<span class=\"word \(kind.isRed ? "bad" : "note")\">\(kind.word)</span>")
  }

  private mutating func channel() {
    out.line("<section aria-labelledby=\"channel\">")
    out.line("<h2 id=\"channel\">In the channel</h2>")
    if report.items.isEmpty {
      out.line("<p>Nothing of any name was in \(Self.escaped(report.channel)) at that time.</p>")
    } else {
      var table = PageTable(
        "The version of each name that was in \(report.channel).",
        ["Version", "Since", "How", "By", "Approved by", "Policy", "State"])
      for item in report.items {
        let people = item.admission?.decisions.filter { $0.isApproval && $0.complaint == nil } ?? []
        let kinds = report.kinds(on: item)
        table.add(
          [
            .text(item.title), .time(item.moved.time),
            item.way == .brokeGlass
              ? PageTable.Cell(markup: "<span class=\"word bad\">BROKEN GLASS</span>") : .text(item.way.words),
            .text(item.person ?? item.moved.actor), .text(people.map(\.signature.person).joined(separator: ", ")),
            item.admission?.policy.map { .code($0.short) } ?? .text(item.way == .brokeGlass ? "broken" : "none"),
            Self.state(kinds),
          ], isRed: kinds.contains(where: \.isRed))
      }
      out.line(table.markup)
      if report.items.count > Self.sectionLimit {
        out.line(
          "<p>Cut: the first \(Self.sectionLimit) names have a section of their own below; ask for one name alone for the "
            + "others.</p>")
      }
    }
    out.line("</section>")
  }

  static func state(_ kinds: [AuditReport.Finding.Kind]) -> PageTable.Cell {
    if kinds.isEmpty { return PageTable.Cell(markup: "<span class=\"word good\">in order</span>") }
    return PageTable.Cell(
      markup: kinds.map { "<span class=\"word \($0.isRed ? "bad" : "note")\">\($0.word)</span>" }.joined(
        separator: ", "))
  }

  private mutating func policy() {
    out.line("<section aria-labelledby=\"policy\">")
    out.line("<h2 id=\"policy\">Policy at that time</h2>")
    if let policy = report.policy {
      out.line("<dl>")
      out.line("<dt>Id</dt><dd><code>\(policy.digest.text)</code></dd>")
      out.line(
        "<dt>In force since</dt><dd>\(PageTable.time(policy.act.time)), log entry \(policy.act.sequence), by "
          + "\(Self.escaped(policy.act.actor))</dd>")
      if !policy.decisions.isEmpty {
        let people = policy.decisions.filter { $0.isApproval && $0.complaint == nil }.map(\.signature.person)
        out.line("<dt>Approved by</dt><dd>\(Self.escaped(people.joined(separator: ", ")))</dd>")
      }
      out.line("</dl>")
      out.line("<pre>\(MarkupText.escapedLines(policy.text))</pre>")
    } else {
      out.line("<p>No policy was in force: only the order of the channels counted.</p>")
    }
    out.line("</section>")
  }

  private mutating func timeline() {
    out.line("<section aria-labelledby=\"timeline\">")
    out.line("<h2 id=\"timeline\">Timeline</h2>")
    if report.timeline.isEmpty { out.line("<p>Nothing had happened in the channel by then.</p>") }
    if !report.timeline.isEmpty {
      var table = PageTable(
        "What happened to the channel until then, the newest first.",
        ["Entry", "Time", "Event", "What", "Who", "Shown by", "Why"])
      for moment in report.timeline {
        table.add(
          [
            .text("\(moment.act.sequence)"), .time(moment.act.time),
            moment.isRed
              ? PageTable.Cell(markup: "<span class=\"word bad\">\(Self.escaped(moment.word))</span>")
              : .text(moment.word),
            .text(moment.what), .text(moment.who), .text(moment.isSigned ? "a signature" : "a claim"),
            .text(moment.why),
          ], isRed: moment.isRed)
      }
      out.line(table.markup)
    }
    if report.timelineCut > 0 {
      out.line("<p>Cut: \(report.timelineCut) older events are not shown.</p>")
    }
    out.line("</section>")
  }

  private mutating func integrity() {
    out.line("<section aria-labelledby=\"integrity\">")
    out.line("<h2 id=\"integrity\">Integrity</h2>")
    var table = PageTable("What was looked at while this page was made.", ["What", "Number", "Result", "How"])
    for check in report.checks {
      let result =
        check.bad == 0
        ? "<span class=\"word good\">in order</span>" : "<span class=\"word bad\">\(check.bad) NOT IN ORDER</span>"
      table.add(
        [.text(check.what), .text("\(check.count)"), PageTable.Cell(markup: result), .text(check.detail)],
        isRed: check.bad > 0)
    }
    out.line(table.markup)
    out.line("<dl>")
    out.line("<dt>Store</dt><dd><code>\(Self.escaped(report.store))</code></dd>")
    out.line("<dt>Log</dt><dd>\(report.size) \(report.size == 1 ? "entry" : "entries")</dd>")
    out.line("<dt>Root of the log</dt><dd><code>\(report.root.text)</code></dd>")
    out.line("</dl>")
    out.line("</section>")
  }
}

extension AuditReport {
  /// The kinds of findings on a version, each once, the worst first.
  public func kinds(on item: Item) -> [Finding.Kind] {
    let found = Set(findings(on: item).map(\.kind))
    return Finding.Kind.allCases.filter(found.contains)
  }
}
