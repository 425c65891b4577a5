import ArtifactCore

/// Numbers as people read them.
enum Units {
  /// Bytes with three digits and a decimal unit: `999 B`, `1.23 kB`, `45.6 MB`.
  static func bytes(_ count: some BinaryInteger) -> String {
    if count < 1_000 { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    let names = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    // 999.5 would be shown as 1000.
    while value >= 999.5, unit < names.count - 1 {
      value /= 1_000
      unit += 1
    }
    return "\(threeDigits(value)) \(names[unit])"
  }

  private static func threeDigits(_ value: Double) -> String {
    let places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    return decimal(value, places: places)
  }

  /// A number with so many digits after the point.
  static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let rounded = (value * scale).rounded()
    guard rounded < 1e15 else { return "\(value)" }
    let digits = String(Int64(rounded))
    if places == 0 { return digits }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return "\(padded.dropLast(places)).\(padded.suffix(places))"
  }

  /// An integer with a comma between thousands.
  static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value)
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0, digit != "-", result != "-" { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `1 file`, `2 files`.
  static func count(_ value: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? noun : plural ?? "\(noun)s")"
  }

  /// A part of a whole in per cent, never rounded up to 100 or down to 0.
  static func percent(_ part: some BinaryInteger, of whole: some BinaryInteger) -> String {
    guard whole > 0 else { return "0%" }
    if part >= whole { return "100%" }
    let value = Int(Double(part) / Double(whole) * 100)
    return value == 0 && part > 0 ? "<1%" : "\(value)%"
  }

  /// A span of time in its largest unit or two: `0.4 s`, `12 s`, `3 min`, `5 h`.
  static func duration(milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    switch seconds {
    case ..<1: return "\(milliseconds) ms"
    case ..<10: return "\(decimal(Double(milliseconds) / 1_000, places: 1)) s"
    case ..<60: return "\(seconds) s"
    case ..<3_600: return seconds < 600 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds / 60) min"
    default: return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
    }
  }

  /// How long ago something was, or its day when that is longer than a month ago or in the future.
  static func age(of time: Timestamp, at now: Timestamp) -> String {
    let seconds = (now.milliseconds - time.milliseconds) / 1_000
    switch seconds {
    case -5..<60: return "now"
    case 60..<3_600: return "\(seconds / 60) min"
    case 3_600..<86_400: return "\(seconds / 3_600) h"
    case 86_400..<(31 * 86_400): return "\(seconds / 86_400) d"
    default: return String(time.text.prefix(10))
    }
  }
}
