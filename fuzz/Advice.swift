import ArtifactCore

/// The input is an ignore file, a zero byte, and a path.
func fuzzIgnoreRules(_ input: [UInt8]) {
  let cut = input.firstIndex(of: 0) ?? input.endIndex
  var rules = IgnoreRules()
  rules.add(fileContents: Array(input[..<cut]))
  rules.add(fileContents: Array(input[..<cut]), base: Array("base".utf8))
  let path = Array(input[cut...].dropFirst().prefix(4_096))
  for isDirectory in [false, true] {
    let whole = rules.isIgnored(path: path, isDirectory: isDirectory)
    if rules.isIgnored(entry: path, isDirectory: isDirectory) { require(whole, "an ignored entry is an ignored path") }
    _ = rules.isIgnored(path: Array("base/".utf8) + path, isDirectory: isDirectory)
  }
}

/// The first byte says which format the rest claims to be; then the chunker goes over it too.
func fuzzWeights(_ input: [UInt8]) {
  guard let first = input.first else { return }
  let names = ["a.safetensors", "a.gguf", "a.npy"]
  let head = Array(input.dropFirst())
  if var cuts = TensorCuts(fileName: Array(names[Int(first) % names.count].utf8), head: head.span) {
    require(cuts.boundaries.first != 0, "no cut before the first byte")
    for (left, right) in zip(cuts.boundaries, cuts.boundaries.dropFirst()) { require(left < right, "cuts ascend") }
    var position: UInt64 = 0
    for _ in 0..<64 {
      let cut = cuts.nextCut(after: position)
      require(cut >= 1 && cut <= Int(TensorCuts.stride), "a cut takes 1 byte to 1 MiB")
      let (sum, overflow) = position.addingReportingOverflow(UInt64(cut))
      if overflow { return }
      position = sum
    }
  }
  guard !head.isEmpty else { return }
  let cut = Chunker.nextCut(in: head.span, profile: ChunkerProfile(target: 256))
  require(cut >= 1 && cut <= head.count, "a chunk lies within its bytes")
  _ = Entropy.looksIncompressible(head.span)
}
