public import ArtifactCore
import ArtifactIO

extension Store {
  /// Audits a channel: reads, hashes and compares everything that the report shows.
  ///
  /// - Throws: `.damaged` if the log itself cannot be followed; what is wrong with single entries and records stands in the
  ///   report.
  public func audit(_ request: AuditRequest) throws(StoreError) -> AuditReport {
    let fold = request.isFull ? try foldAnew() : log.fold
    return AuditReport(request, fold, try auditSource(fold))
  }

  /// Everything that a person did, or is said to have done.
  ///
  /// - Parameter isFull: Whether the log is folded anew, from its first entry.
  public func history(of person: String, isFull: Bool = false) throws(StoreError) -> PersonHistory {
    let fold = isFull ? try foldAnew() : log.fold
    return PersonHistory(person, fold, try auditSource(fold))
  }

  private func auditSource(_ fold: Fold) throws(StoreError) -> StoreAuditSource {
    let history = try History(opening: root.path, local: local)
    // Others may have appended meanwhile; what was folded must be the beginning.
    guard history.size >= fold.size, try history.root(at: fold.size) == fold.history.root else {
      throw StoreError(.damaged, "the cached state", "it is not of this log; delete \(cachePath)")
    }
    return StoreAuditSource(store: self, lineage: try lineage(), history: history)
  }

  /// The state, computed from the first entry on without any cache.
  ///
  /// - Throws: `.damaged` if the cached state is another one.
  private func foldAnew() throws(StoreError) -> Fold {
    let known = log.fold
    var fold = Fold()
    while fold.size < known.size, let entry = try log.entry(fold.size) {
      do { try fold.apply(entry) } catch { throw .damaged("log entry \(fold.size)", error) }
    }
    guard fold.size == known.size else {
      throw StoreError(.damaged, "log entry \(fold.size)", "it is missing, though a later one was there")
    }
    guard fold == known else {
      throw StoreError(.damaged, "the cached state", "it is not what the log adds up to; delete \(cachePath)")
    }
    return fold
  }
}

/// The files of a store, as an audit reads them.
struct StoreAuditSource: AuditSource {
  let store: Store
  let lineage: Lineage
  let history: History

  func entry(_ sequence: Int) -> AuditRead<LogEntry> {
    do throws(StoreError) {
      guard let entry = try store.entry(sequence) else { return .bad("it is missing") }
      if history.commits(to: entry) { return .found(entry) }
      // What was remembered of the log may be wrong; the log itself decides.
      let isSo = try history.afresh().commits(to: entry)
      return isSo ? .found(entry) : .bad("it is not the one that later entries commit to")
    } catch { return .bad(error.detail) }
  }

  func record(_ digest: Digest) -> AuditRead<Record> {
    do throws(StoreError) { return .found(try store.fact(digest)) } catch { return .bad(error.detail) }
  }

  func gaps(of record: Digest) -> AuditRead<[String]> {
    guard let node = lineage.graph.node(record) else { return .bad("the record \(record.short) is not here") }
    do throws(StoreError) { return .found(try store.gaps(of: node, lineage)) } catch { return .bad(error.detail) }
  }
}
