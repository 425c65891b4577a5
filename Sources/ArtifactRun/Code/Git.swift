import ArtifactCore
import ArtifactIO

/// What git knows about a work tree; asked by running git itself.
struct Git {
  /// The work tree's root.
  let root: Path
  private let tool: Tool

  /// A file or submodule of the work tree.
  struct Item {
    let path: [UInt8]
    let isTracked: Bool
    let isSubmodule: Bool
  }

  /// The work tree that holds `folder`; nil without git, or outside of any.
  init?(around folder: Path, _ tool: Tool) {
    self.tool = tool
    // No git, no work tree.
    guard let answer = try? tool.ask("git", "rev-parse", "--show-toplevel", in: folder), answer.end == .exit(0),
      let root = Path(Self.line(answer.output)).real
    else { return nil }
    self.root = root
  }

  /// The output without the newline at its end.
  private static func line(_ bytes: [UInt8]) -> [UInt8] { bytes.last == 0x0a ? Array(bytes.dropLast()) : bytes }

  /// What a git command prints; nil if it fails.
  private func ask(_ words: String...) throws -> [UInt8]? {
    // Looking must not write, and must not wait for somebody who writes.
    let answer = try tool.ask(
      (["git"] + words).map { Array($0.utf8) }, in: root, adding: ["GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"])
    return answer.end == .exit(0) ? answer.output : nil
  }

  private func text(_ words: String...) throws -> String? {
    let answer = try tool.ask((["git"] + words).map { Array($0.utf8) }, in: root, adding: ["GIT_OPTIONAL_LOCKS=0"])
    guard answer.end == .exit(0) else { return nil }
    return ExactText.string(Self.line(answer.output).span)
  }

  /// The commit that is checked out; nil before the first one.
  func commit() throws -> String? { try text("rev-parse", "--verify", "--quiet", "HEAD") }

  /// The branch; nil where none is checked out.
  func branch() throws -> String? { try text("symbolic-ref", "--short", "--quiet", "HEAD") }

  /// Where the repository came from, as it is written in its settings.
  func remote() throws -> String? { try text("config", "--get", "remote.origin.url") }

  /// Whether the files differ from the commit's, those that git does not know yet included.
  func isDirty() throws -> Bool { try ask("status", "--porcelain", "-z", "--untracked-files=normal")?.isEmpty == false }

  /// All files that git tracks, and those that it neither tracks nor ignores.
  func items() throws -> [Item] {
    guard let staged = try ask("ls-files", "-z", "--stage"),
      let others = try ask("ls-files", "-z", "--others", "--exclude-standard")
    else {
      throw RunError(.tool, "git", "it cannot list the files of \(root.printable)")
    }
    var result = [Item]()
    var last: [UInt8]?
    for line in staged.split(separator: 0) {
      guard let tab = line.firstIndex(of: 0x09) else { continue }
      let path = Array(line[(tab + 1)...])
      // A file in conflict is there once for each side.
      if path == last { continue }
      last = path
      result.append(Item(path: path, isTracked: true, isSubmodule: line.starts(with: Array("160000 ".utf8))))
    }
    for path in others.split(separator: 0) where path.last != 0x2f {
      result.append(Item(path: Array(path), isTracked: false, isSubmodule: false))
    }
    return result
  }

  /// The commit that is checked out in a submodule, and its work tree; nil if it was not fetched.
  func submodule(_ path: [UInt8]) throws -> (commit: String, git: Git)? {
    guard let git = Git(around: root.appending(path), tool), git.root != root, let commit = try git.commit() else {
      return nil
    }
    return (commit, git)
  }
}
