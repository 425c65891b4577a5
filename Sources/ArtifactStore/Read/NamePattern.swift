public import ArtifactCore

/// A pattern over names: `*` stands for any characters, slashes too, `?` for one character.
public struct NamePattern: Sendable, Equatable {
  /// The pattern as it was given.
  public let bytes: [UInt8]

  private static let star = UInt8(ascii: "*")
  private static let question = UInt8(ascii: "?")

  /// Takes any bytes; those that cannot stand in a name match nothing.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether it stands for more than itself.
  public var isOpen: Bool { bytes.contains(Self.star) || bytes.contains(Self.question) }

  /// Whether it fits a whole name.
  public func matches(_ name: PackageName) -> Bool {
    let text = Array(name.text.utf8)
    var (place, position) = (0, 0)
    var retry: (place: Int, position: Int)?
    while position < text.count {
      if place < bytes.count, bytes[place] == Self.star {
        retry = (place + 1, position)
        place += 1
      } else if place < bytes.count, bytes[place] == text[position] || bytes[place] == Self.question {
        place += 1
        position += 1
      } else if let last = retry {
        // The star before takes one character more.
        retry = (last.place, last.position + 1)
        (place, position) = (last.place, last.position + 1)
      } else {
        return false
      }
    }
    return bytes[place...].allSatisfy { $0 == Self.star }
  }
}
