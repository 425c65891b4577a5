extension Intake {
  /// Makes everything so far readable, before any event names it.
  public func flush() throws(StoreError) { try finish() }
}
