import ArtifactCore

extension Store {
  /// Removes what nothing in the log needs, while pushes and pulls go on (store-layout.md §8).
  ///
  /// - Throws: `.damaged` if something that a version needs is lost: then nothing is condemned.
  public func collect(_ request: CollectRequest, _ progress: Progress) throws(StoreError) -> CollectReport {
    var report = CollectReport()
    for _ in 0..<Self.collectAttempts {
      var collector = try Collector(self, request, progress, after: report)
      do { return try collector.run() } catch  where error.code == .damaged {
        // What was erased, and collected by others, after the log was read looks lost; only a look without that tells.
        let told = isOvertaken(collector.triedSize) ? nil : hurt() ?? error
        if let told, !isOvertaken(collector.triedSize) { throw told }
        report = collector.report
      }
    }
    throw StoreError(
      .overtaken, "the collection", "others went on all the while, and none ends well where something is lost")
  }

  private static let collectAttempts = 100

  /// Whether packs were condemned after the first `size` entries of the log.
  private func isOvertaken(_ size: Int) -> Bool {
    // A log that cannot be read is told of where it is needed.
    guard let last = (try? log.refresh())?.lastCollect else { return false }
    return last >= size
  }

  /// Trees and large files that are remembered while what is lost is named: some 25 MB.
  private static let hurtLimit = 1 << 17

  /// Names the versions that are not whole; nil if all are.
  private func hurt() -> StoreError? {
    var closure = Closure(self, notesObjects: false, memoryLimit: Self.hurtLimit)
    var names = [String]()
    var first: (loss: Losses.Loss, record: Digest)?
    for (name, package) in log.fold.packages.sorted(by: { $0.key < $1.key }) {
      for (position, version) in package.versions.enumerated() {
        guard let loss = closure.visit(version).first else { continue }
        if first == nil { first = (loss, version.record) }
        names.append("\(name)@\(position + 1)")
      }
    }
    guard let (loss, record) = first, let name = names.first else { return nil }
    let root = loss.object == record ? "its record" : "its top folder"
    let place = loss.place.isEmpty ? root : printable(loss.place)
    let others = names.count > 1 ? "; so are parts of \(Self.list(names.dropFirst()))" : ""
    return StoreError(
      .damaged, name, "\(place) (object \(loss.object.short)) is lost\(others); nothing was condemned for it")
  }

  private static func list(_ names: ArraySlice<String>) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }
}
