/// Addresses of local files (RFC 8089): `file://` and the absolute path, percent-encoded.
public enum FileURI {
  private static let scheme = Array("file://".utf8)

  /// The address of an absolute path.
  public static func text(_ path: [UInt8]) -> String {
    var result = scheme
    for byte in path {
      if isPlain(byte) {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), upperDigit(byte >> 4), upperDigit(byte & 15)]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The absolute path of such an address, or nil for any other.
  public static func path(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    guard bytes.starts(with: scheme), let path = decoded(bytes[scheme.count...]), path.first == UInt8(ascii: "/"),
      !path.contains(0)
    else { return nil }
    return path
  }

  /// The name of the file that any address ends with; empty if it ends with a slash.
  public static func lastName(_ text: String) -> [UInt8] {
    let end = text.firstIndex { $0 == "?" || $0 == "#" } ?? text.endIndex
    let place = text.firstRange(of: "://").map { text[$0.upperBound..<max($0.upperBound, end)] } ?? text[..<end]
    guard let slash = place.lastIndex(of: "/") else { return [] }
    let name = Array(place[place.index(after: slash)...].utf8)
    return decoded(name[...]) ?? name
  }

  /// Nil for a percent sign without two digits behind it.
  private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var result = [UInt8]()
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(nibble), let low = rest.popFirst().flatMap(nibble) else { return nil }
      result.append(high &<< 4 | low)
    }
    return result
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    Hex.nibble((UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit) ? digit | 0x20 : digit)
  }

  private static func upperDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 48 : nibble &+ 55 }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
  }
}
