/// A set of byte values, as a bracket expression of a pattern gives it.
struct ByteSet: Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Every byte.
  static var all: ByteSet {
    var set = ByteSet()
    set.words = (.max, .max, .max, .max)
    return set
  }

  /// No byte.
  init() {}

  func contains(_ byte: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    return switch byte >> 6 {
    case 0: words.0 & bit != 0
    case 1: words.1 & bit != 0
    case 2: words.2 & bit != 0
    default: words.3 & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  mutating func invert() { words = (~words.0, ~words.1, ~words.2, ~words.3) }

  /// Reads a bracket expression behind its `[`, up to and with its `]`; nil when it does not end, or names a class that
  /// there is not.
  ///
  /// Source: git's wildmatch.c. A `]` that comes first stands for itself, `!` and `^` negate, a backslash takes the next
  /// byte as it is, a range whose ends are the wrong way round is empty.
  init?(_ text: inout ArraySlice<UInt8>) {
    let isNegated = text.first == UInt8(ascii: "!") || text.first == UInt8(ascii: "^")
    if isNegated { text = text.dropFirst() }
    // The byte before, which a range can start from; nil behind a range or a class.
    var previous: UInt8?
    var isFirst = true
    while let byte = text.popFirst() {
      if byte == UInt8(ascii: "]"), !isFirst {
        if isNegated { invert() }
        return
      }
      isFirst = false
      switch byte {
      case UInt8(ascii: "\\"):
        guard let literal = text.popFirst() else { return nil }
        insert(literal)
        previous = literal
      case UInt8(ascii: "-"):
        guard let low = previous, let next = text.first, next != UInt8(ascii: "]") else {
          insert(byte)
          previous = byte
          break
        }
        text = text.dropFirst()
        var high = next
        if next == UInt8(ascii: "\\") {
          guard let literal = text.popFirst() else { return nil }
          high = literal
        }
        if low <= high { for value in low...high { insert(value) } }
        previous = nil
      case UInt8(ascii: "[") where text.first == UInt8(ascii: ":"):
        guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let name = text[(text.startIndex + 1)..<end]
        guard name.last == UInt8(ascii: ":") else {
          // No `:]`: the bracket stands for itself.
          insert(byte)
          previous = byte
          break
        }
        guard insertClass(String(decoding: name.dropLast(), as: UTF8.self)) else { return nil }
        text = text[(end + 1)...]
        previous = nil
      default:
        insert(byte)
        previous = byte
      }
    }
    return nil
  }

  /// Adds a POSIX class, in ASCII and with git's idea of a space; false if there is no such class.
  private mutating func insertClass(_ name: String) -> Bool {
    let digits: [ClosedRange<UInt8>] = [0x30...0x39]
    let upper: [ClosedRange<UInt8>] = [0x41...0x5A]
    let lower: [ClosedRange<UInt8>] = [0x61...0x7A]
    let ranges: [ClosedRange<UInt8>]
    switch name {
    case "alnum": ranges = digits + upper + lower
    case "alpha": ranges = upper + lower
    case "blank": ranges = [0x09...0x09, 0x20...0x20]
    case "cntrl": ranges = [0x00...0x1F, 0x7F...0x7F]
    case "digit": ranges = digits
    case "graph": ranges = [0x21...0x7E]
    case "lower": ranges = lower
    case "print": ranges = [0x20...0x7E]
    case "punct": ranges = [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    case "space": ranges = [0x09...0x0A, 0x0D...0x0D, 0x20...0x20]
    case "upper": ranges = upper
    case "xdigit": ranges = digits + [0x41...0x46, 0x61...0x66]
    default: return false
    }
    for range in ranges { for value in range { insert(value) } }
    return true
  }
}
