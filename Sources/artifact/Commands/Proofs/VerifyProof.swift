import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact verify-proof`.
struct VerifyProof: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-proof",
    abstract: "Check a file of artifact prove or artifact log prove; needs no store and no network.",
    discussion: """
      The checkpoint must be signed by one of the given keys: those of people whom you believe that this log is the \
      only one they know. Every entry must lead to it, every signature must fit, and the rules are applied to the \
      entries again. Ends with 5 if anything does not fit.

        artifact verify-proof model.proof --key alice.pub
      """)

  @Argument(help: ArgumentHelp("The file.", valueName: "file"), completion: .file())
  var file: RawArgument

  @OptionGroup var keys: TrustedKeysOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if keys.keys.isEmpty { throw ValidationError("--key says whose signature counts") }
  }

  func run() throws {
    let bytes = try File.contents(file.path, limit: ProofFile.byteLimit)
    let trusted = try keys.publicKeys()
    do throws(FormatError) {
      let proof = try ProofFile(bytes)
      let verified = try proof.verify(keys: trusted)
      if proof.claim["channel"] != nil {
        try show(ChannelProof(proof, verified), proof, verified)
      } else {
        try showEntries(proof, verified)
      }
    } catch {
      throw StoreError(
        error.code == .checksum ? .signature : .rejected, file.path.printable, "\(error.subject): \(error.detail)",
        cause: error)
    }
  }

  // MARK: A channel

  private func show(_ proof: ChannelProof, _ file: ProofFile, _ verified: ProofFile.Verified) throws(FormatError) {
    let move = proof.move
    let approvals = self.approvals(proof)
    if output.json { return try Console.result(json(proof, approvals, verified)) }
    Console.result("proven: \(proof.name)@\(move.version) was in \(proof.channel) at \(proof.time.text)")
    Console.result("  record      \(proof.package.text)")
    let way =
      switch move.way {
      case .promoted: "promoted"
      case .rolledBack: "ROLLED BACK TO"
      case .brokeGlass: "PROMOTED AGAINST THE RULES (glass broken)"
      }
    Console.result("  since       \(move.time.text), log entry \(move.sequence), \(way) by \(printable(move.actor))")
    if let reason = move.reason { Console.result("  reason      \(printable(reason))") }
    if let place = move.policy {
      let policy = proof.fold.policies[place]
      Console.result("  policy      \(policy.digest.text), log entry \(policy.sequence)")
    } else {
      Console.result("  policy      none was in force")
    }
    for (person, decision, key) in approvals {
      Console.result("  \(decision == .approve ? "approved by" : "rejected by") \(person), \(key)")
    }
    for report in move.evidence.flatMap(\.reports) {
      Console.result("  evidence    \(report.text)\(file.records[report] == nil ? " (not in the file)" : "")")
    }
    showCheckpoint(verified)
    if proof.isWhole {
      Console.result("  complete    every entry is in the file")
    } else {
      let rest = verified.checkpoint.size - verified.entries.count
      Console.result(
        "  on trust    that none of the \(Units.count(rest)) other entries concerns this: the signers' word")
    }
  }

  private func approvals(_ proof: ChannelProof) -> [(String, Approval.Decision, String)] {
    guard let place = proof.move.proposal else { return [] }
    return proof.fold.proposals[place].decisions.map { decided in
      let key = decided.approval.signature?.key.fingerprint ?? "unsigned"
      return (decided.approval.person.text, decided.approval.decision, key)
    }
  }

  private func json(
    _ proof: ChannelProof, _ approvals: [(String, Approval.Decision, String)], _ verified: ProofFile.Verified
  ) -> JSONObject {
    var object = checkpoint(verified)
    object["at"] = .string(proof.time.text)
    object["approvals"] = .array(
      approvals.map { ["person": .string($0.0), "decision": .string($0.1.rawValue), "key": .string($0.2)] })
    object["brokeGlass"] = .boolean(proof.move.way == .brokeGlass)
    object["channel"] = .string(proof.channel.text)
    object["complete"] = .boolean(proof.isWhole)
    object["entry"] = .integer(Int64(proof.move.sequence))
    object["evidence"] = .array(proof.move.evidence.flatMap(\.reports).map { .string($0.text) })
    object["name"] = .string(proof.name.text)
    object["record"] = .string(proof.package.text)
    object["since"] = .string(proof.move.time.text)
    object["version"] = .integer(Int64(proof.move.version))
    if let place = proof.move.policy { object["policy"] = .string(proof.fold.policies[place].digest.text) }
    return object
  }

  // MARK: Entries alone

  private func showEntries(_ file: ProofFile, _ verified: ProofFile.Verified) throws(FormatError) {
    guard let number = file.claim["entry"]?.integer, let entry = verified.entries[Int(clamping: number)],
      Checkpoint.store(origin: verified.checkpoint.origin) == file.claim["store"]?.string
    else {
      throw FormatError(.checksum, "proof file", "it does not hold the entry that it claims, or of another store")
    }
    if output.json {
      var object = checkpoint(verified)
      object["entry"] = try JSON.parse(entry.json)
      return try Console.result(object)
    }
    Console.result("proven: entry \(entry.sequence) is in the log")
    Console.result("  \(printable(entry.json))")
    showCheckpoint(verified)
  }

  // MARK: Checkpoints

  private func showCheckpoint(_ verified: ProofFile.Verified) {
    let point = verified.checkpoint
    Console.result("  checkpoint  \(Units.count(point.size, "entry", "entries")), root \(point.root.hex)")
    Console.result("  log         \(printable(point.origin))")
    for signer in verified.signers { Console.result("  signed by   \(CheckpointText.line(signer))") }
  }

  private func checkpoint(_ verified: ProofFile.Verified) -> JSONObject {
    [
      "checkpoint": [
        "origin": .string(verified.checkpoint.origin), "root": .string(verified.checkpoint.root.text),
        "signers": .array(verified.signers.map { CheckpointText.json($0) }),
        "size": .integer(Int64(verified.checkpoint.size)),
      ], "proven": true,
    ]
  }
}
