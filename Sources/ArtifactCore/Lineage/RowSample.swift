/// Chooses rows by a rule that anyone can follow, `sample/1` (store-layout.md §2.3).
///
/// Row i, counted from 0, has the key SHA-256 of the text `sample/1`, newline, seed, newline, i in decimal. The rows with
/// the smallest keys are chosen and keep their order.
public struct RowSample: Sendable {
  /// The rule's name.
  public static let method = "sample/1"

  private let seed: [UInt8]
  private let count: Int
  /// The chosen rows so far, the one with the largest key first: a binary heap.
  private var heap: [(key: Digest, row: UInt64)] = []
  /// Rows seen.
  public private(set) var rowCount: UInt64 = 0

  /// Begins to choose `count` rows.
  public init(count: Int, seed: String) {
    self.count = count
    self.seed = Array("\(Self.method)\n\(seed)\n".utf8)
  }

  /// Considers the next row.
  public mutating func next() {
    var text = seed
    Decimal.append(rowCount, to: &text)
    let candidate = (key: Digest.of(text), row: rowCount)
    rowCount += 1
    if heap.count < count {
      heap.append(candidate)
      rise()
    } else if let first = heap.first, candidate.key < first.key {
      heap[0] = candidate
      sink()
    }
  }

  /// The chosen rows, in order.
  public var rows: [UInt64] { heap.map(\.row).sorted() }

  private mutating func rise() {
    var place = heap.count - 1
    while place > 0, heap[(place - 1) / 2].key < heap[place].key {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink() {
    var place = 0
    while true {
      var largest = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[largest].key < heap[child].key {
        largest = child
      }
      if largest == place { return }
      heap.swapAt(place, largest)
      place = largest
    }
  }
}

/// Cuts the bytes of a table into rows, piece by piece.
///
/// A row of a CSV or TSV ends with a newline outside quotes (RFC 4180); a row of JSON lines with any newline. Bytes behind
/// the last newline are a row too.
public struct RowCutter: Sendable {
  /// How rows are written.
  public enum Format: Sendable {
    /// Comma or tab separated values with a header.
    case separated
    /// A JSON value a line.
    case lines

    /// By the end of a file's name; nil for anything that is no table.
    public init?(fileName: [UInt8]) {
      let name = String(decoding: fileName, as: UTF8.self).lowercased()
      if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
        self = .separated
      } else if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
        self = .lines
      } else {
        return nil
      }
    }
  }

  private let format: Format
  private var isQuoted = false
  private var row: [UInt8] = []

  /// Begins a file.
  public init(_ format: Format) { self.format = format }

  /// Adds bytes and hands on each row that they complete, with its newline.
  public mutating func add<E: Error>(
    _ bytes: Span<UInt8>, _ body: (_ row: [UInt8]) throws(E) -> Void
  ) throws(E) {
    for index in bytes.indices {
      let byte = bytes[index]
      row.append(byte)
      if byte == UInt8(ascii: "\""), format == .separated { isQuoted.toggle() }
      if byte == UInt8(ascii: "\n"), !isQuoted {
        try body(row)
        row.removeAll(keepingCapacity: true)
      }
    }
  }

  /// What is left at the end of the file, if anything.
  public mutating func finish() -> [UInt8]? {
    defer { row = [] }
    return row.isEmpty ? nil : row
  }
}
