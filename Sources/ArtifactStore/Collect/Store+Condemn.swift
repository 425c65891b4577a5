import ArtifactCore
import ArtifactIO

extension Store {
  /// Condemns packs with as many `collect` events as it takes; their copies count as absent from then on, for ever.
  ///
  /// `mayGo` is asked on the state on which each event is decided: what every entry before it needs must be in packs that
  /// stay. A pack that is condemned already is left out.
  ///
  /// - Returns: The packs that were condemned here.
  func condemn(
    _ packs: Set<Digest>, reason: CollectReason, actor: String,
    _ mayGo: (Digest, Fold) throws(StoreError) -> Bool
  ) throws(StoreError) -> Set<Digest> {
    var rest = packs.sorted()
    var condemned = Set<Digest>()
    while true {
      let entry = try log.append(actor: actor, syncing: [self.packs, segments]) { (fold) throws(StoreError) in
        var chosen = [Digest]()
        for pack in rest where !fold.condemned.contains(pack) && chosen.count < Event.collectLimit {
          if try mayGo(pack, fold) { chosen.append(pack) }
        }
        steps.reach(.decided)
        return chosen.isEmpty ? nil : .collect(packs: chosen, reason: reason)
      }
      guard case .collect(let gone, _)? = entry?.event else { return condemned }
      condemned.formUnion(gone)
      rest.removeAll { condemned.contains($0) }
    }
  }
}
