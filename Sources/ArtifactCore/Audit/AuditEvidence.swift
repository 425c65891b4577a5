/// Reads what an audit shows, and remembers what was not as it should be.
struct AuditEvidence {
  let fold: Fold
  let source: any AuditSource
  private(set) var findings: [AuditReport.Finding] = []
  private(set) var signatureCount = 0
  private var entries: [Int: LogEntry?] = [:]
  private var records: [Digest: Record?] = [:]
  private var notes: [AuditReport.Finding.Kind: Set<String>] = [:]

  init(_ fold: Fold, _ source: any AuditSource) {
    self.fold = fold
    self.source = source
  }

  var entryCount: Int { entries.count }
  var recordCount: Int { records.count }

  /// Notes something once.
  mutating func add(_ kind: AuditReport.Finding.Kind, _ subject: String, _ detail: String, _ sequence: Int? = nil) {
    guard notes[kind, default: []].insert("\(sequence ?? -1)\n\(subject)\n\(detail)").inserted else { return }
    findings.append(AuditReport.Finding(kind: kind, subject: subject, detail: detail, sequence: sequence))
  }

  /// An entry from its file; nil if it is damaged, which is noted.
  mutating func entry(_ sequence: Int) -> LogEntry? {
    if let known = entries[sequence] { return known }
    var found: LogEntry?
    switch source.entry(sequence) {
    case .found(let entry) where entry.sequence == sequence: found = entry
    case .found: add(.damaged, "log entry \(sequence)", "its file holds another entry", sequence)
    case .bad(let why): add(.damaged, "log entry \(sequence)", why, sequence)
    }
    entries[sequence] = .some(found)
    return found
  }

  /// Compares an entry with what the state says of it.
  mutating func check(_ act: AuditReport.Act, _ isExpected: (Event) -> Bool) {
    guard let entry = entry(act.sequence) else { return }
    if !ExactText.equal(entry.actor, act.actor) || !isExpected(entry.event) {
      add(.damaged, "log entry \(act.sequence)", "the state that is kept does not say what it says", act.sequence)
    }
  }

  /// A record; nil if it is damaged or missing, which is noted.
  mutating func record(_ digest: Digest) -> Record? {
    if let known = records[digest] { return known }
    var found: Record?
    switch source.record(digest) {
    case .found(let record): found = record
    case .bad(let why): add(.damaged, "record \(digest.short)", why)
    }
    records[digest] = .some(found)
    return found
  }

  // MARK: Signatures

  /// Checks a signature again: the key is the person's, was not revoked before, and has signed.
  ///
  /// - Parameter sequence: The position of the entry that holds it.
  mutating func signature(
    of statement: some SignedStatement, by person: Person, _ subject: String, _ sequence: Int
  ) -> AuditReport.SignatureNote {
    signatureCount += 1
    guard let signature = statement.signature else {
      add(.signature, subject, "it is not signed", sequence)
      return AuditReport.SignatureNote(
        person: person.text, fingerprint: "", complaint: "it is not signed", revokedLater: nil)
    }
    let held = fold.held(signature.key)
    var complaint: String?
    if !signature.holds(for: statement) {
      complaint = "the signature does not fit"
    } else if held?.person != person {
      complaint = "the key is not known as \(person)'s"
    }
    var later: Int?
    if let revocation = held?.revocation {
      if revocation.sequence < sequence {
        complaint = complaint ?? "the key was revoked before, in log entry \(revocation.sequence)"
      } else {
        later = revocation.sequence
      }
    }
    if let complaint { add(.signature, subject, complaint, sequence) }
    return AuditReport.SignatureNote(
      person: person.text, fingerprint: signature.key.fingerprint, complaint: complaint, revokedLater: later)
  }

  // MARK: Proposals

  /// A proposal, read from its entry.
  mutating func proposal(_ asked: Fold.Asked) -> AuditReport.ProposalNote {
    let act = AuditReport.Act(sequence: asked.sequence, time: asked.time, actor: asked.actor)
    check(act) { $0 == .propose(asked.proposal) }
    var note: AuditReport.SignatureNote?
    if asked.proposal.signature != nil, let person = asked.proposal.person {
      note = signature(of: asked.proposal, by: person, "the proposal by \(person)", asked.sequence)
    }
    return AuditReport.ProposalNote(act: act, reason: asked.proposal.reason, signature: note)
  }

  /// The decisions on a proposal, each with why it did not count.
  ///
  /// - Parameters:
  ///   - sequence: The position of the entry that the proposal served.
  ///   - time: That entry's time.
  ///   - people: Who was named by the policy.
  mutating func decisions(
    on asked: Fold.Asked, for sequence: Int, at time: Timestamp, people: [Person]
  ) -> [AuditReport.Decision] {
    var result = [AuditReport.Decision]()
    for decided in asked.decisions {
      let approval = decided.approval
      let act = AuditReport.Act(sequence: decided.sequence, time: decided.time, actor: decided.actor)
      check(act) { $0 == .decide(approval) }
      let subject = "the \(approval.decision.rawValue == "approve" ? "approval" : "rejection") by \(approval.person)"
      let note = signature(of: approval, by: approval.person, subject, decided.sequence)
      if let later = note.revokedLater, approval.decision == .approve {
        add(.revoked, subject, "its key was revoked in log entry \(later)", decided.sequence)
      }
      var complaint = note.complaint
      if approval.decision == .approve, complaint == nil {
        complaint = Self.exclusion(of: approval, asked, note, sequence, time, people)
      }
      result.append(
        AuditReport.Decision(
          act: act, isApproval: approval.decision == .approve, expires: approval.expires, reason: approval.reason,
          signature: note, complaint: complaint))
    }
    return result
  }

  /// Why an approval that is signed well does not count, or nil.
  private static func exclusion(
    of approval: Approval, _ asked: Fold.Asked, _ note: AuditReport.SignatureNote, _ sequence: Int, _ time: Timestamp,
    _ people: [Person]
  ) -> String? {
    let person = approval.person
    if !people.contains(person) { return "the policy does not name \(person)" }
    if time > approval.expires { return "it had ended" }
    if let later = note.revokedLater, later < sequence { return "its key was revoked in between" }
    if !approval.fits(asked.proposal, asked.digest) { return "it is about something else" }
    guard case .promotion = asked.proposal.asked else { return nil }
    if person == asked.proposal.person || approval.signature?.key == asked.proposal.signature?.key
      || person.mayBe(asked.actor)
    {
      return "\(person) asked for it"
    }
    return asked.proposal.trainers.contains(where: person.mayBe) ? "\(person) made it" : nil
  }
}
