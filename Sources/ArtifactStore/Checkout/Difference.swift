import ArtifactCore
import ArtifactIO

/// How an existing folder differs from a plan.
struct Difference: Sendable {
  /// Files that are there bit for bit, by position.
  private(set) var equalFiles = Set<Int32>()
  /// Links that are there as they should be, by path.
  private(set) var equalLinks = Set<[UInt8]>()
  /// Paths where something else is.
  private(set) var conflicts: [[UInt8]] = []

  init(_ plan: PullPlan, against target: Directory, _ progress: Progress) throws(StoreError) {
    do {
      for folder in plan.folders where !folder.path.isEmpty {
        let status = try Self.status(target, folder.path)
        if let status, status.kind != .directory { conflicts.append(folder.path) }
      }
      for (position, item) in plan.files.enumerated() {
        let path = plan.path(of: item)
        guard let status = try Self.status(target, path) else { continue }
        if status.kind == .file, status.size == item.size, status.isExecutable == (item.kind == .executable),
          try FileDigest.of(path, in: target) == item.digest
        {
          equalFiles.insert(Int32(position))
          progress.add(progress.filesDone, 1)
          progress.add(progress.bytesDone, Int(item.size))
        } else {
          conflicts.append(path)
        }
      }
      for item in plan.links {
        let path = plan.path(of: item)
        guard let status = try Self.status(target, path) else { continue }
        if status.kind == .link, Digest.of(try Self.linkTarget(target, path)) == item.digest {
          equalLinks.insert(path)
        } else {
          conflicts.append(path)
        }
      }
    } catch { throw StoreError(error) }
    conflicts.sort { $0.lexicographicallyPrecedes($1) }
  }

  /// The status of what stands at a path, never through a link; a link or file on the way counts as being in the way.
  private static func status(_ target: Directory, _ path: [UInt8]) throws(IOFailure) -> FileStatus? {
    guard let slash = path.lastIndex(of: 0x2f) else { return try target.statusIfPresent(path) }
    do {
      return try target.directory(Array(path[..<slash])).statusIfPresent(Array(path[(slash + 1)...]))
    } catch  where error.code == .notFound {
      return nil
    } catch  where error.code == .escapes {
      // The folder on the way is itself listed as a conflict.
      return nil
    }
  }

  private static func linkTarget(_ target: Directory, _ path: [UInt8]) throws(IOFailure) -> [UInt8] {
    guard let slash = path.lastIndex(of: 0x2f) else { return try target.linkTarget(path) }
    return try target.directory(Array(path[..<slash])).linkTarget(Array(path[(slash + 1)...]))
  }

  /// Moves everything that was staged to its place; what is in the way is removed.
  func moveIn(_ plan: PullPlan, from staging: Directory, to target: Directory) throws(IOFailure) {
    for folder in plan.folders where !folder.path.isEmpty {
      if let status = try target.statusIfPresent(folder.path) {
        if status.kind == .directory { continue }
        try target.remove(folder.path)
      }
      try target.makeDirectory(folder.path)
    }
    let files = plan.files.enumerated().filter { !equalFiles.contains(Int32($0.offset)) }.map(\.element)
    for item in files + plan.links where !equalLinks.contains(plan.path(of: item)) {
      let path = plan.path(of: item)
      let parent = item.folder == 0 ? target : try target.directory(plan.folders[Int(item.folder)].path)
      if let status = try parent.statusIfPresent(item.name), status.kind == .directory {
        try parent.removeTree(item.name)
      }
      try staging.rename(path, to: parent, as: item.name)
    }
  }
}

extension PullPlan {
  /// The plan without some links.
  func skippingLinks(_ paths: Set<[UInt8]>) -> PullPlan {
    if paths.isEmpty { return self }
    var plan = self
    plan.removeLinks { paths.contains(self.path(of: $0)) }
    return plan
  }
}
