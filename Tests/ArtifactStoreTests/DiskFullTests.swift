import ArtifactCore
import ArtifactIO
import Foundation
import TestSupport
import Testing

@testable import ArtifactStore

/// A disk that is full or may not be written; both need a file system of their own, so only root can make them.
@Suite(.serialized) struct DiskFullTests {
  /// A mounted file system that goes with its owner.
  final class Mount {
    let folder: TestFolder

    init(megabytes: Int) throws {
      folder = try TestFolder()
      try folder.sh("mkdir disk; mount -t tmpfs -o size=\(megabytes)m none disk")
    }

    // A mount that stays is found by its name in the temporary folder.
    deinit { _ = try? folder.sh("umount -l disk") }
  }

  static let canMount = (try? Mount(megabytes: 1)) != nil

  @Test(.enabled(if: canMount, "only root can mount a small disk"))
  func `a full disk is told as such and hurts nothing that was there`() throws {
    let mount = try Mount(megabytes: 8)
    let test = try TestStore(in: mount.folder.text + "/disk")
    try test.folder.write("in/f", "kept")
    try test.push("in")
    let big = try TestFolder()
    try big.write("big/f", SeededRandom(1).bytesOnce(20 << 20))
    try big.write("wide/x", SeededRandom(2).bytesOnce(6_000_000))
    var failures = 0
    for (name, workers) in [("big", 1), ("big", 2), ("wide", 2)] {
      var request = PushRequest(name: try PackageName("big"), actor: "test")
      request.workers = workers
      let failure = failure { try test.store.push(big(name), request, Progress()) }
      guard let failure else { continue }
      #expect(failure.code == .io)
      #expect((failure.cause as? IOFailure)?.code == .full)
      failures += 1
      let store = try test.reopened()
      #expect(store.log.fold.packages.keys.sorted() == ["data"])
      try expectSound(store)
      try test.folder.sh("rm -rf out")
      try test.pull(to: "out", from: store)
      #expect(try test.folder.tree("out") == test.folder.tree("in"))
      #expect(try test.leftovers.isEmpty)
    }
    #expect(failures >= 2)
    // There is room again for what is small.
    try test.folder.write("in/g", "more")
    let result = try test.push("in", into: test.reopened())
    #expect(result.version == 2)
    try expectSound(test.reopened())
  }

  @Test(.enabled(if: canMount, "only root can mount a small disk"))
  func `a collection works on a disk without a free byte, and makes the reserve again`() throws {
    let mount = try Mount(megabytes: 24)
    let test = try TestStore(in: mount.folder.text + "/disk")
    try test.folder.sh("mkdir in stray; head -c 3000000 /dev/urandom > in/f; head -c 3000000 /dev/urandom > stray/g")
    try test.folder.sh("head -c 300000 /dev/urandom > in/kept")
    // A store that is open has its packs mapped, which would keep their room.
    try test.push("in", into: test.reopened()) { $0.workers = 1 }
    try test.leave("stray")
    try test.folder.sh("rm -r stray in/f")
    try test.push("in", into: test.reopened()) { $0.workers = 1 }
    try mount.folder.sh("cat /dev/zero > disk/fill 2>/dev/null || true")
    #expect(code { try test.push("in", as: "other", into: test.reopened()) } == .io)
    try test.erase("data@1")
    #expect(try !test.names("artifact").contains("reserve"))
    let report = try test.collect()
    #expect(report.deadPacks == 1)
    #expect(report.erasedPacks == 1)
    #expect(report.packsWithoutRoom == 0)
    #expect(try test.bytes("artifact/reserve").count == Reserve.byteCount)
    try expectSound(test.reopened())
    try test.push("in", as: "other", into: test.reopened())
    try test.expect("data@2", gives: "in")
  }

  @Test func `what could not be read is an error of the disk, however deep it happened, and no damage`() throws {
    let failed = StoreError(IOFailure(number: EIO, "reading", "a pack"))
    let told = StoreError.damaged("record 1234", failed)
    #expect(told.code == .io)
    #expect(told.subject == "a pack")
    #expect(told.detail.contains("input/output error"))
  }

  @Test(arguments: [(ENOSPC, false, 2), (EDQUOT, false, 2), (ENOSPC, true, 1), (EIO, false, 1)])
  func `a full disk is tried again without the reserve, and never once a directory could not be synced`(
    number: Int32, isFailedSync: Bool, attempts: Int
  ) throws {
    let test = try TestStore()
    var count = 0
    let found = failure {
      try Reserve(test.store).use { () throws(StoreError) in
        count += 1
        throw StoreError(IOFailure(number: number, "syncing", "a folder", isFailedSync: isFailedSync))
      }
    }
    #expect(found?.code == .io)
    #expect(count == attempts)
    #expect(try test.names("artifact").contains("reserve") == (attempts == 1))
  }

  @Test(.enabled(if: canMount, "only root can mount a small disk"))
  func `a pull that does not fit leaves nothing at its destination`() throws {
    let mount = try Mount(megabytes: 4)
    let test = try TestStore()
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(9 << 20))
    try test.push("in")
    let target = mount.folder("disk/out")
    let entry = try test.store.resolve(Reference("data")).entry
    let failure = failure { try test.store.pull(entry, to: target, Progress()) }
    #expect(failure?.code == .io)
    #expect(try !Files.names(mount.folder("disk")).contains("out"))
    let export = ArtifactStoreTests.failure {
      try test.store.export(entry, to: mount.folder("disk/out.tar"), Progress())
    }
    #expect(export?.code == .io)
    #expect(try !Files.names(mount.folder("disk")).contains { $0.contains("export") || $0 == "out.tar" })
  }

  @Test(.enabled(if: canMount, "only root can mount a small disk"))
  func `a store that may not be written is read, and writing to it is an error of the disk`() throws {
    let mount = try Mount(megabytes: 8)
    let test = try TestStore(in: mount.folder.text + "/disk")
    try test.folder.write("in/f", "kept")
    try test.push("in")
    try mount.folder.sh("mount -o remount,ro disk")
    let store = try test.reopened()
    let out = try TestFolder()
    _ = try store.pull(store.resolve(Reference("data")).entry, to: out("out"), Progress())
    #expect(try out.tree("out") == test.folder.tree("in"))
    try expectSound(store)
    #expect(code { try test.push("in", into: store) } == .io)
    #expect(code { try store.tag(PackageName("data"), version: 1, as: TagName("prod"), actor: "x") } == .io)
    try mount.folder.sh("mount -o remount,rw disk")
  }
}
