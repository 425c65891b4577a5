/// Places for the nodes of a directed graph, in columns: an arrow always leads to a later column.
///
/// Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981): break
/// cycles, longest-path layers, dummies on long arrows, barycentre ordering, then heights by least squares. Every step
/// breaks ties by number, so the same graph always looks the same.
struct LayeredLayout {
  /// An arrow between two nodes.
  struct Arrow {
    let tail: Int
    let head: Int
  }

  /// A place that an arrow goes through, or a node: its column, and its middle in units of the drawing.
  struct Spot: Equatable {
    var column: Int
    var middle: Double
  }

  /// Heights and gaps.
  struct Measures {
    var node = 46.0
    var bend = 8.0
    var gap = 14.0
  }

  /// One spot for every node.
  private(set) var spots: [Spot]
  /// For every arrow the spots that it goes through, without its ends.
  private(set) var bends: [[Spot]]
  /// How many columns there are.
  private(set) var columnCount = 0
  /// How many pairs of arrows cross.
  private(set) var crossings = 0

  /// Arrows that span more columns go straight: with dummies they would be more than the nodes.
  private static let longestBent = 8
  private static let sweeps = 8
  private static let passes = 10

  init(count: Int, arrows: [Arrow], _ measures: Measures = Measures()) {
    let kept = Self.withoutCycles(count, arrows)
    var columns = Self.columns(count, arrows, kept)
    columnCount = (columns.max() ?? -1) + 1
    // Vertices are the nodes, then the dummies.
    var links = [(left: Int, right: Int)]()
    var chains = [[Int]](repeating: [], count: arrows.count)
    for (number, arrow) in arrows.enumerated() where kept[number] {
      let (start, end) = (columns[arrow.tail], columns[arrow.head])
      guard end - start <= Self.longestBent else { continue }
      var last = arrow.tail
      for column in (start + 1)..<max(start + 1, end) {
        chains[number].append(columns.count)
        links.append((last, columns.count))
        last = columns.count
        columns.append(column)
      }
      links.append((last, arrow.head))
    }
    var order = Ordering(columns, links, columnCount)
    order.improve(Self.sweeps)
    crossings = order.crossings
    let sizes = columns.indices.map { $0 < count ? measures.node : measures.bend }
    let middles = order.heights(sizes, measures.gap, Self.passes)
    let all = columns.indices.map { Spot(column: columns[$0], middle: middles[$0]) }
    spots = Array(all.prefix(count))
    bends = chains.map { $0.map { all[$0] } }
  }

  // MARK: Columns

  /// Which arrows are left when those that lead back are taken out.
  private static func withoutCycles(_ count: Int, _ arrows: [Arrow]) -> [Bool] {
    var kept = arrows.map { $0.tail != $0.head }
    var out = [[Int]](repeating: [], count: count)
    for (number, arrow) in arrows.enumerated() where kept[number] { out[arrow.tail].append(number) }
    // 0 not seen, 1 on the way, 2 done.
    var state = [UInt8](repeating: 0, count: count)
    for start in 0..<count where state[start] == 0 {
      var stack = [(node: start, next: 0)]
      state[start] = 1
      while let top = stack.last {
        guard top.next < out[top.node].count else {
          state[top.node] = 2
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let number = out[top.node][top.next]
        let head = arrows[number].head
        switch state[head] {
        case 0:
          state[head] = 1
          stack.append((head, 0))
        case 1: kept[number] = false
        default: break
        }
      }
    }
    return kept
  }

  /// The longest path to each node; what nothing leads to stands right before what it leads to.
  private static func columns(_ count: Int, _ arrows: [Arrow], _ kept: [Bool]) -> [Int] {
    var columns = [Int](repeating: 0, count: count)
    var waits = [Int](repeating: 0, count: count)
    var out = [[Int]](repeating: [], count: count)
    for (number, arrow) in arrows.enumerated() where kept[number] {
      waits[arrow.head] += 1
      out[arrow.tail].append(arrow.head)
    }
    let isSource = waits.map { $0 == 0 }
    var ready = (0..<count).filter { isSource[$0] }
    var position = 0
    while position < ready.count {
      let node = ready[position]
      position += 1
      for head in out[node] {
        columns[head] = max(columns[head], columns[node] + 1)
        waits[head] -= 1
        if waits[head] == 0 { ready.append(head) }
      }
    }
    for node in 0..<count where isSource[node] {
      if let nearest = out[node].map({ columns[$0] }).min() { columns[node] = nearest - 1 }
    }
    return columns
  }
}

/// The order of vertices within their columns.
private struct Ordering {
  private let before: [[Int]]
  private let after: [[Int]]
  private var rows: [[Int]]
  private var place: [Int]

  init(_ columns: [Int], _ links: [(left: Int, right: Int)], _ columnCount: Int) {
    var before = [[Int]](repeating: [], count: columns.count)
    var after = before
    for link in links {
      before[link.right].append(link.left)
      after[link.left].append(link.right)
    }
    (self.before, self.after) = (before, after)
    rows = [[Int]](repeating: [], count: columnCount)
    place = [Int](repeating: 0, count: columns.count)
    for vertex in columns.indices {
      place[vertex] = rows[columns[vertex]].count
      rows[columns[vertex]].append(vertex)
    }
  }

  /// Sweeps to and fro, and keeps the best order that was seen.
  mutating func improve(_ sweeps: Int) {
    var best = rows
    var fewest = crossings
    for sweep in 0..<sweeps where fewest > 0 {
      let forwards = sweep % 2 == 0
      for column in forwards ? Array(rows.indices) : rows.indices.reversed() {
        sort(column, by: forwards ? before : after)
      }
      let count = crossings
      if count < fewest { (best, fewest) = (rows, count) }
    }
    rows = best
    for row in rows { for (position, vertex) in row.enumerated() { place[vertex] = position } }
  }

  /// Puts a column in the order of the mean places of its neighbours; who has none stays.
  private mutating func sort(_ column: Int, by neighbours: [[Int]]) {
    let keyed = rows[column].enumerated().map { position, vertex -> (key: Double, position: Int, vertex: Int) in
      let list = neighbours[vertex]
      let mean = list.isEmpty ? Double(position) : Double(list.reduce(0) { $0 + place[$1] }) / Double(list.count)
      return (mean, position, vertex)
    }
    rows[column] = keyed.sorted { ($0.key, $0.position) < ($1.key, $1.position) }.map(\.vertex)
    for (position, vertex) in rows[column].enumerated() { place[vertex] = position }
  }

  /// Pairs of links that cross, counted with a Fenwick tree in O(links log vertices).
  var crossings: Int {
    var total = 0
    for column in rows.indices.dropLast() {
      var tree = [Int](repeating: 0, count: rows[column + 1].count + 1)
      var seen = 0
      for vertex in rows[column] {
        let heads = after[vertex].map { place[$0] }.sorted()
        for head in heads {
          // Those seen before that end at or above this one do not cross it.
          var index = head + 1
          var least = 0
          while index > 0 {
            least += tree[index]
            index &= index - 1
          }
          total += seen - least
        }
        for head in heads {
          var index = head + 1
          while index < tree.count {
            tree[index] += 1
            index += index & -index
          }
          seen += 1
        }
      }
    }
    return total
  }

  // MARK: Heights

  /// The middle of every vertex: as near to its neighbours as the order allows.
  func heights(_ sizes: [Double], _ gap: Double, _ passes: Int) -> [Double] {
    var middles = [Double](repeating: 0, count: sizes.count)
    for row in rows {
      var edge = 0.0
      for vertex in row {
        middles[vertex] = edge + sizes[vertex] / 2
        edge += sizes[vertex] + gap
      }
    }
    for pass in 0..<passes {
      let forwards = pass % 2 == 0
      for column in forwards ? Array(rows.indices) : rows.indices.reversed() {
        fit(column, forwards ? before : after, sizes, gap, &middles)
      }
    }
    let top = rows.joined().map { middles[$0] - sizes[$0] / 2 }.min() ?? 0
    return middles.map { $0 - top }
  }

  /// Least squares under the distances that must be kept: pool adjacent violators.
  private func fit(
    _ column: Int, _ neighbours: [[Int]], _ sizes: [Double], _ gap: Double, _ middles: inout [Double]
  ) {
    let row = rows[column]
    // With the distances taken off, what must hold is that the values do not descend.
    var offsets = [Double]()
    var offset = 0.0
    for (position, vertex) in row.enumerated() {
      if position > 0 { offset += (sizes[row[position - 1]] + sizes[vertex]) / 2 + gap }
      offsets.append(offset)
    }
    var pools = [(sum: Double, weight: Double, count: Int)]()
    for (position, vertex) in row.enumerated() {
      let list = neighbours[vertex]
      let wish = list.isEmpty ? middles[vertex] : list.reduce(0) { $0 + middles[$1] } / Double(list.count)
      // Who has no neighbour gives way.
      let weight = list.isEmpty ? 0.1 : 1.0
      pools.append(((wish - offsets[position]) * weight, weight, 1))
      while pools.count > 1 {
        let (last, other) = (pools[pools.count - 1], pools[pools.count - 2])
        guard last.sum / last.weight < other.sum / other.weight else { break }
        pools.removeLast()
        pools[pools.count - 1] = (last.sum + other.sum, last.weight + other.weight, last.count + other.count)
      }
    }
    var position = 0
    for pool in pools {
      for _ in 0..<pool.count {
        middles[row[position]] = pool.sum / pool.weight + offsets[position]
        position += 1
      }
    }
  }
}
