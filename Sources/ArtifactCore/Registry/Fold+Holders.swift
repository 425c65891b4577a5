extension Fold {
  /// What keeps a version from being erased.
  public enum Holder: Sendable, Equatable, CustomStringConvertible {
    /// A tag that is on it, as `name@tag`.
    case tag(name: String, tag: String)
    /// A channel that it is in, as `name@channel`.
    case channel(name: String, channel: String)
    /// A target where it works.
    case deployment(target: String)
    /// An open proposal, by the position of its entry.
    case proposal(sequence: Int)

    /// The holder in words.
    public var description: String {
      switch self {
      case .tag(let name, let tag): "the tag \(name)@\(tag)"
      case .channel(let name, let channel): "the channel \(name)@\(channel)"
      case .deployment(let target): "the deployment at \(target)"
      case .proposal(let sequence): "the open proposal of log entry \(sequence)"
      }
    }
  }

  /// Everything in the state that holds a version; an `erase` of it is void as long as there is anything.
  public func holders(of name: PackageName, version: Int) -> [Holder] {
    guard let package = packages[name.text] else { return [] }
    var holders = package.tags.filter { $0.value == version }.keys.sorted(by: ExactText.precedesBytewise).map {
      Holder.tag(name: name.text, tag: $0)
    }
    for (channel, moves) in package.channels.sorted(by: { ExactText.precedesBytewise($0.key, $1.key) })
    where moves.last?.version == version {
      holders.append(.channel(name: name.text, channel: channel))
    }
    for place in places where ExactText.equal(place.name, name.text) {
      if working(at: place).contains(where: { $0.version == version }) {
        holders.append(.deployment(target: place.target))
      }
    }
    for asked in proposals where isOpen(asked, at: latestTime ?? .earliest) {
      guard case .promotion(let other, let number, _, _) = asked.proposal.asked else { continue }
      if other == name, number == version { holders.append(.proposal(sequence: asked.sequence)) }
    }
    return holders
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
