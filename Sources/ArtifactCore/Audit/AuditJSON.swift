extension AuditReport {
  /// The report for a program; keys are stable, and new ones may come.
  public var json: JSONObject {
    var object: JSONObject = [
      "at": .string(at.text), "channel": .string(channel), "made": .string(made.text), "root": .string(root.text),
      "store": .string(store),
      "checks": .array(
        checks.map {
          [
            "bad": .integer(Int64($0.bad)), "count": .integer(Int64($0.count)), "how": .string($0.detail),
            "what": .string($0.what),
          ]
        }),
      "findings": .array(findings.map { .object($0.json) }), "names": .array(items.map { .object($0.json) }),
      "timeline": .array(timeline.map { .object($0.json) }),
    ]
    object["size"] = JSON(size)
    object["timelineCut"] = JSON(timelineCut)
    if let policy {
      var note = policy.act.json
      note.put("policy", policy.digest)
      note.put("text", policy.text)
      note["rules"] = JSON(policy.ruleCount)
      note.put("decisions", policy.decisions.map { .object($0.json) })
      object["policy"] = .object(note)
    }
    return object
  }
}

extension AuditReport.Act {
  var json: JSONObject { ["actor": .string(actor), "log": .integer(Int64(sequence)), "time": .string(time.text)] }
}

extension AuditReport.Finding {
  var json: JSONObject {
    var object: JSONObject = [
      "detail": .string(detail), "kind": .string(kind.rawValue), "red": .boolean(kind.isRed),
      "subject": .string(subject),
    ]
    object["log"] = sequence.flatMap { JSON($0) }
    return object
  }
}

extension AuditReport.Moment {
  var json: JSONObject {
    var object = act.json
    object["signed"] = .boolean(isSigned)
    object["what"] = .string(what)
    object["who"] = .string(who)
    object["event"] = .string(word.lowercased())
    object["red"] = .boolean(isRed)
    if !why.isEmpty { object["why"] = .string(why) }
    return object
  }
}

extension AuditReport.Item {
  var json: JSONObject {
    var object: JSONObject = [
      "how": .string(way.words.lowercased()), "kind": .string(kind), "moved": .object(moved.json),
      "name": .string(name),
      "published": .object(published.json), "record": .string(record.text),
    ]
    object["version"] = JSON(version)
    object.put("person", person)
    object.put("reason", reason)
    object.put("erased", erasure)
    if let admission { object["admitted"] = .object(admission.json) }
    object.put("gaps", gaps)
    object.put(
      "data",
      data.map {
        [
          "detail": .string($0.detail), "distance": .integer(Int64($0.distance)), "record": .string($0.record.text),
          "title": .string($0.title),
        ]
      })
    object.put(
      "working",
      working.map {
        var object = $0.act.json
        object["mode"] = .string($0.mode)
        object["share"] = .string($0.share)
        object["target"] = .string($0.target)
        object["version"] = JSON($0.version)
        return .object(object)
      })
    if let picture { object["lineage"] = picture.json }
    return object
  }
}

extension AuditReport.Admission {
  var json: JSONObject {
    var object = act.json
    object.put("policy", policy)
    object["policyLog"] = policySequence.flatMap { JSON($0) }
    object.put(
      "rules",
      rules.map { rule in
        var object: JSONObject = ["rule": .string(rule.text), "shown": .string(rule.shown)]
        object["line"] = JSON(rule.line)
        object.put("reports", rule.reports.map { .object($0.json) })
        return .object(object)
      })
    if let proposal {
      var note = proposal.act.json
      note.put("reason", proposal.reason)
      if let signature = proposal.signature { note["signature"] = .object(signature.json) }
      object["proposal"] = .object(note)
    }
    object.put("decisions", decisions.map { .object($0.json) })
    return object
  }
}

extension AuditReport.Evidence {
  var json: JSONObject {
    var object: JSONObject = [
      "actor": .string(actor), "kind": .string(kind), "record": .string(record.text), "verdict": .string(verdict),
    ]
    object.put("time", time?.text)
    if !detail.isEmpty { object["detail"] = .string(detail) }
    return object
  }
}

extension AuditReport.Decision {
  var json: JSONObject {
    var object = act.json
    object["decision"] = .string(isApproval ? "approve" : "reject")
    object["expires"] = .string(expires.text)
    object["counts"] = .boolean(complaint == nil)
    object.put("complaint", complaint)
    object.put("reason", reason)
    object["signature"] = .object(signature.json)
    return object
  }
}

extension AuditReport.SignatureNote {
  var json: JSONObject {
    var object: JSONObject = [
      "holds": .boolean(complaint == nil), "key": .string(fingerprint), "person": .string(person),
    ]
    object.put("complaint", complaint)
    object["revokedLater"] = revokedLater.flatMap { JSON($0) }
    return object
  }
}

extension LineagePicture {
  /// The nodes and edges, and what was left out.
  var json: JSON {
    var object: JSONObject = [
      "edges": .array(
        edges.map {
          [
            "cause": .string(nodes[$0.cause].digest.text), "effect": .string(nodes[$0.effect].digest.text),
            "word": .string($0.word),
          ]
        }),
      "nodes": .array(
        nodes.map {
          [
            "detail": .string($0.detail), "digest": .string($0.digest.text), "kind": .string($0.kind),
            "title": .string($0.title),
          ]
        }),
    ]
    object["omitted"] = JSON(omitted)
    return .object(object)
  }
}
