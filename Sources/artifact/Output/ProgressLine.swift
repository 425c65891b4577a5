import ArtifactIO
import ArtifactStore
import Synchronization

/// What to say about a long operation at one moment.
struct ProgressLine: Sendable {
  /// What is being done, a word or two.
  let title: String
  private let start = Platform.uptime()
  private var lastTime = Platform.uptime()
  private var lastBytes = 0
  /// Bytes a second, smoothed.
  private var rate = 0.0

  init(_ title: String) { self.title = title }

  /// Milliseconds since the beginning.
  var elapsed: Int64 { (Platform.uptime() - start) / 1_000_000 }

  /// The line, shortened to `width` columns by leaving out what matters least.
  mutating func text(_ progress: Progress, width: Int) -> String {
    let done = progress.bytesDone.load(ordering: .relaxed)
    let seen = max(done, progress.bytesSeen.load(ordering: .relaxed))
    let shared = progress.bytesShared.load(ordering: .relaxed)
    let isCounted = progress.isCounted.load(ordering: .relaxed)
    measure(done)
    var parts = [title]
    if isCounted {
      parts.append("\(Units.percent(done, of: seen).leftPadded(to: 4)) \(Self.bar(done, of: seen))")
      parts.append("\(Units.bytes(done)) of \(Units.bytes(seen))")
    } else {
      parts.append("\(Units.bytes(done)) of \(Units.bytes(seen)) so far")
    }
    parts.append("\(Units.bytes(Int64(rate)))/s")
    if isCounted, rate > 1, done < seen { parts.append("\(timeLeft(seen - done)) left") }
    if shared > 0 { parts.append("\(Units.percent(shared, of: done)) shared") }
    parts.append(Units.count(progress.filesDone.load(ordering: .relaxed), "file"))
    var line = parts[0]
    for part in parts.dropFirst() {
      if line.count + 2 + part.count >= width { break }
      line += "  " + part
    }
    return line
  }

  private mutating func measure(_ done: Int) {
    let now = Platform.uptime()
    let seconds = Double(now - lastTime) / 1e9
    guard seconds > 0.01 else { return }
    let current = Double(done - lastBytes) / seconds
    // A memory of about three seconds: steady enough to read, quick enough to believe.
    let weight = rate == 0 ? 1 : min(1, seconds / 3)
    rate += (current - rate) * weight
    lastTime = now
    lastBytes = done
  }

  private func timeLeft(_ bytes: Int) -> String {
    let seconds = Double(bytes) / rate
    if seconds < 60 { return "\(max(1, Int(seconds))) s" }
    return seconds > 360_000 ? "days" : Units.duration(milliseconds: Int64(seconds) * 1_000)
  }

  private static func bar(_ part: Int, of whole: Int) -> String {
    let filled = whole == 0 ? 0 : min(10, Int(Double(part) / Double(whole) * 10))
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 10 - filled) + "]"
  }
}

extension String {
  /// The text with spaces before it.
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
