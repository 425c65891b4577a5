import ArtifactCore
import ArtifactIO
import TestSupport
import Testing

@testable import ArtifactStore

/// A new store with a folder beside it; both go with their owner.
struct TestStore {
  let folder: TestFolder
  let store: Store

  init(in parent: String? = nil) throws {
    folder = try TestFolder(in: parent)
    store = try Store.create(at: folder("store"), actor: "test", local: Self.local(folder))
  }

  static func local(_ folder: TestFolder, _ user: String = "me") -> LocalFolders {
    LocalFolders(cache: folder("\(user)/cache"), state: folder("\(user)/state"))
  }

  /// The store as somebody else opens it, who remembers nothing.
  func reopened() throws -> Store { try Store(opening: folder("store"), local: nil) }

  @discardableResult
  func push(
    _ path: String, as name: String = "data", into other: Store? = nil, _ change: (inout PushRequest) -> Void = { _ in }
  ) throws -> PushResult {
    var request = PushRequest(name: try PackageName(name), actor: "test")
    change(&request)
    return try (other ?? store).push(folder(path), request, Progress())
  }

  @discardableResult
  func pull(
    _ reference: String = "data", to path: String, from other: Store? = nil, mode: PullMode = .careful,
    _ progress: Progress = Progress()
  ) throws -> PullResult {
    let store = other ?? store
    return try store.pull(store.resolve(Reference(reference)).entry, to: folder(path), mode: mode, progress)
  }

  /// Names in a folder of the store.
  func names(_ path: String) throws -> [String] { try Files.names(folder("store/\(path)")) }

  var packs: [String] { get throws { try names("blobs/sha256") } }
  var leftovers: [String] { get throws { try names("artifact/tmp") } }
}

/// The class of what a call threw, or nil if it did not.
func code<R>(_ body: () throws -> R) -> StoreError.Code? {
  do {
    _ = try body()
    return nil
  } catch { return (error as? StoreError)?.code }
}

/// What a call threw.
func failure<R>(_ body: () throws -> R) -> StoreError? {
  do {
    _ = try body()
    return nil
  } catch { return error as? StoreError }
}

extension [UInt8] {
  /// The bytes of a text.
  init(_ text: String) { self = Array(text.utf8) }
}

extension VerifyReport {
  /// Everything that is wrong, for comparing with nothing.
  var complaints: [String] {
    problems.map { "\($0.subject): \($0.detail)" } + hurt.map { "\($0.reference) lost \($0.path)" }
  }
}

/// Records what is wrong with a store, if anything is.
func expectSound(_ store: Store, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let complaints = try store.verify(Progress()).complaints
  #expect(complaints.isEmpty, "\(complaints.prefix(5))", sourceLocation: sourceLocation)
}

extension Store {
  /// An intake that nobody begins again; to be closed.
  func intake(_ progress: Progress) throws -> Intake { Intake(try WriteSession(self, progress: progress)) }
}

extension Intake {
  /// Removes what is left of the work in progress.
  func close() throws { try session.close() }
}
