import ArtifactCore
import Testing

@Suite struct DidYouMeanTests {
  private static let commands = ["push", "pull", "promote", "approve", "reject", "verify", "log", "diff", "gc"]

  @Test(arguments: [
    ("pusj", ["push"]), ("psuh", ["push"]), ("pus", ["push"]), ("pushh", ["push"]), ("pul", ["pull"]),
    ("promtoe", ["promote"]), ("prmote", ["promote"]), ("aprove", ["approve"]), ("apprrovve", ["approve"]),
    ("veryfi", ["verify"]), ("lgo", ["log"]), ("cg", ["gc"]), ("pu", []), ("l", []), ("", []), ("x", []),
    ("remote", ["promote"]),
    ("pool", []), ("status", []), ("puxx", []), ("push", ["push"]),
  ])
  func `near words are offered and far ones are not`(word: String, expected: [String]) {
    #expect(DidYouMean.candidates(for: word, among: Self.commands) == expected)
  }

  @Test func `all at the best distance are offered, sorted, up to the count`() {
    let names = ["model-d", "model-c", "model-b", "model-a", "model-ab"]
    #expect(DidYouMean.candidates(for: "model-x", among: names) == ["model-a", "model-b", "model-c"])
    #expect(DidYouMean.candidates(for: "model-x", among: names, count: 9).count == 4)
    #expect(DidYouMean.candidates(for: "model-ab", among: names) == ["model-ab"])
  }

  /// The same distance from the whole table, without bounds.
  private static func reference(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var table = (0...left.count).map { row in (0...right.count).map { row == 0 ? $0 : $0 == 0 ? row : 0 } }
    for row in left.indices {
      for column in right.indices {
        var slips = table[row][column] + (left[row] == right[column] ? 0 : 1)
        slips = min(slips, table[row][column + 1] + 1, table[row + 1][column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          slips = min(slips, table[row - 1][column - 1] + 1)
        }
        table[row + 1][column + 1] = slips
      }
    }
    return table[left.count][right.count]
  }

  @Test func `the bounded distance is the distance wherever it is within the limit`() {
    var longest = [""]
    var words = [""]
    for _ in 0..<4 {
      longest = longest.flatMap { word in ["a", "b", "é"].map { word + $0 } }
      words += longest
    }
    var wrong = [String]()
    for left in words {
      for right in words {
        let distance = Self.reference(Array(left.unicodeScalars), Array(right.unicodeScalars))
        for limit in 0...3 where DidYouMean.distance(left, right, limit: limit) != (distance <= limit ? distance : nil)
        {
          wrong.append("\(left) \(right)")
        }
      }
    }
    #expect(wrong == [])
  }
}
