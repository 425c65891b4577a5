import Foundation
import Testing

/// The model of `Model.swift` under all rules, and without each of them.
///
/// `ARTIFACT_MODEL=large` adds scenarios with millions of states, which take minutes.
@Suite struct CollectionModelTests {
  static let isLarge = ProcessInfo.processInfo.environment["ARTIFACT_MODEL"] == "large"

  @Test(arguments: Scenarios.small + (isLarge ? Scenarios.large : []))
  func `with all rules nothing is ever lost`(scenario: Model.Scenario) {
    let search = Search(Model(scenario))
    print("model: \(scenario.name): \(search.stateCount) states, \(search.loss == nil ? "no loss" : "a loss")")
    #expect(search.loss == nil)
    #expect(search.stateCount > 1_000)
  }

  @Test(arguments: Scenarios.removals)
  func `without a rule something is lost`(removal: Scenarios.Removal) {
    let search = Search(Model(removal.scenario, Rules.all.subtracting(removal.rules)))
    print("model: without \(removal.name): a loss after \(search.stateCount) states")
    #expect(search.loss != nil, "\(removal.name)")
  }

  @Test func `packs without an index entry cost progress and not data while a missing object stops a collection`() {
    let search = Search(Model(Scenarios.unindexed, Rules.all.subtracting(.packsAreIndexed)))
    #expect(search.loss == nil)
  }

  @Test func `the search reaches collections, second attempts and retries`() {
    var steps: Set<UInt8> = []
    for scenario in Scenarios.small {
      let model = Model(scenario)
      var seen: Set<State> = [model.start]
      var open = [model.start]
      var moves = [Move]()
      while let state = open.popLast(), seen.count < 20_000 {
        model.next(state, into: &moves)
        for move in moves {
          steps.insert(move.step.rawValue)
          if seen.insert(move.state).inserted { open.append(move.state) }
        }
      }
    }
    #expect(steps.contains(Move.Step.workAgain.rawValue) && steps.contains(Move.Step.giveUp.rawValue))
    #expect(steps.contains(Move.Step.collect.rawValue) && steps.contains(Move.Step.damage.rawValue))
  }
}

/// Who takes part.
enum Scenarios {
  static let garbage = Model.Scenario(
    name: "3 writers, 2 collectors, a pack that nobody needs", writers: [.tree, .tree, .child], collectors: 2,
    packs: [3], room: 4)
  static let published = Model.Scenario(
    name: "a writer, 2 collectors, a reader, an erasure", writers: [.child], collectors: 2, reads: true, erases: true,
    packs: [2, 2], published: 2, room: 4)
  static let exchange = Model.Scenario(
    name: "a writer, an import, a collector, a quarantine", writers: [.tree], importers: [.tree], collectors: 1,
    repairs: true, packs: [3, 1], room: 5)
  static let memory = Model.Scenario(
    name: "a writer, a writer with a memory, 2 collectors", writers: [.tree], rememberers: [.tree], collectors: 2,
    packs: [3], room: 4)
  static let unindexed = Model.Scenario(
    name: "a writer, 2 collectors, a published tree in a pack without index entry, damage", writers: [.tree],
    collectors: 2, damages: true, packs: [2, 1], unindexed: 2, published: 1, room: 5)

  /// Seconds in a debug build.
  static let small = [garbage, published, exchange, memory, unindexed]

  /// Minutes in a debug build.
  static let large = [
    Model.Scenario(
      name: "3 writers, 2 collectors, more room", writers: [.tree, .tree, .child], collectors: 2, packs: [3], room: 5),
    Model.Scenario(
      name: "a writer, an import, a writer with a memory, a collector, a quarantine", writers: [.tree],
      importers: [.tree], rememberers: [.child], collectors: 1, repairs: true, packs: [3, 1], room: 5),
    Model.Scenario(
      name: "2 writers, a collector, a quarantine, a reader, an erasure", writers: [.tree, .child], collectors: 1,
      repairs: true, reads: true, erases: true, packs: [3], published: 2, room: 3),
    Model.Scenario(
      name: "2 writers, 2 collectors, a reader, an erasure", writers: [.tree, .child], collectors: 2,
      reads: true, erases: true, packs: [3], published: 2, room: 3),
    Model.Scenario(
      name: "a writer, 2 collectors, a quarantine, two packs", writers: [.tree], collectors: 2, repairs: true,
      packs: [3, 3], room: 5),
  ]

  /// A rule to leave out, and where that shows.
  struct Removal: CustomTestStringConvertible {
    let name: String
    let rules: Rules
    let scenario: Model.Scenario
    var testDescription: String { name }
  }

  static let removals = [
    Removal(name: "the writers' check before an append", rules: .writersCheck, scenario: garbage),
    Removal(name: "look-ups that ignore condemned copies", rules: .lookupsIgnoreCondemned, scenario: garbage),
    Removal(name: "a new name for an imported pack", rules: .namesAreNew, scenario: exchange),
    Removal(name: "an end to what writers remember", rules: .memoryEndsAtACollection, scenario: memory),
    Removal(name: "marks of every event before the collect event", rules: .marksReachTheEntry, scenario: garbage),
    Removal(name: "marks that ignore condemned copies", rules: .marksIgnoreCondemned, scenario: published),
    Removal(name: "the collectors' check before an append", rules: .collectorsCheck, scenario: published),
    Removal(name: "a collect event for a quarantine", rules: .quarantineIsAnEvent, scenario: exchange),
    Removal(name: "salvage before a quarantine", rules: .quarantineSalvages, scenario: exchange),
    Removal(name: "asking for the presence of children", rules: .presenceIsAsked, scenario: garbage),
    Removal(
      name: "indexing every pack, and stopping when something is missing", rules: [.packsAreIndexed, .missingStops],
      scenario: unindexed),
    Removal(name: "stopping when something is missing", rules: .missingStops, scenario: unindexed),
    Removal(name: "readers that look again", rules: .readersRetry, scenario: published),
    Removal(name: "a collect event before packs are removed", rules: .removalFollowsTheEntry, scenario: garbage),
  ]
}

extension Model.Scenario: CustomTestStringConvertible {
  var testDescription: String { name }
}
