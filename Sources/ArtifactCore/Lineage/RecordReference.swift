/// What an id stands for where it is named: it decides what else must be there (store-layout.md §2.4).
public enum ObjectRole: UInt8, Sendable, CaseIterable {
  /// A record: all that it names.
  case record
  /// A tree: everything below it.
  case tree
  /// A tree whose blobs lie elsewhere: the trees below it, but no blob.
  case outline
  /// Bytes.
  case blob
  /// Bytes that lie elsewhere: nothing.
  case elsewhere
}

/// Why a record names an id.
public enum Link: UInt8, Sendable, CaseIterable {
  /// The folder that a package holds.
  case content
  /// The result that made a package.
  case from
  /// The dataset that a dataset was taken from.
  case derivedFrom
  /// A model that a model started with.
  case base
  /// The code that runs.
  case code
  /// What it runs in.
  case environment
  /// What it reads.
  case input
  /// The plan that a result carried out.
  case plan
  /// What a run wrote.
  case output
  /// What a run printed.
  case log
  /// All values of the metrics of a run.
  case history
  /// A run within a run.
  case child
  /// What a report judges.
  case subject
  /// What a report rests on.
  case evidence
  /// A report's text.
  case body
  /// The lock file of an environment.
  case lock
  /// A notebook with its outputs.
  case notebook

  /// The word for it.
  public var name: String { "\(self)" }
}

/// An id that a record names, and as what.
public struct RecordReference: Sendable, Hashable {
  /// The id.
  public let digest: Digest
  /// What it stands for.
  public let role: ObjectRole
  /// Why it is named.
  public let link: Link

  /// Creates a reference.
  public init(_ digest: Digest, _ role: ObjectRole, _ link: Link) {
    self.digest = digest
    self.role = role
    self.link = link
  }
}

/// Content of a file or a folder.
public enum Content: Sendable, Hashable {
  /// A folder.
  case tree(Digest)
  /// A file.
  case blob(Digest)

  /// The id.
  public var digest: Digest {
    switch self {
    case .tree(let digest), .blob(let digest): digest
    }
  }

  /// The role of the id.
  public var role: ObjectRole {
    switch self {
    case .tree: .tree
    case .blob: .blob
    }
  }

  func put(into object: inout JSONObject) {
    switch self {
    case .tree(let digest): object.put("tree", digest)
    case .blob(let digest): object.put("blob", digest)
    }
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    let tree = try members.optionalDigest("tree")
    let blob = try members.optionalDigest("blob")
    switch (tree, blob) {
    case (let tree?, nil): self = .tree(tree)
    case (nil, let blob?): self = .blob(blob)
    default: throw FormatError(.field, members.subject, "exactly one of \"tree\" and \"blob\" must be there")
    }
  }
}

extension Record {
  /// Every id that the record names, in a fixed order.
  ///
  /// Marking, copying, checking and the graph all go by this list.
  public var references: [RecordReference] {
    switch self {
    case .package(let record): record.references
    case .plan(let record): record.references
    case .result(let record): record.references
    case .report(let record): record.references
    }
  }
}

extension PackageRecord {
  /// As what the tree is named: datasets by reference leave their bytes where they are.
  public var treeRole: ObjectRole { dataset.references.isEmpty ? .tree : .outline }

  var references: [RecordReference] {
    var result = [RecordReference(tree, treeRole, .content)]
    if let from { result.append(RecordReference(from, .record, .from)) }
    if let derivation = dataset.derivedFrom { result.append(RecordReference(derivation.parent, .record, .derivedFrom)) }
    result += model.bases.map { RecordReference($0, .record, .base) }
    for package in environment.packages {
      if let code = package.code { result.append(RecordReference(code, .record, .code)) }
    }
    if let lock = environment.lock { result.append(RecordReference(lock, .blob, .lock)) }
    result += code.notebooks.map { RecordReference($0.blob, .blob, .notebook) }
    return result
  }
}

extension PlanRecord.Input {
  /// As what the content is named.
  var contentRole: ObjectRole {
    switch content {
    case .tree: isReference ? .outline : .tree
    case .blob: isReference ? .elsewhere : .blob
    }
  }
}

extension PlanRecord {
  var references: [RecordReference] {
    var result = [RecordReference]()
    if let code { result.append(RecordReference(code, .tree, .code)) }
    if let environment { result.append(RecordReference(environment, .record, .environment)) }
    result += inputs.map { RecordReference($0.content.digest, $0.contentRole, .input) }
    return result
  }
}

extension ResultRecord {
  var references: [RecordReference] {
    var result = [RecordReference(plan, .record, .plan)]
    if let code { result.append(RecordReference(code, .record, .code)) }
    result += inputs.map { RecordReference($0.record, .record, .input) }
    result += outputs.map { RecordReference($0.content.digest, $0.content.role, .output) }
    result += logs.map { RecordReference($0.blob, .blob, .log) }
    if let history { result.append(RecordReference(history, .blob, .history)) }
    result += children.map { RecordReference($0, .record, .child) }
    return result
  }
}

extension ReportRecord {
  var references: [RecordReference] {
    var result = subjects.map { RecordReference($0, .record, .subject) }
    result += inputs.map { RecordReference($0, .record, .evidence) }
    if let body { result.append(RecordReference(body, .blob, .body)) }
    return result
  }
}
