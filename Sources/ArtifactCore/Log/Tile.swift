/// A piece of a log's tree as it is exported for others (C2SP tlog-tiles): up to 256 hashes of one level.
///
/// Level 0 holds leaf hashes; above, each hash is the root of a whole tile of the level below.
public struct Tile: Sendable, Hashable {
  /// Hashes in a whole tile, entries in a whole bundle.
  public static let width = 256

  /// The level; nil for a bundle of entries.
  public let level: Int?
  /// The position in its level.
  public let index: Int
  /// The number of its hashes or entries, 1 to 256.
  public let count: Int

  /// The positions of its hashes in its level, or of its entries.
  public var range: Range<Int> { (index * Self.width)..<(index * Self.width + count) }

  /// The path below the export's folder: `tile/0/x001/067`, `tile/entries/002.p/17`.
  public var path: String {
    func three(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: 3 - digits.count) + digits
    }
    var name = three(index % 1_000)
    var rest = index / 1_000
    while rest > 0 {
      name = "x\(three(rest % 1_000))/\(name)"
      rest /= 1_000
    }
    return "tile/\(level.map { "\($0)" } ?? "entries")/\(name)" + (count < Self.width ? ".p/\(count)" : "")
  }

  /// Every bundle and every tile of a log of `size` entries, in order: the bundles, then level 0, level 1, and so on.
  public static func all(size: Int) -> [Tile] {
    var result = tiles(of: size, level: nil)
    var level = 0
    var hashes = size
    while hashes > 0 {
      result += tiles(of: hashes, level: level)
      level += 1
      hashes /= width
    }
    return result
  }

  private static func tiles(of hashes: Int, level: Int?) -> [Tile] {
    stride(from: 0, to: hashes, by: width).map { start in
      Tile(level: level, index: start / width, count: min(width, hashes - start))
    }
  }

  /// The bytes of a bundle: each entry behind its length in two bytes, the higher first.
  ///
  /// Entries are at most 32 KiB, so the lengths fit.
  public static func bundle(_ entries: [[UInt8]]) -> [UInt8] {
    var result = [UInt8]()
    for entry in entries {
      result += [UInt8(truncatingIfNeeded: entry.count >> 8), UInt8(truncatingIfNeeded: entry.count)]
      result += entry
    }
    return result
  }

  /// The bytes of a tile of hashes.
  public static func bytes(_ hashes: [Digest]) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(hashes.count * Digest.byteCount)
    for hash in hashes { hash.append(to: &result) }
    return result
  }
}
