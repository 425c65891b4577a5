import ArtifactCore

/// Columns with titles, as wide as their widest cell.
struct Table {
  /// One column.
  struct Column {
    let title: String
    /// Numbers stand at the right end.
    var isNumber = false
    /// Whether its cells may be cut where the terminal is too narrow.
    var mayShrink = false
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  private static let gap = 2
  /// Columns below which no cell is cut.
  private static let least = 8

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row of printable cells, one for each column.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// Whether there is no row.
  var isEmpty: Bool { rows.isEmpty }

  /// The lines, within `width` columns if one is given and a column may shrink.
  func lines(width: Int?, style: Style) -> [String] {
    var widths = columns.map { displayWidth($0.title) }
    for row in rows { for (place, cell) in row.enumerated() { widths[place] = max(widths[place], displayWidth(cell)) } }
    if let width { shrink(&widths, to: width) }
    let head = style.bold(line(columns.map(\.title), widths))
    return [head] + rows.map { line($0, widths) }
  }

  private func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
    while excess > 0 {
      // The widest gives first, so that two long columns end up equally long.
      let able = columns.indices.filter { columns[$0].mayShrink && widths[$0] > Self.least }
      guard let widest = able.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
      excess -= 1
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var result = ""
    for (place, cell) in cells.enumerated() {
      let text = columns[place].mayShrink ? Self.cut(cell, to: widths[place]) : cell
      let padding = String(repeating: " ", count: max(0, widths[place] - displayWidth(text)))
      result += columns[place].isNumber ? padding + text : text + padding
      result += String(repeating: " ", count: Self.gap)
    }
    while result.last == " " { result.removeLast() }
    return result
  }

  /// Text in at most `width` columns, with `...` where some is missing.
  static func cut(_ text: String, to width: Int) -> String {
    if displayWidth(text) <= width { return text }
    var result = ""
    for character in text {
      if displayWidth(result) + displayWidth(String(character)) > width - 3 { break }
      result.append(character)
    }
    return result + "..."
  }
}
