/// What extended headers say about the entry after them.
///
/// pax records (POSIX.1-2008), the `GNU.sparse` ones of GNU tar ("Storing Sparse Files"), and GNU's long names.
/// A record that is not understood and changes neither name nor content is ignored; one that cannot be parsed is not.
struct TarAttributes {
  /// What is wrong with a record, for a person.
  struct Damage: Error {
    let detail: String
  }

  var path: [UInt8]?
  var linkPath: [UInt8]?
  var size: Int64?
  /// GNU `L` and `K`; a pax record wins over them.
  var longName: [UInt8]?
  var longLink: [UInt8]?

  /// The name of a sparse file; `path` then holds a made-up one.
  var sparseName: [UInt8]?
  /// The size of a sparse file with its holes.
  var sparseSize: Int64?
  /// Formats 0.0 and 0.1: the parts that are stored.
  var sparseMap: [TarSparsePart]?
  /// Format 1.0: the map is in front of the data.
  var mapIsInBody: Bool { sparseMajor == 1 && sparseMinor == 0 }
  private var sparseMajor: Int64 = 0
  private var sparseMinor: Int64 = 0
  private var pendingOffset: Int64?

  /// Whether the entry is a sparse file in one of the pax formats.
  var isSparse: Bool { sparseMap != nil || sparseSize != nil || sparseMajor != 0 || sparseMinor != 0 }

  /// Takes in the body of an `x` header, `length key=value\n` again and again; of a `g` header if `isGlobal`.
  mutating func add(_ body: [UInt8], isGlobal: Bool) throws(Damage) {
    var rest = body[...]
    while !rest.isEmpty {
      guard let space = rest.prefix(20).firstIndex(of: 0x20), let length = Self.decimal(rest[..<space]),
        length <= Int64(rest.count)
      else { throw Damage(detail: "an extended header has a damaged length") }
      let end = rest.startIndex + Int(length)
      guard end > space + 1, rest[end - 1] == 0x0A, let equals = rest[(space + 1)..<end].firstIndex(of: 0x3D)
      else { throw Damage(detail: "an extended header has a damaged record") }
      let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
      try set(key, rest[(equals + 1)..<(end - 1)], isGlobal)
      rest = rest[end...]
    }
  }

  private mutating func set(_ key: String, _ value: ArraySlice<UInt8>, _ isGlobal: Bool) throws(Damage) {
    let matters = ["path", "linkpath", "size", "SCHILY.realsize"].contains(key) || key.hasPrefix("GNU.sparse.")
    guard matters else { return }
    guard !isGlobal else { throw Damage(detail: "an extended header sets '\(key)' for every entry") }

    func number() throws(Damage) -> Int64 {
      guard let number = Self.decimal(value) else { throw Damage(detail: "'\(key)' is not a size") }
      return number
    }
    switch key {
    // An empty value takes back what was said before.
    case "path": path = value.isEmpty ? nil : Array(value)
    case "linkpath": linkPath = value.isEmpty ? nil : Array(value)
    case "size": size = value.isEmpty ? nil : try number()
    case "GNU.sparse.name": sparseName = Array(value)
    case "GNU.sparse.size", "GNU.sparse.realsize": sparseSize = try number()
    case "GNU.sparse.major": sparseMajor = try number()
    case "GNU.sparse.minor": sparseMinor = try number()
    case "GNU.sparse.numblocks": sparseMap = []
    case "GNU.sparse.offset":
      guard pendingOffset == nil else { throw Damage(detail: "its sparse map is damaged") }
      pendingOffset = try number()
    case "GNU.sparse.numbytes":
      guard let offset = pendingOffset else { throw Damage(detail: "its sparse map is damaged") }
      pendingOffset = nil
      sparseMap = sparseMap ?? []
      sparseMap?.append(TarSparsePart(offset: offset, count: try number()))
    case "GNU.sparse.map":
      let numbers = value.split(separator: 0x2C, omittingEmptySubsequences: false).map(Self.decimal)
      var map: [TarSparsePart] = []
      for index in stride(from: 0, to: value.isEmpty ? 0 : numbers.count, by: 2) {
        guard index + 1 < numbers.count, let offset = numbers[index], let count = numbers[index + 1] else {
          throw Damage(detail: "its sparse map is damaged")
        }
        map.append(TarSparsePart(offset: offset, count: count))
      }
      sparseMap = map
    default:
      throw Damage(detail: "it is sparse in a way that is not supported ('\(key)')")
    }
  }

  /// Digits only; nil for anything else, nothing at all, or a number above 2^63-1.
  static func decimal(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(Int64(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }
}
