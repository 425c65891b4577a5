import ArtifactCore

extension Store {
  /// Removes what nothing in the log needs, while pushes and pulls go on (store-layout.md §8).
  ///
  /// - Throws: `.damaged` if something that a version needs is lost: then nothing is condemned.
  public func collect(_ request: CollectRequest, _ progress: Progress) throws(StoreError) -> CollectReport {
    do {
      var collector = try Collector(self, request, progress)
      return try collector.run()
    } catch  where error.code == .damaged {
      throw hurt() ?? error
    }
  }

  /// Trees and large files that are remembered while what is lost is named: some 25 MB.
  private static let hurtLimit = 1 << 17

  /// Names the versions that are not whole; nil if all are.
  private func hurt() -> StoreError? {
    var closure = Closure(self, notesObjects: false, memoryLimit: Self.hurtLimit)
    var names = [String]()
    var first: Losses.Loss?
    for (name, package) in log.fold.packages.sorted(by: { $0.key < $1.key }) {
      for (position, version) in package.versions.enumerated() {
        guard let loss = closure.visit(version).first else { continue }
        if first == nil { first = loss }
        names.append("\(name)@\(position + 1)")
      }
    }
    guard let first, let name = names.first else { return nil }
    let place = first.place.isEmpty ? "its record" : printable(first.place)
    let others = names.count > 1 ? "; so are parts of \(Self.list(names.dropFirst()))" : ""
    return StoreError(
      .damaged, name, "\(place) (object \(first.object.short)) is lost\(others); nothing was condemned for it")
  }

  private static func list(_ names: ArraySlice<String>) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }
}
