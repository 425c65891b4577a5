import Glibc

/// What libFuzzer calls: the target that `ARTIFACT_FUZZ` names, with one input.
///
/// Built by `scripts/fuzz` and not part of the package: libFuzzer brings a `main` of its own.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosenTarget(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Every target by its name: it takes any bytes, and stops the program if something is wrong.
let targets: [String: @Sendable ([UInt8]) -> Void] = [
  "index": fuzzIndex, "recipe": fuzzRecipe, "tree": fuzzTree, "json": fuzzJSON, "record": fuzzRecord,
  "entry": fuzzLogEntry, "fold": fuzzFoldCache, "reference": fuzzReference, "seektable": fuzzSeekTable,
  "frame": fuzzFrame, "archive": fuzzArchive, "extract": fuzzExtract, "ignore": fuzzIgnoreRules,
  "weights": fuzzWeights, "policy": fuzzPolicy, "statement": fuzzStatement, "signature": fuzzSignature,
  "note": fuzzNote, "proof": fuzzProof,
]

private let chosenTarget: @Sendable ([UInt8]) -> Void = {
  let name = getenv("ARTIFACT_FUZZ").map { String(cString: $0) } ?? ""
  guard let target = targets[name] else {
    fatalError("ARTIFACT_FUZZ must be one of \(targets.keys.sorted().joined(separator: ", "))")
  }
  return target
}()

/// Stops the program, which libFuzzer reports together with the input.
func require(_ condition: @autoclosure () -> Bool, _ fact: String) {
  if !condition() { fatalError("not true: \(fact)") }
}
