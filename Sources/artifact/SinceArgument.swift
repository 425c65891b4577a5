import ArtifactCore
import ArtifactIO

/// A moment in the past as people type it: `7d`, `12h`, `2026-11-21`, or with a time behind it.
enum SinceArgument {
  private static let units: [Character: Int64] = [
    "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000,
  ]

  /// The moment; `option` is what it was given for.
  static func moment(
    _ argument: RawArgument, now: Timestamp, _ option: String = "--since"
  ) throws(CommandFailure) -> Timestamp {
    let text = printable(argument.bytes)
    if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count >= 0 {
      let (span, isTooLong) = count.multipliedReportingOverflow(by: unit)
      return now.advanced(byMilliseconds: isTooLong ? .min : -span)
    }
    do { return try Timestamp(userInput: text) } catch {
      throw .usage(
        "\(option) \(text) cannot be used", "it is neither a span like 12h, 7d or 4w nor a day like 2026-11-21")
    }
  }
}
