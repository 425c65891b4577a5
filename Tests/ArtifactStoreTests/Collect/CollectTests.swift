import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport
import Testing

@testable import ArtifactStore

extension TestStore {
  /// Collects, whatever the age of the packs.
  @discardableResult
  func collect(_ other: Store? = nil, _ change: (inout CollectRequest) -> Void = { _ in }) throws -> CollectReport {
    var request = CollectRequest(actor: "gc")
    change(&request)
    return try (other ?? reopened()).collect(request, Progress())
  }

  @discardableResult
  func erase(_ references: String..., reason: String = "no longer") throws -> [ErasedVersion] {
    let store = try reopened()
    let versions = try references.map { reference in
      let found = try store.resolve(Reference(reference))
      return (name: try #require(found.name), version: try #require(found.version))
    }
    return try store.erase(versions, reason: reason, actor: "test")
  }

  /// Stores a folder as a push does that stops before its entry.
  func leave(_ path: String, in other: Store? = nil) throws {
    let store = try other ?? reopened()
    let session = try WriteSession(store, progress: Progress(), level: 1)
    let job = IngestJob(session, path: folder(path), workers: 1, rules: ScanRules())
    _ = try job.run(cache: nil)
    try session.finishPacks()
    try session.close()
  }

  /// What a version gives back is what a folder holds.
  func expect(
    _ reference: String, gives path: String, from other: Store? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try folder.sh("rm -rf given")
    try pull(reference, to: "given", from: other ?? reopened())
    #expect(try folder.tree("given") == folder.tree(path), sourceLocation: sourceLocation)
  }
}

/// What a collection takes and what it leaves.
@Suite struct CollectTests {
  @Test func `packs that nothing needs go, and the rest stays`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(200_000))
    try test.folder.write("stray/g", SeededRandom(2).bytesOnce(200_000))
    try test.push("in")
    try test.leave("stray")
    let packs = try test.packs
    #expect(packs.count == 2)
    let report = try test.collect()
    #expect(report.deadPacks == 1)
    #expect(report.bytesFreed > 200_000)
    #expect(report.bytesWritten == 0)
    #expect(try test.packs.count == 1)
    #expect(
      try test.reopened().log.fold.condemned
        == Set(packs.compactMap { Digest(hex: $0) }).subtracting(
          test.packs.compactMap { Digest(hex: $0) }))
    try test.expect("data", gives: "in")
    try expectSound(test.reopened())
    #expect(try test.leftovers.isEmpty)
    // There is nothing left to do.
    let again = try test.collect()
    #expect(again.packsGone == 0)
    #expect(again.logSize == report.logSize)
  }

  @Test func `a look-up never searches more than 16 indexes, however many pushes there were`() throws {
    let test = try TestStore()
    var counts = [Int]()
    for number in 0..<50 {
      try test.folder.write("in/f", "\(number)")
      try test.push("in", into: test.reopened()) { $0.workers = 1 }
      counts.append(try test.reopened().currentIndex().segments.count)
    }
    #expect(counts.max() == SegmentMerge.limit)
    #expect(try test.packs.count == 50)
    for number in [1, 7, 25, 50] {
      try test.folder.write("in/f", "\(number - 1)")
      try test.expect("data@\(number)", gives: "in")
    }
    try expectSound(test.reopened())
  }

  @Test func `what is lost is named in bounded memory as it is with all of it`() throws {
    let test = try TestStore()
    for number in 0..<6 {
      for file in 0..<4 { try test.folder.write("in/\(number)/sub\(file)/f", "\(file * number)") }
    }
    try test.folder.write("in/large", SeededRandom(5).bytesOnce(300_000))
    try test.push("in")
    try test.folder.write("in/0/more", "more")
    try test.push("in", as: "other")
    try test.folder.sh("rm store/blobs/sha256/\(try #require(test.packs.first))")
    let store = try test.reopened()
    for name in ["data", "other"] {
      let version = try #require(store.log.fold.packages[name]?.versions.first)
      var all = Closure(store)
      let wanted = all.visit(version)
      for limit in [0, 1, 3] {
        var bounded = Closure(store, notesObjects: false, memoryLimit: limit)
        let found = bounded.visit(version)
        #expect(found.count == wanted.count)
        #expect(found.all.map(\.place) == wanted.all.map(\.place))
        #expect(bounded.objects.isEmpty)
      }
    }
  }

  @Test func `a dry run says what a run does, and changes nothing`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "kept")
    try test.folder.write("stray/g", SeededRandom(2).bytesOnce(200_000))
    try test.push("in")
    try test.leave("stray")
    try test.erase("data@1")
    let before = try test.folder.tree("store")
    let dry = try test.collect { $0.isDryRun = true }
    #expect(try test.folder.tree("store") == before)
    let report = try test.collect()
    #expect(dry.deadPacks == report.deadPacks && dry.rewrittenPacks == report.rewrittenPacks)
    #expect(dry.bytesFreed == report.bytesFreed)
    #expect(dry.erasedPacks == 1 && report.erasedPacks == 1)
  }

  @Test func `young packs are left alone, but not erased bytes`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(50_000))
    try test.folder.write("stray/g", SeededRandom(2).bytesOnce(50_000))
    try test.push("in")
    try test.leave("stray")
    let since = Platform.now() - 3_600 * 1_000_000_000
    var report = try test.collect { $0.sparesSince = since }
    #expect(report.packsGone == 0)
    #expect(report.youngPacks == 1)
    try test.erase("data@1")
    report = try test.collect { $0.sparesSince = since }
    #expect(report.erasedPacks == 1)
    #expect(report.youngPacks == 1)
    try test.folder.age("store/blobs", bySeconds: 7_200)
    report = try test.collect { $0.sparesSince = since }
    #expect(report.deadPacks == 1)
    #expect(report.youngPacks == 0)
    try expectSound(test.reopened())
  }

  @Test func `what is needed of a mostly dead pack is copied, whole frames as they stand`() throws {
    let test = try TestStore()
    // A frame of random data is closed after a mebibyte; the first file is needed by both versions.
    try test.folder.sh("mkdir in; for i in 0 1 2 3; do head -c 1100000 /dev/urandom > in/f$i; done")
    try test.push("in") { $0.workers = 1 }
    try test.folder.sh("rm in/f[123]")
    try test.push("in")
    try test.folder.sh("cp -r in small")
    try test.erase("data@1")
    let big = try test.packs.filter { try test.bytes("blobs/sha256/\($0)").count > 1 << 20 }
    let report = try test.collect()
    #expect(report.rewrittenPacks >= 1)
    #expect(report.framesCopied >= 1)
    #expect(report.bytesWritten < 3 << 20)
    #expect(report.bytesFreed > 4 << 20)
    #expect(try Set(test.packs).isDisjoint(with: big))
    try test.expect("data@2", gives: "small")
    try expectSound(test.reopened())
    #expect(try test.collect().packsGone == 0)
  }

  @Test func `the packs of many tiny pushes become one, and one is left alone`() throws {
    let test = try TestStore()
    for number in 0..<40 {
      try test.folder.write("in/f", "content \(number)")
      try test.push("in")
    }
    #expect(try test.packs.count == 40)
    let report = try test.collect()
    #expect(report.rewrittenPacks == 40)
    #expect(try test.packs.count == 1)
    #expect(try test.names("artifact/index").isEmpty)
    #expect(try test.reopened().currentIndex().segments.count == 1)
    #expect(try test.reopened().currentIndex().condemned.isEmpty)
    for number in 0..<40 {
      try test.folder.write("in/f", "content \(number)")
      try test.expect("data@\(number + 1)", gives: "in")
    }
    try expectSound(test.reopened())
    #expect(try test.collect().packsGone == 0)
    // Tiny frames were packed together.
    #expect(try test.reopened().stats().frames == 3)
  }

  @Test func `when something that a version needs is lost, nothing goes and the version is named`() throws {
    let test = try TestStore()
    try test.folder.write("in/sub/f", SeededRandom(1).bytesOnce(50_000))
    try test.push("in", as: "hurt")
    let lost = try test.packs
    try test.folder.write("in2/f", "kept")
    try test.push("in2", as: "whole")
    try test.folder.write("stray/g", "stray")
    try test.leave("stray")
    try test.remove("blobs/sha256/\(lost[0])")
    let packs = try test.packs
    let found = failure { try test.collect() }
    #expect(found?.code == .damaged)
    #expect(found?.subject == "hurt@1")
    #expect(try test.packs == packs)
    #expect(try test.reopened().log.fold.lastCollect == nil)
  }

  @Test func `a lost record and a lost top folder are told apart`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "f")
    try test.push("in", as: "second")
    let lost = try test.packs
    try test.push("in", as: "first") { $0.note = "another record" }
    let both = try test.packs
    #expect(both.count == 2)
    try test.remove("blobs/sha256/\(lost[0])")
    let folder = failure { try test.collect() }
    #expect(folder?.subject == "first@1")
    #expect(folder?.detail.hasPrefix("its top folder (object ") ?? false)
    for pack in both where !lost.contains(pack) { try test.remove("blobs/sha256/\(pack)") }
    let record = failure { try test.collect() }
    #expect(record?.detail.hasPrefix("its record (object ") ?? false)
  }

  @Test func `a copy that is spared is looked at before the other goes`() throws {
    let test = try TestStore()
    // The same bytes in two packs, as two pushes at once leave them.
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(20_000))
    let other = try test.reopened()
    let session = try WriteSession(other, progress: Progress(), level: 1)
    _ = try IngestJob(session, path: test.folder("in"), workers: 1, rules: ScanRules()).run(cache: nil)
    try test.push("in")
    try session.finishPacks()
    try session.close()
    let packs = try test.packs
    #expect(packs.count == 2)
    for damaged in packs {
      let copy = try TestFolder()
      try copy.sh("cp -r '\(test.folder.text)'/. .")
      let store = try Store(opening: copy("store"), local: nil)
      // Damage in the middle of the file's bytes; the record is in one of the packs only.
      let digest = Digest.of(SeededRandom(1).bytesOnce(20_000))
      let places = try store.currentIndex().locations(digest, .object)
      let place = try #require(places.first { $0.pack.hex == damaged })
      let url = URL(filePath: copy.text + "/store/blobs/sha256/" + damaged)
      var bytes = [UInt8](try Data(contentsOf: url))
      bytes[Int(place.frame.offset) + Int(place.frame.storedSize) / 2] ^= 1
      try Data(bytes).write(to: url, options: .atomic)
      // Whichever copy is damaged, collecting keeps the good one or refuses.
      _ = failure { try store.collect(CollectRequest(actor: "gc"), Progress()) }
      let after = try Store(opening: copy("store"), local: nil)
      _ = try after.pull(after.resolve(Reference("data")).entry, to: copy("out"), Progress())
      #expect(try copy.tree("out") == copy.tree("in"))
    }
  }

  @Test func `large files of several recipes stay whole`() throws {
    let test = try TestStore()
    let bytes = SeededRandom(1).bytesOnce(500_000)
    try test.folder.write("in/f", bytes)
    try test.folder.write("in/g.npy", bytes)
    try test.folder.write("stray/h", SeededRandom(3).bytesOnce(100_000))
    try test.push("in")
    try test.leave("stray")
    for number in 0..<20 {
      try test.folder.write("tiny/f", "\(number)")
      try test.push("tiny", as: "tiny")
    }
    #expect(try test.collect().rewrittenPacks > 0)
    try test.expect("data", gives: "in")
    try expectSound(test.reopened())
  }

  @Test func `what a collector that died had condemned is removed by the next`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", "kept")
    try test.push("in")
    try test.folder.write("stray/g", "stray")
    try test.leave("stray")
    let stray = try #require(
      try test.packs.first { pack in
        try test.reopened().currentIndex().holder(of: Digest.of([UInt8]("stray")), .object)?.hex == pack
      })
    try test.condemn([stray])
    #expect(try test.packs.count == 2)
    try expectSound(test.reopened())
    let report = try test.collect()
    #expect(report.leftoverPacks == 1)
    #expect(report.deadPacks == 0)
    #expect(try !test.packs.contains(stray))
    try test.expect("data", gives: "in")
  }

  @Test func `a segment that names condemned packs is rewritten without them`() throws {
    let test = try TestStore()
    for number in 0..<20 {
      try test.folder.write("in\(number)/f", "content \(number)")
      try test.push("in\(number)", as: "n\(number)")
    }
    #expect(try test.names("artifact/index").count == 1)
    for number in 0..<10 { try test.erase("n\(number)") }
    let report = try test.collect { $0.sparesSince = 0 }
    #expect(report.rewrittenPacks == 10)
    #expect(report.segmentsReplaced == 1)
    let index = try test.reopened().currentIndex()
    #expect(index.condemned.isEmpty)
    for segment in index.segments {
      try segment.withBytes { (bytes) throws(FormatError) in try SegmentIndex.verify(bytes) }
    }
    for number in 10..<20 { try test.expect("n\(number)", gives: "in\(number)") }
    try expectSound(test.reopened())
  }

  @Test func `a reader that opened the store before goes on after a collection`() throws {
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(300_000))
    for number in 0..<20 { try test.folder.write("in/small\(number)", "small \(number)") }
    try test.push("in")
    for number in 0..<20 {
      try test.folder.write("tiny/f", "\(number)")
      try test.push("tiny", as: "tiny")
    }
    let reader = try test.reopened()
    let entry = try reader.resolve(Reference("data")).entry
    #expect(try test.collect().rewrittenPacks > 0)
    _ = try reader.pull(entry, to: test.folder("out"), Progress())
    #expect(try test.folder.tree("out") == test.folder.tree("in"))
    let file = try reader.resolve(Reference("data:small3")).entry
    try reader.cat(file) { _ in }
    let other = try TestStore()
    let old = try test.reopened()
    try test.folder.write("tiny/f", "more")
    for _ in 0..<3 { try test.push("tiny", as: "tiny") }
    _ = try old.copy(old.resolve(Reference("data")), to: other.store, actor: "x", Progress())
    try other.pull(to: "out")
    #expect(try other.folder.tree("out") == test.folder.tree("in"))
  }
}
