import ArtifactCore
import ArtifactIO

/// A wheel that is read.
struct WheelArchive {
  /// Its file name.
  let name: String
  /// `RECORD`.
  let record: WheelRecord
  /// `entry_points.txt`.
  let programs: [EntryPoint]

  /// The name's first two parts.
  var base: String { name.split(separator: "-").prefix(2).joined(separator: "-") }
  /// The project's name in its normal form.
  var project: String { Self.normal(String(name.prefix { $0 != "-" })) }

  /// Names are compared without case, and with `-`, `_` and `.` alike (PEP 503).
  static func normal(_ name: String) -> String {
    name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
  }

  /// Reads the descriptions in a wheel.
  init(_ path: Path, name: String) throws {
    var record: WheelRecord?
    var programs = [EntryPoint]()
    var archive = try ArchiveReader(path: path.bytes)
    while let entry = try archive.next() {
      let parts = String(decoding: entry.path, as: UTF8.self).split(separator: "/")
      guard parts.count == 2, parts[0].hasSuffix(".dist-info") else { continue }
      switch parts[1] {
      case "RECORD": record = WheelRecord(try Self.body(&archive))
      case "entry_points.txt": programs = EntryPoint.all(in: try Self.body(&archive))
      default: break
      }
    }
    guard let record else { throw RunError(.damaged, path.printable, "it has no RECORD, so it is no wheel") }
    self.name = name
    self.record = record
    self.programs = programs
  }

  /// The bytes of the current entry.
  static func body(_ archive: inout ArchiveReader) throws(IOFailure) -> [UInt8] {
    var bytes = [UInt8]()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = try archive.read(into: &buffer)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Where an entry belongs.
  enum Place: Equatable {
    /// Below the folder of packages.
    case packages(String)
    /// A program.
    case script(String)
    /// A header file.
    case header(String)
    /// Below the environment.
    case prefix(String)
  }

  /// Where an entry is installed.
  static func place(_ path: String) -> Place {
    let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
    guard parts.count == 3, parts[0].hasSuffix(".data") else { return .packages(path) }
    switch parts[1] {
    case "purelib", "platlib": return .packages(parts[2])
    case "scripts": return .script(parts[2])
    case "headers": return .header(parts[2])
    default: return .prefix(parts[2])
    }
  }

  /// Whether a package was installed from this wheel: every file that the wheel lists is listed with the same digest.
  func isSource(of distribution: Distribution) -> Bool {
    guard Self.normal(distribution.name) == project else { return false }
    let installed = distribution.record.byPath
    var count = 0
    for line in record.lines {
      guard let digest = line.digest, case .packages(let path) = Self.place(line.path) else { continue }
      guard installed[path]?.digest == digest else { return false }
      count += 1
    }
    return count > 0
  }
}
