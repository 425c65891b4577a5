/// What the record of a model says beside its folder (store-layout.md §2.3).
public struct ModelFacts: Sendable, Equatable {
  /// Records of the models that it started with.
  public var bases: [Digest] = []
  /// Where its description stands in the tree.
  public var card: [UInt8]?
  /// Where it was brought in from, without credentials, if no run here made it.
  public var origin: String? {
    didSet { origin = origin.map(Redaction.uri) }
  }

  /// No facts.
  public init() {}

  func put(into object: inout JSONObject) {
    object.put("bases", bases)
    object.put("card", bytes: card)
    object.put("origin", origin)
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    var facts = ModelFacts()
    facts.bases = try members.digests("bases")
    facts.card = try members.optionalBytes("card")
    facts.origin = try members.optionalString("origin")
    self = facts
  }
}
