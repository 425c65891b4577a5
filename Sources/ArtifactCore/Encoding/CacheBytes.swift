/// Writes the bytes of a local cache: numbers of 7 bits a byte, texts behind their length, digests as they are.
///
/// No format of a store: a cache is read by the program that wrote it or thrown away.
struct CacheWriter {
  private(set) var bytes: [UInt8] = []
  private var places: [[UInt8]: UInt64] = [:]

  mutating func put(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func put(_ value: Int) { put(UInt64(max(0, value))) }

  mutating func put(_ time: Timestamp) { put(UInt64(bitPattern: time.milliseconds)) }

  mutating func put(_ digest: Digest) { digest.append(to: &bytes) }

  mutating func put(_ text: [UInt8]) {
    put(text.count)
    bytes += text
  }

  mutating func put(_ text: String) { put(Array(text.utf8)) }

  /// A text that comes often: its number, and the text itself the first time.
  mutating func share(_ text: String) {
    let key = Array(text.utf8)
    if let place = places[key] { return put(place) }
    put(UInt64(places.count))
    places[key] = UInt64(places.count)
    put(key)
  }

  /// Everything, and the SHA-256 of it.
  var sealed: [UInt8] { bytes + Digest.of(bytes).bytes }
}

/// Reads what a `CacheWriter` wrote.
struct CacheReader {
  private let bytes: [UInt8]
  private let end: Int
  private var position = 0
  private var texts: [String] = []

  /// Nil unless the bytes end with their SHA-256.
  init?(sealed bytes: [UInt8]) {
    guard bytes.count >= Digest.byteCount else { return nil }
    end = bytes.count - Digest.byteCount
    guard Digest.of(bytes.span.extracting(0..<end)) == Digest(bytes.span, at: end) else { return nil }
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == end }

  private static let cut = FormatError(.length, "cache", "it ends too early")

  mutating func number() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Self.cut
  }

  mutating func integer() throws(FormatError) -> Int {
    guard let value = Int(exactly: try number()) else { throw Self.cut }
    return value
  }

  /// A number of things that follow, each of at least one byte.
  mutating func count() throws(FormatError) -> Int {
    let value = try integer()
    guard value <= end - position else { throw Self.cut }
    return value
  }

  mutating func time() throws(FormatError) -> Timestamp {
    Timestamp(milliseconds: Int64(bitPattern: try number()))
  }

  mutating func digest() throws(FormatError) -> Digest {
    guard end - position >= Digest.byteCount else { throw Self.cut }
    defer { position += Digest.byteCount }
    return Digest(bytes.span, at: position)
  }

  mutating func data() throws(FormatError) -> [UInt8] {
    let count = try count()
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  mutating func text() throws(FormatError) -> String { String(decoding: try data(), as: UTF8.self) }

  mutating func sharedText() throws(FormatError) -> String {
    let place = try integer()
    if place < texts.count { return texts[place] }
    guard place == texts.count else { throw Self.cut }
    texts.append(try text())
    return texts[place]
  }
}
