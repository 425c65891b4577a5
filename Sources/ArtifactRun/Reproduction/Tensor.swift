import ArtifactCore

/// An array of numbers in a file of weights.
struct Tensor {
  let name: String
  /// `F64`, `F32`, `F16`, `BF16`, or another word for what is compared by its bytes.
  let type: String
  let shape: String
  let bytes: ArraySlice<UInt8>

  /// The tensors of a `.npy` file; nil if it is none.
  static func numpy(_ bytes: [UInt8], name: String = "array") -> [Tensor]? {
    // NEP 1: magic, version, length of the header, a Python literal.
    guard bytes.count > 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes[6] <= 3 else { return nil }
    let isShort = bytes[6] == 1
    let start = isShort ? 10 : 12
    let length =
      isShort ? Int(bytes[8]) | Int(bytes[9]) << 8 : (0..<4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard start + length <= bytes.count else { return nil }
    let header = String(decoding: bytes[start..<(start + length)], as: UTF8.self)
    guard let type = header.firstMatch(of: /'descr':\s*'([^']*)'/),
      let shape = header.firstMatch(of: /'shape':\s*\(([^)]*)\)/)
    else { return nil }
    let order = header.contains("'fortran_order': True") ? "F" : ""
    let names = ["<f8": "F64", "<f4": "F32", "<f2": "F16"]
    return [
      Tensor(
        name: name, type: names[String(type.1)] ?? String(type.1), shape: "\(order)(\(shape.1))",
        bytes: bytes[(start + length)...])
    ]
  }

  /// The tensors of a `.safetensors` file; nil if it is none.
  static func safetensors(_ bytes: [UInt8]) -> [Tensor]? {
    guard bytes.count > 8 else { return nil }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= UInt64(min(bytes.count - 8, JSON.byteLimit)) else { return nil }
    let start = 8 + Int(length)
    // A file that does not begin so is none.
    guard let header = (try? JSON.parseLenient(Array(bytes[8..<start])))?.object else { return nil }
    var result = [Tensor]()
    for (name, value) in header where name != "__metadata__" {
      guard let type = value["dtype"]?.string, let shape = value["shape"]?.array,
        let range = value["data_offsets"]?.array?.compactMap(\.integer), range.count == 2, range[0] >= 0,
        range[0] <= range[1], range[1] <= Int64(bytes.count - start)
      else { return nil }
      result.append(
        Tensor(
          name: name, type: type, shape: String(decoding: JSON.array(shape).plainBytes(), as: UTF8.self),
          bytes: bytes[(start + Int(range[0]))..<(start + Int(range[1]))]))
    }
    return result
  }

  /// Bytes of a number; nil for types that are compared by their bytes.
  private var width: Int? { ["F64": 8, "F32": 4, "F16": 2, "BF16": 2][type] }

  /// Differences up to this part of the largest number count as rounding.
  private var tolerance: Double { ["F64": 1e-12, "F32": 1e-6, "F16": 1e-3, "BF16": 1e-2][type] ?? 0 }

  private func bits(_ index: Int, _ width: Int) -> UInt64 {
    let start = bytes.startIndex + index * width
    return (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
  }

  private func number(_ bits: UInt64) -> Double {
    switch type {
    case "F64": return Double(bitPattern: bits)
    case "F32": return Double(Float(bitPattern: UInt32(bits)))
    case "BF16": return Double(Float(bitPattern: UInt32(bits) << 16))
    default:
      let exponent = Int(bits >> 10 & 31)
      let fraction = Double(bits & 1_023)
      let sign = bits & 0x8000 == 0 ? 1.0 : -1.0
      if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
      let scale = Double(sign: .plus, exponent: max(exponent, 1) - 25, significand: 1)
      return sign * (exponent == 0 ? fraction : 1_024 + fraction) * scale
    }
  }

  /// Numbers in their order on a line, so that neighbours differ by one.
  private func rank(_ bits: UInt64, _ width: Int) -> Int64 {
    let top = UInt64(1) << UInt64(width * 8 - 1)
    return bits & top == 0 ? Int64(bits) : -Int64(bits & (top - 1))
  }

  /// The largest differences.
  struct Distance: Sendable, Equatable {
    var absolute = 0.0
    var relative = 0.0
    /// In steps of the last place.
    var steps: UInt64 = 0
    /// Whether all of it may be rounding.
    var isClose = true
  }

  /// How far apart two tensors are; nil if they are not of one type and shape.
  func distance(to other: Tensor) -> Distance? {
    guard ExactText.equal(name, other.name), type == other.type, shape == other.shape, bytes.count == other.bytes.count
    else { return nil }
    if bytes.elementsEqual(other.bytes) { return Distance() }
    guard let width else { return Distance(absolute: .nan, relative: .nan, steps: 0, isClose: false) }
    var distance = Distance()
    var largest = 0.0
    for index in 0..<(bytes.count / width) {
      let (one, two) = (bits(index, width), other.bits(index, width))
      let (left, right) = (number(one), other.number(two))
      if left.isFinite { largest = max(largest, abs(left)) }
      if one == two || left == right || left.isNaN && right.isNaN { continue }
      guard left.isFinite, right.isFinite else {
        return Distance(absolute: .infinity, relative: .infinity, steps: .max, isClose: false)
      }
      let gap = abs(left - right)
      distance.absolute = max(distance.absolute, gap)
      distance.relative = max(distance.relative, gap / max(abs(left), abs(right)))
      let (difference, overflow) = rank(one, width).subtractingReportingOverflow(rank(two, width))
      distance.steps = max(distance.steps, overflow ? .max : difference.magnitude)
    }
    distance.isClose = distance.absolute <= tolerance * largest
    return distance
  }
}
