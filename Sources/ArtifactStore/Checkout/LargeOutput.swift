import ArtifactCore
import ArtifactIO
import Synchronization

/// A large file being written: chunks arrive in any order, the whole is hashed in order as far as it has come.
final class LargeOutput: Sendable {
  private struct State: Sendable {
    var isWritten: [Bool]
    var next = 0
    var isHashing = false
    var hasher = BlobHasher()
  }

  private let offsets: [UInt64]
  private let state: Mutex<State>
  let digest: Digest

  /// Starts with nothing written.
  init(digest: Digest, chunks: [Recipe.Part]) {
    var offsets: [UInt64] = [0]
    for chunk in chunks { offsets.append(offsets[offsets.count - 1] + chunk.size) }
    self.offsets = offsets
    self.digest = digest
    state = Mutex(State(isWritten: [Bool](repeating: false, count: chunks.count)))
  }

  /// Writes one checked chunk and hashes on, if nobody else is at it.
  ///
  /// - Returns: Whether this was what the whole file still waited for.
  func write(
    _ chunk: Int, _ bytes: Span<UInt8>, to file: borrowing File, _ buffer: inout [UInt8]
  ) throws(StoreError) -> Bool {
    do { try file.write(bytes, offset: offsets[chunk]) } catch { throw StoreError(error) }
    var turn = take(written: chunk)
    while let current = turn {
      var hasher = current.hasher
      if current.chunk == chunk {
        hasher.update(bytes)
      } else {
        let count = Int(offsets[current.chunk + 1] - offsets[current.chunk])
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
        do { try file.read(into: &buffer, count: count, offset: offsets[current.chunk]) } catch {
          throw StoreError(error)
        }
        hasher.update(buffer.span.extracting(0..<count))
      }
      turn = next(after: current.chunk, hasher)
      if current.chunk == offsets.count - 2 { return true }
    }
    return false
  }

  private struct Turn {
    let chunk: Int
    let hasher: BlobHasher
  }

  private func take(written chunk: Int) -> Turn? {
    state.withLock { state in
      state.isWritten[chunk] = true
      guard !state.isHashing, state.next < state.isWritten.count, state.isWritten[state.next] else { return nil }
      state.isHashing = true
      return Turn(chunk: state.next, hasher: state.hasher)
    }
  }

  private func next(after chunk: Int, _ hasher: BlobHasher) -> Turn? {
    state.withLock { state in
      state.hasher = hasher
      state.next = chunk + 1
      guard state.next < state.isWritten.count, state.isWritten[state.next] else {
        state.isHashing = false
        return nil
      }
      return Turn(chunk: state.next, hasher: hasher)
    }
  }

  /// Whether every chunk was written and the whole has the right digest.
  var isRight: Bool {
    state.withLock { $0.next == $0.isWritten.count && $0.hasher.finish() == digest }
  }
}
