import ArtifactCore
import ArtifactIO

/// Recipes that are known to make their blob (store-layout.md §5.5).
///
/// That chunks with these digests, one after the other, have that digest as a whole is true for ever and in every store,
/// however often the bytes are stored. So it is found out once: by the push that made the recipe, or by the first check
/// that meets it. A file of the user's cache: 32 bytes for each recipe, the SHA-256 of the blob's digest and the text's.
struct RecipeMemory: Sendable {
  private static let fileName = Array("recipes".utf8)

  private let folder: Path
  private let known: Set<Digest>

  /// Reads the memory; an unreadable one is empty.
  init(_ local: LocalFolders) {
    folder = local.cache
    let bytes = (try? Directory(folder).readFile(Self.fileName, limit: 1 << 31)) ?? []
    var known = Set<Digest>(minimumCapacity: bytes.count / Digest.byteCount)
    for offset in stride(from: 0, through: bytes.count - Digest.byteCount, by: Digest.byteCount) {
      known.insert(Digest(bytes.span, at: offset))
    }
    self.known = known
  }

  /// What is remembered of a recipe that makes a blob.
  static func key(_ recipe: Recipe, of blob: Digest) -> Digest { Digest.of(blob.bytes + Digest.of(recipe.text).bytes) }

  /// Whether a recipe with this key is known to make its blob.
  func knows(_ key: Digest) -> Bool { known.contains(key) }

  /// Adds what was found out.
  static func add(_ keys: [Digest], to local: LocalFolders?) {
    guard let local, !keys.isEmpty else { return }
    var bytes = [UInt8]()
    bytes.reserveCapacity((keys.count + 1) * Digest.byteCount)
    // What is not remembered is found out again.
    guard let folder = try? LocalFile.makeFolder(local.cache) else { return }
    let size = (try? folder.statusIfPresent(fileName))?.size ?? 0
    // A writer that was stopped half-way must not put all later keys out of step.
    let excess = Int(size % UInt64(Digest.byteCount))
    if excess > 0 { bytes += [UInt8](repeating: 0, count: Digest.byteCount - excess) }
    for key in keys { key.append(to: &bytes) }
    guard let file = open(folder) else { return }
    try? file.write(bytes.span)
  }

  private static func open(_ folder: Directory) -> File? { try? folder.append(to: fileName) }
}
