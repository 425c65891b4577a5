import Testing

@testable import ArtifactCore

/// The page of an audit: whole, readable for everybody, and closed in itself.
@Suite struct AuditPageTests {
  /// A page with everything in it: approvals, a broken glass, void events, a gap, deployments, hostile words.
  static func page() throws -> String { try fullReport().html }

  static let hostile = "\"><script>alert('1')</script>&amp;\u{202E}\u{1B}[31m"

  static func fullReport() throws -> AuditReport {
    var (world, id) = try World.approved()
    try world.promote(1, to: "prod", proposal: id)
    try Attack.breakGlass(&world, 2)
    _ = try Attack.rollback(&world, 1, in: "prod")
    try world.promote(3, to: "prod")
    try world.add(.deploy(Deployment(name: World.name(), version: 1, target: TargetName("eu/a"))), actor: hostile)
    try world.add(.untag(name: World.name(), tag: TagName("gone")), actor: hostile)
    var scene = AuditScene(world)
    scene.gapList = [hostile]
    return scene.audit()
  }

  @Test func `the page is well-formed`() throws {
    let elements = try Markup(Self.page()).elements
    #expect(elements.count > 100)
  }

  @Test func `there is one head line, and no level is left out`() throws {
    let levels = try Markup(Self.page()).elements.compactMap { element -> Int? in
      element.name.count == 2 && element.name.hasPrefix("h") ? Int(element.name.dropFirst()) : nil
    }
    #expect(levels.first == 1)
    #expect(levels.count { $0 == 1 } == 1)
    #expect(levels.count > 8)
    for (one, next) in zip(levels, levels.dropFirst()) { #expect(next <= one + 1) }
  }

  @Test func `tables have captions, scopes and a label for every cell`() throws {
    let elements = try Markup(Self.page()).elements
    #expect(elements.count { $0.name == "table" } >= 7)
    #expect(elements.count { $0.name == "table" } == elements.count { $0.name == "caption" })
    for cell in elements where cell.name == "th" { #expect(["col", "row"].contains(cell.attributes["scope"])) }
    for cell in elements where cell.name == "td" { #expect(cell.attributes["data-label"]?.isEmpty == false) }
    #expect(elements.contains { $0.name == "html" && $0.attributes["lang"] == "en" })
    #expect(elements.contains { $0.name == "main" })
  }

  @Test func `drawings say what they show`() throws {
    let elements = try Markup(Self.page()).elements
    let ids = elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    let drawings = elements.filter { $0.name == "svg" }
    #expect(!drawings.isEmpty)
    for drawing in drawings {
      #expect(drawing.attributes["role"] == "img")
      let named = drawing.attributes["aria-labelledby"]?.split(separator: " ").map(String.init) ?? []
      #expect(named.count == 2 && named.allSatisfy(ids.contains))
    }
    #expect(elements.contains { $0.name == "desc" })
    for link in elements.compactMap({ $0.attributes["href"] }) {
      #expect(link.hasPrefix("#") && ids.contains(String(link.dropFirst())), "\(link)")
    }
    for section in elements where section.name == "section" {
      #expect(ids.contains(section.attributes["aria-labelledby"] ?? ""))
    }
  }

  @Test(arguments: [
    "http:", "https:", "//", "url(", "src=", "<script", "<link", "<img", "<iframe", "@import", "javascript:", "onclick",
    "onload", "<base", "<form", "data:",
  ])
  func `nothing leaves the page`(word: String) throws {
    let page = try Self.page().lowercased()
    #expect(!page.contains(word))
    #expect(page.contains("default-src &#39;none&#39;"))
  }

  @Test func `what names and reasons hold is text`() throws {
    let page = try Self.page()
    let elements = try Markup(page).elements
    #expect(!elements.contains { $0.name == "script" })
    #expect(page.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;\\u{202e}\\x1b[31m"))
    #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }

  @Test func `every fault stands there as a word`() throws {
    let page = try Self.page()
    for word in ["BROKEN GLASS", "VOID", "GAP"] {
      #expect(page.contains(">\(word)<") || page.contains(" \(word)<"), "\(word)")
    }
    #expect(!page.contains("IN ORDER</span> Nothing"))
    let fine = try AuditScene.promoted().scene.audit().html
    #expect(fine.contains("IN ORDER</span> Nothing"))
    #expect(!fine.contains("class=\"word bad\""))
  }

  // MARK: Colours

  @Test func `text can be told from what it stands on, in light and dark`() throws {
    let colours = Dictionary(uniqueKeysWithValues: PageStyle.colours.map { ($0.name, $0) })
    for (text, ground) in PageStyle.pairs {
      let (one, other) = (try #require(colours[text]), try #require(colours[ground]))
      #expect(try Self.contrast(one.light, other.light) >= 4.5, "\(text) on \(ground)")
      #expect(try Self.contrast(one.dark, other.dark) >= 4.5, "\(text) on \(ground), dark")
    }
  }

  @Test func `every colour of the style is one of the palette`() throws {
    let css = PageStyle.css
    #expect(
      css.matches(of: /var\(--([a-z]+)\)/).allSatisfy { match in PageStyle.colours.contains { $0.name == match.1 } })
    let used = Set(css.matches(of: /#[0-9a-f]{6}/).map { String($0.0) })
    #expect(used == Set(PageStyle.colours.flatMap { [$0.light, $0.dark] }))
    // Grounds and texts that the rules put together stand in the list of pairs.
    for colour in css.matches(of: /[^-]color:var\(--([a-z]+)\)/) {
      #expect(PageStyle.pairs.contains { $0.0 == colour.1 }, "\(colour.1)")
    }
    for ground in css.matches(of: /background:var\(--([a-z]+)\)/) {
      #expect(PageStyle.pairs.contains { $0.1 == ground.1 }, "\(ground.1)")
    }
  }

  @Test func `the measure of contrast is that of WCAG`() throws {
    #expect(try abs(Self.contrast("#000000", "#ffffff") - 21) < 0.001)
    #expect(try abs(Self.contrast("#777777", "#ffffff") - 4.48) < 0.01)
  }

  /// WCAG 2.2, "contrast ratio".
  static func contrast(_ one: String, _ other: String) throws -> Double {
    let (first, second) = (try luminance(one), try luminance(other))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  private static func luminance(_ colour: String) throws -> Double {
    let value = try #require(Int(colour.dropFirst(), radix: 16))
    let parts = [16, 8, 0].map { shift -> Double in
      let part = Double(value >> shift & 0xFF) / 255
      return part <= 0.04045 ? part / 12.92 : power((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  /// x to the power of 2.4, by the twelfth power of the fifth root.
  private static func power(_ x: Double, _ exponent: Double) -> Double {
    precondition(exponent == 2.4)
    var root = x
    for _ in 0..<60 { root -= (root * root * root * root * root - x) / (5 * root * root * root * root) }
    return (0..<12).reduce(1.0) { result, _ in result * root }
  }
}

/// A reader of markup that refuses whatever is not balanced.
struct Markup {
  struct Element {
    let name: String
    let attributes: [String: String]
  }

  struct Fault: Error { let what: String }

  private(set) var elements: [Element] = []

  init(_ text: String) throws {
    var rest = text[...]
    guard rest.hasPrefix("<!DOCTYPE html>\n") else { throw Fault(what: "doctype") }
    rest = rest.dropFirst(16)
    var open = [String]()
    while let start = rest.firstIndex(of: "<") {
      try Self.check(rest[..<start])
      rest = rest[rest.index(after: start)...]
      guard let end = rest.firstIndex(of: ">") else { throw Fault(what: "a tag without an end") }
      let tag = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard let last = open.popLast(), last == tag.dropFirst() else {
          throw Fault(what: "</\(tag.dropFirst())> after \(open)")
        }
        continue
      }
      let element = try Self.element(tag)
      elements.append(element)
      if tag.hasSuffix("/") { continue }
      open.append(element.name)
      if element.name == "style" {
        guard let close = rest.firstRange(of: "</style>") else { throw Fault(what: "style") }
        rest = rest[close.lowerBound...]
      }
    }
    try Self.check(rest)
    guard open.isEmpty else { throw Fault(what: "open: \(open)") }
  }

  private static func check(_ text: Substring) throws {
    if text.contains(">") || text.contains("\"") && text.contains("=\"") { throw Fault(what: String(text)) }
    for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
      guard ["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: piece.hasPrefix) else {
        throw Fault(what: "&\(piece)")
      }
    }
  }

  private static func element(_ tag: Substring) throws -> Element {
    var rest = tag.hasSuffix("/") ? tag.dropLast() : tag
    let name = String(rest.prefix { $0 != " " })
    guard name.wholeMatch(of: /[a-z][a-z0-9]*/) != nil else { throw Fault(what: String(tag)) }
    rest = rest.dropFirst(name.count)
    var attributes = [String: String]()
    while let match = rest.prefixMatch(of: #/ ([a-zA-Z-]+)="([^"<]*)"/#) {
      guard attributes.updateValue(String(match.2), forKey: String(match.1)) == nil else {
        throw Fault(what: String(tag))
      }
      try check(match.2)
      rest = rest[match.range.upperBound...]
    }
    guard rest.isEmpty else { throw Fault(what: String(tag)) }
    return Element(name: name, attributes: attributes)
  }
}
