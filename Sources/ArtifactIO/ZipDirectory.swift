/// The table of contents at the end of a zip (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16), record by record.
///
/// It is read strictly: it must lie right in front of the end record that closes the file, and hold as many records as
/// that says. So there is one reading of it, whatever was put in front, between or behind.
struct ZipDirectory {
  private let file: ArchiveFile
  /// Where the table starts; all data lies before it.
  let start: Int64
  private let end: Int64
  private let count: UInt64
  private var position: Int64
  private var taken: UInt64 = 0
  private var window: [UInt8] = []
  private var windowStart: Int64 = 0

  /// Finds the table.
  init(_ file: ArchiveFile, size: Int64) throws(IOFailure) {
    self.file = file
    let tail = try file.bytes(at: max(0, size - 65_557), count: Int(min(size, 65_557)))
    let tailStart = size - Int64(tail.count)
    // The last end record whose comment reaches exactly to the end of the file.
    guard
      let at = stride(from: tail.count - 22, through: 0, by: -1).first(where: {
        tail[$0...].starts(with: [0x50, 0x4B, 5, 6]) && $0 + 22 + Int(tail.zip16($0 + 20)) == tail.count
      })
    else { throw Self.damage(file, "it has no table of contents; the end may have been cut off") }
    let parts = (tail.zip16(at + 4), tail.zip16(at + 6))
    let position = tailStart + Int64(at)
    if let wide = try Self.wide(file, before: position) {
      (start, end, count) = wide
      guard tail.zip16(at + 10) == .max || UInt64(tail.zip16(at + 10)) == count,
        tail.zip32(at + 16) == .max || Int64(tail.zip32(at + 16)) == start
      else { throw Self.damage(file, "its two end records differ") }
    } else {
      guard parts == (0, 0), tail.zip16(at + 8) == tail.zip16(at + 10) else {
        throw IOFailure(.other, "reading", file.name, "a zip of several parts is not supported")
      }
      count = UInt64(tail.zip16(at + 10))
      end = position
      start = Int64(tail.zip32(at + 16))
      guard start + Int64(tail.zip32(at + 12)) == end else {
        throw Self.damage(file, "its table of contents is not where the end record says")
      }
    }
    self.position = start
  }

  /// The zip64 end record, found through its locator in front of the end record; nil if there is none.
  private static func wide(_ file: ArchiveFile, before position: Int64) throws(IOFailure) -> (Int64, Int64, UInt64)? {
    guard position >= 20 else { return nil }
    let locator = try file.bytes(at: position - 20, count: 20)
    guard locator.starts(with: [0x50, 0x4B, 6, 7]) else { return nil }
    guard let at = Int64(exactly: locator.zip64(8)), at <= position - 76 else {
      throw damage(file, "its end record is damaged")
    }
    let record = try file.bytes(at: at, count: 56)
    guard record.count == 56, record.starts(with: [0x50, 0x4B, 6, 6]),
      record.zip64(4) == UInt64(position - 20 - at - 12),
      let start = Int64(exactly: record.zip64(48)), let size = Int64(exactly: record.zip64(40)),
      start <= at, size == at - start
    else { throw damage(file, "its table of contents is not where the end record says") }
    guard locator.zip32(4) == 0, locator.zip32(16) <= 1, record.zip32(16) == 0, record.zip32(20) == 0,
      record.zip64(24) == record.zip64(32)
    else { throw IOFailure(.other, "reading", file.name, "a zip of several parts is not supported") }
    return (start, at, record.zip64(32))
  }

  /// The next record; nil after the last.
  mutating func next() throws(IOFailure) -> ZipRecord? {
    guard position < end else {
      guard taken == count else { throw damage("its table of contents has \(taken) entries and claims \(count)") }
      return nil
    }
    let fixed = try bytes(46)
    guard fixed.starts(with: [0x50, 0x4B, 1, 2]) else { throw damage("its table of contents is damaged") }
    taken += 1
    let name = try bytes(Int(fixed.zip16(28)))
    let extra = try bytes(Int(fixed.zip16(30)))
    _ = try bytes(Int(fixed.zip16(32)))
    guard let record = ZipRecord(fixed, name, extra) else {
      throw damage("its table of contents is damaged: '\(ArchiveName.printable(name))'")
    }
    return record
  }

  private mutating func bytes(_ count: Int) throws(IOFailure) -> [UInt8] {
    guard Int64(count) <= end - position else { throw damage("its table of contents is damaged") }
    if position + Int64(count) > windowStart + Int64(window.count) {
      window = try file.bytes(at: position, count: Int(min(end - position, 256 << 10)))
      windowStart = position
    }
    let from = Int(position - windowStart)
    guard window.count - from >= count else { throw damage("it was cut short while being read") }
    position += Int64(count)
    return Array(window[from..<(from + count)])
  }

  private func damage(_ detail: String) -> IOFailure { Self.damage(file, detail) }

  private static func damage(_ file: ArchiveFile, _ detail: String) -> IOFailure {
    IOFailure(.malformed, "reading", file.name, detail)
  }
}
