extension Fold {
  /// Where versions of a name work: a target and a name.
  public struct Place: Sendable, Hashable {
    /// The target.
    public let target: String
    /// The name.
    public let name: String

    /// Creates a place.
    public init(target: String, name: String) {
      self.target = target
      self.name = name
    }
  }

  /// One version that works at a place.
  public struct Working: Sendable, Equatable {
    /// The version.
    public let version: Int
    /// How it works.
    public let mode: DeploymentMode
    /// Its part of the work.
    public internal(set) var share: Share
    /// The position of the entry that brought it.
    public let since: Int
  }

  /// What works at a place from one entry on, until the next.
  public struct Staffing: Sendable, Equatable {
    /// The position of the entry.
    public let sequence: Int
    /// That entry's time: a claim.
    public internal(set) var time: Timestamp
    /// That entry's author: a claim.
    public let actor: String
    /// Every version that works there then, by version; none once all are retired.
    public let working: [Working]
  }

  /// What works at a place now.
  public func working(at place: Place) -> [Working] { deployments[place]?.last?.working ?? [] }

  /// What worked at a place at a time; nil if nothing had ever been deployed there by then.
  public func staffing(at place: Place, by time: Timestamp) -> Staffing? {
    deployments[place]?.last { $0.time <= time }
  }

  /// All places, by target and name.
  public var places: [Place] {
    deployments.keys.sorted {
      ExactText.equal($0.target, $1.target)
        ? ExactText.precedesBytewise($0.name, $1.name) : ExactText.precedesBytewise($0.target, $1.target)
    }
  }

  mutating func deploy(_ deployment: Deployment, _ entry: LogEntry) -> String? {
    if let complaint = complaint(deployment.name, deployment.version) { return complaint }
    let place = Place(target: deployment.target.text, name: deployment.name.text)
    var others = working(at: place)
    let since = others.first { $0.version == deployment.version }?.since ?? entry.sequence
    others.removeAll { $0.version == deployment.version }
    let share = deployment.share ?? .whole
    others = Self.giveWay(others, to: share)
    others.append(Working(version: deployment.version, mode: deployment.mode, share: share, since: since))
    note(others, at: place, entry)
    return nil
  }

  mutating func retire(_ name: PackageName, _ version: Int, _ target: TargetName, _ entry: LogEntry) -> String? {
    let place = Place(target: target.text, name: name.text)
    var others = working(at: place)
    guard let position = others.firstIndex(where: { $0.version == version }) else {
      return "\(name)@\(version) is not deployed at \(target)"
    }
    others.remove(at: position)
    note(others, at: place, entry)
    return nil
  }

  private mutating func note(_ working: [Working], at place: Place, _ entry: LogEntry) {
    deployments[place, default: []].append(
      Staffing(
        sequence: entry.sequence, time: entry.time, actor: entry.actor,
        working: working.sorted { $0.version < $1.version }))
  }

  /// Makes room for a share: the others give way in proportion, if all would be more than everything; who is left with
  /// nothing goes.
  private static func giveWay(_ others: [Working], to share: Share) -> [Working] {
    let total = others.reduce(0) { $0 + $1.share.millionths }
    let room = Share.whole.millionths - share.millionths
    if total <= room { return others }
    var left = room
    var result = [Working]()
    for (position, other) in others.enumerated() {
      // Rounded down; the last one gets what is left, so that the sum is exact.
      let part = position == others.count - 1 ? left : other.share.millionths * room / total
      left -= part
      guard let share = Share(millionths: part) else { continue }
      var changed = other
      changed.share = share
      result.append(changed)
    }
    return result
  }
}
