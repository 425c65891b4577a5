/// Reads the members of one JSON object of a record and remembers which it was asked for.
///
/// `finish()` refuses what is left over: a record is understood as a whole or not at all (store-layout.md §2.3).
struct MemberReader {
  private let object: JSONObject
  private var known: Set<String> = []
  /// What is read, for error messages.
  let subject: String

  init(_ json: JSON, in subject: String) throws(FormatError) {
    guard let object = json.object else { throw FormatError(.syntax, subject, "not an object") }
    self.object = object
    self.subject = subject
  }

  /// Whether there is such a member.
  func has(_ key: String) -> Bool { object[key] != nil }

  mutating func value(_ key: String) -> JSON? {
    known.insert(key)
    return object[key]
  }

  mutating func optionalString(_ key: String) throws(FormatError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw wrong(key, "a string") }
    return text
  }

  mutating func string(_ key: String) throws(FormatError) -> String {
    guard let text = try optionalString(key) else { throw missing(key) }
    return text
  }

  mutating func optionalCount(_ key: String) throws(FormatError) -> UInt64? {
    guard let value = value(key) else { return nil }
    guard let number = value.integer, number >= 0 else { throw wrong(key, "an integer from 0") }
    return UInt64(number)
  }

  mutating func count(_ key: String) throws(FormatError) -> UInt64 {
    guard let number = try optionalCount(key) else { throw missing(key) }
    return number
  }

  mutating func optionalInteger(_ key: String) throws(FormatError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.integer else { throw wrong(key, "an integer") }
    return Int(number)
  }

  mutating func optionalBoolean(_ key: String) throws(FormatError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let fact = value.boolean else { throw wrong(key, "true or false") }
    return fact
  }

  mutating func optionalDigest(_ key: String) throws(FormatError) -> Digest? {
    guard let text = try optionalString(key) else { return nil }
    guard let digest = Digest(text: text) else { throw wrong(key, "a digest") }
    return digest
  }

  mutating func digest(_ key: String) throws(FormatError) -> Digest {
    guard let digest = try optionalDigest(key) else { throw missing(key) }
    return digest
  }

  mutating func time(_ key: String) throws(FormatError) -> Timestamp {
    do { return try Timestamp(try string(key)) } catch { throw wrong(key, "a time") }
  }

  mutating func optionalBytes(_ key: String) throws(FormatError) -> [UInt8]? {
    guard let value = value(key) else { return nil }
    guard let bytes = value.bytes else { throw wrong(key, "text or {\"b64\":…}") }
    return bytes
  }

  mutating func bytes(_ key: String) throws(FormatError) -> [UInt8] {
    guard let bytes = try optionalBytes(key) else { throw missing(key) }
    return bytes
  }

  /// The elements of an array; none if it is left out.
  mutating func list(_ key: String) throws(FormatError) -> [JSON] {
    guard let value = value(key) else { return [] }
    guard let elements = value.array, !elements.isEmpty else { throw wrong(key, "an array with elements") }
    return elements
  }

  mutating func objects(_ key: String) throws(FormatError) -> [MemberReader] {
    var result = [MemberReader]()
    for element in try list(key) { result.append(try MemberReader(element, in: subject)) }
    return result
  }

  mutating func strings(_ key: String) throws(FormatError) -> [String] {
    var result = [String]()
    for element in try list(key) {
      guard let text = element.string else { throw wrong(key, "an array of strings") }
      result.append(text)
    }
    return result
  }

  mutating func byteStrings(_ key: String) throws(FormatError) -> [[UInt8]] {
    var result = [[UInt8]]()
    for element in try list(key) {
      guard let bytes = element.bytes else { throw wrong(key, "an array of texts") }
      result.append(bytes)
    }
    return result
  }

  mutating func digests(_ key: String) throws(FormatError) -> [Digest] {
    var result = [Digest]()
    for element in try list(key) {
      guard let digest = Digest(text: element.string ?? "") else { throw wrong(key, "an array of digests") }
      result.append(digest)
    }
    return result
  }

  /// An object of strings; none if it is left out.
  mutating func texts(_ key: String) throws(FormatError) -> [String: String] {
    guard let value = value(key) else { return [:] }
    guard let members = value.object, !members.isEmpty else { throw wrong(key, "an object with members") }
    var result = [String: String]()
    for (name, value) in members {
      guard let text = value.string else { throw FormatError(.field, subject, "a \"\(key)\" value is not a string") }
      guard result.updateValue(text, forKey: name) == nil else { throw twice(key, name) }
    }
    return result
  }

  /// An object of integers from 0; none if it is left out.
  mutating func counts(_ key: String) throws(FormatError) -> [String: UInt64] {
    guard let value = value(key) else { return [:] }
    guard let members = value.object, !members.isEmpty else { throw wrong(key, "an object with members") }
    var result = [String: UInt64]()
    for (name, value) in members {
      guard let number = value.integer, number >= 0 else { throw wrong(key, "an object of integers from 0") }
      guard result.updateValue(UInt64(number), forKey: name) == nil else { throw twice(key, name) }
    }
    return result
  }

  /// Refuses members that nobody asked for: a newer program wrote them.
  func finish() throws(FormatError) {
    for key in object.keys where !known.contains(key) {
      throw FormatError(.newer, subject, "the member \"\(printable(key))\", which this program does not know")
    }
  }

  /// Names are compared as text here: two that differ only in how their letters are composed are one.
  private func twice(_ key: String, _ name: String) -> FormatError {
    FormatError(.field, subject, "\"\(key)\" has \"\(printable(name))\" twice, in two spellings of the same letters")
  }

  func missing(_ key: String) -> FormatError { FormatError(.field, subject, "\"\(key)\" is missing") }

  func wrong(_ key: String, _ what: String) -> FormatError { FormatError(.field, subject, "\"\(key)\" is not \(what)") }
}

/// Writing: a member without a value is left out, so that nothing has two spellings.
extension JSONObject {
  mutating func put(_ key: String, _ text: String?) { if let text { self[key] = .string(text) } }

  mutating func put(_ key: String, _ digest: Digest?) { if let digest { self[key] = .string(digest.text) } }

  mutating func put(_ key: String, _ fact: Bool?) { if let fact { self[key] = .boolean(fact) } }

  mutating func put(_ key: String, bytes: [UInt8]?) { if let bytes { self[key] = .bytes(bytes) } }

  mutating func put(_ key: String, _ list: [JSON]) { if !list.isEmpty { self[key] = .array(list) } }

  mutating func put(_ key: String, _ digests: [Digest]) { put(key, digests.map { .string($0.text) }) }

  mutating func put(_ key: String, _ texts: [String]) { put(key, texts.map { .string($0) }) }

  mutating func put(_ key: String, _ texts: [String: String]) throws(FormatError) {
    if !texts.isEmpty { self[key] = .object(try JSONObject(members: texts.map { ($0.key, .string($0.value)) })) }
  }

  mutating func put(_ key: String, _ counts: [String: UInt64]) throws(FormatError) {
    if counts.isEmpty { return }
    var object = JSONObject()
    for (name, count) in counts { try object.put(name, count: count) }
    self[key] = .object(object)
  }

  mutating func put(_ key: String, count: UInt64?) throws(FormatError) {
    guard let count else { return }
    guard let value = JSON(count), count <= UInt64(JSON.integerRange.upperBound) else {
      throw FormatError(.limit, "record", "a number beyond 2^53")
    }
    self[key] = value
  }
}
