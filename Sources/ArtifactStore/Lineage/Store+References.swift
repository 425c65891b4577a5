import ArtifactCore
import ArtifactIO

extension Store {
  /// Publishes data whose bytes stay where they are, as the next version of a name.
  ///
  /// The tree is the one that a push of the same files would have, so equal data has an equal id either way; only its
  /// folders are stored.
  public func push(
    _ sources: [DataSource], _ request: PushRequest, _ progress: Progress
  ) throws(StoreError) -> PushResult {
    guard request.kind ?? .dataset == .dataset else {
      throw StoreError(.usage, "the kind", "only datasets may leave their bytes elsewhere")
    }
    try checkKind(request.name, .dataset, log.fold)
    let files = try SourceScan(sources, progress).files
    guard !files.isEmpty else { throw StoreError(.usage, "the dataset", "there is no file in it") }
    return try write(progress) { (session) throws(StoreError) in
      let intake = Intake(session)
      let folder = try intake.store(files.map(Self.entry))
      var record = PackageRecord(
        kind: .dataset, tree: folder.tree, size: folder.size, fileCount: folder.fileCount, meta: request.meta,
        note: request.note)
      record.dataset = request.dataset
      record.dataset.references = files
      return try publish(record, (request.name, request.tags, request.actor), intake)
    }
  }

  private static func entry(_ file: DatasetFacts.DataReference) -> (rest: ArraySlice<UInt8>, entry: TreeEntry) {
    let name = file.path.split(separator: 0x2F).last.map(Array.init) ?? file.path
    return (file.path[...], TreeEntry(kind: .file, size: file.size, digest: file.digest, name: name))
  }

  /// Checks the files that the latest version of each name refers to.
  func verifyReferences(_ fold: Fold, _ report: inout VerifyReport, _ progress: Progress) throws(StoreError) {
    for (name, package) in fold.packages.sorted(by: { $0.key < $1.key }) where package.kind == .dataset {
      // A record that is lost is told of by the check of versions.
      guard let version = package.versions.last, let content = try? record(version.record) else { continue }
      for reference in content.dataset.references {
        try progress.checkCancelled()
        guard FileURI.path(reference.uri) != nil else {
          report.referencesElsewhere += 1
          continue
        }
        report.referencesChecked += 1
        guard let complaint = LocalSource.complaint(reference) else { continue }
        report.changed.append(
          VerifyReport.Problem(
            subject: "\(name)@\(package.versions.count): \(printable(reference.uri))", detail: complaint))
      }
    }
  }
}

extension Checkout {
  /// Copies files that lie elsewhere on this machine into the staging folder, checked.
  ///
  /// - Returns: The positions of those that are there now.
  func fetch(_ plan: PullPlan, into staging: Staging, except: Set<Int32>) throws(StoreError) -> Set<Int32> {
    if sources.isEmpty { return [] }
    var fetched = Set<Int32>()
    var complaints = [(uri: String, text: String)]()
    let index = store.currentIndex()
    for (position, item) in plan.files.enumerated() where !except.contains(Int32(position)) {
      try progress.checkCancelled()
      if index.contains(item.digest, .object) || index.contains(item.digest, .recipe) { continue }
      let path = plan.path(of: item)
      guard let source = sources[path] else { continue }
      guard let local = FileURI.path(source.uri) else {
        complaints.append(
          (source.uri, "this program does not fetch from there; push the file, or refer to a local copy"))
        continue
      }
      do throws(StoreError) {
        let found = try copy(Path(local), to: path, in: staging.directory, isExecutable: item.kind == .executable)
        if let complaint = LocalSource.complaint(source, found.size, found.digest) {
          complaints.append((source.uri, complaint))
        } else {
          fetched.insert(Int32(position))
          progress.add(progress.filesDone, 1)
          progress.add(progress.bytesDone, Int(clamping: found.size))
        }
      } catch  where error.code == .notFound {
        complaints.append((source.uri, "it is gone"))
      }
    }
    if let first = complaints.first {
      let rest = complaints.count > 1 ? "; \(complaints.count - 1) more are not as they were" : ""
      throw StoreError(.changed, printable(first.uri), first.text + rest)
    }
    return fetched
  }

  private func copy(
    _ source: Path, to path: [UInt8], in staging: Directory, isExecutable: Bool
  ) throws(StoreError) -> (size: UInt64, digest: Digest) {
    var folder = [UInt8]()
    for component in path.split(separator: 0x2F).dropLast() {
      folder += (folder.isEmpty ? [] : [0x2F]) + component
      do { try staging.makeDirectory(folder) } catch  where error.code == .exists {} catch { throw StoreError(error) }
    }
    try wrapping { () throws(IOFailure) in try staging.removeTree(path) }
    let file = try wrapping { () throws(IOFailure) in try staging.create(path, mode: isExecutable ? 0o777 : 0o666) }
    let found = try LocalSource.read(source) { (bytes) throws(StoreError) in
      try Self.append(bytes, to: file)
    }
    do { try file.close() } catch { throw StoreError(error) }
    return found
  }

  private static func append(_ bytes: Span<UInt8>, to file: borrowing File) throws(StoreError) {
    do { try file.write(bytes) } catch { throw StoreError(error) }
  }
}
