import ArtifactCore
import Foundation
import Testing

@Suite struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00.000Z", 0), ("2026-11-21T02:14:05.123Z", 1_795_227_245_123),
      ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T12:00:00.000Z", 951_825_600_000),
      ("1900-03-01T00:00:00.000Z", -2_203_891_200_000), ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
      ("0000-02-29T00:00:00.000Z", -62_162_121_600_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ] as [(String, Int64)])
  func `a moment and its text are one`(text: String, milliseconds: Int64) throws {
    #expect(try Timestamp(text).milliseconds == milliseconds)
    #expect(Timestamp(milliseconds: milliseconds).text == text)
  }

  @Test func `every day of 400 years agrees with Foundation's calendar and survives its text`() throws {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    var previous = ""
    var wrong = [String]()
    for day in stride(from: -25_509, to: 120_589, by: 1) as StrideTo<Int64> {
      let moment = Timestamp(milliseconds: day * 86_400_000 + 45_296_789)
      let text = moment.text
      let isRight = try text > previous && text.hasSuffix("T12:34:56.789Z") && Timestamp(text) == moment
      if !isRight { wrong.append(text) }
      previous = text
      // Foundation is slow: one day in 29.
      guard day % 29 == 0 else { continue }
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
      let expected = String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
      if !text.hasPrefix(expected) { wrong.append(text) }
    }
    #expect(wrong == [])
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T02:14:05Z", "2026-11-21T02:14:05.12Z", "2026-11-21T02:14:05.1234Z",
    "2026-11-21t02:14:05.123Z", "2026-11-21T02:14:05.123z", "2026-11-21 02:14:05.123Z", "2026-11-21T02:14:05,123Z",
    "2026-11-21T02:14:05.123+0", "2026-13-21T02:14:05.123Z", "2026-00-21T02:14:05.123Z", "2026-11-00T02:14:05.123Z",
    "2026-11-31T02:14:05.123Z", "2026-02-29T02:14:05.123Z", "1900-02-29T02:14:05.123Z", "2026-11-21T24:00:00.000Z",
    "2026-11-21T02:60:05.123Z", "2026-11-21T02:14:60.123Z", "-026-11-21T02:14:05.123Z", "+026-11-21T02:14:05.123Z",
    "2026-11-2 T02:14:05.123Z", "2026/11/21T02:14:05.123Z", " 2026-11-21T02:14:05.123", "２026-11-21T02:14:05.12",
  ])
  func `a record's time has one form`(text: String) {
    #expect(throws: FormatError.self) { try Timestamp(text) }
  }

  @Test func `a person may leave the milliseconds or the time of day out`() throws {
    #expect(try Timestamp(userInput: "2026-03-15").text == "2026-03-15T00:00:00.000Z")
    #expect(try Timestamp(userInput: "2026-03-15T10:20:30Z").text == "2026-03-15T10:20:30.000Z")
    #expect(try Timestamp(userInput: "2026-03-15T10:20:30.405Z").text == "2026-03-15T10:20:30.405Z")
    for wrong in ["2026-3-15", "15.3.2026", "2026-02-30", "2026-03-15T10:20Z", "2026-03-15T10:20:30", "today", ""] {
      #expect(throws: FormatError.self) { try Timestamp(userInput: wrong) }
    }
  }

  @Test func `a clock beyond the calendar is held at its ends`() {
    #expect(Timestamp(milliseconds: .max) == .latest)
    #expect(Timestamp(milliseconds: .min) == .earliest)
    #expect(Timestamp.latest.advanced(byMilliseconds: .max) == .latest)
    #expect(Timestamp.earliest.advanced(byMilliseconds: .min) == .earliest)
    #expect(Timestamp(milliseconds: 5).advanced(byMilliseconds: -6).text == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp.earliest < Timestamp.latest)
  }
}
