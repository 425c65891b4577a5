/// Where published versions stand, and where they stood before: tags, channels and the targets of deployments.
///
/// Made once for all questions: time and memory grow with the changes that the log has seen.
public struct Standings: Sendable {
  /// Places of one kind.
  public struct Places: Sendable, Equatable {
    private var isThere: [String: Bool] = [:]

    /// Where the version is, ascending.
    public var now: [String] { isThere.filter(\.value).keys.sorted(by: ExactText.precedesBytewise) }
    /// Where it was before and is no more, ascending.
    public var before: [String] { isThere.filter { !$0.value }.keys.sorted(by: ExactText.precedesBytewise) }

    fileprivate mutating func add(_ place: String, isNow: Bool) { isThere[place] = isNow }
  }

  /// All places of one version.
  public struct Standing: Sendable, Equatable {
    /// Its tags.
    public fileprivate(set) var tags = Places()
    /// Channels that it came into, by whatever way.
    public fileprivate(set) var channels = Places()
    /// Targets at which it works.
    public fileprivate(set) var targets = Places()
  }

  private var standings: [Lineage.Label: Standing] = [:]

  /// Collects what a state of the log knows.
  public init(_ fold: Fold) {
    for (name, package) in fold.packages {
      for change in package.tagChanges {
        guard let version = change.version else { continue }
        add(change.tag, to: \.tags, name, version, isNow: package.tags[change.tag] == version)
      }
      for (channel, moves) in package.channels {
        for move in moves {
          add(channel, to: \.channels, name, move.version, isNow: moves.last?.version == move.version)
        }
      }
    }
    for (place, staffings) in fold.deployments {
      let now = Set(staffings.last?.working.map(\.version) ?? [])
      for working in staffings.flatMap(\.working) {
        add(place.target, to: \.targets, place.name, working.version, isNow: now.contains(working.version))
      }
    }
  }

  private mutating func add(
    _ place: String, to kind: WritableKeyPath<Standing, Places>, _ name: String, _ version: Int, isNow: Bool
  ) {
    standings[Lineage.Label(name: name, version: version), default: Standing()][keyPath: kind].add(place, isNow: isNow)
  }

  /// The places of a version.
  public func standing(of label: Lineage.Label) -> Standing { standings[label] ?? Standing() }
}

extension Lineage {
  /// Where the versions of the graph stand.
  public var standings: Standings { Standings(fold) }
}
