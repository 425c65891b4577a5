import ArgumentParser
import ArtifactCore
import ArtifactIO

/// A word of the command line as the bytes that were typed, which need not be UTF-8.
///
/// The parser works on `String`, which cannot hold such bytes. So a word that is not plain UTF-8 travels as text in which
/// every byte from 0x80 on is one private-use character, and becomes bytes again here. The way there and back is exact for
/// any bytes.
struct RawArgument: ExpressibleByArgument, Sendable, Hashable {
  /// The bytes that were typed.
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(argument: String) { bytes = Self.decode(argument) }

  /// The word as a path.
  var path: Path { Path(bytes) }

  /// The word as it may be shown.
  var defaultValueDescription: String { printable(bytes) }

  /// The word as text; bytes that are not UTF-8 are refused.
  func text(_ what: String) throws(CommandFailure) -> String {
    guard let text = ExactText.string(bytes.span) else {
      throw .usage("\(what) cannot be used", "\"\(printable(bytes))\" is not UTF-8")
    }
    return text
  }

  private static let escapes: ClosedRange<UInt32> = 0x10F780...0x10F7FF

  /// The text that the parser works on.
  static func encode(_ bytes: [UInt8]) -> String {
    if let text = ExactText.string(bytes.span), !text.unicodeScalars.contains(where: { escapes.contains($0.value) }) {
      return text
    }
    var text = String.UnicodeScalarView()
    for byte in bytes {
      let value = byte < 0x80 ? UInt32(byte) : escapes.lowerBound - 0x80 + UInt32(byte)
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    return String(text)
  }

  /// The bytes that `encode` took.
  static func decode(_ text: String) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if escapes.contains(scalar.value) {
        bytes.append(UInt8(scalar.value - escapes.lowerBound + 0x80))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }
}
