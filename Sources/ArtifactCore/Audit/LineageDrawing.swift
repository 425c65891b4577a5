/// A picture of lineage as SVG that stands within a page: causes at the left, what was made from them at the right.
///
/// Colours come from the page's style; what a box is stands in it as a word.
struct LineageDrawing {
  private let picture: LineagePicture
  private let layout: LayeredLayout
  /// Begins the ids in the drawing, for a page may hold several.
  private let prefix: String

  private static let measures = LayeredLayout.Measures()
  private static let width = 184
  private static let between = 56
  private static let margin = 8
  /// Columns of text that a box has room for.
  private static let room = 26

  init(_ picture: LineagePicture, prefix: String) {
    self.picture = picture
    self.prefix = prefix
    layout = LayeredLayout(
      count: picture.nodes.count, arrows: picture.edges.map { .init(tail: $0.cause, head: $0.effect) }, Self.measures)
  }

  /// The markup.
  var svg: String {
    let width = layout.columnCount * (Self.width + Self.between) - Self.between + 2 * Self.margin
    let height = (layout.spots.map { y($0) }.max() ?? 0) + Int(Self.measures.node) / 2 + Self.margin + 1
    var out = MarkupText()
    out.line(
      "<svg class=\"lineage\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" role=\"img\" "
        + "aria-labelledby=\"\(prefix)-title \(prefix)-text\">")
    let focus = picture.nodes.first { $0.isFocus }?.title ?? ""
    out.line("<title id=\"\(prefix)-title\">\(MarkupText.escaped("Lineage of \(focus)"))</title>")
    out.line("<desc id=\"\(prefix)-text\">\(MarkupText.escaped(description))</desc>")
    for number in picture.edges.indices { out.line(arrow(number)) }
    for number in picture.nodes.indices { out.line(box(number)) }
    out.raw("</svg>")
    return out.text
  }

  /// What can be seen, in words.
  var description: String {
    let nodes = Self.count(picture.nodes.count, "box", "boxes")
    var text =
      "\(nodes) and \(Self.count(picture.edges.count, "arrow", "arrows")), from causes at the left to effects at "
    text += "the right. The table beside it has the same rows."
    return text + cut
  }

  /// What is not drawn, in words; empty if all of it is.
  var cut: String {
    var text = ""
    if picture.omitted > 0 {
      text += " Cut: the nearest \(picture.nodes.count) are drawn, \(picture.omitted) more are not."
    }
    if picture.omittedEdges > 0 { text += " \(picture.omittedEdges) arrows between them are not drawn." }
    return text
  }

  private static func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
  }

  private func x(_ spot: LayeredLayout.Spot) -> Int { Self.margin + spot.column * (Self.width + Self.between) }

  private func y(_ spot: LayeredLayout.Spot) -> Int { Self.margin + Int(spot.middle.rounded()) }

  private func box(_ number: Int) -> String {
    let node = picture.nodes[number]
    let spot = layout.spots[number]
    let (left, top) = (x(spot), y(spot) - Int(Self.measures.node) / 2)
    let word = node.kind.prefix { $0 != "," }
    let classes = (node.isFocus ? "node focus" : "node") + (word == "missing record" ? " lost" : "")
    let full = [node.title, node.kind, node.detail].filter { !$0.isEmpty }.joined(separator: ", ")
    return "<g class=\"\(classes)\"><title>\(MarkupText.escaped(full))</title>"
      + "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(Self.width)\" height=\"\(Int(Self.measures.node))\" rx=\"6\"/>"
      + "<text class=\"name\" x=\"\(left + 10)\" y=\"\(top + 20)\">\(MarkupText.escaped(Self.fitting(node.title)))</text>"
      + "<text class=\"kind\" x=\"\(left + 10)\" y=\"\(top + 37)\">\(MarkupText.escaped(Self.fitting(node.kind)))</text></g>"
  }

  private func arrow(_ number: Int) -> String {
    let edge = picture.edges[number]
    let (cause, effect) = (layout.spots[edge.cause], layout.spots[edge.effect])
    var path = "M\(x(cause) + Self.width) \(y(cause))"
    var (fromX, fromY) = (x(cause) + Self.width, y(cause))
    func curve(to toX: Int, _ toY: Int) {
      let middle = (fromX + toX) / 2
      path += "C\(middle) \(fromY) \(middle) \(toY) \(toX) \(toY)"
      (fromX, fromY) = (toX, toY)
    }
    for bend in layout.bends[number] {
      curve(to: x(bend), y(bend))
      fromX += Self.width
      path += "H\(fromX)"
    }
    curve(to: x(effect) - 1, y(effect))
    let words = "\(picture.nodes[edge.effect].title) \(edge.word) \(picture.nodes[edge.cause].title)"
    let title = "<title>\(MarkupText.escaped(words))</title>"
    let tip = "M\(fromX - 6) \(fromY - 4)L\(fromX + 1) \(fromY)L\(fromX - 6) \(fromY + 4)z"
    return "<g>\(title)<path class=\"edge\" d=\"\(path)\"/><path class=\"tip\" d=\"\(tip)\"/></g>"
  }

  /// Text that a box has room for; the end of a name says more than its middle.
  static func fitting(_ text: String) -> String {
    let text = printable(text)
    guard displayWidth(text) > room else { return text }
    var characters = Array(text)
    var middle = characters.count / 2
    while characters.count > 2, characters.reduce(0, { $0 + displayWidth(String($1)) }) > room - 1 {
      characters.remove(at: min(middle, characters.count - 1))
      middle = characters.count / 2
    }
    return String(characters[..<middle]) + "…" + String(characters[middle...])
  }
}
