public import ArtifactCore
import ArtifactIO

/// A smaller dataset to be made of a dataset.
public struct SampleRequest: Sendable {
  /// The name of the new dataset.
  public var name: PackageName
  /// How many rows.
  public var rows: Int
  /// What decides which.
  public var seed: String
  /// Who makes it.
  public var actor: String
  /// Tags for the version.
  public var tags: [TagName] = []
  /// A remark.
  public var note: String?

  /// Creates a request.
  public init(name: PackageName, rows: Int, seed: String, actor: String) {
    self.name = name
    self.rows = rows
    self.seed = seed
    self.actor = actor
  }
}

extension Store {
  /// Publishes some rows of a dataset's tables as a dataset that knows its parent.
  ///
  /// Rows are counted over all tables (`.csv`, `.tsv`, `.jsonl`, `.ndjson`) in the order of their paths; headers are kept and
  /// not counted, other files are left out. Which rows are chosen is told by `RowSample`.
  public func sample(
    _ source: Resolved, _ request: SampleRequest, _ progress: Progress
  ) throws(StoreError) -> PushResult {
    guard let parent = source.record, let content = source.content, content.kind == .dataset else {
      throw StoreError(.usage, "the sample", "only a version of a dataset can be its parent")
    }
    try checkKind(request.name, .dataset, log.fold)
    let tables = try tables(of: source)
    var sample = RowSample(count: request.rows, seed: request.seed)
    for table in tables {
      try progress.checkCancelled()
      try rows(of: table, source) { (row, isHeader) throws(StoreError) in if !isHeader { sample.next() } }
    }
    guard sample.rowCount > 0 else {
      throw StoreError(.usage, "the sample", "no table of the dataset has a row beside its header")
    }
    return try write(progress) { (session) throws(StoreError) in
      let intake = Intake(session)
      let chosen = sample.rows
      let folder = try write(chosen, of: tables, source, intake)
      var record = PackageRecord(
        kind: .dataset, tree: folder.tree, size: folder.size, fileCount: folder.fileCount,
        meta: source.path.isEmpty ? [:] : ["sampled": printable(source.path)], note: request.note)
      record.dataset.derivedFrom = .init(
        parent: parent, method: RowSample.method, seed: request.seed, rows: UInt64(request.rows))
      record.dataset.rows = UInt64(chosen.count)
      record.dataset.licence = content.dataset.licence
      record.dataset.schema = content.dataset.schema
      return try publish(record, (request.name, request.tags, request.actor), intake)
    }
  }

  /// A table of a dataset.
  private struct Table {
    /// Where it stands below what is sampled; its name if that is a single file.
    let path: [UInt8]
    let entry: TreeEntry
    let format: RowCutter.Format
  }

  private func tables(of source: Resolved) throws(StoreError) -> [Table] {
    var tables = [Table]()
    if source.entry.kind == .directory {
      try walk(source.entry.digest, recursively: true) { (path, entry) throws(StoreError) in
        guard entry.kind.isFile, let format = RowCutter.Format(fileName: entry.name) else { return }
        tables.append(Table(path: path, entry: entry, format: format))
      }
    } else if source.entry.kind.isFile, let format = RowCutter.Format(fileName: source.path) {
      let name = source.path.split(separator: 0x2F).last.map(Array.init) ?? source.path
      tables.append(Table(path: name, entry: source.entry, format: format))
    }
    guard !tables.isEmpty else {
      throw StoreError(
        .usage, "the sample", "there is no table in it: no file that ends with .csv, .tsv, .jsonl or .ndjson")
    }
    return tables.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  /// Hands on the rows of a table, from the store or from where they lie.
  private func rows(
    of table: Table, _ source: Resolved, _ body: (_ row: [UInt8], _ isHeader: Bool) throws(StoreError) -> Void
  ) throws(StoreError) {
    var cutter = RowCutter(table.format)
    var isFirst = table.format == .separated
    func hand(_ row: [UInt8]) throws(StoreError) {
      try body(row, isFirst)
      isFirst = false
    }
    if let reference = source.references.first(where: {
      $0.path == (source.entry.kind == .directory ? table.path : source.path)
    }) {
      guard let path = FileURI.path(reference.uri) else {
        throw StoreError(.notFound, printable(reference.uri), "its bytes are not on this machine")
      }
      let found = try LocalSource.read(Path(path)) { (bytes) throws(StoreError) in try cutter.add(bytes, hand) }
      if let complaint = LocalSource.complaint(reference, found.size, found.digest) {
        throw StoreError(.changed, printable(reference.uri), complaint)
      }
    } else {
      try cat(table.entry) { (bytes) throws(StoreError) in try cutter.add(bytes, hand) }
    }
    if let rest = cutter.finish() { try hand(rest) }
  }

  private func write(
    _ chosen: [UInt64], of tables: [Table], _ source: Resolved, _ intake: Intake
  ) throws(StoreError) -> Intake.Folder {
    var next = chosen[...]
    var row: UInt64 = 0
    var files = [(path: [UInt8], entry: TreeEntry)]()
    for table in tables {
      let name = table.path.split(separator: 0x2F).last.map(Array.init) ?? table.path
      var writer = try intake.writer(fileName: name, size: table.entry.size)
      var isLineOpen = false
      try rows(of: table, source) { (bytes, isHeader) throws(StoreError) in
        var isWanted = isHeader
        if !isHeader {
          isWanted = next.first == row
          if isWanted { next.removeFirst() }
          row += 1
        }
        guard isWanted else { return }
        // Only the last row of a file may lack its newline.
        if isLineOpen { try writer.append([0x0A].span) }
        try writer.append(bytes.span)
        isLineOpen = bytes.last != 0x0A
      }
      let size = writer.byteCount
      let digest = try writer.finish()
      files.append((table.path, TreeEntry(kind: .file, size: size, digest: digest, name: name)))
    }
    return try intake.store(files.map { ($0.path[...], $0.entry) })
  }
}

extension Intake {
  /// Stores a blob whose bytes come piece by piece.
  func writer(fileName: [UInt8], size: UInt64) throws(StoreError) -> StreamWriter {
    StreamWriter(BlobWriter(session, try session.packer(0)), fileName: fileName, size: size)
  }

  /// Stores the trees over files; `files` are in bytewise order of what is left of their paths.
  func store(_ files: [(rest: ArraySlice<UInt8>, entry: TreeEntry)]) throws(StoreError) -> Folder {
    var entries = [TreeEntry]()
    var inner = [(name: [UInt8], files: [(rest: ArraySlice<UInt8>, entry: TreeEntry)])]()
    for (rest, entry) in files {
      if let slash = rest.firstIndex(of: 0x2F) {
        let name = Array(rest[..<slash])
        if inner.last?.name != name { inner.append((name, [])) }
        inner[inner.count - 1].files.append((rest[(slash + 1)...], entry))
      } else {
        entries.append(entry)
      }
    }
    var count = entries.count
    for (name, files) in inner {
      let folder = try store(files)
      count += folder.fileCount
      entries.append(TreeEntry(kind: .directory, size: folder.size, digest: folder.tree, name: name))
    }
    let folder = try store(entries)
    return Folder(tree: folder.tree, size: folder.size, fileCount: count)
  }
}
