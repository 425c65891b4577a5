/// Breadth-first search through all states of a model.
///
/// Agents that want the same are told apart by their place only, so states that differ in who of them is where are one.
struct Search {
  /// States that were reached.
  let stateCount: Int
  /// The first loss, and the steps to it, one a line; nil if there is none.
  let loss: String?

  /// Searches until a loss is found or every state was seen.
  init(_ model: Model, limit: Int = .max) {
    let start = model.start
    var seen: Set<State> = [start]
    var states = [start]
    var origins: [(from: Int, step: Move.Step, who: Int)] = [(0, .readLog, 0)]
    var moves = [Move]()
    var position = 0
    var found: String?
    search: while position < states.count, states.count < limit {
      model.next(states[position], into: &moves)
      for move in moves {
        let state = model.canonical(move.state)
        guard seen.insert(state).inserted else { continue }
        states.append(state)
        origins.append((position, move.step, move.who))
        if let loss = model.loss(state) {
          found = Self.story(loss, states.count - 1, origins, model)
          break search
        }
      }
      position += 1
    }
    stateCount = states.count
    loss = found
  }

  private static func story(
    _ loss: String, _ last: Int, _ origins: [(from: Int, step: Move.Step, who: Int)], _ model: Model
  ) -> String {
    var lines = [loss]
    var position = last
    while position != 0 {
      let origin = origins[position]
      let isAgent = origin.step.rawValue < Move.Step.remove.rawValue
      lines.append("\(origin.step): \(isAgent ? "\(model.kinds[origin.who])" : "\(origin.who)")")
      position = origin.from
    }
    return lines.reversed().joined(separator: "\n")
  }
}
