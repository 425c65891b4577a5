import ArtifactCore
import Testing

@Suite struct PrintableNameTests {
  @Test(arguments: [
    ("train/part-0.csv", "train/part-0.csv"), ("", ""), ("日本語 e\u{301}.csv", "日本語 e\u{301}.csv"), ("😀", "😀"),
    ("a\nb", #"a\x0ab"#), ("\u{1b}[2J", #"\x1b[2J"#), ("\u{7f}", #"\x7f"#), ("\0", #"\x00"#), ("\u{85}", #"\u{85}"#),
    ("\u{9b}31m", #"\u{9b}31m"#), ("a\u{202e}cod.exe", #"a\u{202e}cod.exe"#),
    ("\u{2066}\u{2069}", #"\u{2066}\u{2069}"#),
    ("a\u{200b}b", #"a\u{200b}b"#), ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#), ("\u{feff}", #"\u{feff}"#),
    ("\u{e0041}", #"\u{e0041}"#), ("\u{ffff}", #"\u{ffff}"#), ("\u{a0}", "\u{a0}"),
    (#"C:\temp"#, #"C:\temp"#), (#"a\"#, #"a\"#), (#"a\x41"#, #"a\\x41"#), (#"\u"#, #"\\u"#), (#"\\"#, #"\\\"#),
    ("\\\n", #"\\\x0a"#), (#"\\n"#, #"\\\n"#),
  ])
  func `what a terminal would act on is escaped and the rest is not`(name: String, expected: String) {
    #expect(printable(name) == expected)
  }

  @Test(
    arguments: [
      ([0xFF], #"\xff"#), ([0x61, 0xC3], #"a\xc3"#), ([0xC3, 0xA9], "é"), ([0xC0, 0xAF], #"\xc0\xaf"#),
      ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#), ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
      ([0xE2, 0x82, 0x41], #"\xe2\x82A"#), ([0xF0, 0x9F, 0x98, 0x80, 0x80], #"😀\x80"#), ([0x5C, 0xFF], #"\\\xff"#),
      ([0xE0, 0x80, 0x80], #"\xe0\x80\x80"#), ([0xF0, 0x9F, 0x98], #"\xf0\x9f\x98"#),
    ] as [([UInt8], String)])
  func `bytes that are not text are written as bytes`(name: [UInt8], expected: String) {
    #expect(printable(name) == expected)
  }

  @Test func `no two names look the same`() {
    let alphabet: [[UInt8]] = [[0x5C], [0x78], [0x75], [0x7B], [0x7D], [0x0A], [0xFF], [0x61], [0x30], [0xC2, 0x85]]
    var names: [[UInt8]] = [[]]
    var seen = Set<[UInt8]>()
    var count = 0
    for _ in 0..<5 {
      names = names.flatMap { name in alphabet.map { name + $0 } }
      if names.count > 20_000 { names = names.filter { $0.count(where: { $0 == 0x5C }) >= 2 } }
      for name in names { seen.insert(Array(printable(name).utf8)) }
      count += names.count
    }
    #expect(seen.count == count)
    #expect(printable(Array(#"\xff"#.utf8)) != printable([0xFF]))
  }

  @Test func `valid text is told from broken text exactly as Swift tells it`() {
    var wrong = [[UInt8]]()
    for first in (0x80...0xFF) as ClosedRange<UInt8> {
      for second in [0x41] + Array((0x80...0xFF) as ClosedRange<UInt8>) {
        for tail: [UInt8] in [[], [0x80], [0xBF, 0xBF], [0x80, 0x80, 0x41], [0xC0]] {
          let name = [first, second] + tail
          let isText = ExactText.string(name.span) != nil
          // In UTF-8, for U+0600 and its like join the backslash behind them into one Character.
          if printable(name).utf8.contains(UInt8(ascii: "x")) == isText { wrong.append(name) }
        }
      }
    }
    #expect(wrong == [])
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("日本", 4), ("ｱｲ", 2), ("Ａ", 2), ("e\u{301}", 1), ("か\u{3099}", 2), ("é", 1), ("한", 2),
    ("\u{1112}\u{1161}\u{11ab}", 2), ("😀", 2), ("✓", 1), ("→", 1), ("─", 1), ("\u{20dd}", 0), ("𠀀", 2), ("ไทย", 3),
    ("…", 1),
    ("、。", 4), ("\u{10fffd}", 1),
  ])
  func `widths are those of terminals`(text: String, columns: Int) {
    #expect(displayWidth(text) == columns)
  }
}
