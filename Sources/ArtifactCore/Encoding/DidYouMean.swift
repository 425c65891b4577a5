/// What a person may have meant by a word that is not known.
public enum DidYouMean {
  /// The words closest to `word`: all at the smallest distance, bytewise sorted, at most `count`; none when even the
  /// closest is further away than two slips (one, for words of less than five characters).
  public static func candidates(for word: String, among known: some Sequence<String>, count: Int = 3) -> [String] {
    let typed = Array(word.unicodeScalars)
    // A word whose every character would have to change resembles nothing.
    var limit = min(typed.count < 5 ? 1 : 2, typed.count - 1)
    var best = [String]()
    for candidate in known {
      guard let distance = distance(typed, Array(candidate.unicodeScalars), limit: limit) else { continue }
      if distance < limit {
        limit = distance
        best = []
      }
      best.append(candidate)
    }
    // At the first limit nothing may have improved on it, so `best` holds one distance only.
    return Array(best.sorted(by: ExactText.precedesBytewise).prefix(count))
  }

  /// How many slips (a character too many, too few, wrong, or swapped with its neighbour) lie between two words, or nil
  /// when there are more than `limit`.
  ///
  /// The restricted Damerau–Levenshtein distance: no character is edited twice.
  /// - Complexity: O(limit · length).
  public static func distance(_ left: String, _ right: String, limit: Int) -> Int? {
    distance(Array(left.unicodeScalars), Array(right.unicodeScalars), limit: limit)
  }

  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int) -> Int? {
    guard limit >= 0, abs(left.count - right.count) <= limit else { return nil }
    let beyond = limit + 1
    // Three rows of the usual table; cells further than `limit` from the diagonal cannot matter and stay `beyond`.
    var twoBack = [Int](repeating: beyond, count: right.count + 1)
    var previous = (0...right.count).map { min($0, beyond) }
    for row in left.indices {
      var current = [Int](repeating: beyond, count: right.count + 1)
      if row + 1 <= limit { current[0] = row + 1 }
      for column in max(0, row - limit)..<max(row - limit, 0, min(right.count, row + limit + 1)) {
        var slips = previous[column] + (left[row] == right[column] ? 0 : 1)
        slips = min(slips, previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          slips = min(slips, twoBack[column - 1] + 1)
        }
        current[column + 1] = min(slips, beyond)
      }
      (twoBack, previous) = (previous, current)
    }
    return previous[right.count] <= limit ? previous[right.count] : nil
  }
}
