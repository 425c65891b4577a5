import ArtifactCore
import Testing

/// A generator whose numbers follow from its seed alone (SplitMix64).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

private func parse(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct JSONCanonicalTests {
  @Test(arguments: [("jcs_plan", "plan_id"), ("jcs_result", "result_id"), ("jcs_keys", "jcs_keys_sha256")])
  func `a canonical document re-encodes to itself and has the id that others computed`(
    document: String, id: String
  ) throws {
    let vectors = try Vectors.recordsLogSignatures()
    let bytes = try Array(#require(vectors[document]?.string).utf8)
    let expected = try #require(vectors[id]?.string)

    let value = try JSON.canonical(bytes)

    #expect(try value.canonicalBytes() == bytes)
    #expect(Digest.of(bytes).text.hasSuffix(expected))
  }

  @Test func `keys are written in the order of their UTF-16 units, not of their bytes or code points`() throws {
    let object: JSON = [
      "\u{20ac}": 1, "\r": 2, "\u{10000}": 3, "\u{ff5e}": 4, "\u{e9}": 5, "1": 6, "a10": 7, "a2": 8, "B": 9, "b": 10,
    ]
    let expected = try #require(try Vectors.recordsLogSignatures()["jcs_keys"]?.string)
    #expect(try text(object.canonicalBytes()) == expected)
  }

  @Test func `UTF-16 order is the order of the code units for every pair of texts`() {
    let seed: UInt64 = 20_260_315
    var random = Seeded(state: seed)
    let scalars: [Unicode.Scalar] = [
      "a", "b", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{fffd}", "\u{ffff}", "\u{10000}",
      "\u{10ffff}",
    ]
    for _ in 0..<5_000 {
      var texts = ["", ""]
      for which in 0..<2 {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          texts[which].unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
        }
      }
      let expected = texts[0].utf16.lexicographicallyPrecedes(texts[1].utf16)
      #expect(ExactText.precedes(texts[0], texts[1]) == expected, "seed \(seed): \(texts)")
    }
  }

  @Test func `strings escape what RFC 8785 escapes and nothing else`() throws {
    let value: JSON = "\u{8}\t\n\u{c}\r\u{0}\u{1f}\"\\/\u{7f}\u{2028}é😀"
    #expect(try text(value.canonicalBytes()) == #""\b\t\n\f\r\u0000\u001f\"\\/"# + "\u{7f}\u{2028}é😀\"")
  }

  @Test(
    arguments: [
      (JSON.null, FormatError.Code.notCanonical), (.integer(9_007_199_254_740_992), .notCanonical),
      (.integer(.min), .notCanonical), (["a": [.null]], .notCanonical),
    ] as [(JSON, FormatError.Code)])
  func `what a record may not hold is refused when it is written`(value: JSON, code: FormatError.Code) {
    let error = #expect(throws: FormatError.self) { try value.canonicalBytes() }
    #expect(error?.code == code)
  }

  @Test func `a fraction is refused in a record and written to a foreign document`() throws {
    let value = try JSON.parseLenient(Array("[1.50,1e5,-0,null,12345678901234567890]".utf8))
    #expect(throws: FormatError.self) { try value.canonicalBytes() }
    #expect(text(value.plainBytes()) == "[1.50,1e5,-0,null,12345678901234567890]")
    #expect(value.array?[0].double == 1.5)
    #expect(JSONNumber(.infinity) == nil)
    #expect(try #require(JSONNumber(0.1)).text == "0.1")
  }

  @Test func `nothing is written deeper than a reader goes`() throws {
    var value: JSON = 1
    for _ in 0..<32 { value = [value] }
    #expect(try JSON.canonical(value.canonicalBytes()) == value)
    let error = #expect(throws: FormatError.self) { try JSON.array([value]).canonicalBytes() }
    #expect(error?.code == .limit)
  }

  @Test(arguments: [
    #"{"a": 1}"#, #"{"b":1,"a":2}"#, "\"\\u0041\"", #""\/""#, " 1", "1\n", #""\u00e9""#, #""\u001F""#,
  ])
  func `another spelling of a value is not a record`(document: String) throws {
    _ = try parse(document)
    let error = #expect(throws: FormatError.self) { try JSON.canonical(Array(document.utf8)) }
    #expect(error?.code == .notCanonical)
    #expect(error?.offset != nil)
  }

  @Test func `any value comes back from its canonical bytes, and its bytes from it`() throws {
    let seed: UInt64 = 8_785
    var random = Seeded(state: seed)
    for _ in 0..<2_000 {
      let value = Self.randomValue(depth: 0, using: &random)
      let bytes = try value.canonicalBytes()
      let back = try JSON.canonical(bytes)
      #expect(back == value, "seed \(seed)")
      #expect(back.hashValue == value.hashValue, "seed \(seed)")
    }
  }

  private static func randomValue(depth: Int, using random: inout Seeded) -> JSON {
    switch Int.random(in: 0...(depth < 4 ? 4 : 2), using: &random) {
    case 0:
      return .integer(Int64.random(in: JSON.integerRange, using: &random) >> Int64.random(in: 0...52, using: &random))
    case 1: return .boolean(Bool.random(using: &random))
    case 2: return .string(randomText(using: &random))
    case 3:
      return .array(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(depth: depth + 1, using: &random) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        object[randomText(using: &random)] = randomValue(depth: depth + 1, using: &random)
      }
      return .object(object)
    }
  }

  private static func randomText(using random: inout Seeded) -> String {
    var result = ""
    for _ in 0..<Int.random(in: 0...5, using: &random) {
      let limit: UInt32 = [0x20, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &random) ?? 0x80
      if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

@Suite struct JSONParseTests {
  @Test(arguments: [
    ("", 0), (" ", 1), ("[1,]", 3), ("[1 2]", 3), ("[", 1), ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), ("{a:1}", 1),
    (#"{"a":1,}"#, 7), ("01", 0), ("-", 1), ("-01", 1), ("1.5", 0), ("1e5", 0), ("1E5", 0), ("-0", 0), ("0.0", 0),
    ("9007199254740992", 0), ("-9007199254740992", 0), ("99999999999999999999", 0), ("+1", 0), (".5", 0), ("1.", 2),
    ("1e", 2), ("0x1", 1), ("null", 0), ("nul", 0), ("tru", 0), ("True", 0), ("trueX", 4), ("NaN", 0), ("Infinity", 0),
    ("1 1", 2), ("\"", 1), ("\"a", 2), ("\"\\", 1), ("\"\\x\"", 1), ("\"\\u12", 1), ("\"\\u12g4\"", 1),
    ("\"\t\"", 1), ("\"a\\n\n\"", 4), ("'a'", 0), ("/* */1", 0), ("[1]]", 3), ("\u{a0}1", 0),
    (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\ud800""#, 1), (#""\ud800x""#, 1), (#""\ud800\n""#, 1),
    (#""ab\udfff\ud800""#, 3), (#"{"a":1,"a":1}"#, 0), (#"{"b":1,"a":2,"\u0062":3}"#, 0), (#"[{"":1,"":2}]"#, 1),
  ])
  func `what is not our JSON is refused at its place`(document: String, offset: Int) {
    let error = #expect(throws: FormatError.self) { try parse(document) }
    #expect(error?.code == .syntax)
    #expect(error?.offset == offset)
  }

  @Test(
    arguments: [
      ([0xEF, 0xBB, 0xBF, 0x31], 0),
      ([0x22, 0x80, 0x22], 1),
      ([0x22, 0x61, 0xC3, 0x22], 2),
      ([0x22, 0xC0, 0xAF, 0x22], 1),
      ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
      ([0x31, 0x00], 1),
      ([0xFF], 0),
    ] as [([UInt8], Int)])
  func `bytes that are not UTF-8, and a byte order mark, are refused at their place`(bytes: [UInt8], offset: Int) {
    let error = #expect(throws: FormatError.self) { try JSON.parse(bytes) }
    #expect(error?.offset == offset)
    #expect(throws: FormatError.self) { try JSON.parseLenient(bytes) }
  }

  @Test func `an escape does not mend broken UTF-8`() {
    for bytes: [UInt8] in [[0x22, 0xC3, 0x5C, 0x6E, 0xA9, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22]] {
      #expect(throws: FormatError.self) { try JSON.parse(bytes) }
    }
  }

  @Test func `good documents are read whatever their spacing and escapes`() throws {
    let document = "\t{ \"a\" : [ 1 , -2 ,true,false ],\r\n\"\\ud83d\\ude00\\u00E9\\/\\b\\f\\n\\r\\t\\\\\\\"\" : { } } "
    #expect(try parse(document) == ["a": [1, -2, true, false], "😀\u{e9}/\u{8}\u{c}\n\r\t\\\"": [:]])
    #expect(try parse("9007199254740991").integer == 9_007_199_254_740_991)
    #expect(try parse("-9007199254740991").integer == -9_007_199_254_740_991)
    #expect(try parse("0").integer == 0)
    #expect(try parse(#""\u0000""#).string == "\0")
  }

  @Test func `composed and decomposed spellings are two keys and two values`() throws {
    let value = try parse("{\"\u{e9}\":1,\"e\u{301}\":2}")
    #expect(value.object?.count == 2)
    #expect(value["\u{e9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSON.string("\u{e9}") != JSON.string("e\u{301}"))
    // Equal for Swift, and of equal length.
    #expect("\u{212b}" == "A\u{30a}" && JSON.string("\u{212b}") != JSON.string("A\u{30a}"))
    #expect(Set<JSON>(["\u{e9}", "e\u{301}", "\u{e9}"]).count == 2)
  }

  @Test func `depth 32 is read and depth 33 is not`() throws {
    let nested = { (depth: Int) in
      [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
    }
    _ = try JSON.parse(nested(32))
    let error = #expect(throws: FormatError.self) { try JSON.parse(nested(33)) }
    #expect(error?.code == .limit)
    #expect(error?.offset == 32)
    #expect(throws: FormatError.self) { try JSON.parse([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
  }

  @Test func `a document that could not be read again is not stored, but may be printed`() throws {
    let text = JSON.string(String(repeating: "a", count: JSON.byteLimit))
    #expect(refusal { try text.canonicalBytes() } == .limit)
    #expect(try text.canonicalBytes(limit: .max).count == JSON.byteLimit + 2)
  }

  @Test func `a document of one byte too many is not read`() throws {
    var bytes = [UInt8](repeating: UInt8(ascii: " "), count: JSON.byteLimit)
    bytes[0] = UInt8(ascii: "1")
    #expect(try JSON.parse(bytes) == 1)
    let error = #expect(throws: FormatError.self) { try JSON.parse(bytes + [UInt8(ascii: " ")]) }
    #expect(error?.code == .limit)
  }

  @Test func `a large object in any order is read in order and its duplicates are found`() throws {
    let keys = (0..<3_000).map { ($0 &* 7_919) % 3_000 }
    let members = keys.map { "\"k\($0)\":\($0)" }
    let value = try parse("{" + members.joined(separator: ",") + "}")
    #expect(value.object?.count == 3_000)
    #expect(value["k1234"] == 1_234)
    #expect(throws: FormatError.self) { try parse("{" + (members + ["\"k17\":0"]).joined(separator: ",") + "}") }
  }

  @Test func `the lenient reader lets null and every number in, and nothing else`() throws {
    let value = try JSON.parseLenient(Array(#"{"a":null,"b":-1.5e-3,"c":3,"d":1e400}"#.utf8))
    #expect(value["a"] == .null)
    #expect(value["b"]?.double == -0.0015)
    #expect(value["c"] == 3)
    #expect(value["d"]?.double == .infinity)
    for document in ["01", "1.", "-", "1e+", "NaN", "[1,]", #"{"a":1,"a":2}"#, "'a'", "nulL"] {
      #expect(throws: FormatError.self) { try JSON.parseLenient(Array(document.utf8)) }
    }
  }

  @Test func `no damage to a document traps, and what is still read is read the same twice`() throws {
    let seed: UInt64 = 8_259
    var random = Seeded(state: seed)
    let document = Array(#"{"a":[1,-2.5e3,true,null,"é\ud83d\ude00\n"],"b":{"c":"","d":{}},"e":12345}"#.utf8)
    for _ in 0..<20_000 {
      var bytes = document
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(Array("\"\\{}[]:,u0e-".utf8).randomElement(using: &random) ?? 0, at: place)
        }
      }
      // Most of these are refused, which is all this test wants to see happen.
      guard let value = try? JSON.parseLenient(bytes) else { continue }
      #expect(try JSON.parseLenient(value.plainBytes()) == value, "seed \(seed)")
    }
  }
}

@Suite struct JSONObjectTests {
  @Test func `setting, replacing and removing members keeps one of each key`() {
    var object: JSONObject = ["b": 2, "a": 1]
    object["c"] = "three"
    object["a"] = 10
    object["b"] = nil
    object["z"] = nil
    #expect(object == ["a": 10, "c": "three"])
    #expect(object.keys == ["a", "c"])
    #expect(object.map(\.value) == [10, "three"])
    #expect(object["b"] == nil)
  }

  @Test func `a missing or wrong field is named`() throws {
    let object: JSONObject = ["name": "a", "size": 3]
    #expect(try object.requiredString("name", in: "plan") == "a")
    #expect(try object.requiredInteger("size", in: "plan") == 3)
    #expect(throws: FormatError(.field, "plan", "\"seed\" is missing")) { try object.required("seed", in: "plan") }
    #expect(throws: FormatError(.field, "plan", "\"size\" is not a string")) {
      try object.requiredString("size", in: "plan")
    }
    #expect(throws: FormatError(.field, "plan", "\"name\" is not an integer")) {
      try object.requiredInteger("name", in: "plan")
    }
  }

  @Test func `members with one key twice are refused`() {
    #expect(throws: FormatError.self) { try JSONObject(members: [("a", 1), ("b", 1), ("a", 2)]) }
  }

  @Test func `values are read as what they are and as nothing else`() {
    let value: JSON = ["text": "\(1 + 1)", "count": 3, "isNew": true, "list": [1]]
    #expect(value["text"]?.string == "2" && value["text"]?.integer == nil)
    #expect(value["count"]?.integer == 3 && value["count"]?.string == nil && value["count"]?.double == 3)
    #expect(value["isNew"]?.boolean == true && value["isNew"]?.array == nil)
    #expect(value["list"]?.array == [1] && value["list"]?.object == nil)
    #expect(JSON(UInt64.max) == nil && JSON(7 as UInt8) == 7)
  }
}

@Suite struct RawBytesTests {
  @Test(
    arguments: [
      ([], #""""#), ([0x61], #""a""#), ([0xC3, 0xA9], "\"é\""), ([0xFF], #"{"b64":"/w=="}"#),
      ([0x61, 0x80, 0x62], #"{"b64":"YYBi"}"#), ([0xED, 0xA0, 0x80, 0x31], #"{"b64":"7aCAMQ=="}"#),
    ] as [([UInt8], String)])
  func `bytes are written as text where they are text and come back exactly`(bytes: [UInt8], expected: String) throws {
    let encoded = try JSON.bytes(bytes).canonicalBytes()
    #expect(text(encoded) == expected)
    #expect(try JSON.parse(encoded).bytes == bytes)
  }

  @Test(arguments: [
    #"{"b64":"YQ=="}"#, #"{"b64":""}"#, #"{"b64":"/w="}"#, #"{"b64":"/x=="}"#, #"{"b64":"/w==","c":1}"#, "{}", "1",
    #"{"b64":1}"#, #"{"b64":"/w==\n"}"#,
  ])
  func `bytes have one spelling`(document: String) throws {
    #expect(try parse(document).bytes == nil)
  }

  @Test func `base64 is that of RFC 4648, and one spelling of it`() {
    let vectors = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
    ]
    for (plain, coded) in vectors {
      #expect(Base64.text(Array(plain.utf8)) == coded)
      #expect(Base64.bytes(coded) == Array(plain.utf8))
    }
    #expect(Base64.text([0xFB, 0xEF, 0xBE, 0xFF]) == "++++/w==")
    for wrong in ["Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Z===", "=Zg=", "Zm 9", "Zm9v\n", "Zm-v", "Zm9vZ"] {
      #expect(Base64.bytes(wrong) == nil, "\(wrong)")
    }
  }
}
