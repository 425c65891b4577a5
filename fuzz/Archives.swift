import ArtifactCore
import ArtifactIO
import ArtifactStore
import Glibc

/// Where files may be made; in memory, if `scripts/fuzz` finds such a place.
let scratchFolder = getenv("ARTIFACT_FUZZ_FOLDER").map { String(cString: $0) } ?? "/tmp"

/// One frame: it decodes to as many bytes as its first three say, or not at all.
func fuzzFrame(_ input: [UInt8]) {
  guard input.count >= 3, let decompressor = try? Decompressor() else { return }
  let size = Int(input[0]) | Int(input[1]) << 8 | Int(input[2] & 0x0F) << 16
  var output = [UInt8](repeating: 0, count: 16)
  _ = try? decompressor.decompress(
    input.span.extracting(3..<input.count), into: &output, at: 16, plainSize: size, "frame")
  require(output.count == 16 || output.count == 16 + size, "nothing is written beyond the frame")
}

/// An archive in memory, read to its end.
func fuzzArchive(_ input: [UInt8]) {
  guard let file = MemoryFile(input) else { fatalError("no memory file") }
  var limits = ArchiveReader.Limits()
  limits.inflatedBytes = 16 << 20
  limits.entryCount = 10_000
  for allows in [false, true] { _ = try? readAll(file, limits, allows) }
}

private func readAll(_ file: MemoryFile, _ limits: ArchiveReader.Limits, _ allows: Bool) throws {
  var reader = try ArchiveReader(
    descriptor: file.descriptor, name: Array("input".utf8), limits: limits, allowExternalLinks: allows)
  var buffer = [UInt8](repeating: 0, count: 4_096)
  var total: Int64 = 0
  while let entry = try reader.next() {
    let parts = entry.path.split(separator: 0x2f, omittingEmptySubsequences: false)
    require(
      !entry.path.contains(0) && parts.allSatisfy { !$0.isEmpty && $0 != [0x2e] && $0 != [0x2e, 0x2e] },
      "a path stays below the folder")
    require(allows || !entry.linkLeavesRoot, "a link stays below the folder")
    var size: Int64 = 0
    while case let count = try reader.read(into: &buffer), count > 0 { size += Int64(count) }
    guard case .file(let stated) = entry.kind else {
      require(size == 0, "only files have bytes")
      continue
    }
    require(size == stated, "a file has its stated size")
    total += size
    require(total <= limits.inflatedBytes, "no more comes out than the limit")
  }
}

/// The input is a list of entries that no sane program would write: it is put into a tar, stored and pulled.
///
/// Lines: a type (`f`, `d`, `l`, `h`, `c`), a path, and for links a tab and the target.
func fuzzExtract(_ input: [UInt8]) {
  guard let file = MemoryFile(tar(input)) else { fatalError("no memory file") }
  Sandbox.shared.extract(Path("/proc/self/fd/\(file.descriptor)"))
}

private func tar(_ input: [UInt8]) -> [UInt8] {
  var archive = [UInt8]()
  for line in input.split(separator: 0x0a).prefix(32) {
    let parts = line.dropFirst().split(separator: 0x09, maxSplits: 1, omittingEmptySubsequences: false)
    let name = Array((parts.first ?? []).prefix(99))
    let target = parts.count > 1 ? Array(parts[1].prefix(99)) : []
    let types: [UInt8: Character] = [0x66: "0", 0x64: "5", 0x6c: "2", 0x68: "1", 0x63: "3"]
    let type = types[line.first ?? 0] ?? "0"
    var block = TarHeader.block(name: name, size: type == "0" ? target.count : 0)
    block[156] = type.asciiValue ?? 0x30
    for (index, byte) in target.enumerated() where type != "0" { block[157 + index] = byte }
    for index in 148..<156 { block[index] = 0x20 }
    let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    for (index, byte) in digits.utf8.enumerated() { block[154 - digits.utf8.count + index] = byte }
    block[154] = 0
    archive += block
    if type == "0" { archive += target + [UInt8](repeating: 0, count: TarHeader.padding(after: target.count)) }
  }
  return archive + [UInt8](repeating: 0, count: 1_024)
}

/// A folder in memory with a store, a place to pull to, and something beside it that must stay as it is.
final class Sandbox: Sendable {
  static let shared = Sandbox()
  private let root: Path
  private let folder: Directory
  private let store: Store

  private init() {
    let parent = Path(scratchFolder)
    let name = "sandbox-\(getpid())"
    root = parent.appending(name)
    do {
      try Directory(parent).makeDirectory(Array(name.utf8))
      folder = try Directory(root)
      try folder.makeDirectory(Array("beside".utf8))
      store = try Store.create(at: root.appending("store"), actor: "fuzz", local: nil)
    } catch { fatalError("no sandbox: \(error)") }
  }

  func extract(_ archive: Path) {
    do {
      var request = PushRequest(name: try PackageName("data"), actor: "fuzz")
      request.unpacks = true
      request.inflatedLimit = 16 << 20
      request.workers = 1
      let result = try store.push(archive, request, Progress())
      let entry = try store.resolve(Reference("data@\(result.version)")).entry
      _ = try store.pull(entry, to: root.appending("out"), workers: 1, Progress())
    } catch { require(error is StoreError || error is FormatError, "an error is one of ours: \(error)") }
    let names = (try? folder.names())?.map { String(decoding: $0, as: UTF8.self) }.sorted() ?? []
    require(names == ["beside", "store"] || names == ["beside", "out", "store"], "nothing else appears: \(names)")
    require((try? folder.directory(Array("beside".utf8)).names().isEmpty) == true, "the folder beside stays empty")
    try? folder.removeTree(Array("out".utf8))
  }
}

/// A file without a name.
final class MemoryFile {
  let descriptor: Int32

  init?(_ bytes: [UInt8]) {
    let name = "\(scratchFolder)/input-\(getpid())"
    descriptor = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    unlink(name)
    guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit { close(descriptor) }
}
