import ArtifactCore

/// Takes secrets out of what is recorded: by the values that are known, by the names that they go under, and by their
/// looks.
public struct Redactor: Sendable {
  private let known: [[UInt8]]
  private static let mark = Array(Redaction.mark.utf8)
  /// Shorter values are too likely to stand in other words.
  private static let leastBytes = 6

  /// Learns the values of all environment variables whose names tell that they are secret.
  public init(variables: [[UInt8]]) {
    var known = Set<[UInt8]>()
    for variable in variables {
      guard let equals = variable.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = Array(variable[(equals + 1)...])
      let name = String(decoding: variable[..<equals], as: UTF8.self)
      guard value.count >= Self.leastBytes, Self.isSecret(name), !Self.isHarmless(value), value.first != 0x2f else {
        continue
      }
      known.insert(value)
    }
    self.known = known.sorted { $0.count > $1.count }
  }

  /// Whether a value under such a name is a secret.
  ///
  /// `num_memory_tokens` and `tokenizer` are words of the trade.
  static func isSecret(_ name: String) -> Bool {
    var words = [""]
    var previous: Character = " "
    for character in name {
      if character.isUppercase, previous.isLowercase { words.append("") }
      previous = character
      if character.isLetter || character.isNumber {
        words[words.count - 1].append(character.lowercased())
      } else {
        words.append("")
      }
    }
    let plain: Set = [
      "token", "secret", "password", "passwd", "passphrase", "pwd", "apikey", "credential", "credentials", "auth",
      "authorization", "cookie", "dsn", "accesskey", "privatekey", "secretkey", "authtoken", "accesstoken", "pat",
      "key",
      "sig", "signature", "bearer",
    ]
    return words.contains { plain.contains($0) || $0.hasPrefix("passw") || $0.hasSuffix("password") }
  }

  /// Small numbers and truth values under such names are settings.
  private static func isHarmless(_ value: some Collection<UInt8>) -> Bool {
    if value.isEmpty { return true }
    let text = String(decoding: value, as: UTF8.self).lowercased()
    if ["true", "false", "none", "null", "yes", "no", "on", "off", Redaction.mark].contains(text) { return true }
    return value.count <= 6 && value.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
  }

  // MARK: Words

  /// The words of a command without secrets.
  func words(_ words: [[UInt8]]) -> [[UInt8]] {
    var result = [[UInt8]]()
    var hidesNext = false
    for word in words {
      if hidesNext, !Self.isHarmless(word), word.first != UInt8(ascii: "-") {
        result.append(Self.mark)
        hidesNext = false
        continue
      }
      let name = String(decoding: word, as: UTF8.self)
      hidesNext = name.hasPrefix("-") && !name.contains("=") && Self.isSecret(name)
      result.append(text(word))
    }
    return result
  }

  /// A value under a name.
  func value(_ value: String, named name: String) -> String {
    let bytes = Array(value.utf8)
    if Self.isSecret(name), !Self.isHarmless(bytes) { return Redaction.mark }
    return String(decoding: text(bytes), as: UTF8.self)
  }

  // MARK: Text

  private static let separators = Set(" \t\r\n\"'`<>(){}[],;|\0".utf8)

  /// Any text without secrets, line by line and word by word.
  func text(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(bytes.count)
    var start = 0
    var isKey = false
    var hidesNext = false
    var inKeyBlock = false
    let plain = withoutKnown(bytes)
    while start < plain.count {
      if Self.separators.contains(plain[start]) {
        if plain[start] == 0x0a { hidesNext = false }
        if !inKeyBlock { result.append(plain[start]) }
        start += 1
        continue
      }
      var end = start
      while end < plain.count, !Self.separators.contains(plain[end]) { end += 1 }
      let word = plain[start..<end]
      start = end
      if word.elementsEqual("-----BEGIN".utf8) { isKey = true }
      if inKeyBlock {
        if word.elementsEqual("-----END".utf8) { inKeyBlock = false }
        continue
      }
      if isKey, word.suffix(5).elementsEqual("-----".utf8) {
        isKey = false
        if word.starts(with: Array("KEY".utf8)) || word.starts(with: Array("PRIVATE".utf8)) {
          inKeyBlock = true
          result += Self.mark
          continue
        }
      }
      if hidesNext, !Self.isHarmless(word) {
        if [Array("bearer".utf8), Array("basic".utf8)].contains(
          String(decoding: word, as: UTF8.self).lowercased().utf8.map { $0 })
        {
          result += word
          continue
        }
        hidesNext = false
        if word.elementsEqual("=".utf8) || word.elementsEqual(":".utf8) {
          hidesNext = true
          result += word
        } else {
          result += Self.mark
        }
        continue
      }
      hidesNext = false
      if let last = word.last, last == UInt8(ascii: ":") || last == UInt8(ascii: "=") {
        hidesNext = Self.isSecret(String(decoding: word, as: UTF8.self))
      }
      result += self.word(word)
    }
    return result
  }

  private func word(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if word.count < Self.leastBytes { return word }
    if Self.looksSecret(word) { return Self.mark[...] }
    if word.firstRange(of: Array("://".utf8)) != nil, let text = ExactText.string(Array(word).span) {
      // An address may stand behind a name: `--url=https://…`.
      let start = text.firstRange(of: "://")?.lowerBound ?? text.startIndex
      let scheme = text[..<start].lastIndex { !$0.isLetter && !$0.isNumber && !"+-.".contains($0) }
      let cut = scheme.map { text.index(after: $0) } ?? text.startIndex
      let address = Redaction.uri(String(text[cut...]))
      return Array((text[..<cut] + address).utf8)[...]
    }
    for mark in [UInt8(ascii: "="), UInt8(ascii: ":")] {
      guard let place = word.firstIndex(of: mark), place > word.startIndex else { continue }
      let value = word[(place + 1)...]
      if Self.isSecret(String(decoding: word[..<place], as: UTF8.self)), !Self.isHarmless(value) {
        return word[...place] + Self.mark
      }
      let inner = self.word(value)
      if !inner.elementsEqual(value) { return word[...place] + inner }
    }
    return word
  }

  private static let prefixes: [(text: [UInt8], least: Int)] = [
    ("hf_", 20), ("ghp_", 20), ("gho_", 20), ("ghu_", 20), ("ghs_", 20), ("ghr_", 20), ("github_pat_", 20),
    ("glpat-", 16), ("sk-", 20), ("AKIA", 16), ("ASIA", 16), ("xoxb-", 16), ("xoxp-", 16), ("xoxa-", 16),
    ("xoxs-", 16), ("eyJ", 24), ("npm_", 20), ("pypi-", 20), ("AIza", 30),
  ].map { (Array($0.0.utf8), $0.1) }

  private static func looksSecret(_ word: ArraySlice<UInt8>) -> Bool {
    prefixes.contains { word.count >= $0.least && word.starts(with: $0.text) }
  }

  private func withoutKnown(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for value in known where bytes.count >= value.count {
      var result = [UInt8]()
      var start = 0
      while let range = bytes[start...].firstRange(of: value) {
        result += bytes[start..<range.lowerBound] + Self.mark
        start = range.upperBound
      }
      if start > 0 { bytes = result + bytes[start...] }
    }
    return bytes
  }
}
