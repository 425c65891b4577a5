/// A policy comes into force.
public enum PolicyChange: Sendable, Equatable {
  /// As people approved it: the id of the proposal's entry.
  case proposed(String)
  /// By anybody: there is no quorum, neither before nor in it.
  case text(String)

  var members: JSONObject {
    switch self {
    case .proposed(let id): ["proposal": .string(id)]
    case .text(let text): ["text": .string(text)]
    }
  }

  init(_ members: EventMembers) throws(FormatError) {
    if let id = try members.optionalID("proposal") {
      self = .proposed(id)
    } else {
      self = .text(try members.text("text"))
    }
  }
}

/// A key becomes known as a person's.
public enum KeyChange: Sendable, Equatable {
  /// As people approved it: the id of the proposal's entry.
  case proposed(String)
  /// By anybody: there is no quorum.
  case direct(Person, PublicKey, replaces: PublicKey?)

  var members: JSONObject {
    switch self {
    case .proposed(let id): return ["proposal": .string(id)]
    case .direct(let person, let key, let replaces):
      var object: JSONObject = ["key": .string(key.openSSH), "person": .string(person.text)]
      object.put("replaces", replaces?.openSSH)
      return object
    }
  }

  init(_ members: EventMembers) throws(FormatError) {
    if let id = try members.optionalID("proposal") {
      self = .proposed(id)
      return
    }
    var reader = try MemberReader(.object(members.object), in: members.subject)
    self = .direct(
      try Person(try members.text("person")), try reader.publicKey("key"),
      replaces: reader.has("replaces") ? try reader.publicKey("replaces") : nil)
  }
}

/// A key counts no more, from this entry on.
public enum Revocation: Sendable, Equatable {
  /// As people approved it, or the key's holder signed it: the id of the proposal's entry.
  case proposed(String)
  /// By anybody: there is no quorum.
  case direct(PublicKey, reason: String)

  var members: JSONObject {
    switch self {
    case .proposed(let id): ["proposal": .string(id)]
    case .direct(let key, let reason): ["key": .string(key.openSSH), "reason": .string(reason)]
    }
  }

  init(_ members: EventMembers) throws(FormatError) {
    if let id = try members.optionalID("proposal") {
      self = .proposed(id)
      return
    }
    var reader = try MemberReader(.object(members.object), in: members.subject)
    self = .direct(try reader.publicKey("key"), reason: try members.reason())
  }
}
