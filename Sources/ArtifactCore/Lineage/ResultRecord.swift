/// Work that was done (store-layout.md §2.3).
public struct ResultRecord: Sendable, Equatable {
  /// Where an input of the plan came from: the package that held the content.
  public struct Input: Sendable, Equatable {
    /// The input's path in the plan.
    public var path: [UInt8]
    /// The package's record.
    public var record: Digest
    /// The package's name in the store where the work was done.
    public var name: String?
    /// Its version there.
    public var version: Int?

    /// Creates an input.
    public init(path: [UInt8], record: Digest, name: String? = nil, version: Int? = nil) {
      self.path = path
      self.record = record
      self.name = name
      self.version = version
    }
  }

  /// Something that the command wrote.
  public struct Output: Sendable, Equatable {
    /// Where the command left it.
    public var path: [UInt8]
    /// What it is.
    public var content: Content
    /// Its size in bytes.
    public var size: UInt64
    /// Under which name it is published.
    public var name: String?

    /// Creates an output.
    public init(path: [UInt8], content: Content, size: UInt64, name: String? = nil) {
      self.path = path
      self.content = content
      self.size = size
      self.name = name
    }
  }

  /// What the command printed on one stream.
  public struct Log: Sendable, Equatable {
    /// Which stream: `stdout`, `stderr`.
    public var stream: String
    /// Its bytes, as far as they are kept.
    public var blob: Digest
    /// How many bytes were left out.
    public var omitted: UInt64?

    /// Creates a log.
    public init(stream: String, blob: Digest, omitted: UInt64? = nil) {
      self.stream = stream
      self.blob = blob
      self.omitted = omitted
    }
  }

  /// A file that was read and is no input, no code and not of the environment.
  public struct Read: Sendable, Equatable {
    /// Its path.
    public var path: [UInt8]
    /// SHA-256 of its bytes.
    public var digest: Digest?
    /// Its size.
    public var size: UInt64?

    /// Creates a read.
    public init(path: [UInt8], digest: Digest? = nil, size: UInt64? = nil) {
      self.path = path
      self.digest = digest
      self.size = size
    }
  }

  /// How the command ended.
  public enum End: Sendable, Equatable {
    /// By itself, with this code.
    case exit(Int)
    /// By this signal.
    case signal(Int)
  }

  static let kind = "result"

  /// 32 hexadecimal digits, as in the log.
  public var run: String
  /// The plan's record.
  public var plan: Digest
  /// When the command started.
  public var start: Timestamp
  /// When it ended.
  public var end: Timestamp
  /// How it ended.
  public var ending: End
  /// Who ran it.
  public var actor: String
  /// On which machine, which may be a pseudonym.
  public var host: String?
  /// The record of the code, with its commit.
  public var code: Digest?
  /// Where the inputs came from, by path.
  public var inputs: [Input] = [] {
    didSet { inputs.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// What was written, by path.
  public var outputs: [Output] = [] {
    didSet { outputs.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// Measurements, in the order in which they came.
  public var metrics: [Metric] = []
  /// All measurements, a JSON object a line, where `metrics` holds only the last ones.
  public var history: Digest?
  /// Parameters that the command told.
  public var parameters: [String: String] = [:]
  /// Words to find the run by.
  public var tags: [String] = [] {
    didSet { tags.sort(by: ExactText.precedesBytewise) }
  }
  /// What it printed.
  public var logs: [Log] = []
  /// What it used, by name with its unit: `cpuMilliseconds`, `peakBytes`.
  public var resources: [String: UInt64] = [:]
  /// What may change results, by name: processor, BLAS kernel, threads, GPU.
  public var hardware: [String: String] = [:]
  /// Environment variables as they were, those that are allowed.
  public var variables: [String: String] = [:]
  /// The run that this one is part of.
  public var parent: String?
  /// The results of the runs within this one.
  public var children: [Digest] = []
  /// How it is known what was read: `seccomp`, `audit`, `declared`.
  public var tracing: String?
  /// What was read without being declared, by path.
  public var undeclared: [Read] = [] {
    didSet { undeclared.sort { $0.path.lexicographicallyPrecedes($1.path) } }
  }
  /// What is to be known before the result is trusted.
  public var flags: [String] = [] {
    didSet { flags.sort(by: ExactText.precedesBytewise) }
  }

  /// Creates a result.
  public init(run: String, plan: Digest, start: Timestamp, end: Timestamp, ending: End, actor: String) {
    self.run = run
    self.plan = plan
    self.start = start
    self.end = end
    self.ending = ending
    self.actor = actor
  }

  /// The last value of each metric, in the order in which the names first came.
  public var lastMetrics: [Metric] {
    var places = [[UInt8]: Int]()
    var result = [Metric]()
    for metric in metrics {
      if let place = places[Array(metric.name.utf8)] {
        result[place] = metric
      } else {
        places[Array(metric.name.utf8)] = result.count
        result.append(metric)
      }
    }
    return result
  }
}
