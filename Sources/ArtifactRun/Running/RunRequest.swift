public import ArtifactCore
public import ArtifactIO

/// What surrounds a command: the program reads it, this layer is told.
public struct RunSurroundings: Sendable {
  /// The working folder.
  public var folder: Path
  /// Environment variables as `NAME=value`.
  public var variables: [[UInt8]]
  /// Where folders for work in progress may be made.
  public var scratch: Path
  /// Where what was found out may be kept; nil if nowhere.
  public var cache: Path?
  /// Who does this.
  public var actor: String
  /// The machine's name, or a pseudonym.
  public var host: String
  /// Whether a person watches what the command prints.
  public var isWatched = false

  /// Puts them together.
  public init(folder: Path, variables: [[UInt8]], scratch: Path, cache: Path?, actor: String, host: String) {
    self.folder = folder.real ?? folder
    self.variables = variables
    self.scratch = scratch
    self.cache = cache
    self.actor = actor
    self.host = host
  }

  var tool: Tool { Tool(variables: variables) }
}

/// A command that is to be run and recorded.
public struct RunRequest: Sendable {
  /// Something that the command reads.
  public struct Input: Sendable {
    /// Which version.
    public var reference: Reference
    /// Where the command finds it; by default the last part of the name, or of the path inside.
    public var path: [UInt8]?

    /// Creates an input.
    public init(reference: Reference, path: [UInt8]? = nil) {
      self.reference = reference
      self.path = path
    }
  }

  /// Something that the command writes.
  public struct Output: Sendable {
    /// Where.
    public var path: [UInt8]
    /// The name under which it is published; nil keeps it in the run.
    public var name: PackageName?
    /// As what.
    public var kind: PackageKind?

    /// Creates an output.
    public init(path: [UInt8], name: PackageName? = nil, kind: PackageKind? = nil) {
      self.path = path
      self.name = name
      self.kind = kind
    }
  }

  /// How the files that the command opens are found out.
  public enum Tracing: String, Sendable, CaseIterable {
    /// If it can be done.
    case auto
    /// Or the command is not started.
    case on
    /// Not at all.
    case off
  }

  /// The words of the command; `{name}` stands for the parameter of that name.
  public var command: [[UInt8]]
  /// Parameters.
  public var parameters: [String: String] = [:]
  /// Seeds, by whose they are.
  public var seeds: [String: String] = [:]
  /// What it reads.
  public var inputs: [Input] = []
  /// What it writes.
  public var outputs: [Output] = []
  /// The experiment that the run belongs to.
  public var experiment: String?
  /// Words to find the run by.
  public var tags: [String] = []
  /// Whether it runs in a folder that holds nothing but the code and the inputs.
  public var isCleanRoom = false
  /// Whether an equal plan's outputs are given back instead.
  public var reuses = false
  /// Whether hash seed, threads and BLAS kernel are set.
  public var isDeterministic = false
  /// How the files that it opens are found out.
  public var tracing = Tracing.auto

  /// Creates a request.
  public init(command: [[UInt8]]) { self.command = command }

  /// The command with the parameters put in.
  var filledCommand: [[UInt8]] {
    command.map { word in
      guard let text = ExactText.string(word.span), text.contains("{") else { return word }
      return Array(parameters.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }.utf8)
    }
  }
}
