import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Wheels that a package may have been installed from: in folders, and in environments of the store.
struct WheelSources {
  private var files: [String: [Path]] = [:]
  private var stored: [String: [(file: TreeEntry, package: EnvironmentFacts.Package)]] = [:]
  private let store: Store
  private let scratch: ScratchFolder

  init(folders: [Path], _ store: Store, _ scratch: ScratchFolder) throws {
    self.store = store
    self.scratch = scratch
    for folder in folders {
      for name in try Directory(folder).names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let text = String(decoding: name, as: UTF8.self)
        guard text.hasSuffix(".whl") else { continue }
        files[Self.key(text), default: []].append(folder.appending(name))
      }
    }
    for record in try Self.environments(of: store) { try add(record) }
  }

  private mutating func add(_ record: PackageRecord) throws {
    let entries = try store.tree(record.tree)
    for package in record.environment.packages where package.origin != "repacked" {
      guard let name = package.file, let entry = entries.first(where: { $0.name.elementsEqual(name.utf8) }) else {
        continue
      }
      stored[Self.key(name), default: []].append((entry, package))
    }
  }

  /// The environments under a name, and those of the last runs.
  private static func environments(of store: Store) throws -> [PackageRecord] {
    let fold = try store.refresh()
    var records = Set<Digest>()
    for package in fold.packages.values where package.kind == .environment {
      records.formUnion(package.versions.suffix(8).map(\.record))
    }
    for run in fold.runs.suffix(8) {
      guard case .plan(let plan) = try store.fact(run.plan), let record = plan.environment else { continue }
      records.insert(record)
    }
    return try records.sorted().compactMap { (digest) throws(StoreError) in
      guard case .package(let record) = try store.fact(digest) else { return nil }
      return record
    }
  }

  private static func key(_ name: String) -> String {
    let parts = name.split(separator: "-").prefix(2).map(String.init)
    return WheelArchive.normal(parts.first ?? "") + " " + (parts.last ?? "")
  }

  /// Puts the wheel that a package was installed from into `folder`; its name and origin, or nil if no wheel fits.
  func put(_ distribution: Distribution, into folder: Path) throws -> (file: String, origin: String)? {
    let key = Self.key(distribution.base)
    for path in files[key] ?? [] {
      let name = String(decoding: path.lastComponent, as: UTF8.self)
      guard try WheelArchive(path, name: name).isSource(of: distribution) else { continue }
      try File.copy(path, to: folder.appending(name))
      return (name, "index")
    }
    for (entry, package) in stored[key] ?? [] {
      let name = String(decoding: entry.name, as: UTF8.self)
      let place = scratch.path.appending("stored-\(entry.digest.short)")
      if try File.status(place) == nil { _ = try store.pull(entry, to: place, Progress()) }
      guard try WheelArchive(place, name: name).isSource(of: distribution) else { continue }
      try File.copy(place, to: folder.appending(name))
      return (name, package.origin)
    }
    return nil
  }
}
