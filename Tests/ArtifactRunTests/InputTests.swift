import ArtifactCore
import ArtifactIO
import ArtifactStore
import TestSupport
import Testing

@testable import ArtifactRun

/// Inputs that lie elsewhere or at fixed places, and inputs that are looked at again.
@Suite struct InputTests {
  let project: Project

  init() throws {
    project = try Project()
    try project.folder.write("far/x.csv", "1")
    try project.folder.write("far/sub/y.csv", "2")
  }

  func refer(_ name: String) throws {
    var request = PushRequest(name: try PackageName(name), actor: "test")
    request.kind = .dataset
    _ = try project.store.push([.local(try #require(project.folder("far").real))], request, Progress())
  }

  func run(_ reference: String, at path: String, _ command: String) throws -> CompletedRun {
    try project.run(
      try project.request("\(command) | rev > out.txt; echo end >> out.txt") {
        $0.inputs = [try project.input(reference, path)]
        $0.outputs = [try project.output("out.txt", "m")]
      })
  }

  func reproduce() throws -> Reproduction {
    try Reproducer.run(
      ReproductionRequest(reference: try Reference("m")), in: project.store, project.surroundings())
  }

  func plan(_ run: CompletedRun) throws -> PlanRecord {
    guard case .plan(let plan) = try project.store.fact(run.plan) else { throw CancellationError() }
    return plan
  }

  @Test(arguments: [
    ("clicks", "cat data/x.csv data/sub/y.csv"), ("clicks:sub", "cat data/y.csv"), ("clicks:x.csv", "cat data"),
  ])
  func `data by reference is an input, and a repetition fetches it`(reference: String, command: String) throws {
    try refer("clicks")
    let run = try run(reference, at: "data", command)
    #expect(try plan(run).inputs.map(\.isReference) == [true])
    #expect(run.record.undeclared.isEmpty)
    #expect(try reproduce().verdict == "identical")
    // It is there now, and is checked where it lies.
    _ = try self.run(reference, at: "data", command)
    try project.folder.sh("find project/data -type f -exec sh -c 'echo more >> {}' \\;")
    let changed = #expect(throws: RunError.self) { try self.run(reference, at: "data", command) }
    #expect(changed?.code == .changed)
    try project.folder.sh("find far -type f -exec sh -c 'echo more >> {}' \\;")
    let gone = #expect(throws: RunError.self) { try reproduce() }
    #expect(gone?.code == .missing && gone?.detail.contains("lie elsewhere") == true)
  }

  @Test func `a file too many beside data by reference is a change`() throws {
    try refer("clicks")
    _ = try run("clicks", at: "data", "cat data/x.csv")
    try project.folder.write("project/data/new.csv", "3")
    let error = #expect(throws: RunError.self) { try run("clicks", at: "data", "cat data/x.csv") }
    #expect(error?.detail.contains("new.csv is too much") == true)
  }

  @Test(arguments: ["d", "d:x.csv"])
  func `an input at a fixed place is used there again, if it is what it was`(reference: String) throws {
    try project.push("far", as: "d")
    let place = "\(project.folder.text)/fixed"
    let run = try run(reference, at: place, reference == "d" ? "cat \(place)/x.csv" : "cat \(place)")
    #expect(run.record.flags.contains { $0.hasPrefix("fixed place:") && $0.contains("unchanged") })
    let found = try reproduce()
    #expect(found.verdict == "identical" && found.notes.contains { $0.contains("where it lies") })
    try project.folder.sh("find fixed -type f -exec sh -c 'echo more >> {}' \\;")
    let changed = #expect(throws: RunError.self) { try reproduce() }
    #expect(changed?.code == .missing && changed?.detail.contains("something else") == true)
    try project.folder.sh("rm -r fixed")
    let gone = #expect(throws: RunError.self) { try reproduce() }
    #expect(gone?.detail.contains("is not there") == true)
  }

  @Test func `a run that writes to a fixed place is not repeated over what is there`() throws {
    let place = "\(project.folder.text)/result.txt"
    try project.run(
      try project.request("echo 1 > \(place)") { $0.outputs = [try project.output(place, "m")] })
    let error = #expect(throws: RunError.self) { try reproduce() }
    #expect(error?.code == .unsupported && error?.detail.contains("overwrite") == true)
  }
}
