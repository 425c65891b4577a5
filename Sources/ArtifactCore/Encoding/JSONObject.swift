/// The members of a JSON object: keys with values, each key once, compared byte for byte.
///
/// Kept in the order in which RFC 8785 writes them (UTF-16 code units), so equality does not depend on how an object was
/// built, looking a key up is a binary search, and writing needs no sorting.
public struct JSONObject: Sendable {
  /// The members in canonical order.
  private var members: [Element]

  /// One key and its value.
  public typealias Element = (key: String, value: JSON)

  /// No members.
  public init() { members = [] }

  /// Members in any order; throws `.syntax` when a key is there twice.
  public init(members: [Element], subject: String = "JSON") throws(FormatError) {
    let sorted = members.sorted { ExactText.precedes($0.key, $1.key) }
    for index in sorted.indices.dropFirst() where ExactText.equal(sorted[index - 1].key, sorted[index].key) {
      throw FormatError(.syntax, subject, "the key \"\(printable(sorted[index].key))\" appears twice")
    }
    self.members = sorted
  }

  /// Members whose keys already ascend strictly.
  init(ascending members: [Element]) { self.members = members }

  /// Members of a literal; traps when a key is there twice.
  init(literal elements: [(String, JSON)]) {
    self.init()
    for (key, value) in elements {
      let place = place(of: key)
      precondition(!place.isTaken, "the key \(key) appears twice in a literal")
      members.insert((key, value), at: place.index)
    }
  }

  /// The value under exactly these bytes; setting nil removes the member.
  public subscript(key: String) -> JSON? {
    get {
      let place = place(of: key)
      return place.isTaken ? members[place.index].value : nil
    }
    set {
      let place = place(of: key)
      switch (newValue, place.isTaken) {
      case (let value?, true): members[place.index].value = value
      case (let value?, false): members.insert((key, value), at: place.index)
      case (nil, true): members.remove(at: place.index)
      case (nil, false): break
      }
    }
  }

  /// The value under `key`, which must be there: `.field` otherwise.
  public func required(_ key: String, in subject: String) throws(FormatError) -> JSON {
    guard let value = self[key] else { throw FormatError(.field, subject, "\"\(key)\" is missing") }
    return value
  }

  /// The text under `key`, which must be there and be text: `.field` otherwise.
  public func requiredString(_ key: String, in subject: String) throws(FormatError) -> String {
    guard let text = try required(key, in: subject).string else {
      throw FormatError(.field, subject, "\"\(key)\" is not a string")
    }
    return text
  }

  /// The integer under `key`, which must be there and be one: `.field` otherwise.
  public func requiredInteger(_ key: String, in subject: String) throws(FormatError) -> Int64 {
    guard let value = try required(key, in: subject).integer else {
      throw FormatError(.field, subject, "\"\(key)\" is not an integer")
    }
    return value
  }

  private func place(of key: String) -> (index: Int, isTaken: Bool) {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      if ExactText.precedes(members[middle].key, key) { low = middle + 1 } else { high = middle }
    }
    return (low, low < members.count && ExactText.equal(members[low].key, key))
  }
}

extension JSONObject: RandomAccessCollection {
  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of members.
  public var endIndex: Int { members.count }

  /// The member at a position in canonical order.
  public subscript(position: Int) -> Element { members[position] }

  /// The keys in canonical order.
  public var keys: [String] { members.map(\.key) }
}

extension JSONObject: Hashable {
  /// Byte-exact equality.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { ExactText.equal($0.key, $1.key) && $0.value == $1.value }
  }

  /// Equal objects hash equally.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(members.count)
    for member in members {
      hasher.combine(member.key)
      hasher.combine(member.value)
    }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Members in any order; a key that is there twice is a programmer's error and traps.
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(literal: elements) }
}

/// A number of a foreign document as it was written: a fraction, an exponent, `-0`, or an integer out of range.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
  /// The number by the grammar of RFC 8259 §6.
  public let text: String

  /// Text that already passed the grammar.
  init(checked text: String) { self.text = text }

  /// A finite number, in the shortest spelling that reads back the same; nil for infinities and NaN.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = "\(value)"
  }

  /// The nearest floating-point value; infinite when it is out of range.
  public var double: Double { Double(text) ?? .nan }

  /// The number as it was written.
  public var description: String { text }
}
