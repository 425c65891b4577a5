/// What differs between two texts, line by line, in the manner of `diff -u`.
///
/// Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form.
public struct LineDiff: Sendable, Equatable {
  /// Lines that only the second has.
  public let added: Int
  /// Lines that only the first has.
  public let removed: Int
  /// Hunks with three lines around each change, without a header.
  public let patch: [[UInt8]]

  private static let context = 3
  /// Differing lines beyond which everything is replaced at once: the work grows with their square.
  private static let limit = 2_000

  /// Compares two texts.
  public init(_ before: [UInt8], _ after: [UInt8]) {
    let one = before.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let other = after.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let edits = Self.edits(Self.withoutEnd(one), Self.withoutEnd(other))
    added = edits.count { $0.mark == UInt8(ascii: "+") }
    removed = edits.count { $0.mark == UInt8(ascii: "-") }
    patch = Self.hunks(edits)
  }

  /// A line that stays, goes or comes.
  private struct Edit {
    let mark: UInt8
    let line: [UInt8]
  }

  /// A newline at the end starts no line.
  private static func withoutEnd(_ lines: [[UInt8]]) -> ArraySlice<[UInt8]> {
    lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
  }

  private static func edits(_ one: ArraySlice<[UInt8]>, _ other: ArraySlice<[UInt8]>) -> [Edit] {
    var start = 0
    while start < one.count, start < other.count, one[start] == other[start] { start += 1 }
    var end = 0
    while end < one.count - start, end < other.count - start, one[one.count - 1 - end] == other[other.count - 1 - end] {
      end += 1
    }
    let middle = trace(one[start..<(one.count - end)], other[start..<(other.count - end)])
    return one[..<start].map { Edit(mark: UInt8(ascii: " "), line: $0) } + middle
      + one[(one.count - end)...].map { Edit(mark: UInt8(ascii: " "), line: $0) }
  }

  private static func trace(_ one: ArraySlice<[UInt8]>, _ other: ArraySlice<[UInt8]>) -> [Edit] {
    let all =
      one.map { Edit(mark: UInt8(ascii: "-"), line: $0) } + other.map { Edit(mark: UInt8(ascii: "+"), line: $0) }
    if one.isEmpty || other.isEmpty { return all }
    let (a, b) = (Array(one), Array(other))
    let most = min(a.count + b.count, limit)
    var furthest = [Int](repeating: 0, count: 2 * most + 2)
    var history = [[Int]]()
    for distance in 0...most {
      history.append(furthest)
      for diagonal in stride(from: -distance, through: distance, by: 2) {
        let goesDown =
          diagonal == -distance
          || diagonal != distance && furthest[most + diagonal - 1] < furthest[most + diagonal + 1]
        var x = goesDown ? furthest[most + diagonal + 1] : furthest[most + diagonal - 1] + 1
        while x < a.count, x - diagonal < b.count, a[x] == b[x - diagonal] { x += 1 }
        furthest[most + diagonal] = x
        if x >= a.count, x - diagonal >= b.count { return back(a, b, history, most) }
      }
    }
    return all
  }

  /// Walks the furthest reaching paths back to the start.
  private static func back(_ a: [[UInt8]], _ b: [[UInt8]], _ history: [[Int]], _ most: Int) -> [Edit] {
    var edits = [Edit]()
    var (x, y) = (a.count, b.count)
    for distance in history.indices.reversed() {
      let furthest = history[distance]
      let diagonal = x - y
      let goesDown =
        diagonal == -distance || diagonal != distance && furthest[most + diagonal - 1] < furthest[most + diagonal + 1]
      let previous = goesDown ? diagonal + 1 : diagonal - 1
      let startX = distance == 0 ? 0 : furthest[most + previous]
      let startY = distance == 0 ? 0 : startX - previous
      while x > startX, y > startY, distance == 0 || x > startX + (goesDown ? 0 : 1) || y > startY + (goesDown ? 1 : 0)
      {
        x -= 1
        y -= 1
        edits.append(Edit(mark: UInt8(ascii: " "), line: a[x]))
      }
      if distance == 0 { break }
      if goesDown {
        y -= 1
        edits.append(Edit(mark: UInt8(ascii: "+"), line: b[y]))
      } else {
        x -= 1
        edits.append(Edit(mark: UInt8(ascii: "-"), line: a[x]))
      }
    }
    return edits.reversed()
  }

  private static func hunks(_ edits: [Edit]) -> [[UInt8]] {
    var result = [[UInt8]]()
    var (first, second) = (1, 1)
    var position = 0
    while position < edits.count {
      guard edits[position].mark != UInt8(ascii: " ") else {
        position += 1
        first += 1
        second += 1
        continue
      }
      let start = max(0, position - context)
      var end = position
      var quiet = 0
      while end < edits.count, quiet <= 2 * context {
        quiet = edits[end].mark == UInt8(ascii: " ") ? quiet + 1 : 0
        end += 1
      }
      end -= max(0, quiet - context)
      let hunk = edits[start..<end]
      let olds = hunk.count { $0.mark != UInt8(ascii: "+") }
      let news = hunk.count { $0.mark != UInt8(ascii: "-") }
      let shift = position - start
      result.append(Array("@@ -\(first - shift),\(olds) +\(second - shift),\(news) @@".utf8))
      result += hunk.map { [$0.mark] + $0.line }
      for edit in edits[position..<end] {
        if edit.mark != UInt8(ascii: "+") { first += 1 }
        if edit.mark != UInt8(ascii: "-") { second += 1 }
      }
      position = end
    }
    return result
  }
}
