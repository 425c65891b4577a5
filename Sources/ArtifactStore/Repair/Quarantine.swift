import ArtifactCore
import ArtifactIO

/// The folder `artifact/quarantine`: files that are no part of the store any more, for whoever wants to look at them.
enum Quarantine {
  static let path = Array("artifact/quarantine".utf8)

  /// Moves a file there; false if it is not there to be moved.
  static func move(_ name: [UInt8], from folder: Directory, of store: Store) throws(StoreError) -> Bool {
    try wrapping { () throws(IOFailure) in
      guard try folder.statusIfPresent(name) != nil else { return false }
      let quarantine = try store.root.folder(path)
      var number = 0
      while true {
        // The same name again: somebody put the file back by hand, and it was damaged again.
        let target = number == 0 ? name : name + Array("-\(number)".utf8)
        do throws(IOFailure) {
          try folder.renameNoReplace(name, to: quarantine, as: target)
          break
        } catch  where error.code == .exists {
          number += 1
        } catch  where error.code == .notFound {
          return false
        }
      }
      try quarantine.sync()
      try folder.sync()
      try store.root.directory(Array("artifact".utf8)).sync()
      return true
    }
  }

  /// Sizes of the files that are there.
  static func sizes(in store: Store) throws(StoreError) -> [UInt64] {
    try wrapping { () throws(IOFailure) in
      guard try store.root.statusIfPresent(path)?.kind == .directory else { return [] }
      let quarantine = try store.root.directory(path)
      var sizes = [UInt64]()
      // One that goes meanwhile does not count.
      for name in try quarantine.names() {
        if let status = try quarantine.statusIfPresent(name) { sizes.append(status.size) }
      }
      return sizes
    }
  }

  /// Packs that were condemned for being damaged but are where they were: a repair was stopped in between.
  static func unmoved(in store: Store) throws(StoreError) -> Set<Digest> {
    let names = try wrapping { () throws(IOFailure) in try store.packs.names() }
    return try damaged(
      among: Set(names.compactMap { Digest(hex: $0.span) }).intersection(store.log.fold.condemned), of: store)
  }

  /// Which of some packs were condemned for being damaged; reads the whole log if there are any packs.
  static func damaged(among candidates: Set<Digest>, of store: Store) throws(StoreError) -> Set<Digest> {
    if candidates.isEmpty { return [] }
    var result = Set<Digest>()
    for sequence in 0..<store.log.fold.size {
      guard case .collect(let packs, .quarantine)? = try store.log.entry(sequence)?.event else { continue }
      result.formUnion(candidates.intersection(packs))
    }
    return result
  }
}
