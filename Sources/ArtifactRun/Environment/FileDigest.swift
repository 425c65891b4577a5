import ArtifactCore
import ArtifactIO

extension File {
  /// The digest and size of a file's bytes.
  static func digest(_ path: Path) throws(IOFailure) -> (digest: Digest, size: UInt64) {
    let file = try open(path)
    var hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var size: UInt64 = 0
    while true {
      let count = try file.read(into: &buffer, at: 0, count: buffer.count)
      hasher.update(buffer.span.extracting(0..<count))
      size += UInt64(count)
      if count < buffer.count { return (hasher.finish(), size) }
    }
  }

  /// Writes a copy that must not exist yet.
  static func copy(_ path: Path, to target: Path) throws(IOFailure) {
    let source = try open(path)
    let copy = try create(target, mode: try source.status().isExecutable ? 0o777 : 0o666)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = try source.read(into: &buffer, at: 0, count: buffer.count)
      try copy.write(buffer.span.extracting(0..<count))
      if count < buffer.count { return }
    }
  }
}

/// All files and links below a folder, caches of compiled Python left out.
struct FileList {
  /// Paths below the folder, in order.
  private(set) var paths: [[UInt8]] = []
  /// A digest over all paths, sizes and times: equal if nothing was touched.
  private(set) var state: Digest

  init(_ folder: Path) throws(IOFailure) {
    var hasher = SHA256Hasher()
    state = Digest.of([])
    try walk(Directory(folder), [], &hasher)
    state = hasher.finish()
  }

  private mutating func walk(_ folder: Directory, _ path: [UInt8], _ hasher: inout SHA256Hasher) throws(IOFailure) {
    var names = NameList()
    try names.readSorted(folder)
    for offset in names.offsets {
      guard let status = try folder.status(names: names.bytes, at: offset) else { continue }
      let name = NameList.name(in: names.bytes, at: offset)
      let full = path.isEmpty ? name : path + [0x2f] + name
      if status.kind == .directory {
        if name.elementsEqual("__pycache__".utf8) { continue }
        try walk(folder.directory(name), full, &hasher)
        continue
      }
      // The NUL and numbers of one width: no two lists of files make the same bytes.
      var line = full
      line.append(0)
      for number in [
        status.size, UInt64(bitPattern: status.modified), UInt64(bitPattern: status.changed), status.inode,
      ] {
        LittleEndian.append(number, to: &line)
      }
      hasher.update(line.span)
      paths.append(full)
    }
  }
}
