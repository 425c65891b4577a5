import ArtifactCore
import ArtifactIO

/// An installed package, as its `.dist-info` folder describes it.
struct Distribution {
  /// `numpy-2.4.6`, the beginning of the names of its wheel and its folders.
  let base: String
  let name: String
  let version: String
  let record: WheelRecord
  /// The `WHEEL` file.
  let wheel: [UInt8]
  /// What `entry_points.txt` asks for.
  let programs: [EntryPoint]
  /// Where it came from when it was no index (`direct_url.json`).
  let direct: Direct?

  /// The source of a package that came from no index.
  struct Direct {
    let url: String
    let isEditable: Bool
    let isFolder: Bool
    let commit: String?

    init?(_ bytes: [UInt8]) {
      // What pip did not write is no source.
      guard let json = try? JSON.parseLenient(bytes), let url = json["url"]?.string else { return nil }
      self.url = url
      isFolder = json["dir_info"] != nil
      isEditable = json["dir_info"]?["editable"]?.boolean ?? false
      commit = json["vcs_info"]?["commit_id"]?.string
    }

    /// The folder that it names.
    var folder: Path? {
      guard isFolder, url.hasPrefix("file://") else { return nil }
      var bytes = [UInt8]()
      var rest = Array(url.utf8)[7...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
          bytes.append(value)
          rest = rest.dropFirst(2)
        } else {
          bytes.append(byte)
        }
      }
      return Path(bytes)
    }
  }

  /// The folder's name.
  var infoFolder: String { "\(base).dist-info" }

  /// Whether a file is written by installers and says nothing about the package.
  func isTrace(_ path: String) -> Bool {
    if path.hasSuffix(".pyc") { return true }
    return ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"].contains { path == "\(infoFolder)/\($0)" }
  }

  /// Reads a `.dist-info` folder; nil if it is none.
  init?(_ folder: [UInt8], in packages: Path) throws {
    let text = String(decoding: folder, as: UTF8.self)
    guard text.hasSuffix(".dist-info") else { return nil }
    base = String(text.dropLast(10))
    let place = packages.appending(folder)
    func read(_ name: String) throws(IOFailure) -> [UInt8]? {
      do { return try File.contents(place.appending(name), limit: 64 << 20) } catch  where error.code == .notFound {
        return nil
      }
    }
    guard let metadata = try read("METADATA"), let name = Headers.values(of: "Name", in: metadata).first,
      let version = Headers.values(of: "Version", in: metadata).first
    else { return nil }
    self.name = name
    self.version = version
    guard let bytes = try read("RECORD"), let record = WheelRecord(bytes) else {
      throw RunError(
        .unsupported, "\(name) \(version)", "its installer left no RECORD, so nobody knows which files are its own")
    }
    self.record = record
    wheel = try read("WHEEL") ?? Array("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".utf8)
    programs = EntryPoint.all(in: try read("entry_points.txt") ?? [])
    direct = try read("direct_url.json").flatMap { Direct($0) }
  }

  /// The name of its wheel, from the tags in `WHEEL`: `numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl`.
  var wheelName: String {
    var parts: [[String]] = [[], [], []]
    for tag in Headers.values(of: "Tag", in: wheel) {
      for (place, part) in tag.split(separator: "-").prefix(3).enumerated() where !parts[place].contains(String(part)) {
        parts[place].append(String(part))
      }
    }
    let tags = parts.map { $0.isEmpty ? "any" : $0.joined(separator: ".") }
    return "\(base)-\(tags.joined(separator: "-")).whl"
  }
}
