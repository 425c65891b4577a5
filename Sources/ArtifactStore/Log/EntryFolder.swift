public import ArtifactCore
import ArtifactIO

/// The files of a log's entries, `artifact/log/entry` (store-layout.md §5.1).
struct EntryFolder: Sendable {
  /// The folder.
  let directory: Directory
  fileprivate static let path = Array("artifact/log/entry".utf8)

  /// Opens the folder of a store.
  init(_ root: Directory) throws(StoreError) {
    directory = try root.part(Self.path)
  }

  /// The path of an entry below the folder, `000000/000042`.
  static func name(_ sequence: Int) -> [UInt8] {
    func six(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
    return Array("\(six(sequence / 1_000_000))/\(six(sequence % 1_000_000))".utf8)
  }

  /// Reads one entry, or nil if there is none.
  func entry(_ sequence: Int) throws(StoreError) -> LogEntry? {
    let bytes: [UInt8]
    do { bytes = try directory.readFile(Self.name(sequence), limit: LogEntry.byteLimit + 128) } catch
      where error.code == .notFound
    {
      return nil
    } catch { throw .damaged("log entry \(sequence)", error) }
    do { return try LogEntry(fileBytes: bytes) } catch { throw .damaged("log entry \(sequence)", error) }
  }

  /// Whether the name of an entry is durable: nothing derived from it leaves the store before.
  func syncForReading(_ sequence: Int) -> Bool {
    let folder = try? directory.directory(Array(Self.name(sequence)[..<6]))
    guard let folder, folder.syncForReading() else { return false }
    return sequence % 1_000_000 != 0 || directory.syncForReading()
  }
}

extension LogEntry {
  /// The path of an entry's file below the store.
  public static func path(of sequence: Int) -> String {
    String(decoding: EntryFolder.path + [0x2f] + EntryFolder.name(sequence), as: UTF8.self)
  }
}
