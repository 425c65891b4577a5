import ArtifactCore
import ArtifactIO
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ArtifactStore

/// Lets threads pass their steps one at a time, in an order that a seed decides.
final class Schedule: Sendable {
  private struct State: Sendable {
    var waiting: [Int: Step] = [:]
    var running: Set<Int>
    var granted: Int?
  }

  private let state: Monitor<State>

  /// Starts with the threads `0..<count` running.
  init(_ count: Int) { state = Monitor(State(running: Set(0..<count))) }

  /// Waits until the schedule lets this thread go on.
  func reach(_ step: Step, _ number: Int) {
    state.withLock {
      $0.waiting[number] = step
      $0.running.remove(number)
    }
    _ = state.wait { state -> Bool? in
      guard state.granted == number else { return nil }
      state.granted = nil
      state.waiting[number] = nil
      return true
    }
  }

  /// Says that a thread has ended.
  func end(_ number: Int) { state.withLock { _ = $0.running.remove(number) } }

  /// Lets one thread after the other take a step, as `choose` says, until all have ended.
  func run(_ choose: (_ waiting: [Int: Step]) -> Int) {
    while true {
      let waiting = state.wait { $0.running.isEmpty && $0.granted == nil ? $0.waiting : nil }
      if waiting.isEmpty { return }
      let chosen = choose(waiting)
      state.withLock {
        $0.running.insert(chosen)
        $0.granted = chosen
      }
    }
  }
}

/// Collections among pushes, pulls and other collections, in every order of their steps.
@Suite struct CollectRaceTests {
  /// What a thread of a schedule does.
  enum Work: Sendable {
    /// Pushes a folder under a name; the bytes are in the store already, and nothing needs them.
    case push(String, as: String)
    case collect
    case erase(String)
    case pull
  }

  static let pushSteps: [Step] = [.opened, .ingested, .finished, .decided, .appended]
  static let collectSteps: [Step] = [.opened, .marked, .planned, .decided, .condemned, .removed, .indexed]

  /// A store with one version that stays, one that goes, and packs that nothing needs.
  static func prepared() throws -> TestStore {
    let test = try TestStore()
    try test.folder.write("keep/f", SeededRandom(1).bytesOnce(70_000))
    try test.folder.write("keep/g", "kept")
    try test.push("keep", as: "keep") { $0.workers = 1 }
    for (name, seed) in [("a", UInt64(2)), ("b", 3)] {
      try test.folder.write("\(name)/f", SeededRandom(seed).bytesOnce(70_000))
      try test.folder.write("\(name)/own", name)
      try test.folder.sh("cp keep/g \(name)/")
      try test.leave(name)
    }
    // Half of what is in this one's pack is needed by what is pushed.
    try test.folder.sh("mkdir gone; cp a/f gone/; echo gone > gone/only")
    try test.push("gone", as: "gone") { $0.workers = 1 }
    return test
  }

  /// Runs everything at once, step by step; what was acknowledged.
  static func run(
    _ works: [Work], _ test: TestStore, _ choose: (_ waiting: [Int: Step]) -> Int
  ) throws -> (pushed: [String: String], failures: [String]) {
    let schedule = Schedule(works.count)
    let done = Mutex<(pushed: [String: String], failures: [String])>(([:], []))
    let stores = try works.indices.map { number in try test.opened { schedule.reach($0, number) } }
    let body: @Sendable (Int) -> Void = { number in
      do {
        switch works[number] {
        case .push(let path, let name):
          let result = try test.push(path, as: name, into: stores[number]) { $0.workers = 1 }
          done.withLock { $0.pushed["\(name)@\(result.version)"] = path }
        case .collect: try test.collect(stores[number])
        case .erase(let reference):
          let found = try stores[number].resolve(Reference(reference))
          if let name = found.name, let version = found.version {
            _ = try stores[number].erase([(name, version)], reason: "r", actor: "e")
          }
        case .pull:
          schedule.reach(.opened, number)
          let entry = try stores[number].resolve(Reference("keep")).entry
          schedule.reach(.ingested, number)
          _ = try stores[number].pull(entry, to: test.folder("pulled\(number)"), Progress())
        }
      } catch { done.withLock { $0.failures.append("\(works[number]): \(error)") } }
      schedule.end(number)
    }
    // The calling thread decides; the others do the work.
    let threads = works.indices.map { number in Thread { body(number) } }
    for thread in threads { thread.start() }
    schedule.run(choose)
    return done.withLock { $0 }
  }

  /// Everything that was acknowledged is there, and the store is sound.
  static func check(_ test: TestStore, _ pushed: [String: String], _ note: String) throws {
    let store = try test.reopened()
    let complaints = try store.verify(Progress()).complaints
    #expect(complaints.isEmpty, "\(note): \(complaints.prefix(3))")
    for (reference, path) in pushed.merging(["keep": "keep"], uniquingKeysWith: { first, _ in first }) {
      try test.folder.sh("rm -rf out")
      let entry = try store.resolve(Reference(reference)).entry
      let problem = failure { try store.pull(entry, to: test.folder("out"), Progress()) }
      #expect(problem == nil, "\(note): \(reference): \(problem?.detail ?? "")")
      if problem == nil { #expect(try test.folder.tree("out") == test.folder.tree(path), "\(note): \(reference)") }
    }
    // No event names a condemned copy: so the next collection finds all it needs.
    let again = failure { try test.collect() }
    #expect(again == nil, "\(note): \(again?.detail ?? "")")
    #expect(try test.leftovers.isEmpty, "\(note)")
  }

  @Test(arguments: pushSteps, collectSteps)
  func `a push that stops at any step and a collection that stops at any step lose nothing`(
    push: Step, collect: Step
  ) throws {
    try Self.stop(push, collect, pushing: "a")
  }

  @Test(arguments: pushSteps, collectSteps)
  func `what was erased may be pushed again at any step of a collection`(push: Step, collect: Step) throws {
    try Self.stop(push, collect, pushing: "gone")
  }

  /// Erases `gone`, then pushes a folder while a collection goes on.
  static func stop(_ push: Step, _ collect: Step, pushing folder: String) throws {
    let isLong = ProcessInfo.processInfo.environment["ARTIFACT_SCHEDULES"] != nil
    let places = (Self.pushSteps.firstIndex(of: push) ?? 0) + (Self.collectSteps.firstIndex(of: collect) ?? 0)
    for pushFirst in isLong ? [true, false] : [places % 2 == 0] {
      let test = try Self.prepared()
      try test.erase("gone")
      var (pushHalted, collectHalted) = (false, false)
      // The first goes up to its step, then the other up to its own, then the first to its end.
      let result = try Self.run([.push(folder, as: "new"), .collect], test) { waiting in
        if waiting[0] == push { pushHalted = true }
        if waiting[1] == collect { collectHalted = true }
        let order = pushFirst ? [0, 1] : [1, 0]
        let halted = [pushHalted, collectHalted]
        for number in order where waiting[number] != nil && !halted[number] { return number }
        for number in order where waiting[number] != nil { return number }
        return waiting.keys.min() ?? 0
      }
      let note = "push at \(push), collection at \(collect), \(pushFirst ? "push" : "collection") first"
      #expect(result.failures == [], "\(note)")
      #expect(result.pushed == ["new@1": folder], "\(note)")
      try Self.check(test, result.pushed, note)
    }
  }

  @Test(arguments: [Step.opened, .ingested, .finished, .decided])
  func `a writer that sleeps while whole collections and pushes pass loses nothing`(step: Step) throws {
    let test = try Self.prepared()
    let once = Once(at: step) {
      for round in 0..<3 {
        try test.erase(round == 0 ? "gone" : "later", reason: "\(round)")
        try test.collect()
        try test.folder.write("later/f", "\(round)")
        try test.push("later", as: "later", into: test.reopened())
        try test.collect()
      }
    }
    try test.folder.write("later/f", "before")
    try test.push("later", as: "later")
    let result = try test.push("a", as: "new", into: test.opened { once.reach($0) })
    try Self.check(test, ["new@\(result.version)": "a"], "\(step)")
  }

  /// Everything beside `push` and `copy` that stores things and appends an event which names them.
  enum Recording: CaseIterable {
    case start, finish, report, reference, sample
  }

  @Test(arguments: Recording.allCases, [Step.opened, .decided])
  func `what a run or a report relies on may be condemned before its event`(recording: Recording, step: Step) throws {
    let test = try Self.prepared()
    try test.folder.sh("mkdir table; seq 20 > table/t.csv")
    let table = try test.push("table", as: "table") { $0.kind = .dataset }
    let once = Once(at: step) { try test.collect(test.reopened()) }
    let store = try test.opened { once.reach($0) }
    switch recording {
    case .start:
      _ = try Self.start("a", in: store, test)
    case .finish:
      let run = try Self.start("keep", in: test.reopened(), test)
      try store.recording(Progress()) { intake in
        let folder = try intake.store(test.folder("a"))
        var result = ResultRecord(
          run: run.id, plan: run.plan, start: .earliest, end: .earliest, ending: .exit(0), actor: "fox")
        result.outputs = [.init(path: [UInt8]("a"), content: .tree(folder.tree), size: folder.size, name: "new")]
        _ = try store.finishRun(
          run, result, outcome: .finished, publishing: [Publication(name: try PackageName("new"), folder: folder)],
          actor: "fox", intake)
      }
    case .report:
      try store.recording(Progress()) { intake in
        var report = ReportRecord(
          kind: "test", verdict: "passed", subjects: [table.record], time: .earliest, actor: "fox")
        report.body = try intake.store(Files.read(test.folder("a/f")))
        try store.report(report, actor: "fox", intake)
      }
    case .reference:
      _ = try store.push(
        [.local(test.folder("a"))], PushRequest(name: try PackageName("new"), actor: "fox"), Progress())
    case .sample:
      let request = SampleRequest(name: try PackageName("new"), rows: 3, seed: "1", actor: "fox")
      _ = try store.sample(store.resolve(Reference("table")), request, Progress())
    }
    try Self.check(test, [:], "\(recording) at \(step)")
  }

  private static func start(_ code: String, in store: Store, _ test: TestStore) throws -> OpenRun {
    try store.recording(Progress()) { intake in
      var plan = PlanRecord(command: [[UInt8]("true")])
      plan.code = try intake.store(test.folder(code)).tree
      return try store.startRun(plan, experiment: nil, actor: "fox", intake)
    }
  }

  @Test func `schedules at random lose nothing`() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["ARTIFACT_SCHEDULES"].flatMap { Int($0) } ?? 12
    let seed = environment["ARTIFACT_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
    print("seed \(seed), \(rounds) schedules")
    for round in 0..<rounds {
      var random = SeededRandom(seed &+ UInt64(round))
      let test = try Self.prepared()
      if round % 2 == 0 { try test.erase("gone") }
      let works: [Work] = [
        .push("a", as: "new"), .collect, .push(round % 3 == 0 ? "a" : "b", as: round % 3 == 0 ? "new" : "other"),
        .collect, .pull,
      ]
      let result = try Self.run(works, test) { waiting in
        let numbers = waiting.keys.sorted()
        return numbers[random.below(numbers.count)]
      }
      let note = "seed \(seed &+ UInt64(round))"
      #expect(result.failures == [], "\(note)")
      try Self.check(test, result.pushed, note)
    }
  }

  @Test(arguments: collectSteps.dropLast(), [Step.opened, .planned, .decided])
  func `two collections at once lose nothing and end`(first: Step, second: Step) throws {
    let test = try Self.prepared()
    for number in 0..<12 {
      try test.folder.write("tiny/f", "\(number)")
      try test.leave("tiny")
    }
    try test.erase("gone")
    var halted = [false, false]
    let result = try Self.run([.collect, .collect], test) { waiting in
      if waiting[0] == first { halted[0] = true }
      if waiting[1] == second { halted[1] = true }
      for number in [0, 1] where waiting[number] != nil && !halted[number] { return number }
      for number in [1, 0] where waiting[number] != nil { return number }
      return 0
    }
    #expect(result.failures == [])
    try Self.check(test, [:], "\(first), \(second)")
  }

  /// A store that does something else the first time that it comes to a step.
  private static func opened(
    _ test: TestStore, onceAt wanted: Step, _ body: @escaping @Sendable () -> Void
  ) throws -> Store {
    let isFirst = Mutex(true)
    return try test.opened { step in
      let isNow = isFirst.withLock { isFirst in
        let isNow = isFirst && step == wanted
        if isNow { isFirst = false }
        return isNow
      }
      if isNow { body() }
    }
  }

  @Test func `two collections do not take from each other's copies`() throws {
    // Which of two equal copies counts is a matter of the packs' names, which are random.
    for round in 0..<10 {
      let test = try TestStore(in: TestFolder.inMemory)
      try test.folder.write("gone/shared", SeededRandom(1).bytesOnce(30_000))
      try test.folder.write("gone/only", SeededRandom(2).bytesOnce(30_000))
      try test.push("gone", as: "gone")
      try test.folder.sh("mkdir keep; cp gone/shared keep/")
      // A second copy, as a collection leaves that was killed.
      let packs = Set(try test.packs.compactMap { Digest(hex: $0) })
      let session = try WriteSession(test.reopened(), progress: Progress(), level: 1, without: packs)
      _ = try IngestJob(session, path: test.folder("keep"), workers: 1, rules: ScanRules()).run(cache: nil)
      try session.finishPacks()
      try session.close()
      try test.push("keep", as: "keep")
      try test.erase("gone")
      let store = try Self.opened(test, onceAt: .finished) {
        // The one drops the second copy for the sake of the first, and this one the first for the sake of the second.
        do { try test.collect { $0.sparesSince = 0 } } catch { Issue.record(error) }
      }
      try test.collect(store)
      try Self.check(test, [:], "round \(round)")
    }
  }

  @Test func `what was marked is marked in packs too that come while a collection marks`() throws {
    let test = try TestStore(in: TestFolder.inMemory)
    try test.folder.write("in/f", SeededRandom(1).bytesOnce(17_000))
    try test.push("in", as: "first")
    let object = Digest.of(try test.folder.read("in/f"))
    // A marker whose index knows neither the second copy of the bytes nor the second version.
    let store = try test.reopened()
    var marker = try Marker(store, Progress())
    try marker.mark(store.log.fold)
    let session = try WriteSession(
      test.reopened(), progress: Progress(), level: 1, without: Set(test.packs.compactMap { Digest(hex: $0) }))
    _ = try IngestJob(session, path: test.folder("in"), workers: 1, rules: ScanRules()).run(cache: nil)
    try session.finishPacks()
    try session.close()
    try test.folder.write("other/f", "x")
    try test.push("other", as: "second")
    try marker.markAll(store.log.refresh())
    let copies = try test.reopened().currentIndex().locations(object, .object)
    #expect(copies.count == 2)
    let uses = try marker.map.use(erased: nil)
    for copy in copies {
      let packs = marker.map.packs
      let number = try #require(packs.firstIndex { $0.digest == copy.pack })
      #expect(uses[number].isNeeded)
    }
  }

  @Test(arguments: [[Step.opened], [.marked], [.opened, .marked, .decided]])
  func `what others erase and collect while a collection looks is no loss`(steps: [Step]) throws {
    let test = try Self.prepared()
    for step in steps {
      try test.folder.write("\(step)/f", step.rawValue)
      try test.push("\(step)", as: step.rawValue)
    }
    let reached = Mutex<Set<Step>>([])
    let store = try test.opened { step in
      guard steps.contains(step), reached.withLock({ $0.insert(step).inserted }) else { return }
      do {
        try test.erase(step.rawValue)
        // They take nothing else, so that there is something to decide on.
        #expect(try test.collect { $0.sparesSince = 0 }.erasedPacks > 0)
      } catch { Issue.record(error) }
    }
    let problem = failure { try test.collect(store) }
    #expect(problem == nil, "\(problem?.subject ?? ""): \(problem?.detail ?? "")")
    #expect(reached.withLock { $0 } == Set(steps))
    try Self.check(test, [:], "\(steps)")
  }

  @Test func `a real loss is told even while others collect`() throws {
    let test = try Self.prepared()
    let lost = try Set(test.packs)
    try test.folder.write("hurt/f", "hurt")
    try test.push("hurt", as: "hurt")
    let pack = try #require(try test.packs.first { !lost.contains($0) })
    let store = try Self.opened(test, onceAt: .opened) {
      do {
        try test.erase("gone")
        try test.collect()
        try test.remove("blobs/sha256/\(pack)")
      } catch { Issue.record(error) }
    }
    let problem = failure { try test.collect(store) }
    #expect(problem?.code == .damaged)
    #expect(problem?.subject == "hurt@1")
  }
}
