import ArtifactCore

/// Which environment variables are recorded.
enum Variables {
  /// Those that may change results: they are part of the plan.
  private static let steering: Set = [
    "CUBLAS_WORKSPACE_CONFIG", "MKL_CBWR", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS", "PYTHONHASHSEED", "SOURCE_DATE_EPOCH",
    "TF_DETERMINISTIC_OPS", "NVIDIA_TF32_OVERRIDE", "PYTHONUTF8", "TOKENIZERS_PARALLELISM",
  ]
  /// Those that are part of the result: what the surroundings were.
  private static let told: Set = [
    "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "HF_HUB_OFFLINE",
    "LANG",
    "TZ", "RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_JOB_ID",
  ]
  private static let toldPrefixes = [
    "PYTHON", "OMP_", "MKL_", "OPENBLAS_", "BLIS_", "KMP_", "NUMEXPR_", "CUDA_", "CUBLAS_", "NCCL_", "TORCH_",
    "PYTORCH_", "TF_", "XLA_", "JAX_", "LC_",
  ]

  /// What `--deterministic` sets.
  static let deterministic: [String: String] = {
    var result = [
      "CUBLAS_WORKSPACE_CONFIG": ":4096:8", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
      "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0",
    ]
    #if arch(x86_64)
      // The kernel that every processor with AVX2 can run; chosen by name, it is the same on all of them.
      if Hardware.processorFlags.contains("avx2") { result["OPENBLAS_CORETYPE"] = "Haswell" }
    #endif
    return result
  }()

  private static func pairs(_ variables: [[UInt8]]) -> [(name: String, value: String)] {
    variables.compactMap { variable in
      guard let text = ExactText.string(variable.span), let equals = text.firstIndex(of: "=") else { return nil }
      return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
  }

  /// What is set and may change results.
  static func steering(in variables: [[UInt8]]) -> [String: String] {
    Dictionary(pairs(variables).filter { steering.contains($0.name) }.map { ($0.name, $0.value) }) { _, last in last }
  }

  /// What is set and may be told, without secrets.
  static func told(in variables: [[UInt8]], _ redactor: Redactor) -> [String: String] {
    let allowed = pairs(variables).filter { pair in
      told.contains(pair.name) || toldPrefixes.contains { pair.name.hasPrefix($0) }
    }
    return Dictionary(allowed.map { ($0.name, redactor.value($0.value, named: $0.name)) }) { _, last in last }
  }

  /// The list with some variables set.
  static func setting(_ values: [String: String], in variables: [[UInt8]]) -> [[UInt8]] {
    let kept = variables.filter { variable in
      !values.keys.contains { variable.starts(with: Array("\($0)=".utf8)) }
    }
    return kept + values.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
  }
}
