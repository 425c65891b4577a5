import ArtifactCore
import ArtifactIO

/// What of the machine may change results.
enum Hardware {
  private static func text(_ path: String) -> String {
    // What the system does not tell is left out. Files of /proc have no size, so they are read to their end.
    guard let bytes = try? read(Path(path)) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func read(_ path: Path) throws(IOFailure) -> [UInt8] {
    let file = try File.open(path)
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = try file.read(into: &bytes, at: 0, count: bytes.count)
    return Array(bytes[..<count])
  }

  private static func field(_ name: String, of text: String) -> String? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).dropFirst().first.map {
      String($0.drop { $0 == " " || $0 == "\t" })
    }
  }

  /// The instruction sets that the processor has.
  static let processorFlags: Set<String> = Set(
    (field("flags", of: text("/proc/cpuinfo")) ?? field("Features", of: text("/proc/cpuinfo")) ?? "")
      .split(separator: " ").map(String.init))

  /// Facts by name.
  static func facts() -> [String: String] {
    let processor = text("/proc/cpuinfo")
    var result = ["processors": String(Threads.processorCount)]
    result["processor"] = field("model name", of: processor) ?? field("CPU part", of: processor)
    let kernels =
      ["sse4_2", "avx", "avx2", "fma", "avx512f", "avx512vl", "avx512_bf16", "avx512_vnni", "amx_tile"]
      + ["asimd", "sve", "sve2", "bf16"]
    let flags = kernels.filter { processorFlags.contains($0) }
    if !flags.isEmpty { result["flags"] = flags.joined(separator: " ") }
    let kernel = text("/proc/sys/kernel/osrelease").prefix { $0 != "\n" }
    if !kernel.isEmpty { result["kernel"] = String(kernel) }
    if let memory = field("MemTotal", of: text("/proc/meminfo")) { result["memory"] = memory }
    let driver = text("/proc/driver/nvidia/version").prefix { $0 != "\n" }
    if !driver.isEmpty {
      result["gpuDriver"] = String(driver)
      // Without cards there is no such folder.
      let cards = (try? Directory(Path("/proc/driver/nvidia/gpus")).names()) ?? []
      let models = cards.map { "/proc/driver/nvidia/gpus/\(String(decoding: $0, as: UTF8.self))/information" }
        .compactMap { field("Model", of: text($0)) }
      if !models.isEmpty { result["gpu"] = models.sorted().joined(separator: ", ") }
    }
    return result
  }
}
