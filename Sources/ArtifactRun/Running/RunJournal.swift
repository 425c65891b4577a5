public import ArtifactCore
public import ArtifactIO

/// The file in which a command tells about itself.
public enum RunJournal {
  /// Adds one line, whole even when several processes write.
  public static func append(_ object: JSONObject, to path: Path) throws(IOFailure) {
    let bytes = JSON.object(object).plainBytes() + [0x0a]
    try File.append(bytes.span, to: path)
  }
}
