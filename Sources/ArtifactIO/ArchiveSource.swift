import CArchive

/// The bytes that libarchive is to decode: some bytes made up here, then a range of the file.
@safe final class ArchiveSource {
  private let file: ArchiveFile
  private let buffer: UnsafeMutableRawBufferPointer
  private var head: [UInt8] = []
  private var offset: Int64?
  private var left: Int64 = 0
  /// The error number of a read that failed; 0 while all is well.
  private(set) var failure: Int32 = 0
  /// Bytes handed out before those that are in the buffer now.
  private var handedOut: Int64 = 0
  private var inBuffer = 0
  /// The last bytes before those in the buffer.
  private var before: [UInt8] = []

  init(file: ArchiveFile) {
    self.file = file
    unsafe buffer = .allocate(byteCount: 256 << 10, alignment: 4096)
  }

  deinit { unsafe buffer.deallocate() }

  /// Starts over: `head`, then up to `count` bytes of the file from `offset` (from where it stands, if nil).
  func aim(head: [UInt8], offset: Int64?, count: Int64 = .max) {
    self.head = head
    self.offset = offset
    left = count
    failure = 0
    handedOut = 0
    inBuffer = 0
    before = []
  }

  /// Puts the next block into the buffer; its size, 0 at the end, negative on failure.
  private func fill() -> Int {
    if inBuffer > 0 {
      let kept = unsafe buffer[max(0, inBuffer - 64)..<inBuffer]
      unsafe before = Array(kept)
    }
    handedOut += Int64(inBuffer)
    inBuffer = 0
    if !head.isEmpty {
      inBuffer = unsafe min(head.count, buffer.count)
      for index in 0..<inBuffer { unsafe buffer[index] = head[index] }
      head.removeFirst(inBuffer)
      return inBuffer
    }
    let wanted = unsafe Int(min(Int64(buffer.count), left))
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
    let count = unsafe file.read(into: part, at: offset)
    guard count >= 0 else {
      failure = Int32(-count)
      return -1
    }
    if offset != nil { offset? += Int64(count) }
    left -= Int64(count)
    inBuffer = count
    return count
  }

  /// The `count` bytes that end at `end`, counted from the first byte handed out; nil if they are gone.
  func bytes(endingAt end: Int64, count: Int) -> [UInt8]? {
    let window = before + (unsafe Array(buffer[..<inBuffer]))
    let stop = end - handedOut + Int64(before.count)
    guard stop >= Int64(count), stop <= Int64(window.count) else { return nil }
    return Array(window[(Int(stop) - count)..<Int(stop)])
  }

  /// Opens a libarchive handle on this source, which must outlive it.
  func open(_ handle: OpaquePointer) -> Int32 {
    unsafe archive_read_open(
      handle, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, context, block in
        guard let context = unsafe context, let block = unsafe block else { return -1 }
        let source = unsafe Unmanaged<ArchiveSource>.fromOpaque(context).takeUnretainedValue()
        let count = source.fill()
        unsafe block.pointee = UnsafeRawPointer(source.buffer.baseAddress)
        return count
      }, nil)
  }
}
