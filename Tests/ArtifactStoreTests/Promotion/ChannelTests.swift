import ArtifactCore
import ArtifactIO
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// Channels of a store, with many hands on them.
@Suite struct ChannelTests {
  private static func promote(_ store: Store, _ version: Int, to channel: String) throws -> LogEntry {
    try store.promote(
      Store.PromotionRequest(
        PackageName("data"), version: version, to: TagName(channel), on: store.refresh(), actor: "writer \(version)"))
  }

  /// A store with so many versions of `data`.
  private static func store(versions: Int) throws -> TestStore {
    let test = try TestStore()
    for version in 1...versions {
      try test.folder.write("in/a", "\(version)")
      try test.push("in")
    }
    return test
  }

  @Test func `of 32 promotions that race one wins, and each loser is told who`() throws {
    let count = 32
    let test = try Self.store(versions: count)
    let seen = try test.store.refresh()
    let won = Mutex([Int]())
    let losers = Mutex([StoreError]())
    // Each decided on the same state.
    Threads.run(count) { number in
      do {
        let store = try test.reopened()
        let request = try Store.PromotionRequest(
          PackageName("data"), version: number + 1, to: TagName("dev"), on: seen, actor: "writer \(number + 1)")
        _ = try store.promote(request)
        won.withLock { $0.append(number + 1) }
      } catch let error as StoreError { losers.withLock { $0.append(error) } } catch { Issue.record(error) }
    }
    let winner = try #require(won.withLock { $0 }.first)
    #expect(won.withLock { $0.count } == 1)
    #expect(losers.withLock { $0.count } == count - 1)
    for error in losers.withLock({ $0 }) {
      #expect(error.code == .refused)
      #expect(error.detail.contains("writer \(winner) moved it to version \(winner) meanwhile, in log entry"))
    }
    let fold = try test.reopened().refresh()
    #expect(fold.voids.isEmpty)
    #expect(fold.packages["data"]?.channels["dev"]?.map(\.version) == [winner])
  }

  @Test func `32 writers who look again each get their turn, one after the other`() throws {
    let count = 32
    let test = try Self.store(versions: count)
    Threads.run(count) { number in
      while true {
        do {
          let store = try test.reopened()
          _ = try Self.promote(store, number + 1, to: "dev")
          return
        } catch let error as StoreError where error.detail.contains("meanwhile") { continue } catch {
          Issue.record(error)
          return
        }
      }
    }
    let fold = try test.reopened().refresh()
    let moves = try #require(fold.packages["data"]?.channels["dev"])
    #expect(Set(moves.map(\.version)) == Set(1...count))
    #expect(moves.map(\.sequence) == moves.map(\.sequence).sorted())
    #expect(fold.voids.isEmpty)
  }

  @Test func `pulling a channel while it moves gives one version or the other`() throws {
    let test = try TestStore()
    for version in 1...2 {
      for file in 0..<8 { try test.folder.write("in/\(file)", "\(version)") }
      try test.push("in")
    }
    for channel in ["dev", "test", "prod"] { _ = try Self.promote(test.store, 1, to: channel) }
    let mixed = Mutex([String]())
    Threads.run(3) { number in
      do {
        let store = try test.reopened()
        if number == 0 {
          for round in 0..<6 {
            let version = round % 2 == 0 ? 2 : 1
            for channel in ["dev", "test", "prod"] { _ = try Self.promote(store, version, to: channel) }
          }
        } else {
          for round in 0..<12 {
            let path = "out-\(number)-\(round)"
            try test.pull("data@prod", to: path, from: test.reopened())
            let found = try Set((0..<8).map { String(decoding: try test.folder.read("\(path)/\($0)"), as: UTF8.self) })
            if found != ["1"], found != ["2"] { mixed.withLock { $0.append("\(found)") } }
          }
        }
      } catch { Issue.record(error) }
    }
    #expect(mixed.withLock { $0 } == [])
  }

  @Test func `a reference leads to what is in the channel`() throws {
    let test = try Self.store(versions: 3)
    #expect(code { try test.store.resolve(Reference("data@dev")) } == .notFound)
    _ = try Self.promote(test.store, 2, to: "dev")
    #expect(try test.store.resolve(Reference("data@dev")).version == 2)
    #expect(code { try test.store.tag(PackageName("data"), version: 1, as: TagName("dev"), actor: "x") } == .refused)
    #expect(code { try Self.promote(test.store, 2, to: "prod") } == .unmet)
    #expect(code { try Self.promote(test.store, 2, to: "staging") } == .notFound)
  }

  @Test func `what a channel or a deployment holds is not erased, and the holder is named`() throws {
    let test = try Self.store(versions: 2)
    let name = try PackageName("data")
    _ = try Self.promote(test.store, 1, to: "dev")
    _ = try test.store.deploy(Deployment(name: name, version: 1, target: TargetName("eu/a")), actor: "x")
    let held = failure { try test.store.erase([(name, 1)], reason: "x", actor: "x") }
    #expect(held?.code == .held)
    #expect(held?.detail.contains("the channel data@dev") == true)
    #expect(held?.detail.contains("the deployment at eu/a") == true)
    _ = try Self.promote(test.store, 2, to: "dev")
    _ = try test.store.retire(name, nil, from: TargetName("eu/a"), reason: nil, actor: "x")
    #expect(try test.store.erase([(name, 1)], reason: "x", actor: "x").count == 1)
    #expect(
      code {
        try test.store.rollback(name, to: 1, in: TagName("dev"), on: test.store.refresh(), reason: "x", actor: "x")
      } == .erased)
  }

  @Test func `rolling back leads to the version before, and again to the one before that`() throws {
    let test = try Self.store(versions: 3)
    for version in 1...3 { _ = try Self.promote(test.store, version, to: "dev") }
    func back(to version: Int? = nil) throws -> Int {
      try test.store.rollback(
        PackageName("data"), to: version, in: TagName("dev"), on: test.store.refresh(), reason: "alarms", actor: "x"
      ).version
    }
    #expect(try back() == 2)
    #expect(try back(to: 1) == 1)
    #expect(code { try back(to: 1) } == .refused)
    #expect(
      code {
        try test.store.rollback(
          PackageName("data"), to: nil, in: TagName("prod"), on: test.store.refresh(), reason: "x", actor: "x")
      } == .notFound)
  }
}
