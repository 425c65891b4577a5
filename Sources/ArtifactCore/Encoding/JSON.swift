/// A JSON value, restricted to what a record may hold: text, integers, booleans, arrays and objects.
///
/// Two more cases, `null` and `number`, exist for documents of others (a weight file's header, an OCI manifest).
/// `canonicalBytes()` refuses them, so they cannot enter a record.
///
/// Values are equal when their bytes are: unlike Swift's own `String`, a composed and a decomposed spelling of the same
/// letter are two texts here. Compare `json == .string("…")` and not `json.string == "…"` where the text is not ASCII.
public enum JSON: Sendable {
  /// Text, kept byte for byte.
  case string(String)
  /// An integer; records hold those in `JSON.integerRange`.
  case integer(Int64)
  /// `true` or `false`.
  case boolean(Bool)
  /// Values in order.
  case array([JSON])
  /// Members, each key once.
  case object(JSONObject)
  /// `null`: in documents of others only.
  case null
  /// A fraction, an exponent, or an integer out of range: in documents of others only.
  case number(JSONNumber)

  /// The integers that every JSON reader keeps exactly: ±(2^53 - 1) (RFC 8259 §6).
  public static let integerRange: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991
  /// Bytes in a document.
  public static let byteLimit = 16 << 20
  /// Arrays and objects inside each other.
  public static let depthLimit = 32
}

extension JSON {
  /// The text, if this is one.
  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The integer, if this is one.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

  /// The truth value, if this is one.
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// The elements, if this is an array.
  public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

  /// The members, if this is an object.
  public var object: JSONObject? { if case .object(let members) = self { members } else { nil } }

  /// An integer or a number of another kind as floating point, rounded.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let number): number.double
    default: nil
    }
  }

  /// The value under `key`, if this is an object that has it.
  public subscript(key: String) -> JSON? { object?[key] }

  /// An integer value from any whole number that fits 64 bits.
  public init?(_ value: some BinaryInteger) {
    guard let value = Int64(exactly: value) else { return nil }
    self = .integer(value)
  }
}

// MARK: - Bytes that may not be text

extension JSON {
  /// Bytes as a value: text where they are UTF-8, `{"b64":"…"}` where they are not (store-layout.md §1).
  public static func bytes(_ bytes: [UInt8]) -> JSON {
    if let text = ExactText.string(bytes.span) { return .string(text) }
    return .object(["b64": .string(Base64.text(bytes))])
  }

  /// The bytes that `bytes(_:)` wrote, or nil for anything that it would have written differently.
  public var bytes: [UInt8]? {
    switch self {
    case .string(let text):
      return Array(text.utf8)
    case .object(let members):
      guard members.count == 1, let text = members["b64"]?.string, let bytes = Base64.bytes(text) else { return nil }
      // Text has one spelling: itself.
      return ExactText.string(bytes.span) == nil ? bytes : nil
    default:
      return nil
    }
  }
}

// MARK: - Equality

extension JSON: Hashable {
  /// Byte-exact equality; the order of members does not matter.
  public static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.string(let one), .string(let other)): ExactText.equal(one, other)
    case (.integer(let one), .integer(let other)): one == other
    case (.boolean(let one), .boolean(let other)): one == other
    case (.array(let one), .array(let other)): one == other
    case (.object(let one), .object(let other)): one == other
    case (.null, .null): true
    case (.number(let one), .number(let other)): one == other
    default: false
    }
  }

  /// Equal values hash equally. (Texts that differ only in normalisation collide, which is allowed.)
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .string(let text): hasher.combine(text)
    case .integer(let value): hasher.combine(value)
    case .boolean(let value): hasher.combine(value)
    case .array(let elements): hasher.combine(elements)
    case .object(let members): hasher.combine(members)
    case .null: hasher.combine(0)
    case .number(let number): hasher.combine(number)
    }
  }
}

// MARK: - Literals

extension JSON: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }

  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }

  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// An array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }

  /// An object; a key that is there twice is a programmer's error and traps.
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(literal: elements)) }
}
