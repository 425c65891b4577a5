import ArtifactCore
import ArtifactIO

/// The clock of this layer.
enum Stopwatch {
  /// The time, by the system's clock.
  static var now: Timestamp { Timestamp(milliseconds: Platform.now() / 1_000_000) }
}
