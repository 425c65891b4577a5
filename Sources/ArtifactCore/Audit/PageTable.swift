/// A table of a page: with a caption, scopes, and cells that say their column where the page is narrow.
///
/// The roles repeat what the elements are, since a narrow page shows a table as blocks, and then its elements lose theirs.
struct PageTable {
  /// A cell: escaped markup.
  struct Cell {
    let markup: String
    var classes = ""

    static func text(_ text: String) -> Cell { Cell(markup: MarkupText.escaped(text)) }

    /// An id or a key: a long one may be broken anywhere.
    static func code(_ text: String) -> Cell {
      Cell(markup: "<code>\(MarkupText.escaped(text))</code>", classes: text.utf8.count > 16 ? "id" : "short")
    }

    static func time(_ time: Timestamp) -> Cell {
      Cell(markup: PageTable.time(time), classes: "time")
    }
  }

  private let caption: String
  private let columns: [String]
  private var rows: [(cells: [Cell], isRed: Bool)] = []

  init(_ caption: String, _ columns: [String]) {
    self.caption = caption
    self.columns = columns
  }

  /// Adds a row; its first cell is its head.
  mutating func add(_ cells: [Cell], isRed: Bool = false) { rows.append((cells, isRed)) }

  var isEmpty: Bool { rows.isEmpty }

  var markup: String {
    var out = MarkupText()
    out.line("<table role=\"table\"><caption>\(MarkupText.escaped(caption))</caption>")
    let heads = columns.map { "<th scope=\"col\" role=\"columnheader\">\(MarkupText.escaped($0))</th>" }.joined()
    out.line("<thead role=\"rowgroup\"><tr role=\"row\">\(heads)</tr></thead>")
    out.line("<tbody role=\"rowgroup\">")
    for row in rows {
      out.raw(row.isRed ? "<tr role=\"row\" class=\"red\">" : "<tr role=\"row\">")
      for (place, cell) in row.cells.enumerated() {
        let classes = cell.classes.isEmpty ? "" : " class=\"\(cell.classes)\""
        let label = " data-label=\"\(MarkupText.escaped(columns[place]))\""
        if place == 0 {
          out.raw("<th scope=\"row\" role=\"rowheader\"\(classes)\(label)>\(cell.markup)</th>")
        } else if cell.markup.isEmpty {
          out.raw("<td role=\"cell\" class=\"none\"\(label)></td>")
        } else {
          out.raw("<td role=\"cell\"\(classes)\(label)><span>\(cell.markup)</span></td>")
        }
      }
      out.line("</tr>")
    }
    out.raw("</tbody></table>")
    return out.text
  }

  /// A time to the minute, with all of it for programs and as a title.
  static func time(_ time: Timestamp) -> String {
    "<time datetime=\"\(time.text)\" title=\"\(time.text)\">\(minute(time))</time>"
  }

  /// A day and a minute.
  static func minute(_ time: Timestamp) -> String { "\(time.text.prefix(10)) \(time.text.dropFirst(11).prefix(5))" }
}
