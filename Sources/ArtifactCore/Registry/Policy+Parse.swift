extension Policy {
  /// Reads a policy.
  ///
  /// One statement a line; `#` starts a remark. The grammar is in store-layout.md §5.6.
  public init(_ text: String) throws(PolicyFault) {
    guard text.utf8.count <= Self.byteLimit else {
      throw PolicyFault(
        line: 1, column: 1, detail: "the text has \(text.utf8.count) bytes; the limit is \(Self.byteLimit)")
    }
    var parser = PolicyParser(text)
    try parser.run()
    self = parser.policy
  }
}

/// Reads the text of a policy, line by line.
private struct PolicyParser {
  private(set) var policy: Policy
  private let lines: [Substring]
  private var channel: TagName?
  private var hasHeader = false
  private var hasChannels = false
  /// The first line that needs a quorum.
  private var needsQuorum: (line: Int, column: Int)?

  init(_ text: String) {
    policy = Policy(text: text, channels: [])
    // A carriage return is met as a sign that may not be there.
    lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }

  mutating func run() throws(PolicyFault) {
    for (place, line) in lines.enumerated() {
      var words = try PolicyWords(line, number: place + 1)
      guard let verb = words.next() else { continue }
      if hasHeader {
        try statement(verb, &words)
      } else {
        guard verb.text == "policy" else { throw words.fault(verb, "the first line must be: policy 1") }
        let version = try words.need("the number of the format")
        guard version.text == "1" else { throw words.fault(version, "only format 1 is known") }
        hasHeader = true
      }
      if let extra = words.next() { throw words.fault(extra, "nothing may stand here") }
    }
    guard hasHeader else { throw PolicyFault(line: 1, column: 1, detail: "the first line must be: policy 1") }
    if policy.channels.isEmpty { policy.channels = Policy.defaultChannels.compactMap { try? TagName($0) } }
    if let needsQuorum, policy.quorum == nil {
      throw PolicyFault(
        line: needsQuorum.line, column: needsQuorum.column,
        detail: "a line like `quorum 2 of ann bob` is needed too: without it anybody could change this policy")
    }
  }

  private mutating func statement(_ verb: PolicyWords.Word, _ words: inout PolicyWords) throws(PolicyFault) {
    switch verb.text {
    case "channels": try channels(verb, &words)
    case "key": try key(&words)
    case "quorum":
      if policy.quorum != nil { throw words.fault(verb, "there is a quorum already") }
      policy.quorum = try threshold(&words)
    case "channel": try section(&words)
    default:
      guard let rule = try rule(verb, &words) else {
        throw words.fault(verb, "\"\(printable(verb.text))\" is no statement; \(Self.hint(verb.text))")
      }
      guard let channel else { throw words.fault(verb, "a line like `channel prod` must come before its rules") }
      policy.rules[channel.text, default: []].append(
        Policy.Line(number: words.number, rule: rule, text: words.statement))
    }
  }

  private static let verbs = [
    "channels", "key", "quorum", "channel", "lineage", "metric", "report", "check", "environment", "time", "approvals",
    "break-glass",
  ]

  private static func hint(_ word: String) -> String {
    let near = DidYouMean.candidates(for: word, among: verbs)
    return near.isEmpty
      ? "known are \(verbs.joined(separator: ", "))" : "did you mean \(near.joined(separator: " or "))?"
  }

  private mutating func channels(_ verb: PolicyWords.Word, _ words: inout PolicyWords) throws(PolicyFault) {
    if hasChannels || !policy.channels.isEmpty || channel != nil {
      throw words.fault(verb, "channels are named once, before the first `channel`")
    }
    hasChannels = true
    var names = [try words.tag(try words.need("a channel"))]
    while let word = words.next() {
      let name = try words.tag(word)
      if names.contains(name) { throw words.fault(word, "\(name) is named twice") }
      names.append(name)
    }
    policy.channels = names
  }

  private mutating func section(_ words: inout PolicyWords) throws(PolicyFault) {
    if policy.channels.isEmpty { policy.channels = Policy.defaultChannels.compactMap { try? TagName($0) } }
    let word = try words.need("a channel")
    let name = try words.tag(word)
    guard policy.channels.contains(name) else {
      throw words.fault(
        word, "there is no channel \(name); named are \(policy.channels.map(\.text).joined(separator: ", "))")
    }
    if policy.rules[name.text] != nil { throw words.fault(word, "the rules of \(name) stand above already") }
    policy.rules[name.text] = []
    channel = name
  }

  private mutating func key(_ words: inout PolicyWords) throws(PolicyFault) {
    let person = try words.person(try words.need("a person"))
    let type = try words.need("a key like ssh-ed25519 AAAA…")
    let digits = try words.need("the key itself")
    let key: PublicKey
    do { key = try PublicKey(openSSH: "\(type.text) \(digits.text)") } catch { throw words.fault(type, error.detail) }
    if let other = policy.keys.first(where: { $0.key == key }) {
      throw words.fault(digits, "this key is \(other.person)'s already; a key has one person")
    }
    // What ssh-keygen writes behind a key is a remark.
    while words.next() != nil {}
    policy.keys.append(Policy.Key(person: person, key: key))
  }

  private func threshold(
    _ words: inout PolicyWords, until end: String? = nil
  ) throws(PolicyFault) -> Policy.Threshold {
    let first = try words.need("a number")
    guard let count = Int(first.text), first.text.utf8.allSatisfy(NamePart.isDigit) else {
      throw words.fault(first, "a number must stand here")
    }
    if count == 0 { throw words.fault(first, "0 of them is no threshold") }
    try words.need(exactly: "of")
    let people = try people(&words, until: end)
    guard count <= people.count else {
      throw words.fault(first, "\(count) of \(people.count) can never be reached")
    }
    return Policy.Threshold(count: count, people: people)
  }

  private func people(_ words: inout PolicyWords, until end: String?) throws(PolicyFault) -> [Person] {
    var people = [Person]()
    while let word = words.peek(), word.text != end {
      words.skip()
      let person = try words.person(word)
      if people.contains(person) { throw words.fault(word, "\(person) is named twice") }
      people.append(person)
    }
    if people.isEmpty { throw words.missing("people") }
    return people
  }

  private mutating func rule(
    _ verb: PolicyWords.Word, _ words: inout PolicyWords
  ) throws(PolicyFault) -> Policy.Rule? {
    switch verb.text {
    case "lineage":
      try words.need(exactly: "complete")
      return .lineage
    case "metric": return try metric(&words)
    case "report":
      let word = try words.need("a kind of report")
      do { try NamePart.check(Array(word.text.utf8)[...], of: Array(word.text.utf8), subject: "kind") } catch {
        throw words.fault(word, "a kind is a word of a-z, 0-9, dot, underscore and hyphen")
      }
      return .report(kind: word.text, age: try words.within())
    case "check":
      var using: Reference?
      if words.peek()?.text == "using" {
        words.skip()
        let word = try words.need("what to use, as in checks/fraud@2")
        using = try words.pinned(word)
      }
      let command = words.rest()
      if command.isEmpty { throw words.missing("the command") }
      return .check(words: command.map(\.text), using: using)
    case "environment":
      var references = [try words.reference(try words.need("an environment"))]
      while let word = words.next() { references.append(try words.reference(word)) }
      return .environment(references)
    case "time":
      let time = try words.duration()
      try words.need(exactly: "in")
      let word = try words.need("a channel")
      let name = try words.tag(word)
      guard let own = channel, let before = policy.channels.firstIndex(of: own),
        policy.channels[..<before].contains(name)
      else { throw words.fault(word, "it must be a channel before this one") }
      return .stay(time, channel: name)
    case "approvals":
      needsQuorum = needsQuorum ?? (words.number, verb.column)
      let threshold = try threshold(&words, until: "within")
      return .approvals(threshold, life: try words.within() ?? Policy.defaultLife)
    case "break-glass":
      needsQuorum = needsQuorum ?? (words.number, verb.column)
      return .glass(try people(&words, until: nil))
    default: return nil
    }
  }

  private func metric(_ words: inout PolicyWords) throws(PolicyFault) -> Policy.Rule {
    let first = try words.need("a bound like auc >= 0.9")
    var text = first.text
    while let word = words.peek(), word.text != "on" {
      text += " " + word.text
      words.skip()
    }
    let bound: MetricBound
    do { bound = try MetricBound(text) } catch { throw words.fault(first, error.detail) }
    try words.need(exactly: "on")
    let word = try words.need("a dataset")
    let reference = try words.reference(word)
    guard reference.path.isEmpty else { throw words.fault(word, "a whole dataset is meant, without a path") }
    return .metric(bound, dataset: reference)
  }
}

/// The words of one line.
private struct PolicyWords {
  struct Word {
    let text: String
    let column: Int
  }

  let number: Int
  /// The line without spaces and remarks around it.
  let statement: String
  private let words: [Word]
  private var place = 0
  private let end: Int

  init(_ line: Substring, number: Int) throws(PolicyFault) {
    self.number = number
    let bytes = Array(line.utf8)
    var words = [Word]()
    var position = 0
    var last = 0
    func fault(_ detail: String) -> PolicyFault { PolicyFault(line: number, column: position + 1, detail: detail) }
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x20 || byte == 0x09 {
        position += 1
        continue
      }
      if byte == UInt8(ascii: "#") { break }
      let start = position
      let quote = byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") ? byte : nil
      if quote != nil { position += 1 }
      let begin = position
      while position < bytes.count,
        quote.map({ bytes[position] != $0 }) ?? (bytes[position] != 0x20 && bytes[position] != 0x09)
      {
        if bytes[position] < 0x20 || bytes[position] == 0x7f { throw fault("a control character") }
        position += 1
      }
      let text = String(decoding: bytes[begin..<position], as: UTF8.self)
      if quote != nil {
        if position == bytes.count {
          position = start
          throw fault("the quotation mark is not closed")
        }
        position += 1
      }
      words.append(Word(text: text, column: start + 1))
      last = position
    }
    self.words = words
    end = last
    statement = words.isEmpty ? "" : String(decoding: bytes[(words[0].column - 1)..<last], as: UTF8.self)
  }

  mutating func next() -> Word? {
    guard place < words.count else { return nil }
    place += 1
    return words[place - 1]
  }

  func peek() -> Word? { place < words.count ? words[place] : nil }

  mutating func skip() { place += 1 }

  mutating func rest() -> [Word] {
    defer { place = words.count }
    return Array(words[place...])
  }

  func fault(_ word: Word, _ detail: String) -> PolicyFault {
    PolicyFault(line: number, column: word.column, detail: detail)
  }

  func missing(_ what: String) -> PolicyFault {
    PolicyFault(
      line: number, column: place < words.count ? words[place].column : end + 1, detail: "\(what) must stand here")
  }

  mutating func need(_ what: String) throws(PolicyFault) -> Word {
    guard let word = next() else { throw missing(what) }
    return word
  }

  mutating func need(exactly text: String) throws(PolicyFault) {
    let word = try need("`\(text)`")
    guard word.text == text else { throw fault(word, "`\(text)` must stand here") }
  }

  func tag(_ word: Word) throws(PolicyFault) -> TagName {
    do { return try TagName(word.text) } catch { throw fault(word, error.detail) }
  }

  func person(_ word: Word) throws(PolicyFault) -> Person {
    do { return try Person(word.text) } catch { throw fault(word, error.detail) }
  }

  /// A name, which means any version of it, a version, or a digest.
  func reference(_ word: Word) throws(PolicyFault) -> Reference {
    let reference: Reference
    do { reference = try Reference(word.text) } catch { throw fault(word, error.detail) }
    if case .name(_, .tag) = reference.target { throw fault(word, "a tag may move; name a version, or the name alone") }
    return reference
  }

  /// A reference that always leads to the same bytes.
  func pinned(_ word: Word) throws(PolicyFault) -> Reference {
    let reference = try reference(word)
    switch reference.target {
    case .name(_, .version), .digest: return reference
    case .name(_, .digest(let prefix)) where prefix.digest != nil: return reference
    default:
      throw fault(word, "a version must be named, as in checks/fraud@2: what it is may not change under the policy")
    }
  }

  /// `within 7 days`, or nothing.
  mutating func within() throws(PolicyFault) -> Int64? {
    guard let word = peek(), word.text == "within" else { return nil }
    skip()
    return try duration()
  }

  /// `7 days`, `12 hours`, `30 minutes`; in milliseconds.
  mutating func duration() throws(PolicyFault) -> Int64 {
    let first = try need("a number")
    guard let count = Int64(first.text), first.text.utf8.allSatisfy(NamePart.isDigit), (1...100_000).contains(count)
    else { throw fault(first, "a number from 1 to 100,000 must stand here") }
    let unit = try need("days, hours or minutes")
    let units: [String: Int64] = [
      "day": 86_400_000, "days": 86_400_000, "hour": 3_600_000, "hours": 3_600_000, "minute": 60_000,
      "minutes": 60_000,
    ]
    guard let length = units[unit.text] else { throw fault(unit, "days, hours or minutes must stand here") }
    return count * length
  }
}
