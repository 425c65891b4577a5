/// A word as a shell reads it back: as it is where no character of it means anything to a shell, otherwise in quotes.
public func shellWord(_ bytes: [UInt8]) -> String {
  let text = String(decoding: bytes, as: UTF8.self)
  if !bytes.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-./:@=+,".contains($0)) }) {
    return text
  }
  return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
