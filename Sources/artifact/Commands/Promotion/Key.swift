import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// The command `artifact key`.
struct KeyGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Whose keys count: add, list, revoke, rotate.",
    discussion: """
      Keys are Ed25519 keys that people have: of ssh-keygen, or of openssl in PEM. Once a policy names a quorum, keys \
      change under it; your own key you may always replace or revoke.

        artifact key add ann ann.pub
        artifact key list
        artifact key revoke SHA256:kQx... --reason 'laptop stolen'
        artifact key rotate new.pub --key ~/.ssh/id_ed25519
      """,
    subcommands: [KeyAdd.self, KeyList.self, KeyRevoke.self, KeyRotate.self])

  /// The public key in a file.
  static func read(_ word: RawArgument) throws -> PublicKey {
    let bytes = try File.contents(word.path, limit: 64 << 10)
    let failure: FormatError
    do throws(FormatError) { return try PublicKey(file: bytes) } catch { failure = error }
    throw StoreError(.rejected, word.path.printable, failure.detail)
  }

  /// A known key by the start of its fingerprint, or by a file.
  static func known(_ word: RawArgument, _ fold: Fold) throws -> Fold.HeldKey {
    let text = String(decoding: word.bytes, as: UTF8.self)
    guard text.hasPrefix("SHA256:") else {
      let key = try read(word)
      guard let held = fold.held(key) else {
        throw StoreError(.notFound, "the key \(key.fingerprint)", "nobody of this store has it")
      }
      return held
    }
    let found = text.utf8.count < 15 ? [] : fold.keys.filter { $0.key.fingerprint.hasPrefix(text) }
    guard let first = found.first, found.count == 1 else {
      throw StoreError(
        found.isEmpty ? .notFound : .ambiguous, "the key \(printable(word.bytes))",
        found.isEmpty ? "nobody of this store has it" : "several keys start so",
        candidates: found.map(\.key.fingerprint))
    }
    return first
  }
}

/// The command `artifact key add`.
struct KeyAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make a key known as a person's, beside those they have.")

  @Argument(help: "The person, such as ann or ann@example.org.")
  var person: RawArgument

  @Argument(help: "The public key's file.", completion: .file())
  var file: RawArgument

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let person = try Person(try person.text("the person"))
    let key = try KeyGroup.read(file)
    let store = try store.open()
    try clock.apply(to: store, actor)
    let fold = try store.refresh()
    let progress = try store.change(
      .key(person: person, key: key, replaces: nil), reason: nil, signer: { try signing.signer(fold) },
      actor: actor.name)
    try ProposalOutput.tell(progress, "\(key.fingerprint) of \(person)", store, asJSON: output.json)
  }
}

/// The command `artifact key list`.
struct KeyList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Every key that was ever known, and whose it is.")

  @Flag(help: "Print the lines of an allowed_signers file for ssh-keygen -Y verify.")
  var allowedSigners = false

  @OptionGroup var store: StoreOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let fold = try store.open().refresh()
    if allowedSigners {
      for held in fold.keys where held.revocation == nil {
        Console.result("\(held.person) namespaces=\"\(StatementSignature.namespace)\" \(held.key.openSSH)")
      }
      return
    }
    if output.json {
      let list = fold.keys.map { held -> JSON in
        var object: JSONObject = [
          "fingerprint": .string(held.key.fingerprint), "key": .string(held.key.openSSH),
          "log": .integer(Int64(held.sequence)), "person": .string(held.person.text),
          "time": .string(held.time.text),
        ]
        if let revocation = held.revocation {
          object["revoked"] = [
            "log": .integer(Int64(revocation.sequence)), "reason": .string(revocation.reason),
            "time": .string(revocation.time.text),
          ]
        }
        return .object(object)
      }
      return try Console.result(["keys": .array(list)])
    }
    var table = Table([
      .init(title: "PERSON"), .init(title: "KEY"), .init(title: "SINCE"), .init(title: "STATE", mayShrink: true),
    ])
    for held in fold.keys {
      table.add([
        held.person.text, String(held.key.fingerprint.prefix(19)), "\(held.time.text.prefix(10))",
        held.revocation.map { "revoked in entry \($0.sequence): \(printable($0.reason))" } ?? "counts",
      ])
    }
    for line in table.lines(width: Settings.output.columns, style: Settings.output.style) { Console.result(line) }
    if fold.keys.isEmpty { Console.note("there is none  next: artifact key add PERSON FILE.pub") }
  }
}

/// The command `artifact key revoke`.
struct KeyRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "From now on a key signs nothing; what it signed before stays.",
    discussion: """
      An approval of a proposal that is still open counts no more. Nobody can ever have the key again.
      """)

  @Argument(help: "The start of its fingerprint, as key list shows it, or its public file.", completion: .file())
  var revoked: RawArgument

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: RawArgument

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let reason = try reason.text("the reason")
    let store = try store.open()
    try clock.apply(to: store, actor)
    let fold = try store.refresh()
    let held = try KeyGroup.known(revoked, fold)
    let progress = try store.change(
      .revoke(key: held.key, reason: reason), reason: nil, signer: { try signing.signer(fold) }, actor: actor.name)
    try ProposalOutput.tell(
      progress, "\(held.key.fingerprint) of \(held.person) revoked", store, asJSON: output.json)
  }
}

/// The command `artifact key rotate`.
struct KeyRotate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Put a new key in the place of your own.",
    discussion: """
      Signed with the old key, which counts no more from then on.
      """)

  @Argument(help: "The new public key's file.", completion: .file())
  var file: RawArgument

  @OptionGroup var signing: SigningOption
  @OptionGroup var store: StoreOption
  @OptionGroup var actor: ActorOption
  @OptionGroup var clock: ClockOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let key = try KeyGroup.read(file)
    let store = try store.open()
    try clock.apply(to: store, actor)
    let fold = try store.refresh()
    let signer = try signing.signer(fold)
    let person = try store.person(of: signer.key, fold)
    let progress = try store.change(
      .key(person: person, key: key, replaces: signer.key), reason: nil, signer: { signer }, actor: actor.name)
    try ProposalOutput.tell(progress, "\(key.fingerprint) of \(person)", store, asJSON: output.json)
  }
}
