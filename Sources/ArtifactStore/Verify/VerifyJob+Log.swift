import ArtifactCore
import ArtifactIO

/// The log and the small files around it.
extension VerifyJob {
  /// Folds the log again from its first entry, without any cache.
  mutating func checkLog() throws(StoreError) {
    let cached = store.log.cachedFold()
    do throws(StoreError) {
      while let entry = try store.log.entry(fold.size) {
        do { try fold.apply(entry) } catch { throw .damaged("log entry \(fold.size)", error) }
        if let cached, cached.size == fold.size, cached.lastLeaf == fold.lastLeaf, cached != fold {
          report.add("the cached state", "it is not what the log adds up to; delete \(store.cachePath)")
        }
      }
      try store.log.checkForGaps()
    } catch {
      guard error.code == .damaged else { throw error }
      report.add(error)
      logDamage = error
      report.damagedEntry = fold.size
      try nameWhatIsBehind()
    }
    report.entryCount = fold.size
    report.voids = fold.voids
  }

  /// A damaged entry takes everything behind it along: what was published there has no place in any history.
  private mutating func nameWhatIsBehind() throws(StoreError) {
    guard let highest = try store.log.highestNumber(), fold.size <= highest else { return }
    for sequence in fold.size...highest {
      // What cannot be read has nothing to say.
      guard let entry = try? store.log.entry(sequence) else { continue }
      if case .publish(let name, let version, _, let record) = entry.event {
        report.behindCount += 1
        report.add(
          Losses(record, "log entry \(fold.size), which comes before it, is damaged or missing"), of: name.text, version
        )
      }
    }
  }

  /// `oci-layout` and `index.json`, which make the folder an OCI image layout.
  mutating func checkLayout() {
    for (name, isRight) in [
      (Store.layoutName, { $0 == Store.layoutBytes }), (Store.imageIndexName, Store.isImageIndex),
    ] as [([UInt8], ([UInt8]) -> Bool)] {
      let text = Path.printable(name)
      do {
        let bytes = try store.root.readFile(name, limit: 16 << 20)
        if isRight(bytes) { continue }
        report.add(text, "it is not what it was made as")
      } catch {
        report.add(text, error.detail)
      }
      hurtLayout.append(name)
    }
  }
}

extension Store {
  static let layoutName = Array("oci-layout".utf8)
  static let layoutBytes = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
  static let imageIndexName = Array("index.json".utf8)
  static let imageIndexBytes = Array(
    #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#.utf8)

  /// Whether bytes are an OCI image index: the empty one as it was made, or one that an export has filled.
  static func isImageIndex(_ bytes: [UInt8]) -> Bool {
    if bytes == imageIndexBytes { return true }
    guard let object = (try? JSON.parse(bytes))?.object, object["schemaVersion"]?.integer == 2,
      let manifests = object["manifests"]?.array
    else { return false }
    return !manifests.isEmpty
  }

  /// Where this user keeps what can be computed again.
  var cachePath: String { local.map { $0.cache.appending(config.id).printable } ?? "the cache" }
}
