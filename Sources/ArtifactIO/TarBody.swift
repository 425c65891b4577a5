/// A part of a sparse file that is stored; all between the parts is zero.
struct TarSparsePart: Equatable {
  var offset: Int64
  var count: Int64
}

/// Where the bytes of a file come from, part by part.
struct TarBody {
  /// Parts of one sparse file.
  static let maximumParts = 1 << 20

  /// What comes next in a file.
  enum Run: Equatable {
    case data(Int)
    case zeros(Int)
  }

  private var map: ArraySlice<TarSparsePart> = []
  private var position: Int64 = 0
  private var size: Int64 = 0

  /// An empty body.
  init() {}

  /// nil unless the parts are in order, within the size, and together as long as what is stored.
  init?(_ parts: [TarSparsePart], size: Int64, stored: Int64) {
    var end: Int64 = 0
    var sum: Int64 = 0
    for part in parts {
      guard part.offset >= end, part.offset <= size, part.count <= size - part.offset else { return nil }
      end = part.offset + part.count
      sum += part.count
    }
    guard sum == stored else { return nil }
    map = parts.filter { $0.count > 0 }[...]
    self.size = size
  }

  /// What comes next, at most so many bytes of it; nil at the end.
  mutating func nextRun(atMost count: Int) -> Run? {
    guard position < size, count > 0 else { return nil }
    guard let part = map.first else { return .zeros(advance(min(Int64(count), size - position))) }
    guard position >= part.offset else { return .zeros(advance(min(Int64(count), part.offset - position))) }
    let end = part.offset + part.count
    let run = advance(min(Int64(count), end - position))
    if position == end { map.removeFirst() }
    return .data(run)
  }

  private mutating func advance(_ count: Int64) -> Int {
    position += count
    return Int(count)
  }
}
