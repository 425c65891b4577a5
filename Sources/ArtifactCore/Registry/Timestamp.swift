/// A moment in milliseconds since 1970 (UTC, no leap seconds), written `2026-11-21T02:14:05.123Z`.
///
/// Years 0000 to 9999 in the proleptic Gregorian calendar, so that every moment has its 24 characters, and comparing
/// texts compares moments.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
  public let milliseconds: Int64

  /// 0000-01-01T00:00:00.000Z.
  public static let earliest = Timestamp(milliseconds: calendar.lowerBound)
  /// 9999-12-31T23:59:59.999Z.
  public static let latest = Timestamp(milliseconds: calendar.upperBound)

  private static let calendar: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  /// The moment; a value beyond `earliest` or `latest` becomes that (a clock may say anything).
  public init(milliseconds: Int64) {
    self.milliseconds = min(max(milliseconds, Self.calendar.lowerBound), Self.calendar.upperBound)
  }

  /// Reads exactly `YYYY-MM-DDThh:mm:ss.sssZ`, the form that records hold; `.syntax` for anything else.
  public init(_ text: String) throws(FormatError) {
    guard text.utf8.count == 24, let value = Self.parse(text.utf8.span) else {
      throw FormatError(.syntax, "time", "\"\(printable(text))\" is not like 2026-11-21T02:14:05.123Z")
    }
    self = value
  }

  /// Reads what a person may type: the full form, one without milliseconds, or a day, which means its first moment.
  public init(userInput text: String) throws(FormatError) {
    guard let value = Self.parse(text.utf8.span) else {
      throw FormatError(.syntax, "time", "\"\(printable(text))\" is not like 2026-11-21 or 2026-11-21T02:14:05Z")
    }
    self = value
  }

  /// The full form, 24 characters.
  public var text: String {
    let (day, millisecond) = milliseconds.flooredDivision(by: Self.millisecondsPerDay)
    let date = Self.date(day: day)
    var result = [UInt8]()
    result.reserveCapacity(24)
    func put(_ value: Int64, digits: Int, then separator: Unicode.Scalar) {
      var divisor: Int64 = 1
      for _ in 1..<digits { divisor *= 10 }
      while divisor > 0 {
        result.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
        divisor /= 10
      }
      result.append(UInt8(ascii: separator))
    }
    put(date.year, digits: 4, then: "-")
    put(date.month, digits: 2, then: "-")
    put(date.day, digits: 2, then: "T")
    put(millisecond / 3_600_000, digits: 2, then: ":")
    put(millisecond / 60_000 % 60, digits: 2, then: ":")
    put(millisecond / 1_000 % 60, digits: 2, then: ".")
    put(millisecond % 1_000, digits: 3, then: "Z")
    return String(decoding: result, as: UTF8.self)
  }

  /// The moment so many milliseconds later (earlier when negative), within the calendar.
  public func advanced(byMilliseconds offset: Int64) -> Timestamp {
    let (sum, overflows) = milliseconds.addingReportingOverflow(offset)
    return Timestamp(milliseconds: overflows ? (offset < 0 ? .min : .max) : sum)
  }

  /// Whether `left` is earlier.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  private static let millisecondsPerDay: Int64 = 86_400_000

  /// Any of the three forms; the length tells which.
  private static func parse(_ text: Span<UInt8>) -> Timestamp? {
    guard text.count == 10 || text.count == 20 || text.count == 24 else { return nil }
    func number(_ range: Range<Int>, in allowed: ClosedRange<Int64>) -> Int64? {
      var value: Int64 = 0
      for index in range {
        let digit = text[index] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        value = value * 10 + Int64(digit)
      }
      return allowed.contains(value) ? value : nil
    }
    func has(_ character: Unicode.Scalar, at index: Int) -> Bool { text[index] == UInt8(ascii: character) }

    guard let year = number(0..<4, in: 0...9999), has("-", at: 4), let month = number(5..<7, in: 1...12),
      has("-", at: 7), let day = number(8..<10, in: 1...dayCount(year: year, month: month))
    else { return nil }
    var total = Self.day(year: year, month: month, day: day) * millisecondsPerDay
    if text.count >= 20 {
      guard has("T", at: 10), let hour = number(11..<13, in: 0...23), has(":", at: 13),
        let minute = number(14..<16, in: 0...59), has(":", at: 16), let second = number(17..<19, in: 0...59),
        has("Z", at: text.count - 1)
      else { return nil }
      total += ((hour * 60 + minute) * 60 + second) * 1_000
    }
    if text.count == 24 {
      guard has(".", at: 19), let millisecond = number(20..<23, in: 0...999) else { return nil }
      total += millisecond
    }
    return Timestamp(milliseconds: total)
  }

  private static func dayCount(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  // Both below count years from March, so the leap day comes last, in eras of 400 years, which repeat exactly.
  // Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days.

  private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
    let (era, yearOfEra) = (month > 2 ? year : year - 1).flooredDivision(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (day + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }
}

extension Timestamp: CustomStringConvertible {
  /// The full form.
  public var description: String { text }
}

extension Int64 {
  /// Quotient rounded down and the remainder, which is never negative.
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
