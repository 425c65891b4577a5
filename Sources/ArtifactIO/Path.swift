/// A file system path as raw bytes; never a `String`, which would merge different names.
public struct Path: Sendable, Hashable {
  /// The bytes, without a terminating NUL.
  public let bytes: [UInt8]

  /// Creates a path from raw bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Creates a path from text.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// This path followed by `/` and `name`; an absolute `name` stands alone.
  public func appending(_ name: [UInt8]) -> Path {
    if bytes.isEmpty || name.first == 0x2f { return Path(name) }
    if name.isEmpty { return self }
    return Path(bytes.last == 0x2f ? bytes + name : bytes + [0x2f] + name)
  }

  /// This path followed by `/` and `name`.
  public func appending(_ name: String) -> Path { appending(Array(name.utf8)) }

  /// Everything before the last component, `.` if there is nothing.
  public var parent: Path {
    let trimmed = trimmedBytes
    guard let slash = trimmed.lastIndex(of: 0x2f) else { return Path(".") }
    return Path(slash == 0 ? [0x2f] : Array(trimmed[..<slash]))
  }

  /// The last component.
  public var lastComponent: [UInt8] {
    let trimmed = trimmedBytes
    guard let slash = trimmed.lastIndex(of: 0x2f) else { return trimmed }
    return Array(trimmed[(slash + 1)...])
  }

  private var trimmedBytes: [UInt8] {
    var end = bytes.count
    while end > 1, bytes[end - 1] == 0x2f { end -= 1 }
    return Array(bytes[..<end])
  }

  /// For error messages: control characters and bytes that are not UTF-8 are written `\xNN`.
  public var printable: String { Self.printable(bytes) }

  /// For error messages: control characters and bytes that are not UTF-8 are written `\xNN`.
  public static func printable(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: { isControl($0) }) {
      return text
    }
    var result = ""
    for byte in bytes {
      if (0x20..<0x7f).contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Calls `body` with the bytes and a terminating NUL.
  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    unsafe Self.withCString(bytes, body)
  }

  static func withCString<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
      for index in bytes.indices { unsafe buffer[index] = CChar(bitPattern: bytes[index]) }
      unsafe buffer[bytes.count] = 0
      return unsafe body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
    }
  }
}
