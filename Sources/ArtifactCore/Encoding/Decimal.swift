/// Decimal numbers in the canonical texts: no sign, no leading zero, at most 64 bits.
public enum Decimal {
  /// Appends the digits of `value`.
  public static func append(_ value: UInt64, to text: inout [UInt8]) {
    if value >= 10 { append(value / 10, to: &text) }
    text.append(48 + UInt8(value % 10))
  }

  /// Reads digits at `offset` and moves it behind them.
  public static func parse(_ text: Span<UInt8>, _ offset: inout Int, subject: String) throws(FormatError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    while offset < text.count, (48...57).contains(text[offset]) {
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(text[offset] - 48))
      guard !overflowed, !carried else { throw FormatError(.limit, subject, "a number beyond 64 bits", at: start) }
      value = sum
      offset += 1
    }
    guard offset > start else { throw FormatError(.syntax, subject, "a number is missing", at: start) }
    guard text[start] != 48 || offset == start + 1 else {
      throw FormatError(.notCanonical, subject, "a number with a leading zero", at: start)
    }
    return value
  }
}
