/// Items grouped by a small number: for each key the items in their order.
struct Groups: Sendable {
  private var starts: [Int32]
  private var items: [Int32]

  /// Groups the positions of `keys` by their value, which is below `count`.
  init(count: Int, keys: [Int32]) {
    starts = [Int32](repeating: 0, count: count + 1)
    for key in keys { starts[Int(key) + 1] += 1 }
    for key in 0..<count { starts[key + 1] += starts[key] }
    var next = starts
    items = [Int32](repeating: 0, count: keys.count)
    for (position, key) in keys.enumerated() {
      items[Int(next[Int(key)])] = Int32(position)
      next[Int(key)] += 1
    }
  }

  /// The positions with this key.
  subscript(key: Int32) -> ArraySlice<Int32> { items[Int(starts[Int(key)])..<Int(starts[Int(key) + 1])] }
}
