extension Fold {
  /// What keeps a version from being erased.
  public enum Holder: Sendable, Equatable, CustomStringConvertible {
    /// A tag that is on it, as `name@tag`.
    case tag(name: String, tag: String)

    /// The holder in words.
    public var description: String {
      switch self {
      case .tag(let name, let tag): "the tag \(name)@\(tag)"
      }
    }
  }

  /// Everything in the state that holds a version; an `erase` of it is void as long as there is anything.
  public func holders(of name: PackageName, version: Int) -> [Holder] {
    guard let package = packages[name.text] else { return [] }
    return package.tags.filter { $0.value == version }.keys.sorted(by: ExactText.precedesBytewise).map {
      .tag(name: name.text, tag: $0)
    }
  }

  /// Something that a collection must leave in the store.
  public enum Root: Sendable, Hashable {
    /// A record with everything that it needs.
    case whole(Digest)
    /// A record alone: that of an erased version.
    case record(Digest)
  }

  /// Calls `body` for every root that entries from position `first` on have brought.
  ///
  /// The one place that says what a collection marks: whatever an event names (`Event.records`) is a root here.
  public func forEachRoot<E: Error>(since first: Int = 0, _ body: (Root) throws(E) -> Swift.Void) throws(E) {
    for package in packages.values {
      for version in package.versions where version.sequence >= first {
        try body(version.erasure == nil ? .whole(version.record) : .record(version.record))
      }
    }
    for run in runs {
      if run.sequence >= first { try body(.whole(run.plan)) }
      if let finish = run.finish, finish.sequence >= first { try body(.whole(finish.result)) }
    }
    for report in reports where report.sequence >= first { try body(.whole(report.record)) }
  }
}
