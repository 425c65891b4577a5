import Testing

@testable import ArtifactCore

/// A log with a state, and the records that it names, as an audit reads them; anything in it may be spoilt.
struct AuditScene: AuditSource {
  var fold: Fold
  var entries: [LogEntry]
  var records: [Digest: Record] = [:]
  var gapList: [String] = []
  /// Entries that cannot be read.
  var badEntries: Set<Int> = []
  var lineage: Lineage

  init(_ world: World) {
    fold = world.fold
    entries = world.entries
    var graph = LineageGraph()
    let tree = Digest.of([UInt8]("a folder".utf8))
    for package in world.fold.packages.values {
      for version in package.versions {
        records[version.record] = .package(PackageRecord(kind: package.kind, tree: tree, size: 1, fileCount: 1))
      }
    }
    for report in world.fold.reports {
      records[report.record] = .report(
        ReportRecord(
          kind: "test", verdict: "passed", subjects: [World.record(1)], time: report.time, actor: report.actor))
    }
    for (digest, record) in records.sorted(by: { $0.key < $1.key }) {
      graph.expect(digest)
      _ = graph.takePending()
      graph.fill(digest, with: record)
    }
    lineage = Lineage(graph, world.fold)
  }

  func entry(_ sequence: Int) -> AuditRead<LogEntry> {
    badEntries.contains(sequence) || sequence >= entries.count ? .bad("spoilt") : .found(entries[sequence])
  }

  func record(_ digest: Digest) -> AuditRead<Record> { records[digest].map { .found($0) } ?? .bad("it is not here") }

  func gaps(of record: Digest) -> AuditRead<[String]> { .found(gapList) }

  /// The audit of a channel at a time; nil means after everything.
  func audit(_ channel: String = "prod", at time: Timestamp? = nil) -> AuditReport {
    let end = fold.latestTime ?? .earliest
    var request = AuditRequest(channel: channel, at: time ?? end, now: end)
    request.pictureLimit = 400
    return AuditReport(request, fold, self)
  }

  /// Version 1 in prod by the rules, asked for by eve, approved by ann and bob.
  static func promoted(_ rules: Rules = .all) throws -> (world: World, scene: AuditScene) {
    var (world, id) = try World.approved(rules)
    #expect(try world.promote(1, to: "prod", proposal: id) == nil)
    return (world, AuditScene(world))
  }
}

extension AuditReport {
  func count(_ kind: Finding.Kind) -> Int { findings.count { $0.kind == kind } }
}
