import ArtifactIO

/// The beginning and the end of what a command printed; the middle is left out when it is long.
struct StreamLog: Sendable {
  /// Bytes kept of each end.
  static let keptBytes = 1 << 20

  private var head: [UInt8] = []
  /// The last bytes, in a ring once it is full.
  private var tail: [UInt8] = []
  private var next = 0
  /// Bytes printed.
  private(set) var byteCount: UInt64 = 0

  /// Adds bytes.
  mutating func append(_ bytes: ArraySlice<UInt8>) {
    byteCount += UInt64(bytes.count)
    let room = Self.keptBytes - head.count
    head += bytes.prefix(room)
    for byte in bytes.dropFirst(room) {
      if tail.count < Self.keptBytes {
        tail.append(byte)
      } else {
        tail[next] = byte
        next = (next + 1) % Self.keptBytes
      }
    }
  }

  /// Bytes that are left out.
  var omittedCount: UInt64 { byteCount - UInt64(head.count + tail.count) }

  /// The first bytes, and the last ones if some between them are left out.
  var parts: [[UInt8]] {
    let end = Array(tail[next...] + tail[..<next])
    return omittedCount == 0 ? [head + end] : [head, end]
  }
}

/// Passes what a command prints on to where this program prints, and keeps the ends of it.
struct OutputTee {
  private let readers: [Descriptor]
  private let targets: [StandardStream?]
  private let ended: Descriptor
  private var logs = [StreamLog(), StreamLog()]
  /// After the command has ended, others that hold its streams are not waited for longer than this without a word.
  private static let patience: Int32 = 200

  /// `ended` becomes readable when the command has ended.
  init(output: Descriptor, error: Descriptor, ended: Descriptor, isQuiet: Bool) {
    readers = [output, error]
    targets = isQuiet ? [nil, nil] : [.output, .error]
    self.ended = ended
  }

  /// Works until both streams have ended.
  mutating func run() -> (output: StreamLog, error: StreamLog) {
    var open = [0, 1]
    var isEnding = false
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while !open.isEmpty {
      let waiting = open.map { readers[$0] } + (isEnding ? [] : [ended])
      let ready = Descriptor.wait(waiting, milliseconds: isEnding ? Self.patience : -1)
      if ready.isEmpty { break }
      if ready.contains(open.count) { isEnding = true }
      for number in ready.filter({ $0 < open.count }).map({ open[$0] }) where !take(number, &buffer) {
        open.removeAll { $0 == number }
        readers[number].close()
      }
    }
    return (logs[0], logs[1])
  }

  /// Reads once; false at the end, or when nobody reads what this program prints.
  private mutating func take(_ number: Int, _ buffer: inout [UInt8]) -> Bool {
    // A stream that cannot be read has ended.
    guard let count = try? readers[number].read(into: &buffer), count > 0 else { return false }
    logs[number].append(buffer[..<count])
    guard let target = targets[number] else { return true }
    do { try target.write(buffer.span.extracting(0..<count)) } catch { return false }
    return true
  }
}
