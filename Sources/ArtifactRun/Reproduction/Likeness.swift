import ArtifactCore
import ArtifactIO

/// How much a file is like another: the rungs of the ladder, best first.
enum Likeness: Sendable, Equatable {
  /// The same bytes.
  case identical
  /// Other bytes around the same content: times, order or the name of the root in an archive.
  case sameContent(String)
  /// The same tensors but for rounding.
  case close(Tensor.Distance)
  /// Something else.
  case different(String)

  /// Position on the ladder.
  var rung: Int {
    switch self {
    case .identical: 0
    case .sameContent: 1
    case .close: 2
    case .different: 4
    }
  }

  /// The word for it.
  var word: String { ["identical", "same-content", "close", "metrics", "different"][rung] }

  /// One clause for a person.
  var detail: String {
    switch self {
    case .identical: return "the same bytes"
    case .sameContent(let text): return text
    case .close(let distance):
      return
        "largest difference \(distance.absolute) (relative \(distance.relative), \(distance.steps) steps of the last place)"
    case .different(let text): return text
    }
  }

  /// Larger files are compared by their bytes alone.
  private static let memoryLimit = 1 << 30

  /// Compares two files; nothing in them is ever executed.
  static func of(_ old: Path, _ new: Path) throws -> Likeness {
    let (one, other) = (try File.digest(old), try File.digest(new))
    if one.digest == other.digest { return .identical }
    if max(one.size, other.size) > UInt64(memoryLimit) { return .different("\(one.size) bytes became \(other.size)") }
    let (left, right) = (try File.contents(old, limit: memoryLimit), try File.contents(new, limit: memoryLimit))
    if let likeness = archives(old, new) { return likeness }
    if let likeness = gzip(left, right) { return likeness }
    if let likeness = tensors(
      Tensor.numpy(left) ?? Tensor.safetensors(left), Tensor.numpy(right) ?? Tensor.safetensors(right))
    {
      return likeness
    }
    let place =
      zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(left.count, right.count)
    return .different("\(left.count) bytes became \(right.count), the first difference is at byte \(place)")
  }

  // MARK: Archives

  /// The entries of an archive, without a root that all of them share, and without what says nothing; nil if it is none.
  private static func entries(_ path: Path) -> [String: [UInt8]]? {
    // Whatever cannot be read as an archive is compared as a file.
    guard let found = try? read(path), !found.isEmpty else { return nil }
    let roots = Set(found.map { $0.path.prefix { $0 != 0x2f } })
    let root = roots.count == 1 && found.allSatisfy { $0.path.contains(0x2f) } ? (roots.first?.count ?? 0) + 1 : 0
    var result = [String: [UInt8]]()
    for entry in found {
      let name = Hex.text(entry.path.dropFirst(root))
      result[name] = entry.bytes
    }
    // torch.save writes a hash of the clock here.
    result[Hex.text(".data/serialization_id".utf8)] = nil
    return result
  }

  private static func read(_ path: Path) throws(IOFailure) -> [(path: [UInt8], bytes: [UInt8])] {
    var result = [(path: [UInt8], bytes: [UInt8])]()
    var limits = ArchiveReader.Limits()
    limits.inflatedBytes = Int64(memoryLimit)
    let bounds = limits
    var archive = try ArchiveReader(path: path.bytes, limits: bounds, allowExternalLinks: true)
    while let entry = try archive.next() {
      switch entry.kind {
      case .file: result.append((entry.path, try WheelArchive.body(&archive)))
      case .symlink(let target), .hardlink(let target): result.append((entry.path, target))
      case .directory, .other: break
      }
    }
    return result
  }

  private static func archives(_ old: Path, _ new: Path) -> Likeness? {
    guard let left = entries(old), let right = entries(new) else { return nil }
    if left == right { return .sameContent("the archive holds the same \(left.count) entries") }
    let names = Set(left.keys).union(right.keys)
    let changed = names.filter { left[$0] != right[$0] }.sorted()
    let arrays = changed.map { name in
      tensors(left[name].flatMap { Tensor.numpy($0) }, right[name].flatMap { Tensor.numpy($0) })
    }
    if arrays.allSatisfy({ if case .close? = $0 { true } else { false } }) {
      return .close(arrays.reduce(Tensor.Distance()) { widest($0, $1) })
    }
    let first = changed.first.flatMap { Hex.bytes($0) }.map { printable($0) } ?? ""
    return .different("\(changed.count) of \(names.count) entries differ, the first is \(first)")
  }

  private static func widest(_ one: Tensor.Distance, _ likeness: Likeness?) -> Tensor.Distance {
    guard case .close(let other)? = likeness else { return one }
    return Tensor.Distance(
      absolute: max(one.absolute, other.absolute), relative: max(one.relative, other.relative),
      steps: max(one.steps, other.steps), isClose: one.isClose && other.isClose)
  }

  // MARK: Single files

  /// RFC 1952: the header holds a time and a name, the rest is what was compressed and how.
  private static func gzip(_ left: [UInt8], _ right: [UInt8]) -> Likeness? {
    guard let one = gzipBody(left), let other = gzipBody(right), one.elementsEqual(other) else { return nil }
    return .sameContent("only the time or name in the gzip header differs")
  }

  private static func gzipBody(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    guard bytes.count > 18, bytes.starts(with: [0x1F, 0x8B, 8]) else { return nil }
    var place = 10
    if bytes[3] & 4 != 0 { place += 2 + Int(bytes[10]) + Int(bytes[11]) << 8 }
    for flag in [UInt8(8), 16] where bytes[3] & flag != 0 {
      while place < bytes.count, bytes[place] != 0 { place += 1 }
      place += 1
    }
    if bytes[3] & 2 != 0 { place += 2 }
    return place <= bytes.count ? bytes[place...] : nil
  }

  private static func tensors(_ left: [Tensor]?, _ right: [Tensor]?) -> Likeness? {
    guard let left, let right else { return nil }
    guard left.count == right.count else { return .different("\(left.count) tensors became \(right.count)") }
    var total = Tensor.Distance()
    for (one, other) in zip(left, right) {
      guard let distance = one.distance(to: other) else {
        return .different("tensor \(printable(one.name)) has another name, type or shape")
      }
      guard distance.isClose else {
        return .different(
          "tensor \(printable(one.name)) differs by up to \(distance.absolute) (relative \(distance.relative))")
      }
      total = widest(total, .close(distance))
    }
    return .close(total)
  }
}
