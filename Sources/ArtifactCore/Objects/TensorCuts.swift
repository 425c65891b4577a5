/// Cuts of weight files: at the boundaries of tensors, then every 1 MiB (store-layout.md §3.1).
///
/// An unchanged tensor is then found again wherever it moved to. A file whose header does not read well is cut by content
/// like any other.
public struct TensorCuts: Sendable {
  /// Most bytes between two cuts.
  public static let stride: UInt64 = 1 << 20
  /// Most tensors that are looked at; a file with more is cut by content.
  static let tensorLimit = 1 << 20

  /// Ascending offsets in the file at which a tensor starts or ends.
  public let boundaries: [UInt64]
  private var next = 0

  /// Reads the header of a `.safetensors`, `.gguf` or `.npy` file; nil if it is none of them.
  ///
  /// - Parameters:
  ///   - fileName: The raw file name; its ending selects the format.
  ///   - head: The first bytes of the file, as many as are at hand.
  public init?(fileName: [UInt8], head: Span<UInt8>) {
    func ends(_ suffix: String) -> Bool {
      fileName.count > suffix.utf8.count && fileName.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
    let found: [UInt64]?
    if ends(".safetensors") {
      found = Self.safetensors(head)
    } else if ends(".gguf") {
      found = GGUFHeader.tensorOffsets(head)
    } else if ends(".npy") {
      found = Self.numpy(head)
    } else {
      found = nil
    }
    guard let found, !found.isEmpty else { return nil }
    var unique = [UInt64]()
    for offset in found.sorted() where offset > 0 && offset != unique.last { unique.append(offset) }
    boundaries = unique
  }

  /// Bytes from `position` to the next cut; calls come with ascending positions.
  public mutating func nextCut(after position: UInt64) -> Int {
    while next < boundaries.count, boundaries[next] <= position { next += 1 }
    guard next < boundaries.count else { return Int(Self.stride) }
    return Int(min(Self.stride, boundaries[next] - position))
  }

  /// Source: the safetensors format: length u64, JSON header, tensors at `data_offsets` behind it.
  private static func safetensors(_ head: Span<UInt8>) -> [UInt64]? {
    guard head.count > 8 else { return nil }
    let length = LittleEndian.uint64(head, at: 0)
    guard length >= 2, length < UInt64(head.count - 8) else { return nil }
    let end = 8 + Int(length)
    // A header that does not parse is no error: the file is then cut by content.
    guard let header = try? JSON.parseLenient(head.extracting(8..<end)).object, header.count <= tensorLimit else {
      return nil
    }
    var result = [UInt64(end)]
    for (key, value) in header where key != "__metadata__" {
      guard let offsets = value["data_offsets"]?.array, offsets.count == 2, let start = offsets[0].integer,
        let stop = offsets[1].integer, start >= 0, stop >= start
      else { return nil }
      result.append(UInt64(end) + UInt64(start))
      result.append(UInt64(end) + UInt64(stop))
    }
    return result
  }

  /// Source: NEP 1: magic, version, header length (u16 in version 1, u32 later), header, one array.
  private static func numpy(_ head: Span<UInt8>) -> [UInt64]? {
    let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    guard head.count > 12 else { return nil }
    for (index, byte) in magic.enumerated() where head[index] != byte { return nil }
    if head[6] == 1 { return [10 + UInt64(head[8]) + UInt64(head[9]) << 8] }
    return [12 + UInt64(LittleEndian.uint32(head, at: 8))]
  }
}
