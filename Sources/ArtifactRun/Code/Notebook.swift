import ArtifactCore

/// Jupyter notebooks (nbformat 4): what in them is code.
enum Notebook {
  /// Whether a path names one.
  static func isName(_ path: [UInt8]) -> Bool { path.count > 6 && path.suffix(6).elementsEqual(".ipynb".utf8) }

  /// The notebook without outputs, execution counts and what an execution leaves in the metadata, in canonical form.
  ///
  /// Nil if it is no notebook of format 4: then the file counts as it is.
  static func stripped(_ bytes: [UInt8]) -> [UInt8]? {
    // A file that only has the name of a notebook is an ordinary file.
    guard let json = try? JSON.parseLenient(bytes, subject: "notebook"), var notebook = json.object,
      notebook["nbformat"]?.integer == 4, let cells = notebook["cells"]?.array
    else { return nil }
    notebook["cells"] = .array(cells.map(stripped(cell:)))
    return JSON.object(notebook).plainBytes()
  }

  private static func stripped(cell: JSON) -> JSON {
    guard var members = cell.object else { return cell }
    if members["outputs"] != nil { members["outputs"] = .array([]) }
    if members["execution_count"] != nil { members["execution_count"] = .null }
    if var metadata = members["metadata"]?.object {
      for key in ["ExecuteTime", "collapsed", "execution", "scrolled"] { metadata[key] = nil }
      members["metadata"] = .object(metadata)
    }
    return .object(members)
  }
}
