import ArgumentParser
import ArtifactCore
import ArtifactIO
import ArtifactStore

/// Which store to work on.
struct StoreOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The store. (default: $ARTIFACT_STORE, else the nearest .artifact)", valueName: "folder"),
    completion: .directory)
  var store: RawArgument?

  /// Opens it.
  func open() throws -> Store { try Store(opening: Settings.store(store), local: Settings.local) }
}

/// Whether the result is for a program.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print one JSON object.")
  var json = false
}

/// What to do when the clock is behind the last entry of the log.
struct ClockOption: ParsableArguments {
  @Flag(help: "Record that the clock was wrong before, and go on.")
  var resetClock = false

  /// Records it, if asked to.
  func apply(to store: Store, _ actor: ActorOption) throws(StoreError) {
    if resetClock { try store.resetClock(actor: actor.name) }
  }
}

/// Who makes a change.
struct ActorOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Who does this. (default: $ARTIFACT_ACTOR, else user@host)", valueName: "who"))
  var actor: RawArgument?

  /// The name for the log.
  var name: String { Settings.actor(actor) }
}

extension RawArgument {
  /// The word as a reference.
  func reference() throws(FormatError) -> Reference { try Reference(bytes: bytes) }
}

extension CompletionKind {
  /// Names, versions and tags of the store, and paths inside.
  static var reference: CompletionKind {
    .custom { words, _, prefix in
      let found = LiveCompletion.references(words, prefix)
      // zsh takes what follows a colon for a description.
      return CompletionShell.requesting == .zsh ? found.map(LiveCompletion.escapingColons) : found
    }
  }

  /// Names of the store.
  static var packageName: CompletionKind {
    .custom { words, _, prefix in LiveCompletion.names(words, prefix) }
  }
}
