import ArtifactCore
import ArtifactIO
import ArtifactStore
import Testing

/// Reading one blob as a stream.
@Suite struct CatTests {
  private func bytes(_ store: Store, _ entry: TreeEntry) throws -> (bytes: [UInt8], largest: Int) {
    var bytes = ByteBuffer(capacity: 0)
    var largest = 0
    try store.cat(entry) { (piece) throws(StoreError) in
      bytes.append(piece)
      largest = max(largest, piece.count)
    }
    return (Array(bytes.storage[..<bytes.count]), largest)
  }

  @Test(arguments: [0, 1, 65_536, 65_537, 3_000_000])
  func `the bytes come back, large ones in pieces`(count: Int) throws {
    let scratch = try ReadScratch()
    defer { scratch.remove() }
    let content = noise(count, seed: 7)
    try scratch.write(content, "f")
    try scratch.push("n")
    let (bytes, largest) = try bytes(scratch.store, scratch.entry("n:f"))
    #expect(bytes == content)
    #expect(largest <= 512 << 10)
  }

  @Test func `damage is found before a byte of it is handed on`() throws {
    let scratch = try ReadScratch()
    defer { scratch.remove() }
    try scratch.write(noise(3_000_000, seed: 7), "f")
    try scratch.push("n")
    let entry = try scratch.entry("n:f")
    try scratch.damagePacks()
    let store = try Store(opening: scratch.store.path, local: nil)
    var handed = 0
    let error = #expect(throws: StoreError.self) {
      try store.cat(entry) { (piece) throws(StoreError) in handed += piece.count }
    }
    #expect(error?.code == .damaged)
    #expect(handed == 0)
  }

  @Test func `a size that the tree does not promise is damage`() throws {
    let scratch = try ReadScratch()
    defer { scratch.remove() }
    try scratch.write("abc", "f")
    try scratch.push("n")
    let entry = try scratch.entry("n:f")
    let lie = TreeEntry(kind: .file, size: 4, digest: entry.digest, name: entry.name)
    #expect(throws: StoreError.self) { try scratch.store.cat(lie) { (_) throws(StoreError) in } }
  }
}
