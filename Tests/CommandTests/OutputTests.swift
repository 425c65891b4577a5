import ArtifactCore
import ArtifactStore
import Testing

@testable import artifact

/// Numbers, tables and words without a process.
@Suite struct OutputTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (9_994, "9.99 kB"), (9_995, "10.0 kB"), (99_949, "99.9 kB"),
    (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (45_600_000_000, "45.6 GB"),
    (Int.max, "9.22 EB"),
  ])
  func `sizes have three digits`(count: Int, text: String) {
    #expect(Units.bytes(count) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234")])
  func `thousands are set apart`(value: Int, text: String) {
    #expect(Units.count(value) == text)
  }

  @Test func `a share is never rounded to nothing or to all`() {
    #expect(Units.percent(1, of: 1_000) == "<1%")
    #expect(Units.percent(999, of: 1_000) == "99%")
    #expect(Units.percent(0, of: 0) == "0%")
  }

  @Test func `an age in the future or long ago is a day`() throws {
    let now = try Timestamp("2026-11-21T02:14:05.123Z")
    #expect(Units.age(of: now, at: now) == "now")
    #expect(Units.age(of: now.advanced(byMilliseconds: -7_200_000), at: now) == "2 h")
    #expect(Units.age(of: now.advanced(byMilliseconds: 3_600_000_000), at: now) == "2027-01-01")
    #expect(Units.age(of: now.advanced(byMilliseconds: -40 * 86_400_000), at: now) == "2026-10-12")
  }

  @Test func `columns shrink only where they may`() {
    var table = Table([.init(title: "NAME"), .init(title: "N", isNumber: true), .init(title: "TAGS", mayShrink: true)])
    table.add(["customers", "7", "a-tag-that-is-rather-long"])
    let lines = table.lines(width: 26, style: Style(isOn: false))
    #expect(lines == ["NAME       N  TAGS", "customers  7  a-tag-tha..."])
    #expect(table.lines(width: nil, style: Style(isOn: false)).last == "customers  7  a-tag-that-is-rather-long")
  }

  @Test func `any bytes survive the parser's text`() {
    var generator = SystemRandomNumberGenerator()
    let tricky: [UInt8] = [0x66, 0xF4, 0x8F, 0x9E, 0x80, 0xE9, 0x65, 0xCC, 0x81, 0x20]
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        Bool.random(using: &generator) ? tricky.randomElement(using: &generator) ?? 0 : UInt8.random(in: 1...255)
      }
      #expect(RawArgument.decode(RawArgument.encode(bytes)) == bytes)
    }
    #expect(RawArgument.encode(Array("caf\u{E9}".utf8)) == "caf\u{E9}")
  }

  @Test func `options before the command belong to it`() {
    #expect(CommandWords(["--store", "s", "ls", "x"]).words == ["ls", "--store", "s", "x"])
    #expect(CommandWords(["--store=s", "--json", "ls"]).words == ["ls", "--store=s", "--json"])
    #expect(CommandWords(["help", "push"]).words == ["push", "--help"])
    #expect(CommandWords(["push", "--", "--json"]).wantsJSON == false)
  }

  @Test func `names are escaped in errors`() {
    let report = ErrorReport(CommandFailure.unknownCommand(printable("a\u{1B}[31m"), candidates: []))
    #expect(!report.text(Style(isOn: false)).contains("\u{1B}"))
  }

  @Test func `metadata are split at the first equals sign`() throws {
    #expect(try MetaOption.pairs([RawArgument(argument: "a=b=c")]) == ["a": "b=c"])
    #expect(throws: CommandFailure.self) { try MetaOption.pairs([RawArgument(argument: "=x")]) }
    #expect(throws: CommandFailure.self) {
      try MetaOption.pairs([RawArgument(argument: "a=1"), RawArgument(argument: "a=2")])
    }
  }
}
