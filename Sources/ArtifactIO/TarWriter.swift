/// Writes tar: ustar headers, with a pax extended header where a ustar field is too small or cannot tell the charset.
final class TarWriter: ArchiveContainer {
  private let output: any ArchiveOutput
  private var written: Int64 = 0

  init(_ output: any ArchiveOutput) { self.output = output }

  func begin(_ member: ArchiveMember) throws(IOFailure) {
    var size: Int64 = 0
    var link: [UInt8] = []
    let type: UInt8
    switch member.kind {
    case .file(let bytes): (type, size) = (UInt8(ascii: "0"), bytes)
    case .symlink(let target): (type, link) = (UInt8(ascii: "2"), target)
    case .directory: type = UInt8(ascii: "5")
    }
    let name = member.storedName
    let records = Self.records(name, link, size)
    if !records.isEmpty {
      let title = Array("PaxHeaders/".utf8) + Self.plain(member.name)
      var body = records
      body += [UInt8](repeating: 0, count: -records.count & 511)
      try put(Self.header((title, []), mode: 0o644, size: Int64(records.count), type: UInt8(ascii: "x"), link: []))
      try put(body)
    }
    // A reader that does not know pax sees as much of the name as there is room for.
    let fields = Self.split(name) ?? (Array(name.prefix(100)), [])
    let stored = size <= Self.maximumSize ? size : 0
    try put(
      Self.header(fields, mode: member.mode & 0o777, size: stored, type: type, link: Array(link.prefix(100))))
    written = 0
  }

  func write(_ bytes: Span<UInt8>) throws(IOFailure) {
    written += Int64(bytes.count)
    try output.put(bytes)
  }

  func endFile() throws(IOFailure) { try put([UInt8](repeating: 0, count: Int(-written & 511))) }

  func finish() throws(IOFailure) {
    try put([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
    try output.finish()
  }

  private func put(_ bytes: [UInt8]) throws(IOFailure) { try output.put(bytes.span) }

  /// What eleven octal digits can say: 8 GiB - 1.
  private static let maximumSize: Int64 = 0o777_7777_7777

  // MARK: Extended headers

  /// The records a member needs; empty for most.
  ///
  /// A name that is UTF-8 but not ASCII gets a record although it may fit: only there its charset is defined. One that
  /// is not UTF-8 gets a record only if it does not fit, after `hdrcharset=BINARY`, which says so.
  private static func records(_ name: [UInt8], _ link: [UInt8], _ size: Int64) -> [UInt8] {
    var records: [UInt8] = []
    var isBinary = false
    func add(_ key: String, _ value: [UInt8]) {
      let text = Array(" \(key)=".utf8) + value + [0x0A]
      // The length counts its own digits.
      var length = text.count + 1
      while String(length).utf8.count + text.count != length { length += 1 }
      records += Array(String(length).utf8) + text
    }
    func addName(_ key: String, _ value: [UInt8], fits: Bool) {
      let isASCII = value.allSatisfy { $0 < 0x80 }
      let isUTF8 = isASCII || String(validating: value, as: UTF8.self) != nil
      guard !fits || (isUTF8 && !isASCII) else { return }
      if !isUTF8 { isBinary = true }
      add(key, value)
    }
    addName("path", name, fits: split(name) != nil)
    addName("linkpath", link, fits: link.count <= 100)
    if size > maximumSize { add("size", Array(String(size).utf8)) }
    if isBinary {
      let names = records
      records = []
      add("hdrcharset", Array("BINARY".utf8))
      records += names
    }
    return records
  }

  /// The end of a name for the title of an extended header, in ASCII.
  private static func plain(_ name: [UInt8]) -> [UInt8] {
    let last = name.split(separator: UInt8(ascii: "/")).last ?? []
    return last.suffix(80).map { (0x21..<0x7F).contains($0) ? $0 : UInt8(ascii: "_") }
  }

  // MARK: Headers

  /// Divides a name at a `/` between the fields of 100 and 155 bytes; nil if it does not fit.
  private static func split(_ name: [UInt8]) -> (name: [UInt8], prefix: [UInt8])? {
    if name.count <= 100 { return (name, []) }
    let candidates = name.indices.dropLast().filter { name[$0] == UInt8(ascii: "/") }
    guard let at = candidates.first(where: { name.count - $0 - 1 <= 100 }), (1...155).contains(at) else { return nil }
    return (Array(name[(at + 1)...]), Array(name[..<at]))
  }

  /// A ustar header block; for the fields see `TarHeader`.
  private static func header(
    _ name: (name: [UInt8], prefix: [UInt8]), mode: UInt16, size: Int64, type: UInt8, link: [UInt8]
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
    func put(_ bytes: some Collection<UInt8>, _ at: Int) {
      block.replaceSubrange(at..<(at + bytes.count), with: bytes)
    }
    func octal(_ value: some BinaryInteger, _ digits: Int) -> [UInt8] {
      let text = Array(String(value, radix: 8).utf8)
      return [UInt8](repeating: 0x30, count: digits - text.count) + text
    }
    put(name.name, 0)
    put(octal(mode, 7), 100)
    put(octal(0, 7), 108)  // owner
    put(octal(0, 7), 116)  // group
    put(octal(size, 11), 124)
    put(octal(0, 11), 136)  // time
    block[156] = type
    put(link, 157)
    put("ustar\u{0}00".utf8, 257)
    put(octal(0, 7), 329)  // device numbers
    put(octal(0, 7), 337)
    put(name.prefix, 345)
    let sum = block.reduce(8 * 32) { $0 + Int($1) }
    put(octal(sum, 6), 148)
    block[155] = 0x20
    return block
  }
}
